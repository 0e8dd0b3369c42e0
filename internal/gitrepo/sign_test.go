package gitrepo_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestSigningPolicy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config        []string
		tags, commits bool
	}{
		"nothing":                 {},
		"a key":                   {[]string{"user.signingKey=K"}, true, false},
		"tags":                    {[]string{"tag.gpgSign=true"}, true, false},
		"commits":                 {[]string{"commit.gpgSign=true"}, true, true},
		"commits, not tags":       {[]string{"commit.gpgSign=true", "tag.gpgSign=false"}, false, true},
		"a key, tags off":         {[]string{"user.signingKey=K", "tag.gpgSign=false"}, false, false},
		"a key, commits off":      {[]string{"user.signingKey=K", "commit.gpgSign=false"}, true, false},
		"the format alone":        {[]string{"gpg.format=ssh"}, false, false},
		"tags in the last config": {[]string{"tag.gpgSign=false", "tag.gpgSign=true"}, true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := gittest.New(t)
			for _, setting := range test.config {
				key, value, _ := strings.Cut(setting, "=")
				repo.Git("config", key, value)
			}
			signing, err := open(t, repo).Config().Signing()
			if err != nil || signing.Tags != test.tags || signing.Commits != test.commits {
				t.Errorf("tags %v, commits %v, %v; expected %v, %v", signing.Tags, signing.Commits, err, test.tags, test.commits)
			}
		})
	}
	repo := gittest.New(t)
	repo.Git("config", "gpg.format", "pgp")
	_, err := open(t, repo).Config().Signing()
	wantError(t, err, gitrepo.ErrConfig, `gpg.format is "pgp"`, "git config gpg.format")
}

// sshKey is a key pair in files as ssh-keygen writes them.
type sshKey struct {
	private crypto.Signer
	public  ssh.PublicKey
	line    string // the public key as in a .pub file
	path    string // of the private key file, with a .pub file beside it
}

