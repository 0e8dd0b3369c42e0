// Package mail hands messages to a mail server, and says what became of them: the
// server took it, it certainly did not, or its answer was lost.
//
// It promises that the conversation is encrypted unless the configuration says
// otherwise, that credentials go to nobody else and into no message, and that no
// header can carry a line that was not meant. It imports go-mail, and decides
// nothing: what is sent to whom comes from package plan.
//
//	Message ─Encode▶ bytes of RFC 5322
//	Message ─Send──▶ the server's answer, or an error; of kind LostError where it may
//	                 have been sent
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Message is a mail.
type Message struct {
	// ID is the Message-ID, without brackets.
	ID string
	// From is the sender's address, FromName the name beside it.
	From, FromName string
	To             []string
	Subject        string
	Date           time.Time
	Text, HTML     string
	// Calendar is an iCalendar object; none if it is empty.
	Calendar []byte
	// Event is what the mail is about, for filters; it is a header of its own.
	Event string
}

// Server is who takes mail.
type Server struct {
	Host string
	Port int
	// Security is one of those below.
	Security Security
	// Username and Password are empty where the server wants none.
	Username, Password string
	// Timeout bounds the dialogue before the message, and the message itself.
	Timeout time.Duration
	// Roots are the certificates to trust; nil: the system's.
	Roots *x509.CertPool
}

// Security is how the conversation is kept secret.
type Security string

// The ways. With STARTTLS a server that does not offer it is refused.
const (
	STARTTLS Security = "starttls"
	TLS      Security = "tls"
	Plain    Security = "none"
)

// LostError is a mail that the server was given, and whose answer did not come: it
// may have been sent.
type LostError struct{ Cause error }

func (e *LostError) Error() string {
	return "the server was given the mail, and its answer was lost: " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *LostError) Unwrap() error { return e.Cause }

// maxAnswer bounds what is kept of a server's answer, in bytes.
const maxAnswer = 300

// Send hands the message to the server, to all recipients or to none. It returns
// the server's answer. Any error but a LostError says that it was not sent.
func Send(ctx context.Context, server Server, message Message) (answer string, err error) {
	encoded, err := message.compose()
	if err != nil {
		return "", err
	}
	client, err := server.client()
	if err != nil {
		return "", err
	}
	err = client.DialAndSendWithContext(ctx, encoded)
	if encoded.IsDelivered() {
		return printable.Bounded(encoded.ServerResponse(), maxAnswer), nil // whatever came after the server's answer
	}
	if err == nil {
		err = errors.New("the server was not given the mail")
	}
	shown := errors.New(printable.Bounded(server.redact(err.Error()), maxAnswer))
	var failed *gomail.SendError
	if errors.As(err, &failed) && failed.Reason == gomail.ErrSMTPDataClose && failed.ErrorCode() == 0 {
		return "", &LostError{shown}
	}
	return "", shown
}

// redact takes credentials out of what a server repeats.
func (s Server) redact(text string) string {
	if s.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, s.Password, "[redacted]")
}

func (s Server) client() (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(s.Timeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}),
	}
	switch s.Security {
	case STARTTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("unknown security %q of a mail server", s.Security)
	}
	if s.Username != "" {
		// A password is never sent in the clear: without TLS the mechanisms that
		// would do so are not chosen.
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.Username), gomail.WithPassword(s.Password))
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", s.Host, err)
	}
	return client, nil
}

// Encode gives the message as it would be sent, but for the boundaries between its
// parts, which are random.
func (m Message) Encode() ([]byte, error) {
	message, err := m.compose()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if _, err := message.WriteTo(&text); err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	return text.Bytes(), nil
}

// eventHeader tells what a mail is about.
const eventHeader = "X-Looprel-Event"

func (m Message) compose() (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.FromFormat(m.FromName, m.From); err != nil {
		return nil, fmt.Errorf("the mail's sender: %w", err)
	}
	if err := message.To(m.To...); err != nil {
		return nil, fmt.Errorf("the mail's recipients: %w", err)
	}
	message.Subject(m.Subject)
	message.SetMessageIDWithValue(m.ID)
	message.SetDateWithValue(m.Date)
	message.SetUserAgent("looprel")
	// No machine should answer to a machine (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader(eventHeader, m.Event)
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if len(m.Calendar) > 0 {
		err := message.AttachReader("train.ics", bytes.NewReader(m.Calendar), gomail.WithFileContentType("text/calendar; method=PUBLISH; charset=utf-8"))
		if err != nil {
			return nil, fmt.Errorf("attach the calendar: %w", err)
		}
	}
	return message, nil
}

// check refuses what could end a header before its end. Callers have made texts
// fit; this is the last door.
func (m Message) check() error {
	headers := append([]string{m.ID, m.From, m.FromName, m.Subject, m.Event}, m.To...)
	for _, value := range headers {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("a control character in a header of the mail: %q", value)
		}
	}
	switch {
	case len(m.To) == 0:
		return errors.New("the mail has no recipient")
	case m.ID == "" || strings.ContainsAny(m.ID, "<> "):
		return fmt.Errorf("the Message-ID %q is none", m.ID)
	case m.Date.IsZero():
		return errors.New("the mail has no date")
	}
	return nil
}
