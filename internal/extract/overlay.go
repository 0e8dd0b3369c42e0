package extract

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// overlayKey is a mapped tree, and the branch's own at the same place.
type overlayKey struct {
	own    *addition
	mapped object.ID
}

// overlay puts what the branch has of its own into a mapped tree, and returns the
// tree of both, zero when there is nothing. It opens no directory but those on the
// way to something of the branch's own. It fails with a ConflictError.
func (c *composer) overlay(mapped object.ID, own *addition) (object.ID, error) {
	if own.isEmpty() {
		return mapped, nil
	}
	root := object.TreeEntry{Mode: object.ModeDirectory, ID: mapped}
	if mapped.IsZero() || mapped == object.EmptyTree {
		root = object.TreeEntry{}
	}
	laid := overlaying{composer: c}
	entry, err := laid.entry(root, own, "")
	if err != nil {
		return object.ID{}, err
	}
	if len(laid.conflicts) > 0 {
		return object.ID{}, &ConflictError{sortConflicts(laid.conflicts)}
	}
	return entry.ID, nil
}

// overlaying is one overlay under way.
type overlaying struct {
	*composer
	conflicts []Conflict
}

// entry decides what is at a path.
func (o *overlaying) entry(mapped object.TreeEntry, own *addition, path string) (object.TreeEntry, error) {
	same := mapped.Mode == own.entry.Mode && mapped.ID == own.entry.ID
	isLeaf := own.entry.Mode != 0
	switch {
	case isLeaf && (mapped.Mode == 0 || own.kept || same):
		return own.entry, nil
	case isLeaf && (mapped.Mode != object.ModeDirectory || own.entry.Mode != object.ModeDirectory),
		!isLeaf && mapped.Mode != 0 && mapped.Mode != object.ModeDirectory:
		o.conflicts = append(o.conflicts, Conflict{Path: path, Why: whyAdded})
		return mapped, nil
	}
	id, err := o.directory(mapped.ID, own, path)
	if err != nil || id.IsZero() {
		return object.TreeEntry{}, err
	}
	return object.TreeEntry{Mode: object.ModeDirectory, ID: id}, nil
}

// directory lays what is the branch's own over a mapped directory, zero for none.
func (o *overlaying) directory(mapped object.ID, own *addition, path string) (object.ID, error) {
	key := overlayKey{own, mapped}
	if known, ok := o.overlaid[key]; ok {
		return known, nil
	}
	if err := o.open(own); err != nil {
		return object.ID{}, err
	}
	tree, err := o.trees.read(mapped)
	if err != nil {
		return object.ID{}, err
	}
	before := len(o.conflicts)
	made := make(object.Tree, 0, len(tree)+len(own.below))
	for _, entry := range tree {
		if own.below[entry.Name] == nil {
			made = append(made, entry)
		}
	}
	for name, below := range own.below {
		given, _ := tree.Find(name)
		entry, err := o.entry(given, below, join(path, name))
		if err != nil {
			return object.ID{}, err
		}
		if entry.Mode != 0 {
			entry.Name = name
			made = append(made, entry)
		}
	}
	slices.SortFunc(made, object.CompareEntries)
	id := o.trees.make(made)
	if len(o.conflicts) == before {
		o.overlaid[key] = id
	}
	return id, nil
}

// open makes the entries of a directory of the branch's own additions themselves.
func (o *overlaying) open(own *addition) error {
	if own.entry.Mode == 0 || own.below != nil {
		return nil
	}
	tree, err := o.trees.read(own.entry.ID)
	if err != nil {
		return err
	}
	own.below = map[string]*addition{}
	for _, entry := range tree {
		own.below[entry.Name] = &addition{entry: entry}
	}
	return nil
}
