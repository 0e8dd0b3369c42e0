package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Wanted are the commits of a backport, as the operator named them, and how they
// are to be picked.
type Wanted struct {
	// Commits are ids, short or full, names of tags or branches, and ranges "a..b".
	Commits []string
	// Mainline is the parent that merge commits are picked against, counted from 1;
	// 0: merge commits are refused.
	Mainline int
	SignOff  bool
	// Prerequisites takes along what a commit needs, where that makes it apply.
	Prerequisites bool
	// Resolved are commits whose conflicts a person has resolved.
	Resolved map[object.ID]Resolution
}

// source is a commit to be picked.
type source struct {
	id     object.ID
	commit object.Commit
	change pick.Change
	// mainline is the parent, counted from 1, that the change of a merge is seen against;
	// 0 for what is no merge.
	mainline int
}

// Backport observes what a backport needs and plans it.
func Backport(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*plan.BackportPlan, error) {
	b, choices, err := beginBackport(ctx, s, request, wanted)
	if err != nil {
		return nil, err
	}
	s.askTagger(ctx)
	facts := &plan.BackportFacts{}
	for _, choice := range choices {
		line, err := b.line(ctx, choice)
		if err != nil {
			return nil, err
		}
		facts.Lines = append(facts.Lines, line)
	}
	return b.plan(ctx, facts)
}

