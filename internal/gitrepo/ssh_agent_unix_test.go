//go:build !windows

package gitrepo

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// serveAgent runs an SSH agent that holds the server's user key, and returns
// its socket.
func serveAgent(t *testing.T, server *gittest.SSHServer) string {
	t.Helper()
	// Socket paths are short, test directories are long.
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: server.ClientKey}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(keys, connection)
				_ = connection.Close()
			}()
		}
	}()
	return socket
}

func TestSSHAgent(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	server := f.origin.ServeSSH()
	server.Introduce(f.clone.Home)
	socket := "SSH_AUTH_SOCK=" + serveAgent(t, server)
	gittest.WriteHome(t, f.clone.Home, ".ssh/id_ed25519", string(server.EncryptedPEM("a passphrase")))
	f.list(f.remote(server.URL(), socket))

	// Only the agent's keys that a file names: first none, then the right one.
	gittest.WriteHome(t, f.clone.Home, ".ssh/config", "IdentitiesOnly yes\nIdentityFile ~/.ssh/chosen\n")
	if _, err := f.remote(server.URL(), socket).List(t.Context()); !errors.Is(err, ErrAuth) {
		t.Errorf("without a chosen key: %v", err)
	}
	signer, err := ssh.NewSignerFromKey(server.ClientKey)
	if err != nil {
		t.Fatal(err)
	}
	gittest.WriteHome(t, f.clone.Home, ".ssh/chosen.pub", string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	f.list(f.remote(server.URL(), socket))

	_, err = f.remote(server.URL(), "SSH_AUTH_SOCK="+filepath.Join(t.TempDir(), "nothing")).List(t.Context())
	if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "nothing answers at SSH_AUTH_SOCK") {
		t.Errorf("without an agent: %v", err)
	}
}
