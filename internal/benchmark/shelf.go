package main

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// shelf keeps the objects of a ledger's state in memory, for package ledger to
// build on.
type shelf map[object.ID]object.Object

// Tree returns a directory of the state.
func (s shelf) Tree(id object.ID) (object.Tree, error) {
	found, ok := s[id]
	if !ok {
		return nil, fmt.Errorf("tree %s was not kept", id)
	}
	return object.DecodeTree(found.Data)
}

// Blob returns a file of the state.
func (s shelf) Blob(id object.ID) ([]byte, error) {
	found, ok := s[id]
	if !ok {
		return nil, fmt.Errorf("file %s was not kept", id)
	}
	return found.Data, nil
}

// add keeps objects.
func (s shelf) add(objects []object.Object) {
	for _, one := range objects {
		s[one.ID()] = one
	}
}

// of returns a shelf that has what belongs to the tree and nothing else.
func (s shelf) of(root object.ID) (shelf, error) {
	kept := shelf{}
	for open := []object.ID{root}; len(open) > 0; {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		kept[id] = s[id]
		if s[id].Kind != object.KindTree {
			continue
		}
		tree, err := s.Tree(id)
		if err != nil {
			return nil, err
		}
		for _, entry := range tree {
			open = append(open, entry.ID)
		}
	}
	return kept, nil
}
