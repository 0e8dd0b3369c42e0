package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// partialFixture is a remote with some history, and a store of a clone for it.
type partialFixture struct {
	*remoteFixture
	remote *Remote
	store  *PartialStore
	dir    string
}

// newPartialFixture configures the remote by pairs of names and values.
func newPartialFixture(t *testing.T, settings ...string) *remoteFixture {
	t.Helper()
	f := newRemoteFixture(t)
	for i := 0; i < len(settings); i += 2 {
		f.origin.Git("config", settings[i], settings[i+1])
	}
	f.news(3)
	return f
}

// open opens the store of that name for the remote at an address.
func (f *remoteFixture) open(t *testing.T, name, url string) *partialFixture {
	t.Helper()
	remote := f.remote(url)
	store, err := remote.repository.ToolStore("upstream", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &partialFixture{remoteFixture: f, remote: remote, store: store.PartialStore(remote), dir: store.dir}
}

func (p *partialFixture) update(t *testing.T, names ...string) error {
	t.Helper()
	shown, err := p.remote.List(t.Context())
	if err != nil {
		return err
	}
	return p.store.Update(t.Context(), shown, names)
}

func (p *partialFixture) mustUpdate(t *testing.T, names ...string) {
	t.Helper()
	if err := p.update(t, names...); err != nil {
		t.Fatal(err)
	}
}

func (p *partialFixture) bring(t *testing.T, ids ...object.ID) error {
	t.Helper()
	return p.store.Bring(t.Context(), ids, func(int) {})
}

// has lists the objects of a repository that are of one of the kinds, by git, which
// fetches none for it.
func has(repo *gittest.Repo, kinds ...string) []string {
	var ids []string
	for line := range strings.Lines(repo.Git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)")) {
		if kind, id, _ := strings.Cut(strings.TrimSpace(line), " "); slices.Contains(kinds, kind) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s are %q, want %q", what, got, want)
	}
}

// packs lists the files in the store's directory of packs.
func (p *partialFixture) packs(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, "objects", "pack"))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// TestPartialStore: history and trees come, of the files those that are asked for, and
// nothing twice, over every transport.
func TestPartialStore(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true", "uploadpack.allowAnySHA1InWant", "true")
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			p := f.open(t, name, url)
			store := f.origin.At(p.dir)
			p.mustUpdate(t, masterRef, "refs/tags/0.1.0")
			wantSame(t, "commits and trees", has(store, "commit", "tree", "tag"), has(f.origin, "commit", "tree", "tag"))
			wantSame(t, "files", has(store, "blob"), nil)
			before := p.packs(t)
			p.mustUpdate(t, masterRef, "refs/tags/0.1.0")
			file := f.origin.ID(masterRef + ":news")
			for range 2 {
				if err := p.bring(t, file); err != nil {
					t.Fatal(err)
				}
			}
			wantSame(t, "files", has(store, "blob"), []string{file.String()})
			if after := p.packs(t); len(after) != len(before)+3 {
				t.Errorf("besides %q there are now %q, want a pack, its index and its mark", before, after)
			}
			f.news(2)
			p.mustUpdate(t, masterRef)
			wantSame(t, "commits and trees", has(store, "commit", "tree", "tag"), has(f.origin, "commit", "tree", "tag"))
			wantSame(t, "files", has(store, "blob"), []string{file.String()})
			store.Git("fsck", "--strict")
			// git can fetch the rest where it needs no key.
			if name == "path" || name == "file" || name == "http" {
				if got, want := store.Git("cat-file", "-p", "refs/remotes/origin/master:README"), f.origin.Git("cat-file", "-p", masterRef+":README"); got != want {
					t.Errorf("git reads %q, want %q", got, want)
				}
			}
		})
	}
}

// TestPartialStoreOfTrees: a tree brings those below, and no files.
func TestPartialStoreOfTrees(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	p := f.open(t, "trees", f.origin.URL())
	root := f.origin.ID(masterRef + "^{tree}")
	if err := p.bring(t, root); err != nil {
		t.Fatal(err)
	}
	want := []string{root.String(), f.origin.ID(masterRef + ":dir").String()}
	slices.Sort(want)
	wantSame(t, "objects", has(f.origin.At(p.dir), "commit", "tree", "blob"), want)
}

