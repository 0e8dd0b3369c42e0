package gittest

import (
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"sync"
)

// HTTPServer serves a repository over HTTP on this machine, by git's own
// http-backend, for reading and writing.
type HTTPServer struct {
	// URL is the repository's address, without a user.
	URL string
	// Server is the server behind it; its certificate is of interest.
	Server *httptest.Server

	mutex    sync.Mutex
	requests []*http.Request
}

// HTTPOptions change what the server does.
type HTTPOptions struct {
	// User and Password are asked for where a password is given.
	User, Password string
	// TLS serves HTTPS, with a certificate that nobody knows.
	TLS bool
	// Wrap puts a handler around the repository's, to break it.
	Wrap func(http.Handler) http.Handler
}

// ServeHTTP serves the repository until the test ends.
func (r *Repo) ServeHTTP(options HTTPOptions) *HTTPServer {
	r.t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		r.t.Fatal(err)
	}
	// Each request's environment is fixed here, so that requests at the same time
	// do not read the repository's own state.
	environ := append(r.Environ(), "GIT_PROJECT_ROOT="+filepath.Dir(r.Dir), "GIT_HTTP_EXPORT_ALL=1")
	var handler http.Handler = &cgi.Handler{
		Path: git, Args: []string{"-c", "http.receivepack=true", "http-backend"},
		Root: "/", Dir: r.Dir, Env: environ, Stderr: io.Discard,
	}
	if options.Wrap != nil {
		handler = options.Wrap(handler)
	}
	served := &HTTPServer{}
	handler = served.recording(withLogin(handler, options))
	served.Server = httptest.NewUnstartedServer(handler)
	served.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if options.TLS {
		served.Server.StartTLS()
	} else {
		served.Server.Start()
	}
	r.t.Cleanup(served.Server.Close)
	served.URL = served.Server.URL + "/" + filepath.Base(r.Dir)
	return served
}

// Requests lists what was asked so far, in order, without the bodies.
func (s *HTTPServer) Requests() []*http.Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]*http.Request{}, s.requests...)
}

func (s *HTTPServer) recording(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		s.mutex.Lock()
		s.requests = append(s.requests, request)
		s.mutex.Unlock()
		next.ServeHTTP(w, request)
	})
}

func withLogin(next http.Handler, options HTTPOptions) http.Handler {
	if options.Password == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		user, password, _ := request.BasicAuth()
		if user != options.User || password != options.Password {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, request)
	})
}
