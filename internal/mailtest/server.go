// Package mailtest is a mail server for tests, on loopback: it keeps what it takes,
// encrypts and asks for credentials where it is told to, and fails in the ways in
// which mail servers do. It uses go-smtp for the protocol.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is a message that the server took.
type Mail struct {
	From string
	To   []string
	Data []byte
}

// Server is a running server.
type Server struct {
	Host string
	Port int

	listener net.Listener
	roots    *x509.CertPool

	mutex          sync.Mutex
	mails          []Mail
	fault          Fault
	sawCredentials bool
}

// Fault is a way to fail.
type Fault int

// The ways. All but None are the next mail's alone.
const (
	None Fault = iota
	RefuseSender
	RefuseRecipient
	// TryLater is a refusal that is not meant for ever.
	TryLater
	// RefuseMessage comes after the message.
	RefuseMessage
	// DropBefore ends the connection before the message.
	DropBefore
	// DropWithin ends it while the message comes.
	DropWithin
	// DropAfter takes the message, and ends the connection without an answer.
	DropAfter
	// DropAtEnd ends it after the answer.
	DropAtEnd
	// Stall takes the message, and says nothing until the client goes away.
	Stall
)

type settings struct {
	tls, implicit  bool
	user, password string
}

// Option is what Start takes.
type Option func(*settings)

// WithTLS offers STARTTLS.
func WithTLS() Option { return func(s *settings) { s.tls = true } }

// WithImplicitTLS encrypts from the first byte.
func WithImplicitTLS() Option { return func(s *settings) { s.implicit = true } }

// WithUser wants these credentials. Without TLS the server offers to take them in
// the clear.
func WithUser(user, password string) Option {
	return func(s *settings) { s.user, s.password = user, password }
}

// Start runs a server until the test ends.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	var set settings
	for _, option := range options {
		option(&set)
	}
	certificate, roots := selfSigned(tb)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server := listen(tb)
	server.roots = roots
	if set.implicit {
		server.listener = tls.NewListener(server.listener, config)
	}
	protocol := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return newSession(&session{server: server, conn: conn, settings: set}), nil
	}))
	protocol.Domain, protocol.AllowInsecureAuth = "localhost", true
	protocol.ErrorLog = quiet{}
	if set.tls {
		protocol.TLSConfig = config
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = protocol.Serve(server.listener) // it ends with an error when it is closed
	}()
	tb.Cleanup(func() {
		_ = protocol.Close()
		<-done
	})
	return server
}

// Silent listens and says nothing.
func Silent(tb testing.TB) *Server {
	tb.Helper()
	server := listen(tb)
	tb.Cleanup(server.Close)
	return server
}

func listen(tb testing.TB) *Server {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return &Server{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, listener: listener}
}

// Close stops listening.
func (s *Server) Close() { _ = s.listener.Close() }

// Roots are the certificates that trust the server.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Mails are those that it took, in order.
func (s *Server) Mails() []Mail {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.mails)
}

// Fail makes the next mail fail.
func (s *Server) Fail(fault Fault) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.fault = fault
}

// SawCredentials reports whether anybody sent some.
func (s *Server) SawCredentials() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.sawCredentials
}

// taking is the fault of the mail that begins.
func (s *Server) taking() Fault {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	fault := s.fault
	s.fault = None
	return fault
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// session is one connection.
type session struct {
	settings
	server   *Server
	conn     *smtp.Conn
	known    bool
	fault    Fault
	mail     Mail
	answered bool
}

func newSession(s *session) smtp.Session {
	if s.user != "" {
		return &authSession{s}
	}
	return s
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.fault, s.mail = s.server.taking(), Mail{From: from}
	switch {
	case s.user != "" && !s.known:
		return smtp.ErrAuthRequired
	case s.fault == RefuseSender:
		return &smtp.SMTPError{Code: 550, Message: "sender not welcome"}
	case s.fault == TryLater:
		return &smtp.SMTPError{Code: 451, Message: "try later"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.fault == RefuseRecipient {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	}
	if s.fault == DropBefore {
		return s.drop()
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(from io.Reader) error {
	if s.fault == DropWithin {
		return s.drop()
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if s.fault == RefuseMessage {
		return &smtp.SMTPError{Code: 554, Message: "looks like spam"}
	}
	s.mail.Data = data
	s.server.mutex.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mutex.Unlock()
	if s.fault == Stall {
		_, _ = s.conn.Conn().Read(make([]byte, 1))
		return s.drop()
	}
	if s.fault == DropAfter {
		return s.drop()
	}
	s.answered = true
	return nil
}

func (s *session) drop() error {
	_ = s.conn.Conn().Close()
	return errors.New("dropped")
}

func (s *session) Reset() {
	if s.fault == DropAtEnd && s.answered {
		_ = s.drop()
	}
}

func (s *session) Logout() error { return nil }

// authSession is one that offers AUTH.
type authSession struct{ *session }

func (s *authSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *authSession) Auth(mechanism string) (sasl.Server, error) {
	s.server.mutex.Lock()
	s.server.sawCredentials = true
	s.server.mutex.Unlock()
	if mechanism != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.user || password != s.password {
			return smtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}), nil
}

// Decode undoes the transfer encoding of a part. Quoted-printable is undone by
// mime/multipart already.
func Decode(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}