// TestPartialStoreInBatches: more objects than go into one request come in several, and
// how many have come is told.
func TestPartialStoreInBatches(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	files := gittest.Files{}
	for i := range maxWants + 500 {
		files[fmt.Sprintf("many/%d", i)] = strconv.Itoa(i)
	}
	f.origin.Import([]gittest.Commit{{Files: files}}, map[string]int{"refs/heads/many": 0})
	var ids []object.ID
	for line := range strings.Lines(f.origin.Git("ls-tree", "--format=%(objectname)", "refs/heads/many:many") + "\n") {
		id, err := object.ParseID(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	p := f.open(t, "many", f.origin.ServeHTTP(gittest.HTTPOptions{}).URL)
	p.mustUpdate(t, "refs/heads/many")
	if err := p.bring(t, ids[:10]...); err != nil {
		t.Fatal(err)
	}
	var told []int
	if err := p.store.Bring(t.Context(), ids, func(done int) { told = append(told, done) }); err != nil {
		t.Fatal(err)
	}
	if want := []int{10, 10 + maxWants}; !slices.Equal(told, want) {
		t.Errorf("told were %v, want %v", told, want)
	}
	if got := has(f.origin.At(p.dir), "blob"); len(got) != len(ids) {
		t.Errorf("%d files came of %d", len(got), len(ids))
	}
	if got := p.packs(t); len(got) != 4*3 {
		t.Errorf("there are %q, want four packs", got)
	}
}

// TestWholeStore: a remote that leaves nothing out, or gives nothing by its id, is
// fetched whole, as it says itself.
func TestWholeStore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings []string
		address  string
		whole    bool
	}{
		"no filter":              {[]string{"uploadpack.allowFilter", "false", "uploadpack.allowAnySHA1InWant", "true"}, "http", true},
		"no filter in version 0": {[]string{"uploadpack.allowFilter", "false", "uploadpack.allowAnySHA1InWant", "true"}, "http-0", true},
		"tips alone":             {[]string{"uploadpack.allowFilter", "true", "uploadpack.allowAnySHA1InWant", "false"}, "http-0", true},
		"reachable commits alone": {[]string{"uploadpack.allowFilter", "true", "uploadpack.allowReachableSHA1InWant", "true"}, "http-0",
			true},
		"version 2 gives what it has": {[]string{"uploadpack.allowFilter", "true", "uploadpack.allowAnySHA1InWant", "false"}, "http", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newPartialFixture(t, test.settings...)
			p := f.open(t, "whole", f.addresses()[test.address])
			p.mustUpdate(t, masterRef)
			store := f.origin.At(p.dir)
			if got := len(has(store, "blob")) > 0; got != test.whole {
				t.Errorf("files came: %v", got)
			}
			if got := store.Git("config", "--default", "false", "--get", "remote.origin.promisor"); got == "true" == test.whole {
				t.Errorf("git takes it for a partial clone: %s", got)
			}
			file := f.origin.ID(masterRef + ":news")
			if err := p.bring(t, file); err != nil {
				t.Fatal(err)
			}
			if present, err := p.store.Has(file); err != nil || !present {
				t.Errorf("the file is there: %v, %v", present, err)
			}
			store.Git("fsck", "--strict")
		})
	}
}

// refuseObjects answers as a service does that gives tips of references alone, to
// requests for anything else.
func refuseObjects(tips ...object.ID) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			body, _ := io.ReadAll(request.Body)
			request.Body = io.NopCloser(bytes.NewReader(body))
			for _, piece := range strings.Split(string(body), "want ")[1:] {
				id, err := object.ParseID(piece[:idDigits])
				if err == nil && !slices.Contains(tips, id) {
					w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
					text := "ERR upload-pack: not our ref " + id.String() + "\n"
					_, _ = fmt.Fprintf(w, "%04x%s", lengthDigits+len(text), text)
					return
				}
			}
			next.ServeHTTP(w, request)
		})
	}
}

// TestPartialStoreRefused: a remote that announces filters and then gives nothing by
// its id is fetched whole, once and from then on.
func TestPartialStoreRefused(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	old := f.origin.ID(masterRef)
	next := f.news(5)
	f.origin.Git("update-ref", masterRef, old.String())
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: refuseObjects(old, next)})
	p := f.open(t, "refused", server.URL)
	store := f.origin.At(p.dir)
	p.mustUpdate(t, masterRef)
	wantSame(t, "files", has(store, "blob"), nil)
	if err := p.bring(t, f.origin.ID(masterRef+":README")); err != nil {
		t.Fatal(err)
	}
	f.origin.Git("update-ref", masterRef, next.String())
	p.mustUpdate(t, masterRef)
	file := f.origin.ID(masterRef + ":news")
	if present, err := p.store.Has(file); err != nil || !present {
		t.Errorf("what came later has its files: %v, %v", present, err)
	}
	store.Git("fsck", "--strict")
	// The same store, at an address that gives everything, is partial again.
	last := f.news(7)
	p = f.open(t, "refused", f.origin.URL())
	p.mustUpdate(t, masterRef)
	if present, err := p.store.Has(f.origin.ID(last.String() + ":news")); err != nil || present {
		t.Errorf("what came last has no files: %v, %v", present, err)
	}
	store.Git("fsck", "--strict")
}

