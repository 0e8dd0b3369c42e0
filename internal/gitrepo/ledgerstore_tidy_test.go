package gitrepo

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Many fetches of news do not leave many packs behind, and nothing gets lost.
func TestTidy(t *testing.T) {
	t.Parallel()
	const ref = "refs/looprel/ledger"
	repo := gittest.New(t)
	repo.Commit("first", gittest.Files{"README": "1\n"})
	origin := repo.Bare()
	repository, err := Open(t.Context(), Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	store, err := repository.LedgerStore()
	if err != nil {
		t.Fatal(err)
	}
	remote, err := repository.OpenRemote(origin.URL(), RemoteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remote.Close() })
	fetch := func() {
		t.Helper()
		shown, err := remote.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before, err := store.Tip(ref)
		if err != nil {
			t.Fatal(err)
		}
		request := FetchRequest{Wants: []object.ID{shown.Refs[ref]}, Depth: 1}
		if !before.IsZero() {
			request.Haves = []object.ID{before}
		}
		if _, err := remote.Fetch(t.Context(), store.Objects, request); err != nil {
			t.Fatal(err)
		}
		if err := store.SetTip(t.Context(), ref, before, shown.Refs[ref]); err != nil {
			t.Fatal(err)
		}
		store.Tidy(t.Context())
	}
	const news = maxPacks + 2
	for n := range news {
		repo.Commit("entry", gittest.Files{"state": fmt.Sprintf("%d\n", n)})
		repo.Git("push", "--quiet", "--force", origin.Dir, "HEAD:"+ref)
		fetch()
	}
	packs, err := filepath.Glob(filepath.Join(store.Dir(), "objects", "pack", "*.pack"))
	if err != nil || len(packs) > maxPacks {
		t.Errorf("the store has %d packs, %v", len(packs), err)
	}
	tip, err := store.Tip(ref)
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := store.History(t.Context(), tip, 0)
	if err != nil || len(entries) != news {
		t.Errorf("%d entries can be read, %v; want %d", len(entries), err, news)
	}
}
