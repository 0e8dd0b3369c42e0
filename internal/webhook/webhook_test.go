package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/webhook"
)

var call = webhook.Call{ID: "tagged-0.10.0", Event: "tagged", Body: []byte(`{"text":"0.10.0 is tagged"}`)}

// What arrives is the body, signed, under its name.
func TestPost(t *testing.T) {
	t.Parallel()
	const secret = "a secret of both sides"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		switch {
		case err != nil || r.Method != http.MethodPost || string(body) != string(call.Body):
			http.Error(w, "another body", http.StatusBadRequest)
		case r.Header.Get("X-Looprel-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)):
			http.Error(w, "not signed", http.StatusUnauthorized)
		case r.Header.Get("X-Looprel-Event") != "tagged" || r.Header.Get("X-Looprel-Delivery") != "tagged-0.10.0" || r.Header.Get("Content-Type") != "application/json":
			http.Error(w, "headers", http.StatusBadRequest)
		default:
			_, _ = io.WriteString(w, "thanks\x1b[2J\n")
		}
	}))
	t.Cleanup(server.Close)
	hook := webhook.Hook{URL: server.URL, Secret: secret, Timeout: 5 * time.Second}
	if answer, err := webhook.Post(t.Context(), hook, call); err != nil || answer != "200 OK: thanks" {
		t.Errorf("%q, %v", answer, err)
	}
	hook.Secret = ""
	if _, err := webhook.Post(t.Context(), hook, call); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("unsigned: %v", err)
	}
}

// A refusal, and an answer that did not come, are two things. Nothing shows the
// address: it may be a secret.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const path = "/services/secret-path"
	cases := map[string]struct {
		handler http.HandlerFunc
		want    string
		lost    bool
	}{
		"refused": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, "403", false},
		"failed":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusInternalServerError) }, "500", false},
		"gateway": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }, "502", true},
		"redirected": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "307", false},
		"dropped":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "answer was lost", true},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "answer was lost", true},
		"long answer": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, strings.Repeat("x", 10000), http.StatusForbidden)
		}, "403", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(readFirst(c.handler))
			t.Cleanup(server.Close)
			_, err := webhook.Post(t.Context(), webhook.Hook{URL: server.URL + path, Timeout: 300 * time.Millisecond}, call)
			var lost *webhook.LostError
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &lost) != c.lost {
				t.Fatalf("%v (lost: %v)", err, errors.As(err, &lost))
			}
			if strings.Contains(err.Error(), path) || len(err.Error()) > 500 {
				t.Errorf("%v", err)
			}
		})
	}
}

func readFirst(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		handler(w, r)
	}
}

// Where nobody listens, nothing was sent.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := webhook.Post(t.Context(), webhook.Hook{URL: server.URL + "/secret-path", Timeout: time.Second}, call)
	var lost *webhook.LostError
	if err == nil || errors.As(err, &lost) || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v", err)
	}
	if _, err := webhook.Post(t.Context(), webhook.Hook{URL: "http://secret-path\x7f/", Timeout: time.Second}, call); err == nil || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("%v", err)
	}
}
