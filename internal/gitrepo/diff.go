package gitrepo

import (
	"strings"

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
	before, err := c.entries(a)
	if err != nil {
		return err
	}
	after, err := c.entries(b)
	if err != nil {
		return err
	}
	for !c.stopped && len(before)+len(after) > 0 {
		var left, right object.TreeEntry
		order := compareHeads(before, after)
		if order <= 0 {
			left, before = before[0], before[1:]
		}
		if order >= 0 {
			right, after = after[0], after[1:]
		}
		if err := c.entry(prefix, left, right); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) entries(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	return c.objects.Tree(id)
}

// compareHeads says which tree's first entry comes first: git orders
// directories as if their names ended in a slash.
func compareHeads(before, after object.Tree) int {
	switch {
	case len(before) == 0:
		return 1
	case len(after) == 0:
		return -1
	default:
		return strings.Compare(orderName(before[0]), orderName(after[0]))
	}
}

func orderName(entry object.TreeEntry) string {
	if entry.Mode == object.ModeDirectory {
		return entry.Name + "/"
	}
	return entry.Name
}

func (c *comparison) entry(prefix string, before, after object.TreeEntry) error {
	if before == after {
		return nil
	}
	name := before.Name + after.Name
	if before.Name != "" {
		name = before.Name
	}
	if before.Mode == object.ModeDirectory || after.Mode == object.ModeDirectory {
		return c.trees(prefix+name+"/", before.ID, after.ID)
	}
	c.stopped = !c.visit(prefix+name, before, after)
	return nil
}
