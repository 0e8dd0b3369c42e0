package gitrepo

import (
	"errors"

	"github.com/mozilla-services/looprel/internal/object"
)

// TouchesPath reports whether the commit changed what is at the path: whether it
// differs there from every parent. A merge that took the path from one of its
// parents therefore did not change it. Of a commit without parents the question
// is whether there is anything; so it is at a shallow boundary.
func (o *Objects) TouchesPath(id object.ID, path string) (bool, error) {
	commit, err := o.node(id)
	if err != nil {
		return false, err
	}
	own, err := o.entryOrNone(commit.tree, path)
	if err != nil {
		return false, err
	}
	parents, _ := o.parents(commit)
	for _, id := range parents {
		parent, err := o.node(id)
		if err != nil {
			return false, err
		}
		if parent.tree == commit.tree {
			return false, nil
		}
		other, err := o.entryOrNone(parent.tree, path)
		if err != nil {
			return false, err
		}
		if other == own {
			return false, nil
		}
	}
	return len(parents) > 0 || own != object.TreeEntry{}, nil
}

// entryOrNone is entryBelow with the zero entry where there is nothing.
func (o *Objects) entryOrNone(tree object.ID, path string) (object.TreeEntry, error) {
	entry, err := o.entryBelow(tree, path)
	if errors.Is(err, ErrNotFound) {
		return object.TreeEntry{}, nil
	}
	return entry, err
}
