package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// remoteUpstream fetches what is wanted of another machine's into a store: history and
// trees, and of the files what turns out to be needed.
func (s *Session) remoteUpstream(ctx context.Context, request plan.ExtractRequest, address string) (*upstream, error) {
	remote, err := s.repository.OpenRemote(address, gitrepo.RemoteOptions{Interactive: s.options.Interactive})
	if err != nil {
		return nil, err
	}
	found := &upstream{shown: remote.DisplayURL(), session: s, close: func() { _ = remote.Close() }} // it was only read
	if err := s.fetchUpstream(ctx, request, remote, found); err != nil {
		found.close()
		return nil, err
	}
	return found, nil
}

func (s *Session) fetchUpstream(ctx context.Context, request plan.ExtractRequest, remote *gitrepo.Remote, found *upstream) error {
	s.progress("asking " + found.shown)
	defer s.progress("")
	shown, err := remote.List(ctx, shownPrefixes(request.To, request.From)...)
	if err != nil {
		return err
	}
	store, err := s.repository.ToolStore("upstream", s.snapshot.Component.Name)
	if err != nil {
		return err
	}
	partial := store.PartialStore(remote)
	found.Objects, found.resolve = store.Objects, shownRevision(shown, store.Objects, found.shown)
	found.advice = "clone it whole, and name that: --upstream DIR"
	found.promised = func() (*gitrepo.PartialStore, error) { return partial, nil }
	found.close = func() { _, _ = remote.Close(), store.Close() } // likewise
	s.progress("fetching from " + found.shown)
	var names []string
	for _, revision := range []string{request.To, request.From} {
		// What is no reference is an id, perhaps of what these lead to.
		if ref, named := shownRef(shown, revision); named && !slices.Contains(names, ref) {
			names = append(names, ref)
		}
	}
	return partial.Update(ctx, shown, names)
}

// shownPrefixes are those of the references that revisions may name: a large
// repository has tens of thousands of others.
func shownPrefixes(revisions ...string) []string {
	prefixes := []string{plan.BranchRef("")}
	for _, revision := range revisions {
		if revision != "" {
			prefixes = append(prefixes, plan.TagRef(revision))
		}
		if strings.HasPrefix(revision, "refs/") {
			prefixes = append(prefixes, revision)
		}
	}
	return prefixes
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
		commit, err := objects.Peel(id)
		if errors.Is(err, gitrepo.ErrMissing) {
			return id, &plan.Misuse{Reason: fmt.Sprintf("what was fetched of %s does not lead to %s", name, revision), Advice: "name a branch or a tag that contains it: --to NAME"}
		}
		return commit, err
	}
}
