package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// news adds commits to the remote's master that the clone does not have, and
// returns the last one.
func (f *remoteFixture) news(count int) object.ID {
	f.t.Helper()
	other := f.origin.Clone()
	for i := range count {
		other.Commit("news "+strconv.Itoa(i), gittest.Files{"news": strconv.Itoa(i)})
	}
	other.Git("push", "--quiet", "origin", "HEAD:refs/heads/master")
	return f.origin.ID(masterRef)
}

// fetchMaster brings the remote's master into the clone, as a command does.
func fetchMaster(ctx context.Context, remote *Remote) (FetchResult, error) {
	shown, err := remote.List(ctx)
	if err != nil {
		return FetchResult{}, err
	}
	haves, err := remote.Haves(shown, []string{masterRef})
	if err != nil {
		return FetchResult{}, err
	}
	return remote.Fetch(ctx, remote.repository.Objects, FetchRequest{Wants: []object.ID{shown.Refs[masterRef]}, Haves: haves})
}

// After the conversation was ended, another one serves.
func TestFetchAfterRest(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			head := f.news(1)
			f.clone.Git("config", "remote.origin.url", url)
			remote := f.remote("origin")
			remote.Rest() // there is none yet
			shown := f.list(remote)
			remote.Rest()
			remote.Rest()
			if _, err := remote.Fetch(t.Context(), remote.repository.Objects, FetchRequest{Wants: []object.ID{shown.Refs[masterRef]}}); err != nil {
				t.Fatal(err)
			}
			if has, err := remote.repository.Has(head); err != nil || !has {
				t.Errorf("the clone has what was fetched: %v, %v", has, err)
			}
			f.list(remote)
			remote.Rest()
			if err := remote.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Over HTTP nobody waits at the other end: what it said once still counts.
func TestRestOverHTTP(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	server := f.origin.ServeHTTP(gittest.HTTPOptions{})
	f.clone.Git("config", "remote.origin.url", server.URL)
	remote := f.remote("origin")
	shown := f.list(remote)
	before := len(server.Requests())
	remote.Rest()
	if _, err := remote.Fetch(t.Context(), remote.repository.Objects, FetchRequest{Wants: []object.ID{shown.Refs[masterRef]}}); err != nil {
		t.Fatal(err)
	}
	if asked := len(server.Requests()) - before; asked != 1 {
		t.Errorf("a fetch takes %d requests, expected one", asked)
	}
}

func TestFetchBringsTheNews(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			head := f.news(3)
			before := f.clone.Git("for-each-ref")
			f.clone.Git("config", "remote.origin.url", url)
			remote := f.remote("origin")
			result, err := fetchMaster(t.Context(), remote)
			if err != nil {
				t.Fatal(err)
			}
			// Three commits, three root trees, three blobs, for each round so far.
			if result.Objects == 0 || result.Objects > 9*5 {
				t.Errorf("%d objects received", result.Objects)
			}
			if f.clone.Git("cat-file", "-t", head.String()) != "commit" {
				t.Error("git does not see the commit")
			}
			commit, err := remote.repository.Commit(head)
			if err != nil || commit.Subject() != "news 2" {
				t.Errorf("the commit is %q: %v", commit.Subject(), err)
			}
			f.clone.Git("fsck", "--strict")
			if after := f.clone.Git("for-each-ref"); after != before {
				t.Errorf("references were written:\n%s", after)
			}
			again, err := fetchMaster(t.Context(), remote)
			if err != nil || again.Objects != 0 {
				t.Errorf("the second time brought %d objects: %v", again.Objects, err)
			}
		})
	}
}

func TestFetchLeavesNothingBehindWhenNothingIsNew(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	before := gittest.Snapshot(t, f.clone.Dir)
	result, err := fetchMaster(t.Context(), f.remote("origin"))
	if err != nil || result.Objects != 0 {
		t.Fatalf("%d objects: %v", result.Objects, err)
	}
	if after := gittest.Snapshot(t, f.clone.Dir); len(after) != len(before) {
		t.Error("files were written")
	}
}

