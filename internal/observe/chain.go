package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// askAgain adds the commits of which the line's files alone tell to those that are to be
// picked: the files may lose them to an earlier one, as a revert is lost to what it
// reverts.
func (c *chain) askAgain(facts *plan.LineFacts, missing []source) []source {
	facts.Present = slices.DeleteFunc(facts.Present, func(one plan.Present) bool {
		if one.ByContent {
			c.there[one.ID] = one
		}
		return one.ByContent
	})
	return slices.DeleteFunc(slices.Clone(c.sources), func(one source) bool {
		_, there := c.there[one.id]
		return !there && !slices.ContainsFunc(missing, func(other source) bool { return other.id == one.id })
	})
}

// chain is cherry-picks one on top of the other.
type chain struct {
	*backport
	layer *pick.Layer
	tree  object.ID
	picks []plan.Pick
	// empty are commits that made no difference.
	empty []plan.Present
	// there are those that the files of the line's tip have.
	there map[object.ID]plan.Present
}

// copy is a chain that can be tried without changing this one.
func (c *chain) copy() *chain {
	other := *c
	other.picks, other.empty = slices.Clone(c.picks), slices.Clone(c.empty)
	return &other
}

func newChain(ctx context.Context, b *backport, tree object.ID) *chain {
	return &chain{backport: b, layer: pick.NewLayer(b.mergeObjects(ctx)), tree: tree, there: map[object.ID]plan.Present{}}
}

// addUntilStuck adds commits as far as they apply, and returns the place of the first
// that does not, with its conflict.
func (c *chain) addUntilStuck(sources []source) (at int, conflict *pick.Outcome, err error) {
	for at, one := range sources {
		if conflict, err := c.add(one); err != nil || conflict != nil {
			return at, conflict, err
		}
	}
	return len(sources), nil, nil
}

// add picks a commit onto the tree. A conflict leaves the chain as it was.
func (c *chain) add(one source) (conflict *pick.Outcome, err error) {
	if resolved, ok := c.wanted.Resolved[one.id]; ok && resolved.Base == c.tree {
		c.layer.Add(resolved.Objects...)
		return nil, c.take(one, resolved.Tree, nil)
	}
	key := pickKey{commit: one.id, mainline: one.mainline, tree: c.tree, rules: c.rules()}
	outcome, err := c.work.picks.get(key, func() (pick.Outcome, error) {
		return pick.Onto(c.layer, c.tree, one.change, pick.RulesOf(c.snapshot.Component), c.mergeOptions(one))
	})
	switch {
	case err != nil:
		return nil, c.unreadable(err, one)
	case !outcome.Clean:
		if present, there := c.there[one.id]; there {
			c.empty = append(c.empty, present) // what was picked before goes on top of it
			return nil, nil
		}
		return &outcome, nil
	}
	c.layer.Add(outcome.Objects...)
	return nil, c.take(one, outcome.Tree, outcome.Kept)
}

// take makes the tree with a commit the chain's.
func (c *chain) take(one source, tree object.ID, kept []string) error {
	if tree == c.tree {
		present, there := c.there[one.id]
		if !there {
			present = plan.Present{ID: one.id, How: "the line's files have the change already"}
		}
		c.empty = append(c.empty, present)
		return nil
	}
	paths, err := c.layer.Paths(c.tree, tree)
	if err != nil {
		return err
	}
	c.tree = tree
	c.picks = append(c.picks, plan.Pick{
		Source: one.id, Original: one.commit, Tree: tree, Files: paths, Kept: kept, SignOff: c.wanted.SignOff,
	})
	return nil
}

// mergeOptions are those of git cherry-pick: the line's own attributes, its labels.
func (c *chain) mergeOptions(one source) merge.Options {
	return merge.Options{
		Ours: "HEAD", Theirs: fmt.Sprintf("%s (%s)", one.id.Short(), one.commit.Subject()),
		Attributes: c.tree, RenameLimit: RenameLimit(c.repository), External: ExternalDriver(c.repository),
	}
}

// unreadable explains what a merge could not read.
func (c *chain) unreadable(err error, one source) error {
	var driver *merge.DriverError
	if errors.As(err, &driver) {
		return &plan.Refusal{Reason: fmt.Sprintf("%s cannot be picked: %v", one.id.Short(), driver), Advice: driver.Hint()}
	}
	var missing *gitrepo.MissingError
	if !errors.As(err, &missing) || !missing.Partial {
		return err
	}
	ids := c.missingBlobs(one)
	if len(ids) == 0 {
		ids = []string{missing.ID.String()}
	}
	return &plan.Misuse{
		Reason: fmt.Sprintf("this clone is partial and lacks %d of the files that %s is merged with; nothing was changed", len(ids), one.id.Short()),
		Advice: fmt.Sprintf("git fetch %s %s", c.remoteName(), strings.Join(ids, " ")),
	}
}

// maxMissing bounds the files that a hint names.
const maxMissing = 20

// missingBlobs are the files that the pick of a commit reads, and that the clone
// lacks.
func (c *chain) missingBlobs(one source) []string {
	var ids []string
	// An error ends the search: what was found is missing all the same.
	paths, _ := c.layer.Paths(one.change.Base, one.change.Theirs)
	for _, path := range paths {
		for _, root := range []object.ID{one.change.Base, c.tree, one.change.Theirs} {
			entry, err := c.repository.Entry(root, path)
			if err != nil || !entry.Mode.IsFile() || len(ids) == maxMissing {
				continue
			}
			if has, err := c.repository.Has(entry.ID); err == nil && !has && !slices.Contains(ids, entry.ID.String()) {
				ids = append(ids, entry.ID.String())
			}
		}
	}
	return ids
}
