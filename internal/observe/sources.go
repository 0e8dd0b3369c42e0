package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// maxSources bounds the commits of one backport.
const maxSources = 200

// find reads the commits that were named, each once.
func (b *backport) find(ctx context.Context) ([]source, error) {
	var sources []source
	for _, text := range b.wanted.Commits {
		named, err := b.named(ctx, text)
		if err != nil {
			return nil, err
		}
		if sources, err = b.withSources(sources, named); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// withSources adds commits to sources, each once.
func (b *backport) withSources(sources []source, named []chosen) ([]source, error) {
	for _, commit := range named {
		if slices.ContainsFunc(sources, func(known source) bool { return known.id == commit.id }) {
			continue
		}
		one, err := b.source(commit.id, cmp.Or(commit.mainline, b.wanted.Mainline))
		if err != nil {
			return nil, err
		}
		sources = append(sources, one)
	}
	if len(sources) > maxSources {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%d commits are more than the %d that one backport may take", len(sources), maxSources),
			Advice: "a release line takes fixes; to bring so much, tag a release of the train"}
	}
	return sources, nil
}

// named finds the commits that a word of the command line stands for.
func (b *backport) named(ctx context.Context, text string) ([]chosen, error) {
	if maybePull(text) {
		return b.pullNamed(ctx, text)
	}
	from, to, isRange := strings.Cut(text, "..")
	if !isRange {
		id, err := b.commitNamed(text)
		return []chosen{{id: id}}, err
	}
	if from == "" || to == "" || strings.HasPrefix(to, ".") {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%q is not a range of commits", text), Advice: "write it as FROM..TO, which leaves FROM out"}
	}
	exclude, err := b.commitNamed(from)
	if err != nil {
		return nil, err
	}
	include, err := b.commitNamed(to)
	if err != nil {
		return nil, err
	}
	ids, err := b.rangeOf(ctx, text, exclude, include)
	var list []chosen
	for _, id := range ids {
		list = append(list, chosen{id: id})
	}
	return list, err
}

// rangeOf lists a range, oldest first. With a mainline it follows that parent of
// merges, so that what they brought is not picked twice.
func (b *backport) rangeOf(ctx context.Context, text string, exclude, include object.ID) ([]object.ID, error) {
	commits, err := b.repository.Range(ctx, []object.ID{include}, []object.ID{exclude}, gitrepo.RangeOptions{Limit: 50 * maxSources})
	if err != nil {
		return nil, b.deepen(err)
	}
	if len(commits) == 0 {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("the range %s is empty", text), Advice: "FROM has to be older than TO"}
	}
	var ids []object.ID
	next := include
	for _, commit := range commits {
		if b.wanted.Mainline > 0 && commit.ID != next {
			continue
		}
		ids = append(ids, commit.ID)
		if number := min(max(b.wanted.Mainline, 1), len(commit.Parents)); number > 0 {
			next = commit.Parents[number-1]
		}
	}
	slices.Reverse(ids)
	return ids, nil
}

// commitNamed finds one commit.
func (b *backport) commitNamed(text string) (object.ID, error) {
	id, err := b.repository.ResolveCommit(text)
	var missing *gitrepo.MissingError
	switch {
	case errors.As(err, &missing) && missing.Shallow:
		return id, &plan.Misuse{Reason: fmt.Sprintf("this clone is shallow, and commit %s is not in it; nothing was changed", text),
			Advice: "git fetch --unshallow " + b.remoteName()}
	case errors.As(err, &missing):
		return id, &plan.Misuse{Reason: fmt.Sprintf("there is no commit %s, neither in this clone nor on %s of %s", text, plan.ShortRef(b.trunk), b.remoteName()),
			Advice: "look at its id once more; a commit that is elsewhere has to be brought in: git fetch"}
	case errors.Is(err, gitrepo.ErrWrongKind):
		return id, &plan.Misuse{Reason: err.Error(), Advice: "give the id of a commit"}
	}
	return id, err
}

// source reads a commit and what it changes; of a merge, against the parent mainline,
// 0 for none.
func (b *backport) source(id object.ID, mainline int) (source, error) {
	commit, err := b.repository.Commit(id)
	if err != nil {
		return source{}, err
	}
	one := source{id: id, commit: commit, change: pick.Change{Theirs: commit.Tree}}
	parent := 0
	switch {
	case len(commit.Parents) == 0:
		return one, nil
	case len(commit.Parents) > 1 && mainline == 0:
		return one, &plan.Misuse{
			Reason: fmt.Sprintf("%s %q is a merge of %d parents: which of them its change is to be seen against is not known", id.Short(), commit.Subject(), len(commit.Parents)),
			Advice: "--mainline 1 takes what the merge brought to its branch; or name the commits that it merged",
		}
	case len(commit.Parents) > 1 && mainline > len(commit.Parents):
		return one, &plan.Misuse{Reason: fmt.Sprintf("%s has %d parents, so there is no parent %d", id.Short(), len(commit.Parents), mainline), Advice: "--mainline 1"}
	case len(commit.Parents) > 1:
		parent, one.mainline = mainline-1, mainline
	}
	before, err := b.repository.Commit(commit.Parents[parent])
	var missing *gitrepo.MissingError
	if errors.As(err, &missing) && missing.Shallow {
		return one, &plan.Misuse{Reason: fmt.Sprintf("this clone is shallow and lacks the parent of %s, so what it changes is not known; nothing was changed", id.Short()),
			Advice: "git fetch --unshallow " + b.remoteName()}
	}
	one.change.Base = before.Tree
	return one, err
}

// sort puts the commits in the order of history, oldest first.
func (b *backport) sort(ctx context.Context, choices []plan.LineChoice) error {
	if len(b.sources) < 2 {
		return nil
	}
	var include, exclude []object.ID
	for _, one := range b.sources {
		include = append(include, one.id)
	}
	for _, choice := range choices {
		exclude = append(exclude, choice.Head)
	}
	commits, err := b.repository.Range(ctx, include, exclude, gitrepo.RangeOptions{})
	if err != nil {
		return b.deepen(err)
	}
	// What a line contains already is older than what it lacks.
	place := map[object.ID]int{}
	for i, id := range oldestFirst(commits) {
		place[id] = i + 1
	}
	slices.SortStableFunc(b.sources, func(x, y source) int { return cmp.Compare(place[x.id], place[y.id]) })
	return nil
}

// oldestFirst puts the commits of a range in the order of history. Their dates alone do
// not: a commit may be as old as its parent, or older by a clock that was wrong.
func oldestFirst(commits []gitrepo.CommitInfo) []object.ID {
	parents := map[object.ID][]object.ID{}
	for _, commit := range commits {
		parents[commit.ID] = commit.Parents
	}
	var order, stack []object.ID
	entered := map[object.ID]bool{}
	for _, commit := range slices.Backward(commits) {
		stack = append(stack, commit.ID)
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			before, left := parents[at]
			if !left {
				stack = stack[:len(stack)-1] // it is placed, or not of the range
				continue
			}
			if entered[at] {
				delete(parents, at)
				order, stack = append(order, at), stack[:len(stack)-1]
				continue
			}
			entered[at] = true
			stack = append(stack, before...)
		}
	}
	return order
}

// headOf is where the train's branch is, fetched.
func (s *Session) headOf(ctx context.Context, ref string) (object.ID, error) {
	head := s.shown.Refs[ref]
	return head, s.fetchCommit(ctx, ref, head)
}
