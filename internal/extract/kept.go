package extract

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// Overruled lists the paths that the branch keeps as its own, whatever a mapping gives
// (Input.Kept), and for which the mappings give something else at the last upstream commit
// than they did when the branch was made: what upstream has changed there is not taken
// over.
func (r *Rewriter) Overruled(last Node) ([]string, error) {
	if r.tip == nil {
		return nil, nil
	}
	mapped, err := r.mappedTree(last)
	if err != nil {
		return nil, err
	}
	var paths []string
	err = r.overruled(r.tip.own, mapped, "", &paths)
	slices.Sort(paths)
	return paths, err
}

func (r *Rewriter) overruled(own *addition, mapped object.ID, path string, paths *[]string) error {
	if own.isEmpty() {
		return nil
	}
	tree, err := r.composer.trees.read(mapped)
	if err != nil {
		return err
	}
	for name, below := range own.below {
		entry, given := tree.Find(name)
		switch {
		case !given:
		case below.entry.Mode == 0 && entry.Mode == object.ModeDirectory:
			if err := r.overruled(below, entry.ID, join(path, name), paths); err != nil {
				return err
			}
		case below.kept && entry != below.given && entry != below.entry:
			*paths = append(*paths, join(path, name))
		}
	}
	return nil
}