// TestFetchOfPrunedObjects: an object of an earlier fetch that is still here is
// no proof that those below it are.
func TestFetchOfPrunedObjects(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	head := f.news(3)
	middle := f.origin.ID(masterRef + "~1")
	f.clone.Git("config", "remote.origin.url", f.origin.Dir)
	data := f.origin.Git("cat-file", "commit", head.String()) + "\n"
	if got := f.clone.GitInput(data, "hash-object", "-t", "commit", "-w", "--stdin", "--literally"); got != head.String() {
		t.Fatalf("the copied commit is %s", got)
	}
	remote := f.remote("origin")
	if result, err := fetchMaster(t.Context(), remote); err != nil || result.Objects == 0 {
		t.Fatalf("%d objects: %v", result.Objects, err)
	}
	if has, err := remote.repository.Has(middle); err != nil || !has {
		t.Errorf("the commit below is missing: %v", err)
	}
}

func TestFetchIntoShallowClone(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			f.news(3)
			shallow := f.origin.Clone("--depth=2")
			fixture := &remoteFixture{t: t, origin: f.origin, clone: shallow}
			cuts := cutsOf(t, shallow)
			head := f.news(2)
			shallow.Git("config", "remote.origin.url", url)
			remote := fixture.remote("origin")
			result, err := fetchMaster(t.Context(), remote)
			if err != nil {
				t.Fatal(err)
			}
			if result.Objects != 6 {
				t.Errorf("%d objects received, expected two commits with their trees and files", result.Objects)
			}
			if got := shallow.Git("rev-list", "--count", head.String()); got != "4" {
				t.Errorf("git sees %s commits", got)
			}
			if after := cutsOf(t, shallow); after != cuts {
				t.Errorf("the clone is cut elsewhere: %q, was %q", after, cuts)
			}
			shown := fixture.list(remote)
			_, err = remote.Fetch(t.Context(), remote.repository.Objects, FetchRequest{Wants: []object.ID{shown.Refs[masterRef]}, Depth: Unlimited})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := shallow.Git("rev-list", "--count", head.String()), f.origin.Git("rev-list", "--count", head.String()); got != want {
				t.Errorf("git sees %s commits of %s after deepening", got, want)
			}
			if len(remote.repository.Shallow()) > 0 {
				t.Errorf("the clone is still cut at %v", remote.repository.Shallow())
			}
			shallow.Git("fsck", "--strict")
		})
	}
}

// cutsOf is the list of commits at which a clone's history ends.
func cutsOf(t *testing.T, repo *gittest.Repo) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo.Dir, ".git", "shallow"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// ledgerHistory makes a ledger of a remote: entries that each write one small
// file of a tree.
func ledgerHistory(repo *gittest.Repo, length int) []object.ID {
	commits := make([]gittest.Commit, length)
	for i := range commits {
		commits[i].Files = gittest.Files{fmt.Sprintf("state/loop-server/0.%d.x/0.%d.%d", i%20, i%20, i/20): strconv.Itoa(i) + "\n"}
		if i > 0 {
			commits[i].Parents = []int{i - 1}
		}
	}
	return repo.Import(commits, map[string]int{ledgerRef: length - 1})
}

func TestLedgerAtDepthOne(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	ids := ledgerHistory(f.origin, 1000)
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			f.origin.Git("update-ref", ledgerRef, ids[990].String())
			clone := &remoteFixture{t: t, origin: f.origin, clone: f.origin.At(gitInit(t, f))}
			remote := clone.remote(url)
			store, err := remote.repository.LedgerStore()
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close() //nolint:errcheck // read only
			tip := clone.list(remote).Refs[ledgerRef]
			result := mustFetch(t.Context(), t, remote, store.Objects, FetchRequest{Wants: []object.ID{tip}, Depth: 1})
			// One commit, its root, "state", "loop-server", 20 lines, 991 files.
			if result.Objects > 1+3+20+991 {
				t.Errorf("the first fetch brought %d objects", result.Objects)
			}
			if got := store.Shallow(); !slices.Equal(got, []object.ID{tip}) {
				t.Errorf("the store is cut at %v", got)
			}
			if len(remote.repository.Shallow()) > 0 {
				t.Error("the clone became shallow")
			}
			f.origin.Git("update-ref", ledgerRef, ids[999].String())
			next := clone.list(remote).Refs[ledgerRef]
			request := FetchRequest{Wants: []object.ID{next}, Haves: []object.ID{tip}, Depth: 1}
			result = mustFetch(t.Context(), t, remote, store.Objects, request)
			// Nine entries, each with four trees and a file of its own.
			if result.Objects > 9*6 {
				t.Errorf("the news are %d objects", result.Objects)
			}
			if _, _, err := store.ReadFile(next, "state/loop-server/0.19.x/0.19.49"); err != nil {
				t.Error(err)
			}
			if again := mustFetch(t.Context(), t, remote, store.Objects, request); again.Objects != 0 {
				t.Errorf("nothing new is %d objects", again.Objects)
			}
			result = mustFetch(t.Context(), t, remote, store.Objects, FetchRequest{Wants: []object.ID{next}, Haves: []object.ID{next}, Depth: Unlimited})
			if result.Objects == 0 || len(store.Shallow()) > 0 {
				t.Errorf("deepening brought %d objects, the store is cut at %v", result.Objects, store.Shallow())
			}
			history, err := store.Range(t.Context(), []object.ID{next}, nil, RangeOptions{})
			if err != nil || len(history) != 1000 {
				t.Errorf("%d entries after deepening: %v", len(history), err)
			}
		})
	}
}

