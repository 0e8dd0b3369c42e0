package apply

import (
	"context"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
)

// BeginEdit makes the worktree in which a conflict is to be resolved. before is one
// that this follows on, nil without: it is removed first, its result is in the draft.
func BeginEdit(ctx context.Context, session *observe.Session, draft *observe.EditDraft, before *gitrepo.Edit) (*gitrepo.Edit, error) {
	repository := session.Repository()
	if err := repository.StoreObjects(draft.Objects); err != nil {
		return nil, err
	}
	if before != nil {
		if err := before.Remove(ctx); err != nil {
			return nil, err
		}
	}
	return repository.MakeEdit(ctx, draft.Name, draft.Spec)
}
