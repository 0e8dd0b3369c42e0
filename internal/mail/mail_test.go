package mail_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/mail"
	"github.com/mozilla-services/looprel/internal/mailtest"
)

func sample() mail.Message {
	return mail.Message{
		ID: "tagged-0.10.0@example.org", From: "train@example.org", FromName: "Release train of loop-server",
		To: []string{"loop@lists.example.org"}, Subject: "loop-server 0.10.0 is tagged — früh", Event: "tagged",
		Date: time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC),
		Text: "It is tagged.\n.\n..\nFrom here\n" + strings.Repeat("long ", 300) + "\n", HTML: "<p>It is tagged.</p>\n",
	}
}

// What a server gets is the message: subject, both texts, the calendar.
func TestSend(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	message := sample()
	message.Calendar = []byte("BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n")
	answer, err := mail.Send(t.Context(), plain(server), message)
	if err != nil || !strings.Contains(answer, "OK") {
		t.Fatalf("%q, %v", answer, err)
	}
	got := server.Mails()
	if len(got) != 1 || got[0].From != message.From || strings.Join(got[0].To, " ") != "loop@lists.example.org" {
		t.Fatalf("%+v", got)
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(got[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != message.Subject || parsed.Header.Get("Message-Id") != "<"+message.ID+">" || parsed.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("subject %q, headers %v, %v", subject, parsed.Header, err)
	}
	parts := partsOf(t, parsed.Header.Get("Content-Type"), parsed.Body)
	if parts["text/plain"] != strings.ReplaceAll(message.Text, "\n", "\r\n") || strings.TrimSpace(parts["text/html"]) != strings.TrimSpace(message.HTML) {
		t.Errorf("parts %q", parts)
	}
	if parts["text/calendar method=PUBLISH"] != string(message.Calendar) {
		t.Errorf("calendar %q", parts["text/calendar method=PUBLISH"])
	}
}

func plain(server *mailtest.Server) mail.Server {
	return mail.Server{Host: server.Host, Port: server.Port, Security: mail.Plain, Timeout: 5 * time.Second}
}

// partsOf reads the parts of a message, by content type.
func partsOf(t *testing.T, contentType string, body io.Reader) map[string]string {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	if !strings.HasPrefix(kind, "multipart/") {
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if method := parameters["method"]; method != "" {
			kind += " method=" + method
		}
		found[kind] = string(content)
		return found
	}
	reader := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range partsOf(t, part.Header.Get("Content-Type"), mailtest.Decode(part.Header.Get("Content-Transfer-Encoding"), part)) {
			found[name] = text
		}
	}
}

// Nothing is given to a server that does not encrypt, unless that is meant; and a
// certificate that nobody trusts is refused.
func TestSecurity(t *testing.T) {
	t.Parallel()
	cleartext := mailtest.Start(t)
	starttls := mailtest.Start(t, mailtest.WithTLS())
	implicit := mailtest.Start(t, mailtest.WithImplicitTLS())
	cases := map[string]struct {
		server   *mailtest.Server
		security mail.Security
		trusted  bool
		want     string
	}{
		"no STARTTLS offered":    {cleartext, mail.STARTTLS, true, "STARTTLS"},
		"STARTTLS":               {starttls, mail.STARTTLS, true, ""},
		"STARTTLS, not trusted":  {starttls, mail.STARTTLS, false, "certificate"},
		"TLS":                    {implicit, mail.TLS, true, ""},
		"TLS, not trusted":       {implicit, mail.TLS, false, "certificate"},
		"TLS to a plain server":  {cleartext, mail.TLS, true, "TLS"},
		"unknown security":       {cleartext, "ssl", true, "unknown security"},
		"plain, as it was meant": {cleartext, mail.Plain, true, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := plain(c.server)
			server.Security = c.security
			if c.trusted {
				server.Roots = c.server.Roots()
			}
			_, err := mail.Send(t.Context(), server, sample())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
			var lost *mail.LostError
			if errors.As(err, &lost) {
				t.Errorf("%v may have been sent", err)
			}
		})
	}
}

