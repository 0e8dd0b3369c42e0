package observe

import (
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Preview makes a bare repository with what the plan would push, which borrows all
// else from upstream and from the component's repository on this machine.
func (e *Extraction) Preview(ctx context.Context, p *plan.ExtractPlan, directory string) (err error) {
	store, err := e.session.repository.CreateBorrowing(directory, e.upstream.Objects, e.branch.objects)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := store.MakePack(ctx, gitrepo.PackRequest{Made: p.Objects}); err != nil {
		return err
	}
	return store.SetRef(ctx, p.Branch, object.ID{}, p.Refs[0].New)
}
