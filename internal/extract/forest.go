package extract

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// forest reads trees and makes them. What is made is sent only as far as a commit
// needs it.
type forest struct {
	given Trees
	known map[object.ID]object.Tree
	made  map[object.ID]object.Tree
	sent  map[object.ID]bool
}

// maxTrees bounds the trees that are kept, read and made.
const maxTrees = 1 << 11

func newForest(given Trees) *forest {
	return &forest{given: given, known: map[object.ID]object.Tree{}, made: map[object.ID]object.Tree{}, sent: map[object.ID]bool{}}
}

// full reports whether it is time to forget.
func (f *forest) full() bool { return len(f.known)+len(f.made) > maxTrees }

// forget drops all trees but the knowledge of which were sent.
func (f *forest) forget() {
	clear(f.known)
	clear(f.made)
}

func (f *forest) read(id object.ID) (object.Tree, error) {
	if id.IsZero() || id == object.EmptyTree {
		return nil, nil
	}
	if tree, ok := f.made[id]; ok {
		return tree, nil
	}
	if tree, ok := f.known[id]; ok {
		return tree, nil
	}
	data, err := f.given.TreeData(id)
	if err != nil {
		return nil, err
	}
	tree, err := object.DecodeTree(data)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	f.known[id] = tree
	return tree, nil
}

// make makes a tree and returns its id, zero for an empty one.
func (f *forest) make(tree object.Tree) object.ID {
	if len(tree) == 0 {
		return object.ID{}
	}
	id := tree.Object().ID()
	if _, ok := f.known[id]; !ok {
		f.made[id] = tree
	}
	return id
}

// send hands over what was made of a tree, what is below first, each once.
func (f *forest) send(id object.ID, send func(object.Object)) {
	tree, ok := f.made[id]
	if !ok || f.sent[id] {
		return
	}
	f.sent[id] = true
	for _, entry := range tree {
		if entry.Mode == object.ModeDirectory {
			f.send(entry.ID, send)
		}
	}
	send(tree.Object())
}