func newSSHKey(t *testing.T, private crypto.Signer, passphrase string) sshKey {
	t.Helper()
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(private, "test")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	key := sshKey{private: private, public: public, path: filepath.Join(t.TempDir(), "key")}
	key.line = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + " release manager"
	for path, content := range map[string][]byte{key.path: pem.EncodeToMemory(block), key.path + ".pub": []byte(key.line + "\n")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func ed25519Key(t *testing.T) crypto.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// serveAgent runs an SSH agent with the key and returns its socket.
func serveAgent(t *testing.T, key crypto.Signer) string {
	t.Helper()
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	// A socket's path must be short, which a test's own directory need not be.
	directory, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	listener, err := net.Listen("unix", filepath.Join(directory, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(keyring, connection)
				_ = connection.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func signer(t *testing.T, repo *gittest.Repo, config map[string]string, env ...string) *gitrepo.Signer {
	t.Helper()
	for key, value := range config {
		repo.Git("config", key, value)
	}
	signer, err := openAt(t, repo, repo.Dir, env...).Signer()
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func wantSSHSignature(t *testing.T, armour string, payload []byte, public ssh.PublicKey) {
	t.Helper()
	signature, err := sshsig.Unarmor([]byte(armour))
	if err != nil {
		t.Fatal(err)
	}
	if err := sshsig.Verify(bytes.NewReader(payload), signature, public, sshsig.HashSHA512, "git"); err != nil {
		t.Error(err)
	}
}

func TestSignWithSSHKeys(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	payload := []byte("object 1\n\nRelease 0.10.0\n")
	for name, private := range map[string]crypto.Signer{"ed25519": ed25519Key(t), "rsa": rsaKey, "ecdsa": ecdsaKey} {
		plain, locked := newSSHKey(t, private, ""), newSSHKey(t, private, "secret")
		socket := serveAgent(t, private)
		for how, test := range map[string]struct{ setting, socket string }{
			"private key file":              {plain.path, ""},
			"public key file":               {plain.path + ".pub", ""},
			"encrypted file and an agent":   {locked.path, socket},
			"public of encrypted and agent": {locked.path + ".pub", socket},
			"literal key and an agent":      {"key::" + plain.line, socket},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				s := signer(t, gittest.New(t), map[string]string{"gpg.format": "ssh", "user.signingKey": test.setting}, "SSH_AUTH_SOCK="+test.socket)
				armour, err := s.Sign(t.Context(), payload)
				if err != nil {
					t.Fatal(err)
				}
				wantSSHSignature(t, armour, payload, plain.public)
			})
		}
	}
}

func TestSignTagAndCommit(t *testing.T) {
	t.Parallel()
	key := newSSHKey(t, ed25519Key(t), "")
	repo := service(t)
	repo.At(repo.Home).Write("key", string(must(os.ReadFile(key.path))))
	s := signer(t, repo, map[string]string{"gpg.format": "ssh", "user.signingKey": "~/key"})
	if !s.Tags || s.Commits {
		t.Errorf("signs tags %v, commits %v", s.Tags, s.Commits)
	}
	tag, err := s.SignTag(t.Context(), releaseTag(repo))
	if err != nil {
		t.Fatal(err)
	}
	wantSSHSignature(t, tag.Armor, releaseTag(repo).Object().Data, key.public)
	again, err := object.DecodeTag(tag.Object().Data)
	if err != nil || again.Armor != tag.Armor || again.Message != "Release 0.2.0\n" {
		t.Errorf("the signed tag reads %+v, %v", again, err)
	}
	unsigned, err := open(t, repo).Commit(repo.ID("HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	commit, err := s.SignCommit(t.Context(), unsigned)
	if err != nil {
		t.Fatal(err)
	}
	wantSSHSignature(t, commit.Armor, unsigned.Object().Data, key.public)
	// Signing once more replaces the signature.
	twice, err := s.SignCommit(t.Context(), commit)
	if err != nil || twice.Object().ID() != commit.Object().ID() {
		t.Errorf("signed twice it is %s, %v; expected %s", twice.Object().ID(), err, commit.Object().ID())
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func releaseTag(repo *gittest.Repo) object.Tag {
	return object.Tag{Target: repo.ID("HEAD"), TargetKind: object.KindCommit, Name: "0.2.0", Message: "Release 0.2.0\n",
		Tagger: object.Signature{Name: gittest.Name, Email: gittest.Email, When: gittest.Epoch()}}
}

func TestSignFailures(t *testing.T) {
	t.Parallel()
	key, other := newSSHKey(t, ed25519Key(t), ""), ed25519Key(t)
	if err := os.Remove(key.path); err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, other)
	tests := map[string]struct {
		config       map[string]string
		env          []string
		what, advice string
	}{
		"no SSH key": {map[string]string{"gpg.format": "ssh"}, nil, "names no SSH key", "user.signingKey"},
		"no file":    {map[string]string{"gpg.format": "ssh", "user.signingKey": "/nowhere"}, nil, "cannot read the SSH key", "user.signingKey"},
		"not a key":  {map[string]string{"gpg.format": "ssh", "user.signingKey": "key::nonsense"}, nil, "is not a public key", "user.signingKey"},
		"literal, no agent": {
			map[string]string{"gpg.format": "ssh", "user.signingKey": "key::" + key.line}, []string{"SSH_AUTH_SOCK="}, "no SSH agent has the key", "ssh-add",
		},
		"literal, another key in the agent": {
			map[string]string{"gpg.format": "ssh", "user.signingKey": key.line}, []string{"SSH_AUTH_SOCK=" + socket}, "no SSH agent has the key", "ssh-add",
		},
		"no ssh-keygen": {
			map[string]string{"gpg.format": "ssh", "user.signingKey": key.path + ".pub"}, []string{"PATH=/nowhere", "SSH_AUTH_SOCK="}, `"ssh-keygen" is not installed`, "install it",
		},
		"no gpg":      {map[string]string{"user.signingKey": "K"}, []string{"PATH=/nowhere"}, `"gpg" is not installed`, "install it"},
		"no gpgsm":    {map[string]string{"gpg.format": "x509", "user.signingKey": "K"}, []string{"PATH=/nowhere"}, `"gpgsm" is not installed`, "install it"},
		"key command": {map[string]string{"gpg.format": "ssh", "gpg.ssh.defaultKeyCommand": "git 'version' --build-options"}, nil, "printed no public key", "user.signingKey"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := signer(t, gittest.New(t), test.config, test.env...).Sign(t.Context(), []byte("payload"))
			wantError(t, err, gitrepo.ErrSigning, test.what, test.advice)
		})
	}
}

func TestSignStopsWithTheContext(t *testing.T) {
	t.Parallel()
	key := newSSHKey(t, ed25519Key(t), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := signer(t, gittest.New(t), map[string]string{"gpg.format": "ssh", "user.signingKey": "key::" + key.line}, "SSH_AUTH_SOCK="+serveAgent(t, key.private))
	if _, err := s.Sign(ctx, []byte("payload")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, expected that of the context", err)
	}
}

// script writes a program that stands in for gpg or ssh-keygen.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSignByProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // the stand-ins are shell scripts
	}
	const status = `echo "[GNUPG:] KEY_CONSIDERED X 0" >&2; echo "[GNUPG:] SIG_CREATED D 22" >&2; `
	key := newSSHKey(t, ed25519Key(t), "")
	tests := map[string]struct {
		config      map[string]string
		want, fails string
	}{
		"gpg": {
			config: map[string]string{"user.signingKey": "ABCD", "gpg.program": script(t, status+`printf 'arguments %s\r\n' "$*"; cat`)},
			want:   "arguments --status-fd=2 -bsau ABCD\npayload\n",
		},
		"gpg with the committer's key": {
			config: map[string]string{"gpg.openpgp.program": script(t, status+`echo "$3"`), "gpg.program": "/nowhere"},
			want:   gittest.Name + " <" + gittest.Email + ">\n",
		},
		"gpgsm": {
			config: map[string]string{"gpg.format": "x509", "user.signingKey": "ID", "gpg.x509.program": script(t, status+`echo "$*"`)},
			want:   "--status-fd=2 -bsau ID\n",
		},
		"gpg that says nothing of a signature": {
			config: map[string]string{"user.signingKey": "ABCD", "gpg.program": script(t, "echo x")},
			fails:  `made no signature for the key "ABCD"`,
		},
		"gpg that fails": {
			config: map[string]string{"user.signingKey": "ABCD", "gpg.program": script(t, status+"echo 'gpg: skipped: No secret key' >&2; exit 2")},
			fails:  "gpg: skipped: No secret key",
		},
		"an ssh-keygen of one's own": {
			config: map[string]string{"gpg.format": "ssh", "user.signingKey": key.path, "gpg.ssh.program": script(t, `
				[ "$*" = "-Y sign -n git -f `+key.path+` $7" ] && cat "$7" > "$7.sig"`)},
			want: "payload\n",
		},
		"an ssh-keygen of one's own with a literal key": {
			config: map[string]string{"gpg.format": "ssh", "user.signingKey": "key::" + key.line, "gpg.ssh.program": script(t, `
				[ "$5" = "-U" ] && cat "$7" > "$8.sig"`)},
			want: key.line + "\n",
		},
		"an ssh-keygen that fails": {
			config: map[string]string{"gpg.format": "ssh", "user.signingKey": key.path, "gpg.ssh.program": script(t, "echo 'agent refused' >&2; exit 1")},
			fails:  "agent refused",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			armour, err := signer(t, gittest.New(t), test.config).Sign(t.Context(), []byte("payload"))
			if test.fails != "" {
				wantError(t, err, gitrepo.ErrSigning, test.fails, "")
				return
			}
			if err != nil || armour != test.want {
				t.Errorf("the signature is %q, %v; expected %q", armour, err, test.want)
			}
		})
	}
}

func TestSignWithDefaultKeyCommand(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // the command is a shell script
	}
	key := newSSHKey(t, ed25519Key(t), "")
	command := "'" + script(t, `echo "$1"; echo other`) + `' "key::` + key.line + `"`
	s := signer(t, gittest.New(t), map[string]string{"gpg.format": "ssh", "gpg.ssh.defaultKeyCommand": command}, "SSH_AUTH_SOCK="+serveAgent(t, key.private))
	armour, err := s.Sign(t.Context(), []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	wantSSHSignature(t, armour, []byte("payload"), key.public)
}
