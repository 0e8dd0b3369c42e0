//go:build peers

package gitrepo

import (
	"errors"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// TestInstalledSSH speaks through OpenSSH's client, as is done for hosts whose
// configuration asks for what only it can do.
func TestInstalledSSH(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	server := f.origin.ServeSSH()
	server.Introduce(f.clone.Home)
	line := "ssh -F none -o IdentitiesOnly=yes -i '" + f.clone.Home + "/.ssh/id_ed25519' -o UserKnownHostsFile='" + f.clone.Home + "/.ssh/known_hosts'"
	f.clone.Git("config", "remote.origin.url", server.URL())
	remote := f.remote("origin", "GIT_SSH_COMMAND="+line)
	if _, err := fetchMaster(t.Context(), remote); err != nil {
		t.Fatal(err)
	}
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
		t.Fatal(err)
	}
	gittest.WriteHome(t, f.clone.Home, ".ssh/known_hosts", "")
	if _, err := f.remote("origin", "GIT_SSH_COMMAND="+line).List(t.Context()); !errors.Is(err, ErrHostKey) {
		t.Errorf("an unknown host key: %v", err)
	}
	server.Introduce(f.clone.Home)
	gittest.WriteHome(t, f.clone.Home, ".ssh/id_ed25519", otherPrivateKey(t))
	if _, err := f.remote("origin", "GIT_SSH_COMMAND="+line).List(t.Context()); !errors.Is(err, ErrAuth) {
		t.Errorf("another key: %v", err)
	}
}
