package extract

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// addition is what the branch has of its own at a place: an entry, which is a whole
// directory where the mappings give nothing, or something below.
type addition struct {
	entry object.TreeEntry
	// kept: the branch's entry stays, whatever a mapping gives, which was given.
	kept  bool
	given object.TreeEntry
	below map[string]*addition
}

func (a *addition) isEmpty() bool { return a == nil || a.entry.Mode == 0 && len(a.below) == 0 }

// Why a path is a conflict.
const (
	whyChanged = "was changed on the branch"
	whyDeleted = "was deleted on the branch"
	whyAdded   = "was added on the branch, and a mapping gives it too"
)

// comparer finds out what the branch has of its own.
type comparer struct {
	trees *forest
	// kept says which files are the branch's own business.
	kept      func(path string) bool
	conflicts []Conflict
}

// compare compares the mapped tree with the branch's. What is more there is an
// addition; what differs is a conflict, unless it is kept.
func (c *comparer) compare(mapped, actual object.ID, path string) (*addition, error) {
	if mapped == actual {
		return nil, nil
	}
	wanted, err := c.trees.read(mapped)
	if err != nil {
		return nil, err
	}
	found, err := c.trees.read(actual)
	if err != nil {
		return nil, err
	}
	added := &addition{below: map[string]*addition{}}
	for _, entry := range found {
		own, err := c.entry(entry, wanted, join(path, entry.Name))
		if err != nil {
			return nil, err
		}
		if !own.isEmpty() {
			added.below[entry.Name] = own
		}
	}
	for _, entry := range wanted {
		if _, there := found.Find(entry.Name); !there {
			c.conflicts = append(c.conflicts, Conflict{Path: join(path, entry.Name), Why: whyDeleted})
		}
	}
	return added, nil
}

// entry compares what the branch has at a path with the mapped tree there.
func (c *comparer) entry(entry object.TreeEntry, mapped object.Tree, path string) (*addition, error) {
	wanted, given := mapped.Find(entry.Name)
	kept := c.kept(path)
	switch {
	case given && wanted == entry:
		return nil, nil
	case given && wanted.Mode == object.ModeDirectory && entry.Mode == object.ModeDirectory:
		return c.compare(wanted.ID, entry.ID, path)
	case given && !kept:
		c.conflicts = append(c.conflicts, Conflict{Path: path, Why: whyChanged})
		return nil, nil
	default:
		return &addition{entry: entry, kept: kept, given: wanted}, nil
	}
}

// sortConflicts brings conflicts into the order of paths.
func sortConflicts(conflicts []Conflict) []Conflict {
	slices.SortFunc(conflicts, func(a, b Conflict) int { return cmp.Compare(a.Path, b.Path) })
	return conflicts
}
