package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// componentBranch is the branch that a component is released from, in this clone's
// own remote or in another repository.
type componentBranch struct {
	ref  string // its full name
	name string // of the remote, for people
	tip  extract.Existing

	remote  *gitrepo.Remote
	objects *gitrepo.Objects
	// store holds the objects of a component that lives elsewhere, nil for one of
	// this clone.
	store *gitrepo.ToolStore
	// borrowed: the remote is the session's.
	borrowed bool
	sources  map[object.ID]extract.Existing
}

// openComponent opens the component's repository and brings its branch here.
func (s *Session) openComponent(ctx context.Context) (*componentBranch, error) {
	b := &componentBranch{}
	if err := b.connect(ctx, s); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *componentBranch) connect(ctx context.Context, s *Session) error {
	shown := s.shown
	remote, here := s.remoteOf(s.snapshot.Component)
	switch {
	case here && remote == "":
		b.remote, b.objects, b.borrowed, b.name = s.remote, s.repository.Objects, true, s.remoteName()
	default:
		var err error
		if b.remote, err = s.openRemoteOf(s.snapshot.Component, remote); err != nil {
			return err
		}
		if b.name = b.remote.Name; b.name == "" {
			b.name = b.remote.DisplayURL()
		}
		s.progress("asking " + b.name)
		defer s.progress("")
		if shown, err = b.remote.List(ctx); err != nil {
			return err
		}
		if b.objects = s.repository.Objects; !here {
			if b.store, err = s.repository.ToolStore("components", s.snapshot.Component.Name); err != nil {
				return err
			}
			b.objects = b.store.Objects
		}
	}
	if err := b.choose(s.snapshot.Component.Branch, shown); err != nil {
		return err
	}
	if b.tip.ID = shown.Refs[b.ref]; b.tip.ID.IsZero() {
		return nil
	}
	if err := b.fetch(ctx, s, shown); err != nil {
		return err
	}
	tip, err := b.objects.Commit(b.tip.ID)
	b.tip.Tree = tip.Tree
	return err
}

// remoteOf is the remote of a component: "" for the train's home, a name or an address.
// here reports whether this clone is one of it.
func (s *Session) remoteOf(component release.Component) (remote string, here bool) {
	address := component.Repository
	if address == "." || gitrepo.SameAddress(s.remote.Config().URL, address) {
		return "", true
	}
	for _, one := range s.repository.Config().Remotes() {
		if gitrepo.SameAddress(one.URL, address) {
			return one.Name, true
		}
	}
	return address, false
}

// openRemoteOf opens a component's repository by what remoteOf says.
func (s *Session) openRemoteOf(component release.Component, remote string) (*gitrepo.Remote, error) {
	opened, err := s.repository.OpenRemote(remote, gitrepo.RemoteOptions{Interactive: s.options.Interactive})
	if errors.Is(err, gitrepo.ErrNotFound) {
		return nil, &plan.Misuse{
			Reason: fmt.Sprintf("%s lives in %s, and there is nothing", component.Name, component.Repository),
			Advice: "correct its repository in environments.yaml, where a path counts from the worktree's root; or make it: git init --bare " + component.Repository,
		}
	}
	return opened, err
}

// choose finds the branch, which need not exist yet.
func (b *componentBranch) choose(branch string, shown gitrepo.Advertisement) error {
	switch {
	case branch != "":
		b.ref = plan.BranchRef(branch)
	case shown.Head != "":
		b.ref = shown.Head
	default:
		return &plan.Misuse{Reason: b.name + " has no default branch yet", Advice: "give the component a branch in environments.yaml, such as \"branch: master\""}
	}
	return nil
}

