package extract

import (
	"github.com/mozilla-services/looprel/internal/object"
)

// image is the component's commit that stands for an upstream commit.
type image struct {
	id object.ID
	// mapped is the tree that the mappings give, the empty tree where they give
	// nothing any more.
	mapped object.ID
	own    *addition
	// parents are those of a commit that this run makes; one that exists has none
	// here.
	parents []*image
	exists  bool
	// generation is larger than that of every ancestor that this run makes.
	generation int
}

// Ancestry answers questions about commits of the branch.
type Ancestry interface {
	// IsAncestor reports whether a is b or an ancestor of it.
	IsAncestor(a, b object.ID) (bool, error)
}

// stand finds the parent that can stand for a commit with that mapped tree, nil
// where the commit has to be made. These are the rules of "git subtree split":
//
//   - one of the parents has the same tree; of two that are related, the younger one
//     counts, and of two that are not, neither does;
//   - where other parents have other trees, the last of these has no commit that
//     the one with the same tree lacks.
//
// By these an octopus merge may let go of a branch that an earlier run has made, which git
// does not know: not with Hold.
func (r *Rewriter) stand(mapped object.ID, parents []*image) (*image, error) {
	var same, other *image
	for _, parent := range parents {
		if parent.mapped != mapped {
			other = parent
			continue
		}
		if same == nil {
			same = parent
			continue
		}
		below, err := r.isAncestor(same, parent)
		if err != nil {
			return nil, err
		}
		if below {
			same = parent
			continue
		}
		if above, err := r.isAncestor(parent, same); err != nil || !above {
			return nil, err
		}
	}
	if same == nil || other == nil {
		return same, nil
	}
	contained, err := r.isAncestor(other, same)
	if err != nil || !contained {
		return nil, err
	}
	leaves, err := r.leavesTip(same, parents)
	if err != nil || leaves {
		return nil, err
	}
	return same, nil
}

// leavesTip reports whether a parent is not on top of the branch as it was, though another
// one is.
func (r *Rewriter) leavesTip(chosen *image, parents []*image) (bool, error) {
	if !r.Hold || r.tip == nil || len(parents) < 3 {
		return false, nil // of two, the other one is contained
	}
	if has, err := r.isAncestor(r.tip, chosen); has || err != nil {
		return false, err
	}
	for _, parent := range parents {
		if has, err := r.isAncestor(r.tip, parent); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// isAncestor reports whether a is b or an ancestor of it.
func (r *Rewriter) isAncestor(a, b *image) (bool, error) {
	seen := map[*image]bool{b: true}
	for open := []*image{b}; len(open) > 0; {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		switch {
		case next == a:
			return true, nil
		case next.exists && a.exists:
			if is, err := r.Existing.IsAncestor(a.id, next.id); is || err != nil {
				return is, err
			}
			continue
		case next.generation <= a.generation:
			continue
		}
		for _, parent := range next.parents {
			if !seen[parent] {
				seen[parent] = true
				open = append(open, parent)
			}
		}
	}
	return false, nil
}
