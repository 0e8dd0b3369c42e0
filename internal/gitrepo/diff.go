package gitrepo

import (
	"github.com/mozilla-services/looprel/internal/object"
)

// Diff compares two trees (the zero ID is the empty tree) and calls visit for
// every path, other than a directory, whose mode or content differs, in git's
// order. The zero entry stands for "not there". Trees that are equal are never
// opened, and visit ends the comparison by returning false. Renames are not
// looked for.
func (o *Objects) Diff(a, b object.ID, visit func(path string, before, after object.TreeEntry) bool) error {
	comparison := comparison{objects: o, visit: visit}
	return comparison.trees("", a, b)
}

type comparison struct {
	objects *Objects
	visit   func(path string, before, after object.TreeEntry) bool
	stopped bool
}

func (c *comparison) trees(prefix string, a, b object.ID) error {
	if a == b {
		return nil
	}
	before, err := c.side(a)
	if err != nil {
		return err
	}
	after, err := c.side(b)
	if err != nil {
		return err
	}
	for !c.stopped && (before.there || after.there) {
		order := before.compare(&after)
		var left, right object.TreeEntry
		if order != 0 || !before.Same(&after.TreeScanner) {
			if order <= 0 {
				left = before.Entry()
			}
			if order >= 0 {
				right = after.Entry()
			}
			if err := c.entry(prefix, left, right); err != nil {
				return err
			}
		}
		if order <= 0 {
			err = before.next()
		}
		if order >= 0 && err == nil {
			err = after.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// treeSide is one of two trees that are compared, at one of its entries.
type treeSide struct {
	object.TreeScanner
	id    object.ID
	there bool // it has not come to the tree's end
}

// side opens a tree, the zero ID being an empty one.
func (c *comparison) side(id object.ID) (side treeSide, err error) {
	side.id = id
	if id.IsZero() {
		return side, nil
	}
	data, err := c.objects.treeData(id)
	if err != nil {
		return side, err
	}
	side.TreeScanner = object.NewTreeScanner(data)
	return side, side.next()
}

func (s *treeSide) next() error {
	s.there = s.Next()
	if s.Err() != nil {
		return damaged("tree "+s.id.String(), s.Err())
	}
	return nil
}

// compare says which side's entry comes first.
func (s *treeSide) compare(other *treeSide) int {
	switch {
	case !s.there:
		return 1
	case !other.there:
		return -1
	default:
		return s.Compare(&other.TreeScanner)
	}
}

func (c *comparison) entry(prefix string, before, after object.TreeEntry) error {
	name := after.Name
	if before.Name != "" {
		name = before.Name
	}
	if before.Mode == object.ModeDirectory || after.Mode == object.ModeDirectory {
		return c.trees(prefix+name+"/", before.ID, after.ID)
	}
	c.stopped = !c.visit(prefix+name, before, after)
	return nil
}
