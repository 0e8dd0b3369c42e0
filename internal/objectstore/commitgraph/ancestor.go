package commitgraph

import "context"

// IsAncestor reports whether a is b or an ancestor of it. Commits whose generation
// is not larger than that of a are not looked at.
func (g *Graph) IsAncestor(ctx context.Context, a, b Position) (bool, error) {
	if a == b {
		return true, nil
	}
	least, err := g.Generation(a)
	if err != nil {
		return false, err
	}
	if least == Unknown {
		least = 0
	}
	seen := make([]uint64, (g.Count()+63)/64)
	open := []Position{b}
	var parents []Position
	for steps := 0; len(open) > 0; steps++ {
		if steps%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		next := open[len(open)-1]
		open = open[:len(open)-1]
		commit, err := g.Commit(next, parents[:0])
		if err != nil {
			return false, err
		}
		parents = commit.Parents
		if commit.Generation <= least {
			continue
		}
		for _, parent := range parents {
			if parent == a {
				return true, nil
			}
			if word, bit := parent/64, uint64(1)<<(parent%64); seen[word]&bit == 0 {
				seen[word] |= bit
				open = append(open, parent)
			}
		}
	}
	return false, nil
}
