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
// machine, which is read where it is, or one that is fetched into a store.
type upstream struct {
	*gitrepo.Objects
	shown   string // its address, for people
	resolve func(revision string) (object.ID, error)
	close   func()
	// clone is a clone on this machine, nil for a store.
	clone *gitrepo.Repository
	// bringing is held while a partial clone is completed.
	bringing sync.Mutex
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
	return &upstream{
		Objects: repository.Objects, shown: address, resolve: repository.ResolveCommit, clone: repository,
		close: func() { _ = repository.Close() }, // it was only read
	}, nil
}

// remoteUpstream fetches what is wanted of another machine's into a store.
func (s *Session) remoteUpstream(ctx context.Context, request plan.ExtractRequest, address string) (*upstream, error) {
	remote, err := s.repository.OpenRemote(address, gitrepo.RemoteOptions{Interactive: s.options.Interactive})
	if err != nil {
		return nil, err
	}
	defer remote.Close() //nolint:errcheck // what was wanted has been read by then
	name := remote.DisplayURL()
	s.progress("asking " + name)
	defer s.progress("")
	shown, err := remote.List(ctx)
	if err != nil {
		return nil, err
	}
	store, err := s.repository.ToolStore("upstream", s.snapshot.Component.Name)
	if err != nil {
		return nil, err
	}
	found := &upstream{Objects: store.Objects, shown: name, resolve: shownRevision(shown, store.Objects, name), close: func() { _ = store.Close() }}
	s.progress("fetching from " + name)
	for _, revision := range []string{request.To, request.From} {
		if err := fetchRevision(ctx, remote, store, shown, revision); err != nil {
			found.close()
			return nil, err
		}
	}
	return found, nil
}

// fetchedRef is the store's reference to what was fetched last.
const fetchedRef = "refs/looprel/fetched"

// fetchRevision brings what a revision names, if the remote shows it.
func fetchRevision(ctx context.Context, remote *gitrepo.Remote, store *gitrepo.ToolStore, shown gitrepo.Advertisement, revision string) error {
	ref, named := shownRef(shown, revision)
	if !named {
		return nil // an id, perhaps of what is here already
	}
	want := shown.Refs[ref]
	had, err := store.Ref(fetchedRef)
	if err != nil || had == want {
		return err
	}
	request := gitrepo.FetchRequest{Wants: []object.ID{want}}
	if !had.IsZero() {
		commit, err := store.Peel(had)
		if err != nil {
			return err
		}
		request.Haves = []object.ID{commit}
	}
	if _, err := remote.Fetch(ctx, store.Objects, request); err != nil {
		return err
	}
	return store.SetRef(ctx, fetchedRef, had, want)
}

// shownRef is the reference that a revision names on a remote; none is its default
// branch.
func shownRef(shown gitrepo.Advertisement, revision string) (ref string, found bool) {
	names := []string{revision, plan.TagRef(revision), plan.BranchRef(revision)}
	if revision == "" || revision == "HEAD" {
		names = []string{shown.Head}
	}
	for _, name := range names {
		if _, there := shown.Refs[name]; there {
			return name, true
		}
	}
	return "", false
}

// shownRevision resolves revisions by what a remote shows.
func shownRevision(shown gitrepo.Advertisement, objects *gitrepo.Objects, name string) func(string) (object.ID, error) {
	return func(revision string) (object.ID, error) {
		if ref, found := shownRef(shown, revision); found {
			id, _ := shown.Commit(ref)
			return id, nil
		}
		id, err := object.ParseID(revision)
		if err != nil {
			return id, &plan.Misuse{Reason: fmt.Sprintf("%q is neither a branch or tag of %s nor a whole commit id", revision, name), Advice: "list them: git ls-remote"}
		}
		return objects.Peel(id)
	}
}

// commit resolves a revision, the head if it is "".
func (u *upstream) commit(revision string) (object.ID, error) {
	if revision == "" {
		revision = "HEAD"
	}
	id, err := u.resolve(revision)
	if err != nil {
		return id, fmt.Errorf("upstream: %w", err)
	}
	return id, nil
}

func (u *upstream) node(id object.ID) (extract.Node, error) {
	node, err := u.Node(id)
	return extract.Node(node), err
}

// bring has objects fetched that a partial clone left out.
func (u *upstream) bring(ctx context.Context, lacking []object.ID) error {
	if u.clone != nil && u.IsPartial() {
		u.bringing.Lock()
		defer u.bringing.Unlock()
		return u.clone.FetchPromised(ctx, lacking)
	}
	_, err := u.Size(lacking[0]) // says what is the matter
	return err
}

// deepen says what to do where upstream's history is cut.
func (u *upstream) deepen(err error) error {
	if !errors.Is(err, gitrepo.ErrShallow) {
		return err
	}
	return &plan.Misuse{Reason: "upstream: " + err.Error(),
		Advice: fmt.Sprintf("complete it: git -C %s fetch --unshallow; or begin with a commit that it has: --from COMMIT", u.shown)}
}
