package observe

import (
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Preview makes a bare repository with what the plan would push. It borrows all else
// from upstream, unless it is to be whole, and from the component's repository on this
// machine.
func (e *Extraction) Preview(ctx context.Context, p *plan.ExtractPlan, directory string, whole bool) (err error) {
	request := gitrepo.PackRequest{Made: p.Objects}
	var from []*gitrepo.Objects
	if !e.branch.tip.ID.IsZero() {
		from = append(from, e.branch.objects)
	}
	if whole {
		if request, err = e.packRequest(ctx, p); err != nil {
			return err
		}
	} else {
		from = append(from, e.upstream.Objects)
		if e.upstream.IsPartial() { // what was left out cannot be borrowed
			if _, _, err := e.borrowed(ctx, p); err != nil {
				return err
			}
		}
	}
	store, err := e.session.repository.CreateBorrowing(directory, from...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !whole && e.upstream.IsPartial() {
		if err := e.upstream.promiseTo(store); err != nil {
			return err
		}
	}
	if _, err := store.MakePack(ctx, request); err != nil {
		return err
	}
	return store.SetRef(ctx, p.Branch, object.ID{}, p.Refs[0].New)
}
