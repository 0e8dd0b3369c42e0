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

// Needed are the objects of the layer that the trees need, each once, what is named
// before what names it.
func (l *Layer) Needed(roots ...object.ID) []object.Object {
	collector := collector{layer: l, seen: map[object.ID]bool{}}
	for _, root := range roots {
		collector.add(root)
	}
	return collector.objects
}

type collector struct {
	layer   *Layer
	seen    map[object.ID]bool
	objects []object.Object
}

func (c *collector) add(id object.ID) {
	if c.seen[id] {
		return
	}
	c.seen[id] = true
	if content, made := c.layer.blobs[id]; made {
		c.objects = append(c.objects, object.Blob(content))
		return
	}
	tree, made := c.layer.trees[id]
	if !made {
		return // what exists has what it names
	}
	for _, entry := range tree {
		c.add(entry.ID)
	}
	c.objects = append(c.objects, tree.Object())
}