// fetch brings the branch here.
func (b *componentBranch) fetch(ctx context.Context, s *Session, shown gitrepo.Advertisement) error {
	has, err := b.objects.Has(b.tip.ID)
	if err != nil || has && b.store == nil {
		return err
	}
	var haves []object.ID
	if b.store == nil {
		haves, err = b.remote.Haves(shown, []string{b.ref})
	} else if known, refErr := b.store.Ref(b.ref); !known.IsZero() || refErr != nil {
		if known == b.tip.ID || refErr != nil {
			return refErr
		}
		haves = []object.ID{known}
	}
	if err != nil {
		return err
	}
	s.progress(fmt.Sprintf("fetching %s from %s", plan.ShortRef(b.ref), b.name))
	defer s.progress("")
	if _, err := b.remote.Fetch(ctx, b.objects, gitrepo.FetchRequest{Wants: []object.ID{b.tip.ID}, Haves: haves}); err != nil || b.store == nil {
		return err
	}
	return b.keep(ctx, b.tip.ID)
}

// keep remembers where the branch is, so that what was fetched counts as complete.
func (b *componentBranch) keep(ctx context.Context, tip object.ID) error {
	was, err := b.store.Ref(b.ref)
	if err != nil || was == tip {
		return err
	}
	return b.store.SetRef(ctx, b.ref, was, tip)
}

// lastExtracted finds the newest commit of the branch that names an upstream commit:
// along first parents, else anywhere.
func (b *componentBranch) lastExtracted(ctx context.Context) (last extract.Existing, source object.ID, found bool, err error) {
	for id, count := b.tip.ID, 0; !id.IsZero(); count++ {
		if count%1000 == 0 && ctx.Err() != nil {
			return last, source, false, ctx.Err()
		}
		commit, err := b.objects.Commit(id)
		if err != nil {
			return last, source, false, err
		}
		if source, named := extract.Source(commit.Message); named {
			return extract.Existing{ID: id, Tree: commit.Tree}, source, true, nil
		}
		if id = (object.ID{}); len(commit.Parents) > 0 {
			id = commit.Parents[0]
		}
	}
	if b.tip.ID.IsZero() {
		return last, source, false, nil
	}
	commits, err := b.objects.Range(ctx, []object.ID{b.tip.ID}, nil, gitrepo.RangeOptions{})
	for _, one := range commits {
		if source, named := extract.Source(one.Message); named {
			return extract.Existing{ID: one.ID, Tree: one.Tree}, source, true, err
		}
	}
	return last, source, false, err
}

// extracted finds the commit that names an upstream commit. The branch is read whole,
// once.
func (b *componentBranch) extracted(ctx context.Context, source object.ID) (extract.Existing, bool, error) {
	if b.sources == nil {
		b.sources = map[object.ID]extract.Existing{}
		if b.tip.ID.IsZero() {
			return extract.Existing{}, false, nil
		}
		commits, err := b.objects.Range(ctx, []object.ID{b.tip.ID}, nil, gitrepo.RangeOptions{})
		if err != nil {
			return extract.Existing{}, false, err
		}
		for _, one := range commits {
			named, ok := extract.Source(one.Message)
			if _, known := b.sources[named]; ok && !known {
				b.sources[named] = extract.Existing{ID: one.ID, Tree: one.Tree}
			}
		}
	}
	found, ok := b.sources[source]
	return found, ok, nil
}

func (b *componentBranch) close() {
	// What was wanted has been read; a failure to say goodbye changes nothing.
	if b.remote != nil && !b.borrowed {
		_ = b.remote.Close()
	}
	if b.store != nil {
		_ = b.store.Close()
	}
}

// branchAncestry answers about the branch's commits.
type branchAncestry struct {
	ctx    context.Context //nolint:containedctx // of the one plan that asks
	branch *componentBranch
}

// IsAncestor implements extract.Ancestry.
func (a *branchAncestry) IsAncestor(one, other object.ID) (bool, error) {
	return a.branch.objects.IsAncestor(a.ctx, one, other)
}

// extractedHistory answers about what was extracted before.
type extractedHistory struct {
	ctx      context.Context //nolint:containedctx // of the one plan that asks
	branch   *componentBranch
	upstream *upstream
}

// Extracted implements extract.History.
func (h *extractedHistory) Extracted(source object.ID) (extract.Existing, bool, error) {
	return h.branch.extracted(h.ctx, source)
}

// Node implements extract.History.
func (h *extractedHistory) Node(id object.ID) (extract.Node, error) { return h.upstream.node(id) }
