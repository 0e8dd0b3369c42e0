package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/mailtest"
	"github.com/mozilla-services/looprel/internal/webhook"
)

// startMailServer starts a mail server for the script, and writes its port into files
// in place of MAILPORT: mailserver FILE...
func startMailServer(ts *testscript.TestScript, t *testing.T, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "mailserver FILE...")
	server := mailtest.Start(scriptTB{t, ts})
	scriptOf(ts).mail = server
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "MAILPORT", strconv.Itoa(server.Port))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// failMail makes the next mail fail: mailfail later|lost|stall
func failMail(ts *testscript.TestScript, neg bool, args []string) {
	faults := map[string]mailtest.Fault{"later": mailtest.TryLater, "lost": mailtest.DropAfter, "stall": mailtest.Stall}
	usage(ts, neg || len(args) != 1 || faults[args[0]] == mailtest.None, "mailfail later|lost|stall")
	scriptOf(ts).mail.Fail(faults[args[0]])
}

// awaitMails waits until the server has taken so many: mailwait COUNT
func awaitMails(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "mailwait COUNT")
	for deadline := time.Now().Add(scriptPatience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if strconv.Itoa(len(scriptOf(ts).mail.Mails())) == args[0] {
			return
		}
	}
	ts.Fatalf("the server did not take %s mails", args[0])
}

// checkMails counts the mails that the server took, and writes the last one, decoded,
// into a file: mails COUNT [FILE]
func checkMails(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 1 || len(args) > 2, "mails COUNT [FILE]")
	mails := scriptOf(ts).mail.Mails()
	if strconv.Itoa(len(mails)) != args[0] {
		ts.Fatalf("the server took %d mails, expected %s", len(mails), args[0])
	}
	if len(args) == 2 {
		text, err := readable(mails[len(mails)-1].Data)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
	}
}

// readable writes a mail without its encodings.
func readable(data []byte) (string, error) {
	message, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, name := range []string{"From", "To", "Subject", "Message-Id", "Auto-Submitted", "X-Looprel-Event"} {
		value, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get(name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s: %s\n", name, value)
	}
	err = readableParts(&text, message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body)
	return strings.ReplaceAll(text.String(), "\r\n", "\n"), err
}

func readableParts(text *strings.Builder, contentType, encoding string, body io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		content, err := io.ReadAll(mailtest.Decode(encoding, body))
		fmt.Fprintf(text, "-- %s --\n%s", kind, content)
		return err
	}
	reader := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := readableParts(text, part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}

// chatService is the environment that is none: a chat with a webhook. It takes what
// is signed with chatSecret, and keeps it in the file "calls"; while its heartbeat is
// not 200, it takes nothing.
const (
	chatService = "chat"
	chatSecret  = "the chat's own secret"
)

func serveChat(w http.ResponseWriter, request *http.Request, dir string, state serviceState) {
	body, err := io.ReadAll(request.Body)
	var call map[string]any
	switch {
	case err != nil || json.Unmarshal(body, &call) != nil:
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	case state.Heartbeat != "" && state.Heartbeat != "200":
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	case request.Header.Get(webhook.SignatureHeader) != webhook.Signature(chatSecret, body):
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	file, err := os.OpenFile(filepath.Join(dir, "calls"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close() //nolint:errcheck // the script sees what is missing
	_, _ = fmt.Fprintf(file, "%s\n", body)
	_, _ = io.WriteString(w, "heard")
}