// plan makes the plan of what was found of the lines.
func (b *backport) plan(ctx context.Context, facts *plan.BackportFacts) (p *plan.BackportPlan, err error) {
	if facts.Asked, err = b.asked(ctx, facts.Lines); err != nil {
		return nil, err
	}
	if facts.Lacking, err = b.lacking(ctx); err != nil {
		return nil, err
	}
	if err = b.readComments(ctx); err != nil {
		return nil, err
	}
	facts.Pulls = b.pulls
	if p, err = plan.MakeBackport(b.snapshot, facts, b.request); err != nil {
		return nil, err
	}
	for _, line := range p.Lines {
		if err := b.oweLine(ctx, line); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// backport is the observation of one.
type backport struct {
	*Session
	request plan.BackportRequest
	wanted  Wanted
	// trunk is the full name of the train's branch, and head where it is.
	trunk   string
	head    object.ID
	sources []source
	// pulls are the pull requests that were named.
	pulls []plan.PullFacts
}

// beginBackport finds the lines and the commits.
func beginBackport(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*backport, []plan.LineChoice, error) {
	choices, err := plan.SelectLines(s.snapshot, request)
	if err == nil {
		err = s.wantPulls(request.ViaPull)
	}
	if err != nil {
		return nil, nil, err
	}
	b := &backport{Session: s, request: request, wanted: wanted}
	return b, choices, b.prepare(ctx, choices)
}

// prepare brings in what is going to be read, and finds the commits.
func (b *backport) prepare(ctx context.Context, choices []plan.LineChoice) error {
	var err error
	if b.trunk, err = b.snapshot.TrainBranch(); err != nil {
		return err
	}
	if b.head, err = b.headOf(ctx, b.trunk); err != nil {
		return err
	}
	for _, choice := range choices {
		if err := b.checkAhead(ctx, choice); err != nil {
			return err
		}
		if choice.New {
			err = b.fetchTagged(ctx, plan.Base{Tag: choice.CutFrom, Commit: choice.Head})
		} else {
			err = b.fetchCommit(ctx, choice.Ref, choice.Head)
		}
		if err != nil {
			return err
		}
	}
	if b.sources, err = b.find(ctx); err != nil {
		return err
	}
	return b.sort(ctx, choices)
}

// checkAhead refuses a line whose branch here has commits that the remote lacks:
// the operator thinks of them as part of the line.
func (b *backport) checkAhead(ctx context.Context, choice plan.LineChoice) error {
	here, err := b.repository.Ref(choice.Ref)
	if errors.Is(err, gitrepo.ErrNotFound) || err == nil && here == choice.Head {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.fetchCommit(ctx, choice.Ref, choice.Head); err != nil {
		return err
	}
	ahead, err := b.repository.Range(ctx, []object.ID{here}, []object.ID{choice.Head}, gitrepo.RangeOptions{Limit: maxAhead})
	if err != nil && !errors.Is(err, gitrepo.ErrShallow) || len(ahead) == 0 {
		return err
	}
	name := plan.ShortRef(choice.Ref)
	return &plan.Refusal{
		Reason: fmt.Sprintf("branch %s here has commits that %s lacks, %s %q among them", name, b.remoteName(), ahead[0].ID.Short(), ahead[0].Subject()),
		Advice: fmt.Sprintf("git push %s %s:%s; or, if they are not meant to be there: git branch --force %s %s",
			b.remoteName(), choice.Ref, choice.Ref, name, choice.Head.Short()),
	}
}

// maxAhead bounds the commits that are looked for on a local branch alone.
const maxAhead = 20

// line puts the commits on one line, as far as it lacks them, and as far as nothing
// brings them already.
func (b *backport) line(ctx context.Context, choice plan.LineChoice) (*plan.LineFacts, error) {
	facts := &plan.LineFacts{Choice: choice}
	for _, pull := range b.pulls {
		facts.Pulls = append(facts.Pulls, pull.Number)
	}
	pending, err := b.pendingOf(ctx, choice)
	if err != nil {
		return nil, err
	}
	done, err := b.goOn(ctx, facts, pending)
	if err != nil || done {
		return facts, err
	}
	if err := b.pickOnto(ctx, facts); err != nil || facts.Branch == nil {
		return facts, err
	}
	facts.Branch.Pending, facts.Branch.Asked, facts.Branch.Ended = pending.release, b.ids(), ended(pending.picks)
	if b.request.ViaPull {
		err = b.origins(ctx, facts.Branch)
	}
	return facts, err
}

// pickOnto picks onto a line what it lacks.
func (b *backport) pickOnto(ctx context.Context, facts *plan.LineFacts) error {
	chain, missing, err := b.chainOnto(ctx, facts)
	if err != nil {
		return err
	}
	if facts.Conflict, err = b.addAll(ctx, facts.Choice, chain, missing); err != nil || facts.Conflict != nil {
		return err
	}
	b.addPresent(facts, chain)
	facts.Branch, err = b.picked(ctx, facts.Choice, chain)
	return err
}

// addPresent adds those of a chain's commits that made no difference to what the line
// has already, in the order of history.
func (b *backport) addPresent(facts *plan.LineFacts, chain *chain) {
	facts.Present = append(facts.Present, chain.empty...)
	place := func(one plan.Present) int {
		return slices.IndexFunc(b.sources, func(source source) bool { return source.id == one.ID })
	}
	slices.SortStableFunc(facts.Present, func(x, y plan.Present) int { return cmp.Compare(place(x), place(y)) })
}

// addAll adds commits to a line's chain, with what they need where that is to be taken
// along. The chain of a conflict is of no use.
func (b *backport) addAll(ctx context.Context, choice plan.LineChoice, chain *chain, missing []source) (*plan.PickConflict, error) {
	for {
		at, outcome, err := chain.addUntilStuck(missing)
		if err != nil || outcome == nil {
			return nil, err
		}
		conflict, err := b.explain(ctx, choice, chain, missing[at], outcome)
		if err != nil || !b.wanted.Prerequisites || !conflict.Resolved {
			return conflict, err
		}
		missing = missing[at+1:]
	}
}

// chainOnto begins a chain on a line, and gives the commits that are to be picked:
// those that the line has already are noted in the facts.
func (b *backport) chainOnto(ctx context.Context, facts *plan.LineFacts) (*chain, []source, error) {
	missing, err := b.presentOn(ctx, facts.Choice, facts)
	if err != nil {
		return nil, nil, err
	}
	tip, err := b.repository.Commit(facts.Choice.Head)
	if err != nil {
		return nil, nil, err
	}
	chain := newChain(b, tip.Tree)
	if len(missing) > 0 {
		missing = chain.askAgain(facts, missing)
	}
	return chain, missing, nil
}

// askAgain adds the commits of which the line's files alone tell to those that are to be
// picked: the files may lose them to an earlier one, as a revert is lost to what it
// reverts.
func (c *chain) askAgain(facts *plan.LineFacts, missing []source) []source {
	facts.Present = slices.DeleteFunc(facts.Present, func(one plan.Present) bool {
		if one.ByContent {
			c.there[one.ID] = one
		}
		return one.ByContent
	})
	return slices.DeleteFunc(slices.Clone(c.sources), func(one source) bool {
		_, there := c.there[one.id]
		return !there && !slices.ContainsFunc(missing, func(other source) bool { return other.id == one.id })
	})
}

// picked is the line's branch with the picks on it.
func (b *backport) picked(ctx context.Context, choice plan.LineChoice, chain *chain) (*plan.Branch, error) {
	branch, err := b.onto(ctx, choice)
	if err != nil || len(chain.picks) == 0 {
		return branch, err
	}
	before := choice.Head
	for _, one := range chain.picks {
		change := notes.FromObject(one.Source, one.Original)
		change.Parents = []object.ID{before} // on the line it is no merge, whatever it was
		branch.Changes = slices.Insert(branch.Changes, 0, change)
		before = one.Source
	}
	branch.Picks = chain.picks
	if branch.Made, err = chain.objects(ctx, branch.At.Root); err != nil || b.request.NoRelease {
		return branch, err
	}
	branch.At, err = b.revisionOf(layerContent{chain.layer}, choice.Head, chain.tree)
	branch.Tip, branch.Unchanged = branch.At, false
	return branch, err
}

// onto is the line's branch as it is. What a release needs to know of it, its last
// release and what came since, is not looked for where none is made.
func (b *backport) onto(ctx context.Context, choice plan.LineChoice) (*plan.Branch, error) {
	if !b.request.NoRelease {
		return b.branch(ctx, choice.BranchChoice, "")
	}
	tip, err := b.repository.Commit(choice.Head)
	at := plan.Revision{ID: choice.Head, Root: tip.Tree}
	return &plan.Branch{BranchChoice: choice.BranchChoice, At: at, Tip: at}, err
}

// objects are what the remote needs besides what its line has: what the picks made,
// and what this clone alone may have, of a commit that the train's branch lacks or of
// a resolution. git refuses a reference whose objects are not all there, and moves
// the others of the same atomic push.
func (c *chain) objects(ctx context.Context, tip object.ID) ([]object.Object, error) {
	var objects []object.Object
	before := tip
	for _, one := range c.picks {
		added, err := c.layer.Added(before, one.Tree)
		if err != nil {
			return nil, err
		}
		before = one.Tree
		shared, err := c.isShared(ctx, one.Source)
		if err != nil {
			return nil, err
		}
		for _, id := range added {
			if made, ok := c.layer.Object(id); ok {
				objects = append(objects, made)
				continue
			}
			if shared {
				continue
			}
			found, err := c.repository.ReadUpTo(id, mergeBlobLimit)
			if errors.Is(err, gitrepo.ErrMissing) {
				continue // a partial clone lacks what its remote has
			}
			if err != nil {
				return nil, err
			}
			objects = append(objects, found)
		}
	}
	return objects, nil
}

// isShared reports whether the remote has a commit with all that it is made of, and
// nothing of it was changed by hand.
func (c *chain) isShared(ctx context.Context, id object.ID) (bool, error) {
	if _, resolved := c.wanted.Resolved[id]; resolved {
		return false, nil
	}
	contained, err := c.repository.IsAncestor(ctx, id, c.head)
	return contained, c.deepen(err)
}

// layerContent reads release files of a tree in the making.
type layerContent struct{ *pick.Layer }

// Blob reads a file of at most limit bytes.
func (c layerContent) Blob(id object.ID, limit int64) ([]byte, error) {
	size, err := c.BlobSize(id)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("file %s has %d bytes, more than the %d that are allowed", id, size, limit)
	}
	return c.Layer.Blob(id)
}

// chain is cherry-picks one on top of the other.
type chain struct {
	*backport
	layer *pick.Layer
	tree  object.ID
	picks []plan.Pick
	// empty are commits that made no difference.
	empty []plan.Present
	// there are those that the files of the line's tip have.
	there map[object.ID]plan.Present
}

// copy is a chain that can be tried without changing this one.
func (c *chain) copy() *chain {
	other := *c
	other.picks, other.empty = slices.Clone(c.picks), slices.Clone(c.empty)
	return &other
}

func newChain(b *backport, tree object.ID) *chain {
	return &chain{backport: b, layer: pick.NewLayer(MergeObjects{b.repository}), tree: tree, there: map[object.ID]plan.Present{}}
}

// addUntilStuck adds commits as far as they apply, and returns the place of the first
// that does not, with its conflict.
func (c *chain) addUntilStuck(sources []source) (at int, conflict *pick.Outcome, err error) {
	for at, one := range sources {
		if conflict, err := c.add(one); err != nil || conflict != nil {
			return at, conflict, err
		}
	}
	return len(sources), nil, nil
}

// add picks a commit onto the tree. A conflict leaves the chain as it was.
func (c *chain) add(one source) (conflict *pick.Outcome, err error) {
	if resolved, ok := c.wanted.Resolved[one.id]; ok && resolved.Base == c.tree {
		c.layer.Add(resolved.Objects...)
		return nil, c.take(one, resolved.Tree, nil)
	}
	outcome, err := pick.Onto(c.layer, c.tree, one.change, pick.RulesOf(c.snapshot.Component), c.mergeOptions(one))
	switch {
	case err != nil:
		return nil, c.unreadable(err, one)
	case !outcome.Clean:
		if present, there := c.there[one.id]; there {
			c.empty = append(c.empty, present) // what was picked before goes on top of it
			return nil, nil
		}
		return &outcome, nil
	}
	c.layer.Add(outcome.Objects...)
	return nil, c.take(one, outcome.Tree, outcome.Kept)
}

// take makes the tree with a commit the chain's.
func (c *chain) take(one source, tree object.ID, kept []string) error {
	if tree == c.tree {
		present, there := c.there[one.id]
		if !there {
			present = plan.Present{ID: one.id, How: "the line's files have the change already"}
		}
		c.empty = append(c.empty, present)
		return nil
	}
	paths, err := c.layer.Paths(c.tree, tree)
	if err != nil {
		return err
	}
	c.tree = tree
	c.picks = append(c.picks, plan.Pick{
		Source: one.id, Original: one.commit, Tree: tree, Files: paths, Kept: kept, SignOff: c.wanted.SignOff,
	})
	return nil
}

// mergeOptions are those of git cherry-pick: the line's own attributes, its labels.
func (c *chain) mergeOptions(one source) merge.Options {
	return merge.Options{
		Ours: "HEAD", Theirs: fmt.Sprintf("%s (%s)", one.id.Short(), one.commit.Subject()),
		Attributes: c.tree, RenameLimit: RenameLimit(c.repository), External: ExternalDriver(c.repository),
	}
}

// unreadable explains what a merge could not read.
func (c *chain) unreadable(err error, one source) error {
	var driver *merge.DriverError
	if errors.As(err, &driver) {
		return &plan.Refusal{Reason: fmt.Sprintf("%s cannot be picked: %v", one.id.Short(), driver), Advice: driver.Hint()}
	}
	var missing *gitrepo.MissingError
	if !errors.As(err, &missing) || !missing.Partial {
		return err
	}
	ids := c.missingBlobs(one)
	if len(ids) == 0 {
		ids = []string{missing.ID.String()}
	}
	return &plan.Misuse{
		Reason: fmt.Sprintf("this clone is partial and lacks %d of the files that %s is merged with; nothing was changed", len(ids), one.id.Short()),
		Advice: fmt.Sprintf("git fetch %s %s", c.remoteName(), strings.Join(ids, " ")),
	}
}

// maxMissing bounds the files that a hint names.
const maxMissing = 20

// missingBlobs are the files that the pick of a commit reads, and that the clone
// lacks.
func (c *chain) missingBlobs(one source) []string {
	var ids []string
	// An error ends the search: what was found is missing all the same.
	paths, _ := c.layer.Paths(one.change.Base, one.change.Theirs)
	for _, path := range paths {
		for _, root := range []object.ID{one.change.Base, c.tree, one.change.Theirs} {
			entry, err := c.repository.Entry(root, path)
			if err != nil || !entry.Mode.IsFile() || len(ids) == maxMissing {
				continue
			}
			if has, err := c.repository.Has(entry.ID); err == nil && !has && !slices.Contains(ids, entry.ID.String()) {
				ids = append(ids, entry.ID.String())
			}
		}
	}
	return ids
}
