package gitrepo

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// MergeBases returns the best common ancestors of two commits, the youngest
// first, as "git merge-base --all" does: none of them is an ancestor of another.
// It is empty when the commits have no history in common; where none is found
// because a shallow clone's history ends, that is a ShallowError.
func (o *Objects) MergeBases(ctx context.Context, a, b object.ID) ([]object.ID, error) {
	if a == b {
		return []object.ID{a}, nil
	}
	walk := baseWalk{objects: o, pace: pace{ctx: ctx}, visits: map[object.ID]*baseVisit{}}
	common, err := walk.common(a, b)
	if err != nil {
		return nil, err
	}
	if len(common) == 0 && len(walk.boundary) > 0 {
		return nil, &ShallowError{Boundary: walk.boundary}
	}
	return o.withoutAncestors(ctx, common)
}

// side says from which of two commits a third one can be reached; stale says
// that it is an ancestor of one that can be reached from both.
type side uint8

const (
	fromA side = 1 << iota
	fromB
	stale
	fromBoth = fromA | fromB
)

type baseWalk struct {
	objects  *Objects
	pace     pace
	visits   map[object.ID]*baseVisit
	queue    dateQueue
	open     int // commits in the queue that are not stale
	boundary []object.ID
}

type baseVisit struct {
	*node
	sides  side
	queued bool
}

func (v *baseVisit) isOpen() bool { return v.queued && v.sides&stale == 0 }

// common lists the commits that are reachable from both, without those that
// were seen to be ancestors of others in the list.
func (w *baseWalk) common(a, b object.ID) ([]object.ID, error) {
	var found []*baseVisit
	for i, id := range []object.ID{a, b} {
		if err := w.mark(id, fromA<<i); err != nil {
			return nil, err
		}
	}
	for w.open > 0 {
		if err := w.pace.step(); err != nil {
			return nil, err
		}
		v := w.take()
		sides := v.sides
		if sides == fromBoth {
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
			sides |= stale
		}
		parents, cut := w.objects.parents(v.node)
		if cut {
			w.boundary = append(w.boundary, v.id)
		}
		for _, parent := range parents {
			if err := w.mark(parent, sides); err != nil {
				return nil, err
			}
		}
	}
	var ids []object.ID
	for _, v := range found {
		if v.sides&stale == 0 {
			ids = append(ids, v.id)
		}
	}
	return ids, nil
}

func (w *baseWalk) take() *baseVisit {
	v := w.visits[w.queue.take().id]
	if v.isOpen() {
		w.open--
	}
	v.queued = false
	return v
}

// mark adds sides to a commit and, if that is news, puts it into the queue, for
// the second time where needed.
func (w *baseWalk) mark(id object.ID, sides side) error {
	v, seen := w.visits[id]
	if !seen {
		n, err := w.objects.node(id)
		if err != nil {
			return err
		}
		v = &baseVisit{node: n}
		w.visits[id] = v
	}
	if v.sides|sides == v.sides {
		return nil
	}
	if v.isOpen() {
		w.open--
	}
	v.sides |= sides
	if !v.queued {
		v.queued = true
		w.queue.add(v.node)
	}
	if v.isOpen() {
		w.open++
	}
	return nil
}

// withoutAncestors drops the commits that are ancestors of others.
func (o *Objects) withoutAncestors(ctx context.Context, ids []object.ID) ([]object.ID, error) {
	var best []object.ID
	for i, id := range ids {
		covered := false
		for j, other := range ids {
			if i == j {
				continue
			}
			ancestor, err := o.IsAncestor(ctx, id, other)
			if err != nil {
				return nil, err
			}
			covered = covered || ancestor
		}
		if !covered {
			best = append(best, id)
		}
	}
	return best, nil
}
