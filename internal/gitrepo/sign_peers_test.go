//go:build peers

package gitrepo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Stock git verifies what looprel signs, with the stock programs behind it.

func TestGitVerifiesSSHSignatures(t *testing.T) {
	t.Parallel()
	key := newSSHKey(t, ed25519Key(t), "")
	repo := service(t)
	allow(t, repo, key)
	wantVerified(t, repo, signer(t, repo, map[string]string{"gpg.format": "ssh", "user.signingKey": key.path + ".pub"}))
}

// With a passphrase and no agent ssh-keygen signs; it gets the passphrase from
// SSH_ASKPASS here, in place of the terminal.
func TestGitVerifiesSignaturesOfEncryptedKeys(t *testing.T) {
	t.Parallel()
	key := newSSHKey(t, ed25519Key(t), "secret")
	repo := service(t)
	allow(t, repo, key)
	wantVerified(t, repo, signer(t, repo, map[string]string{"gpg.format": "ssh", "user.signingKey": key.path},
		"SSH_AUTH_SOCK=", "SSH_ASKPASS="+script(t, "echo secret"), "SSH_ASKPASS_REQUIRE=force"))
}

func allow(t *testing.T, repo *gittest.Repo, key sshKey) {
	t.Helper()
	repo.At(repo.Home).Write("allowed", gittest.Email+" "+key.line+"\n")
	repo.Git("config", "gpg.ssh.allowedSignersFile", filepath.Join(repo.Home, "allowed"))
}

func TestGitVerifiesOpenPGPSignatures(t *testing.T) {
	t.Parallel()
	// The agent's socket lies in GNUPGHOME, and its path must be short.
	home, err := os.MkdirTemp("", "gnupg")
	if err != nil {
		t.Fatal(err)
	}
	repo := service(t)
	repo.Env = append(repo.Env, "GNUPGHOME="+home)
	gpg := func(program string, arguments ...string) {
		t.Helper()
		command := exec.Command(program, arguments...)
		command.Env = repo.Environ()
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", program, err, output)
		}
	}
	gpg("gpg", "--batch", "--passphrase", "", "--quick-generate-key", gittest.Name+" <"+gittest.Email+">", "ed25519", "sign", "never")
	t.Cleanup(func() {
		gpg("gpgconf", "--kill", "all")
		_ = os.RemoveAll(home)
	})
	// Without user.signingKey the committer's key is taken.
	wantVerified(t, repo, signer(t, repo, map[string]string{"tag.gpgSign": "true"}))
	wantVerified(t, repo, signer(t, repo, map[string]string{"user.signingKey": gittest.Email}))
	_, err = signer(t, repo, map[string]string{"user.signingKey": "nobody@example.org"}).Sign(t.Context(), []byte("payload"))
	wantError(t, err, gitrepo.ErrSigning, "No secret key", "--list-secret-keys")
}

// wantVerified signs a tag and a commit and has git verify both.
func wantVerified(t *testing.T, repo *gittest.Repo, s *gitrepo.Signer) {
	t.Helper()
	opened := open(t, repo)
	tag, err := s.SignTag(t.Context(), releaseTag(repo))
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := opened.Commit(repo.ID("HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	commit, err := s.SignCommit(t.Context(), unsigned)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.StoreObjects([]object.Object{tag.Object(), commit.Object()}); err != nil {
		t.Fatal(err)
	}
	repo.Git("update-ref", "refs/tags/0.2.0", tag.Object().ID().String())
	repo.Git("tag", "-v", "0.2.0")
	repo.Git("verify-commit", commit.Object().ID().String())
	repo.Git("fsck", "--strict")
	if got := repo.Git("log", "-1", "--format=%G?", commit.Object().ID().String()); got != "G" && got != "U" {
		t.Errorf("git finds the signature %q", got)
	}
}
