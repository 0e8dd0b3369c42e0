package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// transfersObjects reports whether a request is one for objects or with objects, not
// only about references.
func transfersObjects(request *http.Request) bool {
	body, err := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && request.Method == http.MethodPost && !bytes.Contains(body, []byte("command=ls-refs"))
}

// truncateTransfers lets half of an answer with objects through.
func truncateTransfers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !transfersObjects(request) {
			next.ServeHTTP(w, request)
			return
		}
		whole := httptest.NewRecorder()
		next.ServeHTTP(whole, request)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		panic(http.ErrAbortHandler)
	})
}

// silentServer accepts connections, reads, and never answers.
func silentServer(t *testing.T) (hostPort string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
				_, _ = io.Copy(io.Discard, connection)
				_ = connection.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func TestSilentServersAreGivenUp(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	silent := silentServer(t)
	for _, protocol := range []string{"http", "ssh", "git"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			remote := f.remote(protocol + "://" + silent + "/x.git")
			remote.patience = 100 * time.Millisecond
			_, err := remote.List(t.Context())
			if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "no answer for 100ms") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestSilenceAfterTheAdvertisement(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.news(1)
	hang := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if transfersObjects(request) {
				_, _ = io.Copy(io.Discard, request.Body)
				<-request.Context().Done()
				return
			}
			next.ServeHTTP(w, request)
		})
	}
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: hang})
	remote := f.remote(server.URL)
	remote.patience = 2 * time.Second
	if _, err := fetchMaster(t.Context(), remote); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a fetch: %v", err)
	}
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	if _, err := remote.Push(t.Context(), push.updates[:2], push.objects); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("a push: %v", err)
	}
}

func TestListIsCancelled(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	silent := silentServer(t)
	for _, protocol := range []string{"http", "ssh", "git"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := f.remote(protocol + "://" + silent + "/x.git").List(ctx)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestServerThatSpeaksSomethingElse(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
			_, _ = io.WriteString(connection, "220 mail.example.org \x1b[2J ready\r\n")
			_ = connection.Close()
		}
	}()
	for _, protocol := range []string{"http", "ssh", "git"} {
		_, err := f.remote(protocol + "://" + listener.Addr().String() + "/x.git").List(t.Context())
		if err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("over %s: %q", protocol, err)
		}
	}
}
