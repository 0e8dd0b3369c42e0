package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestListOverEveryTransport(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			shown := f.list(f.remote(url))
			if got, want := shown.Refs[masterRef], f.origin.ID(masterRef); got != want {
				t.Errorf("master is %s, expected %s", got, want)
			}
			if got, want := shown.Refs["refs/tags/0.1.0"], f.origin.ID("refs/tags/0.1.0"); got != want {
				t.Errorf("the tag is %s, expected the tag object %s", got, want)
			}
			if got, _ := shown.Commit("refs/tags/0.1.0"); got != f.origin.ID("0.1.0^{commit}") {
				t.Errorf("the tag leads to %s", got)
			}
			if shown.Head != masterRef {
				t.Errorf("the default branch is %q", shown.Head)
			}
			if _, ok := shown.Refs["HEAD"]; ok || len(shown.Refs) != 2 {
				t.Errorf("unexpected references: %v", shown.Refs)
			}
		})
	}
}

// What was seen last is what the remote showed when it was fetched from, and no more.
func TestLastSeen(t *testing.T) {
	t.Parallel()
	work := gittest.New(t)
	first := work.Commit("Begin", gittest.Files{"a": "a\n"})
	work.Tag("0.1.0")
	work.Git("branch", "0.1.x")
	work.Git("branch", "secret")
	home := work.Bare()
	clone := home.Clone()
	clone.Git("config", "--add", "remote.origin.fetch", "^refs/heads/secret")
	clone.Git("tag", "own", first.String())
	clone.Git("branch", "local")
	later := work.Commit("More", gittest.Files{"a": "b\n"})
	work.Git("push", "--quiet", "origin", "HEAD")
	repository, err := Open(t.Context(), Options{Dir: clone.Dir, Environ: clone.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	remote, err := repository.OpenRemote("origin", RemoteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := remote.LastSeen()
	if err != nil {
		t.Fatal(err)
	}
	branch := work.Git("symbolic-ref", "HEAD")
	want := map[string]object.ID{
		branch: first, "refs/heads/0.1.x": first, "refs/tags/0.1.0": work.ID("refs/tags/0.1.0"), "refs/tags/own": first,
	}
	if diff := cmp.Diff(want, seen.Refs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if commit, _ := seen.Commit("refs/tags/0.1.0"); commit != first {
		t.Errorf("the tag leads to %s, expected %s, as git packed it", commit, first)
	}
	clone.Git("fetch", "--quiet")
	if seen, err = remote.LastSeen(); err != nil || seen.Refs[branch] != later {
		t.Errorf("after git fetch the branch is at %s, %v", seen.Refs[branch], err)
	}
}

func TestListOfEmptyRemote(t *testing.T) {
	t.Parallel()
	f := &remoteFixture{t: t, origin: gittest.NewBare(t), clone: gittest.New(t)}
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			shown := f.list(f.remote(url))
			if len(shown.Refs) != 0 || shown.Refs == nil {
				t.Errorf("references of an empty remote: %v", shown.Refs)
			}
		})
	}
}

func TestFirstPushToEmptyRemote(t *testing.T) {
	t.Parallel()
	f := &remoteFixture{t: t, origin: gittest.NewBare(t), clone: gittest.New(t)}
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			remote := f.remote(url)
			tree := object.Tree{}.Object()
			by := object.Signature{Name: gittest.Name, Email: gittest.Email, When: gittest.Epoch()}
			commit := object.Commit{Tree: tree.ID(), Author: by, Committer: by, Message: "first over " + name + "\n"}.Object()
			ref := "refs/heads/" + name
			_, err := remote.Push(t.Context(), []RefUpdate{{Name: ref, New: commit.ID()}}, []object.Object{tree, commit})
			if err != nil {
				t.Fatal(err)
			}
			if got := f.origin.ID(ref); got != commit.ID() {
				t.Errorf("%s is %s, expected %s", ref, got, commit.ID())
			}
		})
	}
}

func TestListKnowsDetachedHead(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.origin.Git("update-ref", "--no-deref", "HEAD", f.origin.ID(masterRef).String())
	if shown := f.list(f.remote("origin")); shown.Head != "" {
		t.Errorf("the default branch of a detached HEAD is %q", shown.Head)
	}
}

