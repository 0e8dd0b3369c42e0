package gittest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// SSHServer serves the repositories of this machine over SSH, on this machine,
// to one user key. It runs in the test's process.
type SSHServer struct {
	// Host and Port are where it listens.
	Host, Port string
	// HostKey is the server's public key.
	HostKey ssh.PublicKey
	// ClientKey is the private key that it lets in, and ClientPEM its encoding.
	ClientKey ed25519.PrivateKey
	ClientPEM []byte

	repo      *Repo
	environ   []string
	config    *ssh.ServerConfig
	mutex     sync.Mutex
	logins    int
	open      map[net.Conn]bool
	listening net.Listener
}

// ServeSSH serves the repository until the test ends.
func (r *Repo) ServeSSH() *SSHServer {
	r.t.Helper()
	_, hostKey := newKey(r.t)
	clientSigner, clientKey := newKey(r.t)
	s := &SSHServer{ClientKey: clientKey, ClientPEM: encodeKey(r.t, clientKey, ""), repo: r, environ: r.Environ(), open: map[net.Conn]bool{}}
	hostSigner, err := ssh.NewSignerFromKey(hostKey)
	if err != nil {
		r.t.Fatal(err)
	}
	s.HostKey = hostSigner.PublicKey()
	allowed := string(clientSigner.PublicKey().Marshal())
	s.config = &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != allowed {
				return nil, errors.New("unknown key")
			}
			return &ssh.Permissions{}, nil
		},
	}
	s.config.AddHostKey(hostSigner)
	if s.listening, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		r.t.Fatal(err)
	}
	if s.Host, s.Port, err = net.SplitHostPort(s.listening.Addr().String()); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(s.stop)
	go s.accept()
	return s
}

// URL is the repository's address.
func (s *SSHServer) URL() string {
	return fmt.Sprintf("ssh://git@%s%s", net.JoinHostPort(s.Host, s.Port), filepath.ToSlash(s.repo.Dir))
}

// oldUser is the user whose environment variables are not passed on.
const oldUser = "old"

// OldURL is the repository's address for a user of whom git does not learn which
// version of its protocol is asked for, as on servers that accept no variables.
func (s *SSHServer) OldURL() string { return strings.Replace(s.URL(), "git@", oldUser+"@", 1) }

// KnownHost is the server's line for a known_hosts file.
func (s *SSHServer) KnownHost() string {
	return fmt.Sprintf("[%s]:%s %s", s.Host, s.Port, ssh.MarshalAuthorizedKey(s.HostKey))
}

// Introduce gives a home directory the key that the server lets in, with its public
// half beside it, and the server's own key.
func (s *SSHServer) Introduce(home string) {
	s.repo.t.Helper()
	WriteHome(s.repo.t, home, ".ssh/id_ed25519", string(s.ClientPEM))
	WriteHome(s.repo.t, home, ".ssh/id_ed25519.pub", s.publicLine())
	WriteHome(s.repo.t, home, ".ssh/known_hosts", s.KnownHost())
}

func (s *SSHServer) publicLine() string {
	s.repo.t.Helper()
	public, err := ssh.NewPublicKey(s.ClientKey.Public())
	if err != nil {
		s.repo.t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(public))
}

// Logins is how often somebody was let in.
func (s *SSHServer) Logins() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.logins
}

// EncryptedPEM is the key that the server lets in, under a passphrase.
func (s *SSHServer) EncryptedPEM(passphrase string) []byte {
	s.repo.t.Helper()
	return encodeKey(s.repo.t, s.ClientKey, passphrase)
}

// WriteHome writes a file of a home directory, for its owner alone.
func WriteHome(t testing.TB, home, path, content string) {
	t.Helper()
	full := filepath.Join(home, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newKey(t testing.TB) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, private
}

func encodeKey(t testing.TB, key ed25519.PrivateKey, passphrase string) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

func (s *SSHServer) stop() {
	_ = s.listening.Close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for connection := range s.open {
		_ = connection.Close()
	}
}

func (s *SSHServer) accept() {
	for {
		connection, err := s.listening.Accept()
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.open[connection] = true
		s.mutex.Unlock()
		go s.serve(connection)
	}
}

func (s *SSHServer) serve(connection net.Conn) {
	defer connection.Close() //nolint:errcheck // the client is gone
	server, channels, requests, err := ssh.NewServerConn(connection, s.config)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // the client is gone
	s.mutex.Lock()
	s.logins++
	s.mutex.Unlock()
	go ssh.DiscardRequests(requests)
	for request := range channels {
		if request.ChannelType() != "session" {
			_ = request.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, asked, err := request.Accept()
		if err != nil {
			return
		}
		go s.session(channel, asked, server.User() != oldUser)
	}
}

// gitCommand is what git clients ask for.
var gitCommand = regexp.MustCompile(`^git-(upload-pack|receive-pack) '(.*)'$`)

func (s *SSHServer) session(channel ssh.Channel, requests <-chan *ssh.Request, passesVariables bool) {
	defer channel.Close() //nolint:errcheck // the client is gone
	environ := s.environ
	for request := range requests {
		var variable struct{ Name, Value string }
		if request.Type == "env" && passesVariables && ssh.Unmarshal(request.Payload, &variable) == nil && variable.Name == "GIT_PROTOCOL" {
			environ = append(slices.Clone(environ), variable.Name+"="+variable.Value)
			_ = request.Reply(true, nil)
			continue
		}
		var asked struct{ Command string }
		if request.Type != "exec" || ssh.Unmarshal(request.Payload, &asked) != nil {
			_ = request.Reply(false, nil)
			continue
		}
		_ = request.Reply(true, nil)
		status := struct{ Status uint32 }{s.run(channel, asked.Command, environ)}
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
		return
	}
}

func (s *SSHServer) run(channel ssh.Channel, line string, environ []string) uint32 {
	parts := gitCommand.FindStringSubmatch(line)
	if parts == nil {
		_, _ = fmt.Fprintln(channel.Stderr(), "only git is served here")
		return 1
	}
	path := strings.NewReplacer(`'\''`, "'", `'\!'`, "!").Replace(parts[2])
	command := exec.Command("git", parts[1], path)
	command.Env = environ
	command.Stderr = channel.Stderr()
	if runBetween(command, channel, channel) != nil {
		return 1
	}
	return 0
}
