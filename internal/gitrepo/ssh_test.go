package gitrepo

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// otherKey is a public key that no server has.
func otherKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func knownHost(name string, key ssh.PublicKey) string {
	return name + " " + string(ssh.MarshalAuthorizedKey(key))
}

func TestSSHHostKeys(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeSSH()
	name := fmt.Sprintf("[%s]:%s", server.Host, server.Port)
	fingerprint := ssh.FingerprintSHA256(server.HostKey)
	tests := []struct {
		name, known string
		changed     bool
		revoked     bool
		hint        string
	}{
		{name: "no file", known: "", hint: "ssh-keyscan -p " + server.Port},
		{name: "another host", known: knownHost("example.org", server.HostKey), hint: "ssh-keyscan"},
		{name: "changed", known: knownHost(name, otherKey(t)), changed: true, hint: "ssh-keygen -R '" + name + "'"},
		{name: "revoked", known: "@revoked " + knownHost(name, server.HostKey), revoked: true, hint: "do not connect"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server.Introduce(f.clone.Home)
			gittest.WriteHome(t, f.clone.Home, ".ssh/known_hosts", test.known)
			gittest.WriteHome(t, f.clone.Home, ".ssh/config", "StrictHostKeyChecking no\n")
			before := server.Logins()
			_, err := f.remote(server.URL()).List(t.Context())
			var refused *HostKeyError
			if !errors.As(err, &refused) || !errors.Is(err, ErrHostKey) {
				t.Fatalf("the error is %v", err)
			}
			if refused.Changed != test.changed || refused.Revoked != test.revoked || refused.Fingerprint != fingerprint {
				t.Errorf("the error is %+v", refused)
			}
			if !strings.Contains(refused.Hint(), test.hint) || !strings.Contains(refused.Error(), fingerprint) {
				t.Errorf("%v\n%s", refused, refused.Hint())
			}
			if server.Logins() != before {
				t.Error("somebody logged in all the same")
			}
			if data, err := os.ReadFile(filepath.Join(f.clone.Home, ".ssh", "known_hosts")); err != nil || string(data) != test.known {
				t.Errorf("the file of known hosts was changed: %v", err)
			}
		})
	}
}

// TestSSHKnownKeyOfAnotherKind: the server has an ed25519 key only.
func TestSSHKnownKeyOfAnotherKind(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeSSH()
	server.Introduce(f.clone.Home)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	gittest.WriteHome(t, f.clone.Home, ".ssh/known_hosts", knownHost(fmt.Sprintf("[%s]:%s", server.Host, server.Port), key))
	_, err = f.remote(server.URL()).List(t.Context())
	var refused *HostKeyError
	if !errors.As(err, &refused) || !refused.Changed {
		t.Errorf("the error is %v", err)
	}
}

func TestSSHKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(t *testing.T, home string, server *gittest.SSHServer)
		refusal string // empty: let in
	}{
		{"default name", func(*testing.T, string, *gittest.SSHServer) {}, ""},
		{"no key", func(t *testing.T, home string, _ *gittest.SSHServer) {
			remove(t, filepath.Join(home, ".ssh", "id_ed25519"))
		}, "no agent (SSH_AUTH_SOCK is not set)"},
		{"another key", func(t *testing.T, home string, _ *gittest.SSHServer) {
			gittest.WriteHome(t, home, ".ssh/id_ed25519", otherPrivateKey(t))
		}, "id_ed25519"},
		{"encrypted key", func(t *testing.T, home string, server *gittest.SSHServer) {
			gittest.WriteHome(t, home, ".ssh/id_ed25519", string(server.EncryptedPEM("op3n")))
		}, "id_ed25519 (has a passphrase and is not in the agent)"},
		{"damaged key", func(t *testing.T, home string, _ *gittest.SSHServer) {
			gittest.WriteHome(t, home, ".ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret\n")
		}, "is of a kind that only the agent can use"},
		{"named in the configuration", func(t *testing.T, home string, server *gittest.SSHServer) {
			gittest.WriteHome(t, home, ".ssh/id_ed25519", otherPrivateKey(t))
			gittest.WriteHome(t, home, ".ssh/keys/of work", string(server.ClientPEM))
			gittest.WriteHome(t, home, ".ssh/config", "Host 127.*\n  IdentityFile \"~/.ssh/keys/of work\"\n  IdentitiesOnly yes\n")
		}, ""},
		{"named by token", func(t *testing.T, home string, server *gittest.SSHServer) {
			remove(t, filepath.Join(home, ".ssh", "id_ed25519"))
			gittest.WriteHome(t, home, ".ssh/git-127.0.0.1", string(server.ClientPEM))
			gittest.WriteHome(t, home, ".ssh/config", "IdentityFile %d/.ssh/%r-%h\n")
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newRemoteFixture(t)
			server := f.origin.ServeSSH()
			server.Introduce(f.clone.Home)
			test.prepare(t, f.clone.Home, server)
			_, err := f.remote(server.URL()).List(t.Context())
			if test.refusal == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("the error is %v", err)
			}
			wantNoSecret(t, err, "s3cret", "op3n")
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func otherPrivateKey(t *testing.T) string {
	t.Helper()
	return string(gittest.New(t).ServeSSH().ClientPEM)
}

func TestSSHConfiguredHost(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeSSH()
	server.Introduce(f.clone.Home)
	gittest.WriteHome(t, f.clone.Home, ".ssh/known", knownHost("the-alias", server.HostKey))
	gittest.WriteHome(t, f.clone.Home, ".ssh/config", "Host forge\n  HostName 127.0.0.1\n  Port "+server.Port+
		"\n  User git\n  HostKeyAlias the-alias\n  UserKnownHostsFile ~/.ssh/known\n")
	f.list(f.remote("forge:" + f.origin.Dir))
}

func TestSSHSharesOneConnection(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	server := f.origin.ServeSSH()
	server.Introduce(f.clone.Home)
	remote := f.remote(server.URL())
	if _, err := fetchMaster(t.Context(), remote); err != nil {
		t.Fatal(err)
	}
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
		t.Fatal(err)
	}
	if got := server.Logins(); got != 1 {
		t.Errorf("%d logins, expected one", got)
	}
}

func TestSSHReadHost(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	env := environ{"HOME=" + home, "USER=somebody", "SSH_AUTH_SOCK=/run/agent", "OTHER=/run/other"}
	gittest.WriteHome(t, home, ".ssh/config", strings.Join([]string{
		"Host jump", "  ProxyJump bastion.example.org",
		"Host nojump", "  ProxyCommand none",
		"Host other", "  IdentityAgent $OTHER", "  HostName %h.example.org",
		"Host quiet", "  IdentityAgent none",
		"Host *", "  Port 2222",
	}, "\n"))
	read := func(host string) sshHost { return readSSHHost(address{protocol: protocolSSH, host: host}, env) }
	if !read("jump").program || read("nojump").program {
		t.Error("a jump host is left to the ssh program, none is not")
	}
	if got := read("other"); got.agent != "/run/other" || got.hostName != "other.example.org" || got.port != "2222" || got.user != "somebody" {
		t.Errorf("other: %+v", got)
	}
	if got := read("quiet").agent; got != "" {
		t.Errorf("quiet has the agent %q", got)
	}
	if got := read("jump").agent; got != "/run/agent" {
		t.Errorf("jump has the agent %q", got)
	}
	gittest.WriteHome(t, home, ".ssh/config", "Match exec \"true\"\n  Port 23\n")
	if !read("any").program {
		t.Error("what the parser does not know is left to the ssh program")
	}
}

func TestSSHArguments(t *testing.T) {
	t.Parallel()
	to := address{protocol: protocolSSH, user: "git", host: "example.org", port: "2222", path: "/srv/it's!.git"}
	command := `git-upload-pack '/srv/it'\''s'\!'.git'`
	for variant, want := range map[string][]string{
		"ssh":           {"-o", "SendEnv=GIT_PROTOCOL", "-o", "BatchMode=yes", "-p", "2222", "git@example.org", command},
		"plink":         {"-batch", "-P", "2222", "git@example.org", command},
		"tortoiseplink": {"-batch", "-P", "2222", "git@example.org", command},
		"simple":        {"git@example.org", command},
	} {
		if got := (sshProgram{variant: variant}).arguments(to, uploadPack, version2, false); !slices.Equal(got, want) {
			t.Errorf("%s: %q, expected %q", variant, got, want)
		}
	}
}

func TestSSHVariant(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"ssh -i ~/.ssh/key":                  "ssh",
		`C:\Programs\PuTTY\plink.exe -batch`: "ssh",
		"'/opt/plink' -batch":                "plink",
		"TortoisePlink.exe":                  "tortoiseplink",
	} {
		if got, _ := configuredSSH(Config{}, environ{"GIT_SSH_COMMAND=" + line}); got.variant != want && filepath.Separator == '/' {
			t.Errorf("%s is %s, expected %s", line, got.variant, want)
		}
	}
	if got, _ := configuredSSH(Config{}, environ{"GIT_SSH=x", "GIT_SSH_VARIANT=simple"}); got.variant != "simple" || got.shell {
		t.Errorf("%+v", got)
	}
}

// TestSSHCommand runs the configured command as git does, in a shell; here it
// runs the service on this machine.
func TestSSHCommand(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	record := filepath.Join(t.TempDir(), "arguments")
	script := filepath.Join(t.TempDir(), "fake ssh")
	content := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'" + record + "'\nfor last; do :; done\nexec sh -c \"$last\"\n"
	if err := os.WriteFile(script, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	url := "git@example.org:" + f.origin.Dir
	f.clone.Git("config", "remote.origin.url", url)
	path := "PATH=" + f.clone.Git("--exec-path") + string(os.PathListSeparator) + os.Getenv("PATH")
	for name, variable := range map[string]string{"GIT_SSH_COMMAND": "'" + script + "' -v", "GIT_SSH": script} {
		remote := f.remote("origin", path, name+"="+variable)
		if _, err := fetchMaster(t.Context(), remote); err != nil {
			t.Errorf("by %s: %v", name, err)
		}
	}
	if _, err := f.remote("origin", path, "GIT_SSH="+script+"-not").List(t.Context()); err == nil {
		t.Error("a missing command is no error")
	}
	f.clone.Git("config", "core.sshCommand", "'"+script+"'")
	remote := f.remote("origin", path)
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
		t.Error(err)
	}
	told, err := os.ReadFile(record)
	if err != nil || !strings.Contains(string(told), "-v\n-o\nSendEnv=GIT_PROTOCOL\n-o\nBatchMode=yes\ngit@example.org\ngit-upload-pack '"+f.origin.Dir+"'\n") {
		t.Errorf("the command was told %s (%v)", told, err)
	}
	failing := "echo 'Permission denied (publickey).' >&2; exit 255; :"
	if _, err := f.remote("origin", path, "GIT_SSH_COMMAND="+failing).List(t.Context()); !errors.Is(err, ErrAuth) {
		t.Errorf("a refusal: %v", err)
	}
}
