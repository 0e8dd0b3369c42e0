package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
)

// localUpstream reads a clone where it is.
func (s *Session) localUpstream(ctx context.Context, path, address string) (*upstream, error) {
	repository, err := s.repository.OpenOther(ctx, path)
	if errors.Is(err, gitrepo.ErrNotRepository) {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("upstream %s is not a git repository", address),
			Advice: "correct from in environments.yaml, or name a clone: --upstream DIR"}
	}
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	found := &upstream{
		Objects: repository.Objects, shown: address, resolve: repository.ResolveCommit, session: s,
		close: func() { _ = repository.Close() }, // it was only read
	}
	if repository.IsPartial() {
		if err := s.completing(found, repository); err != nil {
			found.close()
			return nil, err
		}
	}
	return found, nil
}

// completing has what a partial clone left out read from a store, into which it is
// brought from the clone's own remote.
func (s *Session) completing(found *upstream, clone *gitrepo.Repository) error {
	store, err := s.repository.ToolStore("promised", s.snapshot.Component.Name)
	if err != nil {
		return err
	}
	found.advice = fmt.Sprintf("complete the clone: git -C %s fetch --refetch --no-filter; or name a complete one: --upstream DIR", clone.GitDir())
	var remote *gitrepo.Remote
	found.close = func() { // likewise
		if remote != nil {
			_ = remote.Close()
		}
		_ = store.Close()
		_ = clone.Close()
	}
	found.promised = func() (*gitrepo.PartialStore, error) {
		if remote == nil {
			opened, err := clone.OpenPromisor(gitrepo.RemoteOptions{Interactive: s.options.Interactive})
			if err != nil {
				return nil, err
			}
			remote = opened
		}
		return store.PartialStore(remote), nil
	}
	return found.Borrow(store.Objects)
}
