package observe

import (
	"cmp"
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/blame"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

const (
	// maxNeeded bounds the commits that a fix is said to need: more are not a fix's
	// prerequisites but another release.
	maxNeeded = 20
	// maxRounds bounds the search for what the needed commits need themselves.
	maxRounds = 12
)

// explain tells a person of a commit that does not apply: where, and which commits
// it seems to build on. Where those make it apply and the operator takes them along,
// they are added to the chain, and the commit after them.
func (b *backport) explain(ctx context.Context, choice plan.LineChoice, c *chain, one source, outcome *pick.Outcome) (*plan.PickConflict, error) {
	conflict := &plan.PickConflict{Commit: one.id, Subject: one.commit.Subject(), Needs: []plan.NeededCommit{}}
	made := pick.NewLayer(c.layer)
	made.Add(outcome.Objects...)
	var err error
	if conflict.Files, err = plan.DescribeConflict(outcome.Result, made, c.tree); err != nil {
		return nil, err
	}
	search := &prerequisites{backport: b, choice: choice, chain: c, places: map[object.ID]int{}}
	if err := search.run(ctx, one, outcome); err != nil {
		return nil, err
	}
	for _, needed := range search.found {
		conflict.Needs = append(conflict.Needs, plan.NeededCommit{
			ID: needed.id, Subject: needed.commit.Subject(), Author: needed.commit.Author.Name, When: needed.commit.Author.When,
		})
	}
	conflict.Resolved = search.trial != nil
	if conflict.Resolved && b.wanted.Prerequisites {
		c.tree, c.picks = search.trial.tree, search.trial.picks
	}
	return conflict, nil
}

// prerequisites is the search for the commits that one builds on: those that last
// touched the lines in conflict, and what these need in turn.
type prerequisites struct {
	*backport
	choice plan.LineChoice
	chain  *chain
	// places are the commits that the line lacks and that are older than the one that
	// does not apply, by age: the oldest has the highest number.
	places map[object.ID]int
	found  []source // oldest first
	// trial is the chain with them and the commit on it; nil if it does not apply
	// with them either.
	trial *chain
}

func (p *prerequisites) run(ctx context.Context, one source, outcome *pick.Outcome) error {
	if len(one.commit.Parents) == 0 {
		return nil
	}
	commits, err := p.repository.Range(ctx, one.commit.Parents, []object.ID{p.choice.Head}, gitrepo.RangeOptions{})
	if err != nil {
		return p.deepen(err)
	}
	for i, commit := range commits {
		p.places[commit.ID] = i
	}
	stuck, with := one, outcome
	for range maxRounds {
		fresh, err := p.search(ctx, stuck, with)
		if err != nil || len(fresh) == 0 || len(p.found)+len(fresh) > maxNeeded {
			return err
		}
		p.found = append(p.found, fresh...)
		slices.SortFunc(p.found, func(x, y source) int { return cmp.Compare(p.places[y.id], p.places[x.id]) })
		trial, at, conflict, err := p.try(one)
		if err != nil {
			return err
		}
		if conflict == nil {
			p.trial = trial
			return nil
		}
		stuck, with = at, conflict
	}
	return nil
}

// try picks what was found, and the commit after it, onto a copy of the chain. It
// returns where that got stuck.
func (p *prerequisites) try(one source) (trial *chain, at source, conflict *pick.Outcome, err error) {
	trial = p.chain.copy()
	var useful []source
	for _, needed := range p.found {
		before := len(trial.picks)
		if conflict, err = trial.add(needed); err != nil || conflict != nil {
			return nil, needed, conflict, err
		}
		if len(trial.picks) > before {
			trial.picks[before].Needed = true
			useful = append(useful, needed)
		}
	}
	if conflict, err = trial.add(one); err == nil && conflict == nil {
		p.found = useful
	}
	return trial, one, conflict, err
}

// search finds commits that last touched the lines in which one is in conflict, as
// far as they are not known yet.
func (p *prerequisites) search(ctx context.Context, one source, outcome *pick.Outcome) ([]source, error) {
	if len(one.commit.Parents) != 1 {
		return nil, nil
	}
	parent := one.commit.Parents[0]
	rules := pick.RulesOf(p.snapshot.Component)
	var fresh []source
	for _, conflict := range outcome.Conflicts {
		if rules.Owns(conflict.Path) && len(outcome.Conflicts) > 1 {
			continue
		}
		ids, err := p.touching(ctx, parent, one, conflict)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			known := func(other source) bool { return other.id == id }
			if slices.ContainsFunc(p.found, known) || slices.ContainsFunc(fresh, known) {
				continue
			}
			commit, err := p.repository.Commit(id)
			if err != nil {
				return nil, err
			}
			if len(commit.Parents) != 1 {
				continue // a merge is not picked without being asked for
			}
			needed, err := p.source(id, p.wanted.Mainline)
			if err != nil {
				return nil, err
			}
			fresh = append(fresh, needed)
		}
	}
	return fresh, nil
}

