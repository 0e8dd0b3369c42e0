//go:build peers

package mail_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/mail"
	"github.com/mozilla-services/looprel/internal/mailtest"
)

// peersPatience bounds the start of a peer: npm fetches one of them first.
const peersPatience = 3 * time.Minute

// What arrives at aiosmtpd is the message, in its mailbox.
func TestAiosmtpd(t *testing.T) {
	t.Parallel()
	box, port := filepath.Join(t.TempDir(), "box"), freePort(t)
	command := exec.CommandContext(t.Context(), "/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:"+strconv.Itoa(port), "-c", "aiosmtpd.handlers.Mailbox", box)
	var output bytes.Buffer
	command.Stderr = &output
	if err := command.Start(); err != nil {
		t.Fatalf("%v; Debian's package is python3-aiosmtpd", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	awaitPort(t, port, &output)
	message := sample()
	message.Calendar = []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
	answer, err := mail.Send(t.Context(), mail.Server{Host: "127.0.0.1", Port: port, Security: mail.Plain, Timeout: 10 * time.Second}, message)
	if err != nil || !strings.Contains(answer, "OK") {
		t.Fatalf("%q, %v", answer, err)
	}
	files, err := filepath.Glob(filepath.Join(box, "new", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	checkMail(t, content, message)
	if _, err := mail.Send(t.Context(), mail.Server{Host: "127.0.0.1", Port: port, Security: mail.STARTTLS, Timeout: 10 * time.Second}, message); err == nil {
		t.Error("a server without TLS was given a mail")
	}
}

func checkMail(t *testing.T, content []byte, want mail.Message) {
	t.Helper()
	parsed, err := netmail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Header.Get("Message-Id") != "<"+want.ID+">" {
		t.Errorf("headers %v", parsed.Header)
	}
	parts := partsOf(t, parsed.Header.Get("Content-Type"), parsed.Body)
	if got := strings.ReplaceAll(parts["text/plain"], "\r\n", "\n"); got != want.Text {
		t.Errorf("text %q", got)
	}
	if len(want.Calendar) > 0 && parts["text/calendar method=PUBLISH"] != string(want.Calendar) {
		t.Errorf("parts %q", parts)
	}
}

// npm's smtp-server wants TLS and credentials, refuses, and drops connections.
func TestNpmSMTPServer(t *testing.T) {
	t.Parallel()
	dir := installSMTPServer(t)
	for _, security := range []mail.Security{mail.STARTTLS, mail.TLS} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			peer := startSMTPServer(t, dir, security)
			server := peer.server
			message := sample()
			if answer, err := mail.Send(t.Context(), server, message); err != nil || !strings.Contains(answer, "taken") {
				t.Fatalf("%q, %v", answer, err)
			}
			checkMail(t, peer.next(t), message)

			refused := sample()
			refused.To = []string{"loop@lists.example.org", "unknown@example.org"}
			var lost *mail.LostError
			if _, err := mail.Send(t.Context(), server, refused); err == nil || errors.As(err, &lost) || !strings.Contains(err.Error(), "550") {
				t.Errorf("an unknown recipient: %v", err)
			}
			dropped := sample()
			dropped.ID, dropped.To = "dropped@example.org", []string{"drop@example.org"}
			if _, err := mail.Send(t.Context(), server, dropped); !errors.As(err, &lost) {
				t.Errorf("a dropped connection: %v", err)
			}
			checkMail(t, peer.next(t), dropped)

			wrong := server
			wrong.Password = "wrong password"
			if _, err := mail.Send(t.Context(), wrong, message); err == nil || errors.As(err, &lost) || strings.Contains(err.Error(), wrong.Password) {
				t.Errorf("a wrong password: %v", err)
			}
			nobody := server
			nobody.Username = ""
			if _, err := mail.Send(t.Context(), nobody, message); err == nil {
				t.Error("taken without credentials")
			}
			distrusted := server
			distrusted.Roots = x509.NewCertPool()
			if _, err := mail.Send(t.Context(), distrusted, message); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("an unknown certificate: %v", err)
			}
		})
	}
}

// installSMTPServer installs what the lock file pins.
func installSMTPServer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "peers", "mail"))); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	return dir
}

type smtpPeer struct {
	server mail.Server
	lines  chan string
}

func startSMTPServer(t *testing.T, dir string, security mail.Security) *smtpPeer {
	t.Helper()
	const user, password = "train", "correct horse battery"
	certificate, key := mailtest.Certificate(t)
	own := t.TempDir()
	for name, content := range map[string][]byte{"certificate.pem": certificate, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(own, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "node", filepath.Join(dir, "server.cjs"),
		filepath.Join(own, "certificate.pem"), filepath.Join(own, "key.pem"), string(security), user, password)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	peer := &smtpPeer{lines: make(chan string, 10)}
	go func() {
		for lines := bufio.NewReader(output); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				close(peer.lines)
				return
			}
			peer.lines <- line
		}
	}()
	t.Cleanup(func() {
		_ = input.Close() // it ends then
		_ = command.Wait()
	})
	port, err := strconv.Atoi(strings.TrimSpace(peer.line(t)))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	peer.server = mail.Server{Host: "127.0.0.1", Port: port, Security: security, Username: user, Password: password, Timeout: 10 * time.Second, Roots: roots}
	return peer
}

func (p *smtpPeer) line(t *testing.T) string {
	t.Helper()
	select {
	case line, open := <-p.lines:
		if !open {
			t.Fatal("the server has ended")
		}
		return line
	case <-time.After(peersPatience):
		t.Fatal("the server says nothing")
	}
	return ""
}

// next is the next message that the server took.
func (p *smtpPeer) next(t *testing.T) []byte {
	t.Helper()
	var taken struct{ Data string }
	if err := json.Unmarshal([]byte(p.line(t)), &taken); err != nil {
		t.Fatal(err)
	}
	content, err := base64.StdEncoding.DecodeString(taken.Data)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // somebody else listens there next
	return listener.Addr().(*net.TCPAddr).Port
}

// awaitPort waits until somebody listens.
func awaitPort(t *testing.T, port int, output fmt.Stringer) {
	t.Helper()
	for deadline := time.Now().Add(peersPatience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = connection.Close()
			return
		}
	}
	t.Fatalf("nobody listens: %s", output)
}
