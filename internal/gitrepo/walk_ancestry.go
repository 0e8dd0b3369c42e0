package gitrepo

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
)

// maxProof bounds how many commits are visited to prove, one by one, that
// candidates are no ancestors; beyond it one walk over all ancestors is cheaper.
const maxProof = 50_000

// ancestry is the set of a commit's ancestors (itself included), which grows as
// far as the questions need it.
type ancestry struct {
	objects *Objects
	pace    pace
	// known has all ancestors that were reached; those in the frontier have not
	// had their parents looked at yet.
	known    map[object.ID]bool
	frontier dateQueue
	// boundary are reached commits whose parents the shallow clone lacks.
	boundary []object.ID
	proof    int // commits visited by disprove
}

func (o *Objects) ancestry(ctx context.Context, head object.ID) (*ancestry, error) {
	a := &ancestry{objects: o, pace: pace{ctx: ctx}, known: map[object.ID]bool{}, frontier: dateQueue{generations: true}}
	return a, a.reach(head)
}

func (a *ancestry) reach(id object.ID) error {
	if a.known[id] {
		return nil
	}
	n, err := a.objects.node(id)
	if err != nil {
		return err
	}
	a.known[id] = true
	a.frontier.add(n)
	return nil
}

// expand reaches the parents of a commit taken from the frontier.
func (a *ancestry) expand(n *node) error {
	if err := a.pace.step(); err != nil {
		return err
	}
	parents, cut := a.objects.parents(n)
	if cut {
		a.boundary = append(a.boundary, n.id)
	}
	for _, parent := range parents {
		if err := a.reach(parent); err != nil {
			return err
		}
	}
	return nil
}

func (a *ancestry) expandAll() error {
	for !a.frontier.empty() {
		if err := a.expand(a.frontier.take()); err != nil {
			return err
		}
	}
	return nil
}

// contains reports whether the commit is an ancestor. Dates only say where to
// look first: the answer does not depend on them.
func (a *ancestry) contains(id object.ID) (bool, error) {
	if a.known[id] {
		return true, nil
	}
	target, err := a.objects.node(id)
	if errors.Is(err, ErrMissing) {
		// What the clone lacks is an ancestor only beyond a shallow boundary.
		if len(a.objects.Shallow()) == 0 {
			return false, nil
		}
		if err := a.expandAll(); err != nil {
			return false, err
		}
		return false, a.incomplete(nil)
	}
	if err != nil {
		return false, err
	}
	for !a.frontier.empty() && a.mayLeadTo(target) {
		if err := a.expand(a.frontier.take()); err != nil {
			return false, err
		}
		if a.known[id] {
			return true, nil
		}
	}
	return a.search(target)
}

// mayLeadTo reports whether the first commit of the frontier is one of those that
// lead to a target as a rule: by their generations, or where there are none by
// their dates.
func (a *ancestry) mayLeadTo(target *node) bool {
	first := a.frontier.first()
	if first.generation == commitgraph.Unknown && target.generation == commitgraph.Unknown {
		return first.time >= target.time
	}
	return first.generation > target.generation
}

// undecided reports whether the frontier has commits that may lead to a target in
// spite of their dates. Generations leave no doubt.
func (a *ancestry) undecided(target *node) bool {
	return !a.frontier.empty() && target.generation == commitgraph.Unknown && a.frontier.first().generation == commitgraph.Unknown
}

// search decides on a commit that is younger than the whole frontier: as a rule
// it is no ancestor then, but clocks are wrong at times.
//
// A way from the head to the target leads through a commit of the frontier that
// is no ancestor of the target (history has no circles). So the answer is no as
// soon as every commit of the frontier is an ancestor of the target.
func (a *ancestry) search(target *node) (bool, error) {
	if !a.undecided(target) {
		return false, a.incomplete(nil)
	}
	if a.proof > maxProof {
		if err := a.expandAll(); err != nil {
			return false, err
		}
	}
	below, err := a.objects.ancestry(a.pace.ctx, target.id)
	if err != nil {
		return false, err
	}
	var settled []*node
	for a.undecided(target) && !a.known[target.id] {
		first := a.frontier.first()
		switch {
		case below.known[first.id]:
			settled = append(settled, a.frontier.take())
		case !below.frontier.empty() && below.frontier.first().time >= first.time:
			a.proof++
			err = below.expand(below.frontier.take())
		default:
			err = a.expand(a.frontier.take())
		}
		if err != nil {
			return false, err
		}
	}
	for _, n := range settled {
		a.frontier.add(n)
	}
	if a.known[target.id] {
		return true, nil
	}
	return false, a.incomplete(below)
}

// incomplete is a ShallowError when commits beyond the boundary could change a
// "no". Those beyond an ancestor of the target cannot.
func (a *ancestry) incomplete(below *ancestry) error {
	if len(a.boundary) == 0 {
		return nil
	}
	open := slices.Clone(a.boundary)
	if below != nil {
		if err := below.expandAll(); err != nil {
			return err
		}
		open = slices.DeleteFunc(open, func(id object.ID) bool { return below.known[id] })
	}
	if len(open) == 0 {
		return nil
	}
	return &ShallowError{Boundary: open}
}

// IsAncestor reports whether a is b or an ancestor of it. Where a shallow clone
// cannot tell, it is a ShallowError.
func (o *Objects) IsAncestor(ctx context.Context, a, b object.ID) (bool, error) {
	if is, known, err := o.graphAncestor(ctx, a, b); known || err != nil {
		return is, err
	}
	ancestors, err := o.ancestry(ctx, b)
	if err != nil {
		return false, err
	}
	return ancestors.contains(a)
}

// HighestReachable returns the position of the first candidate that is the head
// or an ancestor of it, -1 when none is. The candidates are commits, the most
// wanted first; one that the clone lacks is no ancestor. Where a shallow clone
// cannot tell about a candidate before the first that is reachable, the position
// comes with a ShallowError.
//
// The head's history is walked once for all candidates, and no further than they
// need.
func (o *Objects) HighestReachable(ctx context.Context, head object.ID, candidates []object.ID) (int, error) {
	ancestors, err := o.ancestry(ctx, head)
	if err != nil {
		return -1, err
	}
	var unsure error
	for i, candidate := range candidates {
		reachable, err := ancestors.contains(candidate)
		if errors.Is(err, ErrShallow) {
			unsure = err
			continue
		}
		if err != nil {
			return -1, err
		}
		if reachable {
			return i, unsure
		}
	}
	return -1, unsure
}
