package githubtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The token that may do everything, and its user.
const (
	Token = "ghp_everythingIsAllowed0000000000000"
	Login = "release-bot"
)

// Epoch is the time of everything that the server makes.
func Epoch() time.Time { return time.Date(2014, time.August, 5, 18, 0, 0, 0, time.UTC) }

// Permissions say what a token may do, such as contents: write.
type Permissions map[string]string

// Grant is what a token stands for.
type Grant struct {
	// Login is whose the token is, "" for one of an installation.
	Login string
	// Permissions are those of a fine-grained token; nil: everything.
	Permissions Permissions
	// Scopes are those of a classic token; nil for one that is none.
	Scopes []string
	// Blind: the token does not see the repository.
	Blind bool
	// Expired tokens are not accepted.
	Expired bool
	// SignOn: the organisation's single sign-on is wanted first.
	SignOn bool
}

// Server is a GitHub with one repository.
type Server struct {
	// URL is the server's address, without a path.
	URL string
	// Owner and Name are the repository's.
	Owner, Name string

	t         testing.TB
	git       *gitService
	mutex     sync.Mutex
	state     State
	grants    map[string]Grant
	remaining int
	interfere func(Request) Interference
	react     func(Request)
	installed *App
	// asked counts what came in since it was last asked, requests what was dealt with.
	asked    int
	requests []Request
}

// Request is a request as it came in.
type Request struct {
	// Number counts from 1; requests for git count as well.
	Number int
	Method string
	// Path is without the prefix of the API; of git it is the whole path.
	Path string
	// Git is set for git's requests.
	Git bool
	// Unchanged: it was answered with "not modified".
	Unchanged bool
}

// Interference is what comes in the way of a request.
type Interference struct {
	// Before is called before the request is handled, After when it has been, before
	// the answer is sent.
	Before, After func()
	// Status, with Header and Body, is the answer in place of the right one.
	Status int
	Header http.Header
	Body   string
	// DropBefore closes the connection and does nothing; DropAfter does what was
	// asked, and closes the connection without an answer.
	DropBefore, DropAfter bool
}

// New starts a server for the bare repository in a directory, named "owner/name".
func New(t testing.TB, repository, dir string) *Server {
	t.Helper()
	owner, name, _ := strings.Cut(repository, "/")
	s := &Server{
		t: t, Owner: owner, Name: name, remaining: 5000,
		grants: map[string]Grant{Token: {Login: Login}},
	}
	s.git = newGitService(t, s, dir)
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Remote is the repository's address for git.
func (s *Server) Remote() string { return s.URL + "/" + s.Owner + "/" + s.Name + ".git" }

// API is the address of the API.
func (s *Server) API() string { return s.URL + "/api/v3" }

// Grant makes a token known.
func (s *Server) Grant(token string, grant Grant) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.grants[token] = grant
}

// Remaining sets how many requests the rate limit still lets through.
func (s *Server) Remaining(count int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.remaining = count
}

// Interfere puts something in the way of requests; nil: nothing.
func (s *Server) Interfere(with func(Request) Interference) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.interfere = with
}

// React calls back for each request once it has been handled, before it is answered:
// what others do about it, a workflow that deploys for one. nil: nothing.
func (s *Server) React(with func(Request)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.react = with
}

// Protect refuses pushes to branches, by full names.
func (s *Server) Protect(branches ...string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := s.git.protect(branches); err != nil {
		s.t.Fatal(err)
	}
}

// Requests lists what was asked of the API since it, or Seen, was last called, and
// has been dealt with: whoever reads of a request here finds what it did.
func (s *Server) Requests() []Request {
	return slices.DeleteFunc(s.Seen(), func(one Request) bool { return one.Git })
}

// Seen is Requests with those for git.
func (s *Server) Seen() []Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list := s.requests
	s.requests, s.asked = nil, 0
	return list
}

// Passed forgets the requests up to the first that matches, and says whether there
// was one.
func (s *Server) Passed(matches func(Request) bool) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	at := slices.IndexFunc(s.requests, matches)
	s.requests = s.requests[at+1:]
	return at >= 0
}

const (
	apiPrefix    = "/api/v3"
	uploadPrefix = "/api/uploads"
)

// serve numbers each request, and lets what interferes come first.
func (s *Server) serve(w http.ResponseWriter, request *http.Request) {
	one := Request{Method: request.Method, Path: request.URL.Path, Git: true}
	for _, prefix := range []string{apiPrefix, uploadPrefix} {
		if rest, ok := strings.CutPrefix(request.URL.Path, prefix+"/"); ok {
			one.Path, one.Git = "/"+rest, false
		}
	}
	s.mutex.Lock()
	s.asked++
	one.Number = s.asked
	var interference Interference
	if s.interfere != nil {
		interference = s.interfere(one)
	}
	s.mutex.Unlock()
	if interference.Before != nil {
		interference.Before()
	}
	switch {
	case interference.DropBefore:
		s.done(one)
		hangUp(w)
		return
	case interference.Status != 0:
		s.done(one)
		for name, values := range interference.Header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(interference.Status)
		_, _ = io.WriteString(w, interference.Body)
		return
	}
	answer := httptest.NewRecorder()
	if one.Git {
		s.git.serve(answer, request)
	} else {
		s.answer(answer, request, one.Path)
	}
	one.Unchanged = answer.Code == http.StatusNotModified
	s.mutex.Lock()
	react := s.react
	s.mutex.Unlock()
	if react != nil {
		react(one)
	}
	s.done(one)
	if interference.After != nil {
		interference.After()
	}
	if interference.DropAfter {
		hangUp(w)
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = io.Copy(w, answer.Body)
}

// done notes a request that was dealt with, before it is answered.
func (s *Server) done(one Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, one)
}

// hangUp closes the connection.
func hangUp(w http.ResponseWriter) {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = connection.Close()
	}
}

// answer answers a request of the API, held to the description.
func (s *Server) answer(w *httptest.ResponseRecorder, request *http.Request, path string) {
	checked, err := checkRequest(request, path)
	if err != nil {
		s.t.Errorf("a request that is not GitHub's: %v", err)
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	call := &call{server: s, request: request, path: path, parts: strings.Split(strings.Trim(path, "/"), "/")}
	reply := call.handle()
	if reply.status == http.StatusNotImplemented {
		s.t.Errorf("the server does not know %s %s", request.Method, path)
	}
	body := reply.send(w, request)
	if err := checked.checkAnswer(w.Code, w.Header(), body); err != nil {
		s.t.Errorf("an answer that is not GitHub's: %v", err)
	}
}

// KillAt makes an interference that ends a process at the request of that number,
// before it is handled or after.
func KillAt(number int, before bool, process func() *os.Process) func(Request) Interference {
	return func(request Request) Interference {
		kill := func() {
			if p := process(); p != nil {
				_ = p.Kill()
			}
		}
		switch {
		case request.Number != number:
			return Interference{}
		case before:
			return Interference{Before: kill, DropBefore: true}
		}
		return Interference{After: kill, DropAfter: true}
	}
}

// Snapshot is what the server has, in words that two servers can be compared by:
// all that it keeps of the repository.
func (s *Server) Snapshot() State {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.followBranches()
	return s.state.Copied()
}

// body reads a request's body again.
func bodyOf(request *http.Request) []byte {
	data, _ := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(data))
	return data
}

var _ fmt.Stringer = Request{}

// String is the request in short.
func (r Request) String() string { return r.Method + " " + r.Path }