func TestListOfManyReferences(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	var packed strings.Builder
	master := f.origin.ID(masterRef)
	packed.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for i := range 20_000 {
		fmt.Fprintf(&packed, "%s refs/changes/%s%05d\n", master, strings.Repeat("long/", 10), i)
	}
	f.origin.Git("pack-refs", "--all")
	// The branch and the tag become loose again.
	before := f.refs()
	if err := os.WriteFile(filepath.Join(f.origin.Dir, "packed-refs"), []byte(packed.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(before) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		f.origin.Git("update-ref", name, id)
	}
	server := f.origin.ServeHTTP(gittest.HTTPOptions{})
	for _, url := range []string{f.origin.Dir, server.URL} {
		if shown := f.list(f.remote(url)); len(shown.Refs) != 20_002 {
			t.Errorf("%d references over %s", len(shown.Refs), url)
		}
	}
}

func TestRemotesThatAreNone(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	empty := t.TempDir()
	web := f.origin.ServeHTTP(gittest.HTTPOptions{}).URL
	ssh := f.origin.ServeSSH()
	ssh.Introduce(f.clone.Home)
	git := f.origin.ServeGit()
	tests := []struct {
		name, url string
		kind      error
	}{
		{"empty directory", empty, ErrNotRemote},
		{"missing path", "file://" + filepath.ToSlash(filepath.Join(empty, "nothing")), ErrUnreachable},
		{"http without repository", web + "-not", ErrNotRemote},
		{"ssh without repository", ssh.URL() + "-not", ErrNotRemote},
		{"git without repository", git + "-not", ErrNotRemote},
		{"refused connection", "http://127.0.0.1:1/x.git", ErrUnreachable},
		{"refused ssh connection", "ssh://git@127.0.0.1:1/x.git", ErrUnreachable},
		{"refused git connection", "git://127.0.0.1:1/x.git", ErrUnreachable},
		{"unknown host", "https://host.invalid/x.git", ErrUnreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := f.remote(test.url).List(t.Context())
			if !errors.Is(err, test.kind) {
				t.Fatalf("the error is %v (%T), expected %v", err, err, test.kind)
			}
			var hinted interface{ Hint() string }
			if !errors.As(err, &hinted) || hinted.Hint() == "" {
				t.Errorf("no hint for: %v", err)
			}
		})
	}
}

func TestOpenRemote(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	repository := f.repository()
	if _, err := repository.OpenRemote("upstream", RemoteOptions{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown remote: %v", err)
	}
	if _, err := repository.OpenRemote("ext::sh -c date", RemoteOptions{}); !errors.Is(err, ErrConfig) {
		t.Errorf("a remote helper: %v", err)
	}
	remote, err := repository.OpenRemote("https://user:secret@example.org/x.git?token=secret", RemoteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := remote.DisplayURL(); got != "https://example.org/x.git" {
		t.Errorf("the address to print is %s", got)
	}
}

func TestRelativeRemoteCountsFromTheWorktree(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	relative, err := filepath.Rel(f.clone.Dir, f.origin.Dir)
	if err != nil {
		t.Fatal(err)
	}
	f.clone.Git("config", "remote.origin.url", relative)
	linked := filepath.Join(filepath.Dir(f.clone.Dir), "linked")
	f.clone.Git("worktree", "add", "--quiet", "--detach", linked)
	for _, dir := range []string{f.clone.Dir, filepath.Join(f.clone.Dir, "dir"), linked} {
		repository, err := Open(t.Context(), Options{Dir: dir, Environ: f.clone.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		remote, err := repository.OpenRemote("origin", RemoteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if shown := f.list(remote); len(shown.Refs) != 2 {
			t.Errorf("from %s: %v", dir, shown.Refs)
		}
		_ = remote.Close()
		_ = repository.Close()
	}
}

func TestPathRemoteWithoutGit(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	_, err := f.remote("origin", "PATH="+t.TempDir()).List(t.Context())
	if !errors.Is(err, ErrNoProgram) || !strings.Contains(err.Error(), "git") {
		t.Errorf("without git: %v", err)
	}
}

func TestRemoteIgnoresTheCloneInTheEnvironment(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	other := gittest.New(t)
	repository := f.repository("GIT_DIR="+filepath.Join(f.clone.Dir, ".git"), "GIT_PROTOCOL=version=2",
		"GIT_OBJECT_DIRECTORY="+filepath.Join(other.Dir, ".git", "objects"))
	remote, err := repository.OpenRemote(f.origin.Dir, RemoteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if shown := f.list(remote); len(shown.Refs) != 2 {
		t.Errorf("unexpected references: %v", shown.Refs)
	}
}
