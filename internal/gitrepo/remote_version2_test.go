package gitrepo

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// TestVersion2IsSpoken: with every server that knows it, over every transport, and
// with no other.
func TestVersion2IsSpoken(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for name, url := range f.addresses() {
		remote := f.remote(url)
		f.list(remote)
		if got, want := remote.open.features != nil, !strings.HasSuffix(name, oldSuffix); got != want {
			t.Errorf("version 2 is spoken over %s: %v", name, got)
		}
	}
	f.clone.Git("config", "protocol.version", "0")
	remote := f.remote(f.origin.Dir)
	f.list(remote)
	if remote.open.features != nil {
		t.Error("version 2 is spoken although protocol.version declines it")
	}
}

// TestListOfPrefixes lists what was asked for and nothing else, whatever the server
// knows, as git does.
func TestListOfPrefixes(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	master := f.origin.ID(masterRef).String()
	for _, name := range []string{"refs/heads/0.9.x", "refs/heads/master-of-none", "refs/pull/1/head", "refs/tags-not/x", ledgerRef} {
		f.origin.Git("update-ref", name, master)
	}
	for name, url := range f.addresses() {
		for _, prefixes := range [][]string{nil, {"refs/heads/"}, {"refs/tags/", ledgerRef}, {masterRef}, {"refs/nothing/"}} {
			shown, err := f.remote(url).List(t.Context(), prefixes...)
			if err != nil {
				t.Fatal(err)
			}
			var refs, peeled []string
			for line := range strings.Lines(f.origin.Git("for-each-ref", "--format=%(refname) %(*objectname)")) {
				ref, leadsTo, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
				if within(prefixes) == nil || within(prefixes)([]byte(ref)) {
					refs = append(refs, ref)
					if leadsTo != "" {
						peeled = append(peeled, ref)
					}
				}
			}
			if got := slices.Sorted(maps.Keys(shown.Refs)); !slices.Equal(got, refs) {
				t.Errorf("%s, %q: %q, expected %q", name, prefixes, got, refs)
			}
			if got := slices.Sorted(maps.Keys(shown.Peeled)); !slices.Equal(got, peeled) {
				t.Errorf("%s, %q: peeled are %q, expected %q", name, prefixes, got, peeled)
			}
			if shown.Head != masterRef {
				t.Errorf("%s, %q: the default branch is %q", name, prefixes, shown.Head)
			}
		}
	}
}

// recordPosts keeps what is sent in POST requests.
type recordPosts struct {
	mutex  sync.Mutex
	bodies []string
}

func (r *recordPosts) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err == nil && request.Method == http.MethodPost {
			r.mutex.Lock()
			r.bodies = append(r.bodies, string(body))
			r.mutex.Unlock()
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, request)
	})
}

// TestServerIsAskedForPrefixes: the server is spared the rest, and further fetches
// from it begin without looking at references again.
func TestServerIsAskedForPrefixes(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	ids := ledgerHistory(f.origin, 3)
	head := f.news(2)
	var posts recordPosts
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: posts.wrap})
	remote := f.remote(server.URL)
	if _, err := remote.List(t.Context(), "refs/heads/", ledgerRef); err != nil {
		t.Fatal(err)
	}
	store, err := remote.repository.LedgerStore()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // read only
	mustFetch(t.Context(), t, remote, remote.repository.Objects, FetchRequest{Wants: []object.ID{head}})
	mustFetch(t.Context(), t, remote, store.Objects, FetchRequest{Wants: []object.ID{ids[2]}, Depth: 1})
	if got := store.Shallow(); !slices.Equal(got, ids[2:]) {
		t.Errorf("the ledger's store is cut at %v", got)
	}
	if len(posts.bodies) != 3 || !strings.Contains(posts.bodies[0], "ref-prefix refs/heads/\n") || !strings.Contains(posts.bodies[0], "ref-prefix "+ledgerRef+"\n") {
		t.Errorf("the requests were %q", posts.bodies)
	}
	if got := len(server.Requests()); got != 4 {
		t.Errorf("%d requests: one was to be a GET", got)
	}
}

// TestPathServerOfVersion0 runs a git that is not told of version 2.
func TestPathServerOfVersion0(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	head := f.news(1)
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	script := "#!/bin/sh\nunset GIT_PROTOCOL\nexec '" + git + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(directory, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	f.clone.Git("config", "remote.origin.url", f.origin.Dir)
	remote := f.remote("origin", "PATH="+directory+string(os.PathListSeparator)+os.Getenv("PATH"))
	if _, err := fetchMaster(t.Context(), remote); err != nil {
		t.Fatal(err)
	}
	if has, err := remote.repository.Has(head); err != nil || !has {
		t.Errorf("the news are missing: %v", err)
	}
	f.list(remote)
	if remote.open.features != nil {
		t.Error("the server speaks version 2")
	}
}
