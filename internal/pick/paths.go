package pick

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// Paths lists the files in which two trees differ, sorted. The zero tree is the
// empty one.
func (l *Layer) Paths(a, b object.ID) ([]string, error) {
	paths := []string{}
	err := l.addPaths(&paths, "", a, b)
	slices.Sort(paths)
	return paths, err
}

func (l *Layer) addPaths(paths *[]string, prefix string, a, b object.ID) error {
	if a == b {
		return nil
	}
	before, err := l.directory(a)
	if err != nil {
		return err
	}
	after, err := l.directory(b)
	if err != nil {
		return err
	}
	for len(before)+len(after) > 0 {
		var left, right object.TreeEntry
		order := compareFirst(before, after)
		if order <= 0 {
			left, before = before[0], before[1:]
		}
		if order >= 0 {
			right, after = after[0], after[1:]
		}
		if left == right {
			continue
		}
		name := prefix + cmp.Or(left.Name, right.Name)
		if left.Mode != object.ModeDirectory && right.Mode != object.ModeDirectory {
			*paths = append(*paths, name)
			continue
		}
		if err := l.addPaths(paths, name+"/", left.ID, right.ID); err != nil {
			return err
		}
	}
	return nil
}

// compareFirst says which of two directories has the entry that comes first.
func compareFirst(before, after object.Tree) int {
	switch {
	case len(before) == 0:
		return 1
	case len(after) == 0:
		return -1
	}
	return object.CompareEntries(before[0], after[0])
}

func (l *Layer) directory(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	return l.Tree(id)
}

// Added are the objects that a tree needs and another one does not have at the same
// place: files and directories, each once, what is named before what names it. What
// submodules point to is left out.
func (l *Layer) Added(before, after object.ID) ([]object.ID, error) {
	found := &additions{layer: l, seen: map[object.ID]bool{}}
	err := found.directory(before, after)
	return found.ids, err
}

// additions are the objects found so far.
type additions struct {
	layer *Layer
	seen  map[object.ID]bool
	ids   []object.ID
}

func (a *additions) directory(before, after object.ID) error {
	if after == before || after.IsZero() || a.seen[after] {
		return nil
	}
	old, err := a.layer.directory(before)
	if err != nil {
		return err
	}
	tree, err := a.layer.directory(after)
	if err != nil {
		return err
	}
	for _, entry := range tree {
		known, _ := old.Find(entry.Name)
		switch {
		case known.ID == entry.ID, entry.Mode == object.ModeSubmodule:
		case entry.Mode == object.ModeDirectory:
			if known.Mode != object.ModeDirectory {
				known.ID = object.ID{}
			}
			if err := a.directory(known.ID, entry.ID); err != nil {
				return err
			}
		default:
			a.add(entry.ID)
		}
	}
	a.add(after)
	return nil
}

func (a *additions) add(id object.ID) {
	if !a.seen[id] {
		a.seen[id] = true
		a.ids = append(a.ids, id)
	}
}

// Object is an object of the layer itself; ok is false for one that is below it.
func (l *Layer) Object(id object.ID) (made object.Object, ok bool) {
	if content, ok := l.blobs[id]; ok {
		return object.Blob(content), true
	}
	tree, ok := l.trees[id]
	return tree.Object(), ok
}