// gitInit makes an empty clone.
func gitInit(t *testing.T, f *remoteFixture) string {
	t.Helper()
	dir := t.TempDir()
	f.origin.Git("init", "--quiet", dir)
	return dir
}

func TestFetchOfWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote("origin")
	gone := object.Blob([]byte("nowhere")).ID()
	_, err := remote.Fetch(t.Context(), remote.repository.Objects, FetchRequest{Wants: []object.ID{gone}})
	if !errors.Is(err, ErrMoved) {
		t.Errorf("the error is %v", err)
	}
}

func TestFetchFromShallowRemoteIsRefused(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(2)
	shallow := f.origin.Clone("--depth=1", "--bare")
	remote := f.remote(shallow.Dir)
	_, err := fetchMaster(t.Context(), remote)
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "shallow") {
		t.Errorf("the error is %v", err)
	}
}

func TestHavesAreChosen(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	head := f.clone.ID("HEAD")
	for i := range 100 {
		f.clone.Git("update-ref", fmt.Sprintf("refs/remotes/origin/topic-%03d", i), head.String())
	}
	f.clone.Git("update-ref", "refs/remotes/origin/gone", head.String())
	remote := f.remote("origin")
	haves, err := remote.Haves(f.list(remote), []string{masterRef})
	if err != nil {
		t.Fatal(err)
	}
	want := []object.ID{head, f.clone.ID("0.1.0^{commit}")}
	if !slices.Equal(haves, want) {
		t.Errorf("haves are %v, expected %v", haves, want)
	}
}

func TestFetchCutOffLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(3)
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: truncateTransfers})
	before := gittest.Snapshot(t, f.clone.Dir)
	remote := f.remote(server.URL)
	_, err := fetchMaster(t.Context(), remote)
	if err == nil {
		t.Fatal("a cut answer is accepted")
	}
	if after := gittest.Snapshot(t, f.clone.Dir); len(after) != len(before) {
		t.Errorf("files were left behind after: %v", err)
	}
}

func TestFetchAfterTheSessionWasClosed(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	for name, url := range f.addresses() {
		remote := f.remote(url)
		shown := f.list(remote)
		if open, ok := remote.open.connection.(*stream); ok {
			open.abort()
		}
		result, err := remote.Fetch(t.Context(), remote.repository.Objects, FetchRequest{Wants: []object.ID{shown.Refs[masterRef]}})
		if err != nil {
			t.Errorf("over %s: %d objects, %v", name, result.Objects, err)
		}
	}
}

// TestFetchOfManyTags asks for all tags of a remote at once.
func TestFetchOfManyTags(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	ids := f.origin.Import(gittest.Line(2000), map[string]int{masterRef: 1999})
	var names []string
	for i := range ids {
		names = append(names, fmt.Sprintf("1.0.%d", i))
	}
	f.origin.PackTags(names, ids)
	clone := &remoteFixture{t: t, origin: f.origin, clone: f.origin.At(gitInit(t, f))}
	remote := clone.remote(f.origin.Dir)
	shown := clone.list(remote)
	var request FetchRequest
	var references strings.Builder
	for name, id := range shown.Refs {
		request.Wants = append(request.Wants, id)
		fmt.Fprintf(&references, "create %s %s\n", strings.Replace(name, "heads", "remotes/origin", 1), id)
	}
	result := mustFetch(t.Context(), t, remote, remote.repository.Objects, request)
	if result.Objects < 2*2000 {
		t.Errorf("%d objects", result.Objects)
	}
	clone.clone.Git("fsck", "--strict")
	clone.clone.GitInput(references.String(), "update-ref", "--stdin")
	again := mustFetch(t.Context(), t, remote, remote.repository.Objects, request)
	if again.Objects != 0 {
		t.Errorf("%d objects the second time", again.Objects)
	}
}
