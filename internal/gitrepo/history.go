package gitrepo

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// HistoryNode is a commit's place in history, and its tree.
type HistoryNode struct {
	ID, Tree object.ID
	Parents  []object.ID
}

// Node returns a commit's place in history, without the parents that a shallow clone
// lacks.
func (o *Objects) Node(id object.ID) (HistoryNode, error) {
	n, err := o.node(id)
	if err != nil {
		return HistoryNode{}, err
	}
	parents, _ := o.parents(n)
	return HistoryNode{ID: id, Tree: n.tree, Parents: parents}, nil
}

// TreeData returns a tree object's content, which must not be changed. The empty
// tree need not be stored.
func (o *Objects) TreeData(id object.ID) ([]byte, error) { return o.treeData(id) }

// FirstParents lists a commit and the first parents that lead from it to until
// (which is left out), oldest first. reached reports whether they do; otherwise the
// list begins with the first commit. It is a ShallowError when it ends before that.
//
// What is read is not kept: the line may be long, and is walked once.
func (o *Objects) FirstParents(ctx context.Context, from, until object.ID) (line []HistoryNode, reached bool, err error) {
	pace := pace{ctx: ctx}
	for next := from; next != until; {
		if err := pace.step(); err != nil {
			return nil, false, err
		}
		n, err := o.passingNode(next)
		if err != nil {
			return nil, false, err
		}
		parents, cut := o.parents(n)
		line = append(line, HistoryNode{ID: next, Tree: n.tree, Parents: parents})
		if cut {
			return nil, false, &ShallowError{Boundary: []object.ID{next}}
		}
		if len(parents) == 0 {
			slices.Reverse(line)
			return line, false, nil
		}
		next = parents[0]
	}
	slices.Reverse(line)
	return line, true, nil
}

// passingNode is node without keeping it.
func (o *Objects) passingNode(id object.ID) (*node, error) {
	n, err := o.graphNode(id)
	if err == nil && n == nil {
		n, _, err = o.readNode(id, nil)
	}
	return n, err
}

// Topological lists the commits that are reachable from one and not from the
// excluded ones, so that each comes after its parents. Where a shallow clone may hide
// some it is a ShallowError.
func (o *Objects) Topological(ctx context.Context, from object.ID, exclude []object.ID) ([]HistoryNode, error) {
	walk := rangeWalk{objects: o, pace: pace{ctx: ctx}, visits: map[object.ID]*visit{}}
	if err := walk.start([]object.ID{from}, exclude); err != nil {
		return nil, err
	}
	if _, err := walk.list(0); err != nil {
		return nil, err
	}
	if err := walk.prove(); err != nil {
		return nil, err
	}
	if boundary := walk.boundary(); len(boundary) > 0 {
		return nil, &ShallowError{Boundary: boundary}
	}
	return walk.topological(from), nil
}

// topological orders what was listed: parents, in their order, before their children.
func (w *rangeWalk) topological(from object.ID) []HistoryNode {
	type step struct {
		*visit
		next int // the parent to go to
	}
	var order []HistoryNode
	done := map[object.ID]bool{}
	enter := func(open []step, id object.ID) []step {
		v, listed := w.visits[id]
		if !listed || v.excluded || done[id] {
			return open
		}
		done[id] = true
		return append(open, step{visit: v})
	}
	for open := enter(nil, from); len(open) > 0; {
		top := &open[len(open)-1]
		if top.next < len(top.parents) {
			top.next++
			open = enter(open, top.parents[top.next-1])
			continue
		}
		order = append(order, HistoryNode{ID: top.id, Tree: top.tree, Parents: top.parents})
		open = open[:len(open)-1]
	}
	return order
}
