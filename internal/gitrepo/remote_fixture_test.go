package gitrepo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// The names that the tests push to.
const (
	masterRef = "refs/heads/master"
	ledgerRef = "refs/looprel/ledger"
)

// remoteFixture is a remote with a few commits and a clone of it.
type remoteFixture struct {
	t *testing.T
	// origin is the remote's own repository, bare.
	origin *gittest.Repo
	// clone has it as "origin".
	clone *gittest.Repo
}

func newRemoteFixture(t *testing.T) *remoteFixture {
	t.Helper()
	clone := gittest.New(t)
	clone.Commit("first", gittest.Files{"README": "hello\n"})
	clone.Tag("0.1.0")
	clone.Commit("second", gittest.Files{"README": "hello again\n", "dir/file": "x\n"})
	return &remoteFixture{t: t, origin: clone.Bare(), clone: clone}
}

// remote opens the clone's remote at an address; further variables are added to
// the environment.
func (f *remoteFixture) remote(url string, variables ...string) *Remote {
	f.t.Helper()
	remote, err := f.repository(variables...).OpenRemote(url, RemoteOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = remote.Close() })
	return remote
}

func (f *remoteFixture) repository(variables ...string) *Repository {
	f.t.Helper()
	repository, err := Open(f.t.Context(), Options{Dir: f.clone.Dir, Environ: append(f.clone.Environ(), variables...)})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = repository.Close() })
	return repository
}

// addresses are all ways to reach the fixture's remote, by name; those with oldSuffix
// lead to servers that know only version 0 of the protocol.
func (f *remoteFixture) addresses() map[string]string {
	f.t.Helper()
	ssh := f.origin.ServeSSH()
	ssh.Introduce(f.clone.Home)
	return map[string]string{
		"path":             f.origin.Dir,
		"file":             f.origin.URL(),
		"git":              f.origin.ServeGit(),
		"http":             f.origin.ServeHTTP(gittest.HTTPOptions{}).URL,
		"http" + oldSuffix: f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: withoutVersion}).URL,
		"ssh":              ssh.URL(),
		"ssh" + oldSuffix:  ssh.OldURL(),
	}
}

const oldSuffix = "-0"

// withoutVersion hides which version of the protocol is asked for.
func withoutVersion(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		request.Header.Del("Git-Protocol")
		next.ServeHTTP(w, request)
	})
}

func (f *remoteFixture) list(remote *Remote) Advertisement {
	f.t.Helper()
	shown, err := remote.List(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return shown
}

// releasePush is what a release pushes: a commit on master, a tag of it and a
// ledger entry.
type releasePush struct {
	updates []RefUpdate
	objects []object.Object
}

// newReleasePush makes one with the given text in every message, so that no two
// are alike.
func newReleasePush(t *testing.T, shown Advertisement, tree object.ID, version, text string) releasePush {
	t.Helper()
	by := object.Signature{Name: gittest.Name, Email: gittest.Email, When: gittest.Epoch()}
	commit := object.Commit{Tree: tree, Parents: []object.ID{shown.Refs[masterRef]}, Author: by, Committer: by, Message: "Release " + text + "\n"}
	tag := object.Tag{Target: commit.Object().ID(), TargetKind: object.KindCommit, Name: version, Tagger: by, Message: "Release " + text + "\n"}
	state := object.Blob([]byte(text + "\n"))
	root := object.Tree{}.With(object.TreeEntry{Mode: object.ModeFile, Name: "state", ID: state.ID()})
	entry := object.Commit{Tree: root.Object().ID(), Author: by, Committer: by, Message: "tag " + text + "\n"}
	if old := shown.Refs[ledgerRef]; !old.IsZero() {
		entry.Parents = []object.ID{old}
	}
	objects := []object.Object{commit.Object(), tag.Object(), state, root.Object(), entry.Object()}
	updates := []RefUpdate{
		{Name: masterRef, Old: shown.Refs[masterRef], New: commit.Object().ID()},
		{Name: "refs/tags/" + version, New: tag.Object().ID()},
		{Name: ledgerRef, Old: shown.Refs[ledgerRef], New: entry.Object().ID()},
	}
	return releasePush{updates: updates, objects: objects}
}

// masterTree is the tree of the remote's master.
func (f *remoteFixture) masterTree() object.ID { return f.origin.ID("refs/heads/master^{tree}") }

// refs are the remote's references as git sees them.
func (f *remoteFixture) refs() string {
	return f.origin.Git("for-each-ref", "--format=%(refname) %(objectname)")
}

// wantNoSecret fails when an error shows one of the secrets, in any of the ways
// in which it can be printed.
func wantNoSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	texts := fmt.Sprintf("%v %+v %#v %q", err, err, err, fmt.Sprint(err))
	if hinted, ok := err.(interface{ Hint() string }); ok {
		texts += hinted.Hint()
	}
	for _, secret := range secrets {
		if strings.Contains(texts, secret) {
			t.Errorf("the secret %q shows in: %s", secret, texts)
		}
	}
}

func mustFetch(ctx context.Context, t *testing.T, remote *Remote, into *Objects, request FetchRequest) FetchResult {
	t.Helper()
	result, err := remote.Fetch(ctx, into, request)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