// Credentials are used over TLS, are not sent without it, and are in no error.
func TestCredentials(t *testing.T) {
	t.Parallel()
	const user, password = "train", "correct horse battery"
	secure := mailtest.Start(t, mailtest.WithTLS(), mailtest.WithUser(user, password))
	server := plain(secure)
	server.Security, server.Roots = mail.STARTTLS, secure.Roots()
	if _, err := mail.Send(t.Context(), server, sample()); err == nil {
		t.Error("a server that wants credentials took the mail without")
	}
	server.Username, server.Password = user, password
	if _, err := mail.Send(t.Context(), server, sample()); err != nil {
		t.Error(err)
	}
	server.Password = "wrong password"
	if _, err := mail.Send(t.Context(), server, sample()); err == nil || strings.Contains(err.Error(), server.Password) {
		t.Errorf("with a wrong password: %v", err)
	}
	open := mailtest.Start(t, mailtest.WithUser(user, password))
	server = plain(open)
	server.Username, server.Password = user, password
	if _, err := mail.Send(t.Context(), server, sample()); err == nil || open.SawCredentials() {
		t.Errorf("%v; the password went over the wire in the clear: %v", err, open.SawCredentials())
	}
}

// What the server said, and what it did not get to say.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault mailtest.Fault
		want  string
		lost  bool
		taken int
	}{
		"sender refused":             {mailtest.RefuseSender, "550", false, 0},
		"recipient refused":          {mailtest.RefuseRecipient, "550", false, 0},
		"try later":                  {mailtest.TryLater, "451", false, 0},
		"refused after the message":  {mailtest.RefuseMessage, "554", false, 0},
		"dropped before the message": {mailtest.DropBefore, "", false, 0},
		"dropped within the message": {mailtest.DropWithin, "answer was lost", true, 0},
		"dropped without an answer":  {mailtest.DropAfter, "answer was lost", true, 1},
		"dropped after the answer":   {mailtest.DropAtEnd, "OK", false, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t)
			server.Fail(c.fault)
			answer, err := mail.Send(t.Context(), plain(server), sample())
			var lost *mail.LostError
			if errors.As(err, &lost) != c.lost || len(server.Mails()) != c.taken {
				t.Errorf("%v (lost: %v), the server took %d", err, c.lost, len(server.Mails()))
			}
			if text := answer + errorText(err); !strings.Contains(text, c.want) {
				t.Errorf("%q, want %q", text, c.want)
			}
			if (err == nil) != (c.taken == 1 && !c.lost) {
				t.Errorf("%v", err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A server that is not there, or says nothing, is no long wait.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	silent := mailtest.Silent(t)
	server := plain(silent)
	server.Timeout = 100 * time.Millisecond
	begun := time.Now()
	if _, err := mail.Send(context.Background(), server, sample()); err == nil {
		t.Error("a silent server took a mail")
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	silent.Close()
	if _, err := mail.Send(t.Context(), plain(silent), sample()); err == nil {
		t.Error("nobody took a mail")
	}
}

// No header can carry a second one.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*mail.Message, string){
		"subject": func(m *mail.Message, text string) { m.Subject = text },
		"name":    func(m *mail.Message, text string) { m.FromName = text },
		"sender":  func(m *mail.Message, text string) { m.From = text },
		"to":      func(m *mail.Message, text string) { m.To = []string{text} },
		"id":      func(m *mail.Message, text string) { m.ID = text },
		"event":   func(m *mail.Message, text string) { m.Event = text },
	}
	for name, change := range changes {
		for _, text := range []string{"x\r\nBcc: victim@example.org", "x\nBcc: victim@example.org", "x\rBcc: victim@example.org", "x\x00"} {
			message := sample()
			change(&message, text)
			if encoded, err := message.Encode(); err == nil {
				t.Errorf("%s %q was written:\n%s", name, text, encoded)
			}
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("loop-server 0.10.0 is tagged", "Release train")
	f.Add("=?utf-8?q?x=0D=0ABcc:_victim@example.org?=", "a\" <victim@example.org>,")
	f.Add("x\u2028Bcc: victim@example.org", "\u0085")
	f.Fuzz(func(t *testing.T, subject, name string) {
		message := sample()
		message.Subject, message.FromName = subject, name
		encoded, err := message.Encode()
		if err != nil {
			return
		}
		parsed, err := netmail.ReadMessage(bytes.NewReader(encoded))
		if err != nil {
			t.Fatalf("%v in\n%s", err, encoded)
		}
		for header := range parsed.Header {
			switch header {
			case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "User-Agent", "X-Mailer", "Auto-Submitted", "X-Looprel-Event":
			default:
				t.Errorf("header %q in\n%s", header, encoded)
			}
		}
		if from, err := parsed.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != message.From {
			t.Errorf("%v, %v from %q", from, err, parsed.Header.Get("From"))
		}
	})
}