// TestPartialStoreOfWhatIsGone asks for objects that the remote does not have, so many
// that it hangs up in the middle of the request.
func TestPartialStoreOfWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	var gone []object.ID
	for i := range 20000 {
		gone = append(gone, object.Blob(fmt.Append(nil, i)).ID())
	}
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := f.open(t, name, url)
			if err := p.bring(t, gone...); !errors.Is(err, ErrMissing) || errors.Is(err, ErrMoved) {
				t.Errorf("the error is %v", err)
			}
			if left := p.packs(t); len(left) > 0 {
				t.Errorf("it left %q", left)
			}
		})
	}
}

// TestPartialStoreCutOff: nothing is half there after a broken connection, what a
// killed process left is removed, and the next run goes on.
func TestPartialStoreCutOff(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	broken := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: truncateTransfers})
	file := f.origin.ID(masterRef + ":news")
	for _, updated := range []bool{false, true} {
		p := f.open(t, "cut", broken.URL)
		err := p.bring(t, file)
		if !updated {
			err = p.update(t, masterRef)
		}
		if err == nil {
			t.Fatal("a cut answer is accepted")
		}
		for _, name := range p.packs(t) {
			if strings.HasPrefix(name, "tmp_") {
				t.Errorf("%s was left behind", name)
			}
		}
		leftovers := []string{
			filepath.Join(p.dir, "objects", "pack", "tmp_pack_123"),
			filepath.Join(p.dir, "refs", "remotes", "origin", "master.lock"),
		}
		for _, leftover := range leftovers {
			if err := errors.Join(os.MkdirAll(filepath.Dir(leftover), 0o755), os.WriteFile(leftover, []byte("PACK"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		f.news(1)
		p = f.open(t, "cut", f.origin.URL())
		p.mustUpdate(t, masterRef)
		for _, leftover := range leftovers {
			if _, err := os.Stat(leftover); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("what a killed process left is still there: %v", err)
			}
		}
		if got, want := f.origin.At(p.dir).ID("refs/remotes/origin/master"), f.origin.ID(masterRef); got != want {
			t.Errorf("the store's reference is at %s, want %s", got, want)
		}
		wantSame(t, "files", has(f.origin.At(p.dir), "blob"), nil)
	}
}

// TestPartialStoreAtOnce: of two at once one fetches, and the other has it then.
func TestPartialStoreAtOnce(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	file := f.origin.ID(masterRef + ":news")
	results := make(chan error)
	for range 4 {
		p := f.open(t, "shared", f.origin.URL())
		go func() {
			shown, err := p.remote.List(t.Context())
			if err == nil {
				err = p.store.Update(t.Context(), shown, []string{masterRef})
			}
			if err == nil {
				err = p.store.Bring(t.Context(), []object.ID{file}, func(int) {})
			}
			results <- err
		}()
	}
	for range 4 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := f.open(t, "shared", f.origin.URL()).packs(t); len(got) != 2*3 {
		t.Errorf("there are %q, want two packs", got)
	}
}

// TestBorrow: a partial clone reads what is in another store, and nothing is written.
func TestBorrow(t *testing.T) {
	t.Parallel()
	f := newPartialFixture(t, "uploadpack.allowFilter", "true")
	clone := f.origin.Clone("--filter=blob:none", "--no-checkout")
	before := gittest.Snapshot(t, clone.Dir)
	repository := openRepo(t, clone)
	remote, err := repository.OpenPromisor(RemoteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close() //nolint:errcheck // read only
	p := f.open(t, "borrowed", f.origin.URL())
	if err := repository.Borrow(p.store.Objects); err != nil {
		t.Fatal(err)
	}
	file := f.origin.ID(masterRef + ":news")
	if lacking, err := repository.Lacking([]object.ID{file, f.origin.ID(masterRef)}); err != nil || !slices.Equal(lacking, []object.ID{file}) {
		t.Errorf("lacking are %v: %v", lacking, err)
	}
	if err := p.store.ToolStore.PartialStore(remote).Bring(t.Context(), []object.ID{file}, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := repository.Blob(file, 0); err != nil {
		t.Error(err)
	}
	if after := gittest.Snapshot(t, clone.Dir); len(after) != len(before) {
		t.Error("files were written into the clone")
	}
}

func TestRecordedURL(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for url, want := range map[string]string{
		"https://user:secret@example.org/a.git?token=secret": "https://example.org/a.git",
		"ssh://git:secret@example.org:22/a.git":              "ssh://git@example.org:22/a.git",
		"git@example.org:a.git":                              "git@example.org:a.git",
		"git://example.org/a.git":                            "git://example.org/a.git",
		f.origin.URL():                                       f.origin.Dir,
	} {
		if got := f.remote(url).recordedURL(); got != want {
			t.Errorf("%s is recorded as %s, want %s", url, got, want)
		}
	}
}
