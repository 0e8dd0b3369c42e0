package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// upstream is the repository that a component is extracted from: a clone on this
// machine, which is read where it is, or one that is fetched into a store. Either may
// lack objects that were left out on purpose, which are fetched when they are needed:
// into a store, never into the clone.
type upstream struct {
	*gitrepo.Objects
	shown   string // its address, for people
	resolve func(revision string) (object.ID, error)
	close   func()
	// promised opens the store into which what was left out is brought, and advice is
	// what to do where the remote does not give it.
	promised func() (*gitrepo.PartialStore, error)
	advice   string
	// bringing is held meanwhile.
	bringing sync.Mutex
	session  *Session
}

// openUpstream opens the repository of environments.yaml, or the one asked for.
func (s *Session) openUpstream(ctx context.Context, request plan.ExtractRequest) (*upstream, error) {
	address := s.snapshot.Component.Extract.From
	if request.Upstream != "" {
		address = request.Upstream
	}
	if path, local := s.repository.LocalPath(address); local {
		return s.localUpstream(ctx, path, address)
	}
	return s.remoteUpstream(ctx, request, address)
}

// commit resolves a revision, the head if it is "".
func (u *upstream) commit(revision string) (object.ID, error) {
	if revision == "" {
		revision = "HEAD"
	}
	id, err := u.resolve(revision)
	if revision == "HEAD" && errors.Is(err, gitrepo.ErrNotFound) {
		return id, &plan.Misuse{Reason: fmt.Sprintf("upstream %s has no commit on its default branch", u.shown), Advice: "name another branch of it: --to BRANCH"}
	}
	if err != nil {
		return id, fmt.Errorf("upstream: %w", err)
	}
	return id, nil
}

func (u *upstream) node(id object.ID) (extract.Node, error) {
	node, err := u.Node(id)
	return extract.Node(node), err
}

// bring has objects fetched that were left out.
func (u *upstream) bring(ctx context.Context, lacking []object.ID) error {
	if len(lacking) == 0 {
		return nil
	}
	if !u.IsPartial() {
		_, err := u.Size(lacking[0]) // says what is the matter
		return err
	}
	u.bringing.Lock()
	defer u.bringing.Unlock()
	// Somebody else may have brought them while this one waited.
	lacking, err := u.Lacking(lacking)
	if err != nil || len(lacking) == 0 {
		return err
	}
	meter := u.session.meter("fetching files of "+u.shown, len(lacking))
	defer meter.done()
	from, err := u.promised()
	if err == nil {
		err = from.Bring(ctx, lacking, meter.now)
	}
	if errors.Is(err, gitrepo.ErrMissing) {
		return &gitrepo.Error{Kind: gitrepo.ErrMissing, What: "upstream: " + err.Error(), Advice: u.advice}
	}
	if err != nil {
		return fmt.Errorf("what upstream left out could not be fetched: %w", err)
	}
	return nil
}

// promiseTo has a repository that borrows from this one know what it may lack.
func (u *upstream) promiseTo(borrower *gitrepo.ToolStore) error {
	from, err := u.promised()
	if errors.Is(err, gitrepo.ErrMissing) {
		return nil // no remote is known, here either
	}
	if err != nil {
		return err
	}
	return from.PromiseTo(borrower)
}

// bringTrees has the trees of commits fetched that were left out, all in one request.
func (u *upstream) bringTrees(ctx context.Context, nodes []extract.Node) error {
	if !u.IsPartial() {
		return nil
	}
	ids := make([]object.ID, len(nodes))
	for i, node := range nodes {
		ids[i] = node.Tree
	}
	lacking, err := u.Lacking(ids)
	if err != nil {
		return err
	}
	return u.bring(ctx, lacking)
}

// deepen says what to do where upstream's history is cut.
func (u *upstream) deepen(err error) error {
	if !errors.Is(err, gitrepo.ErrShallow) {
		return err
	}
	return u.incomplete(err.Error())
}

// incomplete says what to do about history that is not there.
func (u *upstream) incomplete(why string) error {
	return &plan.Misuse{Reason: "upstream: " + why,
		Advice: fmt.Sprintf("complete it: git -C %s fetch --unshallow; or begin with a commit that it has: --from COMMIT", u.shown)}
}