// touching are the commits that last touched the conflicting lines of a file, as it
// is in the commit's parent; and if the line lacks the file, the one that made it.
func (p *prerequisites) touching(ctx context.Context, parent object.ID, one source, conflict merge.PathConflict) ([]object.ID, error) {
	history := rangeHistory{p.mergeObjects(ctx), p.repository, p.places}
	if _, inRange := p.places[parent]; !inRange {
		return nil, nil
	}
	lines, err := p.linesOf(one, conflict)
	if err != nil {
		return nil, err
	}
	var ids []object.ID
	if len(lines) > 0 {
		touched, err := blame.Lines(ctx, history, parent, conflict.Path, lines)
		if err != nil {
			return nil, err
		}
		for _, commit := range touched {
			ids = append(ids, commit.Commit)
		}
	}
	if !conflict.Ours.IsZero() {
		return ids, nil
	}
	created, found, err := blame.Created(ctx, history, parent, conflict.Path)
	if found && !slices.Contains(ids, created) {
		ids = append(ids, created)
	}
	return ids, err
}

// linesOf are the lines of the file before the commit that are in conflict: those of
// the hunks, or without any all that the commit changes. None if there is no such
// file, or it is no text.
func (p *prerequisites) linesOf(one source, conflict merge.PathConflict) ([]merge.LineRange, error) {
	before, found, err := p.textAt(one.change.Base, conflict.Path)
	if err != nil || !found {
		return nil, err
	}
	after, found, err := p.textAt(one.change.Theirs, conflict.Path)
	if err != nil {
		return nil, err
	}
	if !found {
		// It removes the file, which the line has changed.
		return []merge.LineRange{{Count: len(merge.Lines(before))}}, nil
	}
	changes := merge.Changes(before, after)
	count := len(merge.Lines(before))
	var lines []merge.LineRange
	if len(conflict.Hunks) == 0 {
		for _, change := range changes {
			lines = append(lines, widened(change.Old, count))
		}
		return lines, nil
	}
	for _, hunk := range conflict.Hunks {
		lines = append(lines, widened(merge.OldRange(changes, hunk.Theirs), count))
	}
	return lines, nil
}

// widened makes an empty range the lines around it.
func widened(lines merge.LineRange, count int) merge.LineRange {
	if lines.Count > 0 {
		return lines
	}
	start, end := max(lines.Start-1, 0), min(lines.Start+1, count)
	return merge.LineRange{Start: start, Count: end - start}
}

// textAt reads a text file of a tree.
func (p *prerequisites) textAt(root object.ID, path string) (content []byte, found bool, err error) {
	entry, err := p.repository.Entry(root, path)
	if err != nil || !entry.Mode.IsFile() {
		return nil, false, ignoreNotFound(err)
	}
	content, err = p.repository.Blob(entry.ID, 0)
	return content, err == nil && !merge.IsBinary(content), err
}

// rangeHistory gives the commits of a range to blame.
type rangeHistory struct {
	keptObjects
	repository *gitrepo.Repository
	places     map[object.ID]int
}

// Commit reads a commit.
func (h rangeHistory) Commit(id object.ID) (object.Commit, error) { return h.repository.Commit(id) }

// InRange reports whether the commit is one of the range.
func (h rangeHistory) InRange(id object.ID) bool {
	_, ok := h.places[id]
	return ok
}
