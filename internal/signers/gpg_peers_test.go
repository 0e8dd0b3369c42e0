//go:build peers

package signers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/signers"
)

// The verdict on tags that git tag -s had gpg sign is that of git verify-tag by a
// keyring with the same keys.
func TestVerdictIsGPGs(t *testing.T) {
	t.Parallel()
	// The agent's socket lies in GNUPGHOME, and its path must be short.
	home, err := os.MkdirTemp("", "gnupg")
	if err != nil {
		t.Fatal(err)
	}
	repo := gittest.New(t)
	repo.Commit("first", nil)
	repo.Env = append(repo.Env, "GNUPGHOME="+home)
	gpg := func(arguments ...string) []byte {
		t.Helper()
		command := exec.Command("gpg", append([]string{"--batch", "--no-tty", "--passphrase", "", "--pinentry-mode", "loopback"}, arguments...)...)
		command.Env = repo.Environ()
		output, err := command.Output()
		if err != nil {
			t.Fatalf("gpg %v: %v\n%s", arguments, err, output)
		}
		return output
	}
	t.Cleanup(func() {
		command := exec.Command("gpgconf", "--kill", "all")
		command.Env = repo.Environ()
		_ = command.Run()
		_ = os.RemoveAll(home)
	})
	keys := map[string]string{"ed": "ed25519", "rsa": "rsa3072", "stranger": "ed25519"}
	for name, kind := range keys {
		gpg("--quick-generate-key", name+" <"+name+"@example.org>", kind, "sign", "never")
	}
	// A key whose signatures are made by a key below it.
	gpg("--quick-generate-key", "sub <sub@example.org>", "ed25519", "cert", "never")
	for line := range strings.Lines(string(gpg("--with-colons", "--list-keys", "sub@example.org"))) {
		if fingerprint, found := strings.CutPrefix(line, "fpr:::::::::"); found {
			gpg("--quick-add-key", strings.TrimRight(fingerprint, ":\n"), "ed25519", "sign", "never")
		}
	}
	for _, name := range []string{"ed", "rsa", "stranger", "sub"} {
		repo.Git("-c", "user.signingKey="+name+"@example.org", "tag", "--sign", "--message=Release", name)
	}
	weak := filepath.Join(home, "weak")
	if err := os.WriteFile(weak, []byte("#!/bin/sh\nexec gpg --digest-algo SHA1 \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	repo.Git("-c", "gpg.program="+weak, "-c", "user.signingKey=rsa@example.org", "tag", "--sign", "--message=Release", "weak")

	armoured := gpg("--armor", "--export", "ed@example.org", "rsa@example.org", "sub@example.org")
	for name, exported := range map[string][]byte{"armoured": armoured, "plain": gpg("--export", "ed@example.org", "rsa@example.org", "sub@example.org")} {
		ring, err := signers.ParseKeyring(exported)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for tag, want := range map[string]string{"ed": "ed <ed@example.org>", "rsa": "rsa <rsa@example.org>", "sub": "sub <sub@example.org>", "stranger": "not one of the allowed", "weak": "does not count"} {
			data := repo.Git("cat-file", "tag", tag) + "\n"
			payload, armor := object.Unsigned(object.Object{Kind: object.KindTag, Data: []byte(data)})
			signer, err := signers.Allowed{Keys: ring}.Verify(payload, armor, gittest.Epoch())
			if err == nil && signer.Principal != want || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %s, %v", name, tag, signer, err)
			}
		}
	}
	// git, by a keyring that has those keys alone.
	ring, err := os.MkdirTemp("", "gnupg")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(ring) //nolint:errcheck // the system cleans up
	file := filepath.Join(ring, "keys")
	if err := os.WriteFile(file, armoured, 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(arguments ...string) error {
		command := exec.Command(arguments[0], arguments[1:]...)
		command.Dir, command.Env = repo.Dir, append(repo.Environ(), "GNUPGHOME="+ring)
		return command.Run()
	}
	if err := verify("gpg", "--batch", "--no-tty", "--import", file); err != nil {
		t.Fatal(err)
	}
	for tag, good := range map[string]bool{"ed": true, "rsa": true, "sub": true, "stranger": false} {
		if err := verify("git", "verify-tag", tag); (err == nil) != good {
			t.Errorf("git says of %s: %v", tag, err)
		}
	}
}
