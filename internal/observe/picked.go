package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// picked is the line's branch with the picks on it.
func (b *backport) picked(ctx context.Context, choice plan.LineChoice, chain *chain) (*plan.Branch, error) {
	branch, err := b.onto(ctx, choice)
	if err != nil || len(chain.picks) == 0 {
		return branch, err
	}
	before := choice.Head
	for _, one := range chain.picks {
		change := notes.FromObject(one.Source, one.Original)
		change.Parents = []object.ID{before} // on the line it is no merge, whatever it was
		branch.Changes = slices.Insert(branch.Changes, 0, change)
		before = one.Source
	}
	branch.Picks = chain.picks
	if branch.Made, err = chain.objects(ctx, branch.At.Root); err != nil || b.request.NoRelease {
		return branch, err
	}
	branch.At, err = b.revisionOf(layerContent{chain.layer}, choice.Head, chain.tree)
	branch.Tip, branch.Unchanged = branch.At, false
	return branch, err
}

// onto is the line's branch as it is. What a release needs to know of it, its last
// release and what came since, is not looked for where none is made.
func (b *backport) onto(ctx context.Context, choice plan.LineChoice) (*plan.Branch, error) {
	if !b.request.NoRelease {
		return b.branch(ctx, choice.BranchChoice, "")
	}
	tip, err := b.repository.Commit(choice.Head)
	at := plan.Revision{ID: choice.Head, Root: tip.Tree}
	return &plan.Branch{BranchChoice: choice.BranchChoice, At: at, Tip: at}, err
}

// objects are what the remote needs besides what its line has: what the picks made,
// and what this clone alone may have, of a commit that the train's branch lacks or of
// a resolution. git refuses a reference whose objects are not all there, and moves
// the others of the same atomic push.
func (c *chain) objects(ctx context.Context, tip object.ID) ([]object.Object, error) {
	var objects []object.Object
	before := tip
	for _, one := range c.picks {
		added, err := c.layer.Added(before, one.Tree)
		if err != nil {
			return nil, err
		}
		before = one.Tree
		shared, err := c.isShared(ctx, one.Source)
		if err != nil {
			return nil, err
		}
		for _, id := range added {
			if made, ok := c.layer.Object(id); ok {
				objects = append(objects, made)
				continue
			}
			if shared {
				continue
			}
			found, err := c.repository.ReadUpTo(id, mergeBlobLimit)
			if errors.Is(err, gitrepo.ErrMissing) {
				continue // a partial clone lacks what its remote has
			}
			if err != nil {
				return nil, err
			}
			objects = append(objects, found)
		}
	}
	return objects, nil
}

// isShared reports whether the remote has a commit with all that it is made of, and
// nothing of it was changed by hand.
func (c *chain) isShared(ctx context.Context, id object.ID) (bool, error) {
	if _, resolved := c.wanted.Resolved[id]; resolved {
		return false, nil
	}
	contained, err := c.repository.IsAncestor(ctx, id, c.head)
	return contained, c.deepen(err)
}

// layerContent reads release files of a tree in the making.
type layerContent struct{ *pick.Layer }

// Blob reads a file of at most limit bytes.
func (c layerContent) Blob(id object.ID, limit int64) ([]byte, error) {
	size, err := c.BlobSize(id)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("file %s has %d bytes, more than the %d that are allowed", id, size, limit)
	}
	return c.Layer.Blob(id)
}
