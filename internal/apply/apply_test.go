package apply_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

const train = `version: 1
timezone: America/Los_Angeles
train:
  first-tag: 2014-07-08
  every: 2 weeks
  tag: {day: tuesday}
  push: {day: monday}
contacts: {ops: {}}
components:
  loop-server: {branch: master, version-files: [{path: package.json, key: version}]}
environments:
  production: {maintainer: ops, after: tag}
`

var tuesday = time.Date(2014, time.August, 5, 18, 0, 0, 0, time.UTC)

// origin is a remote with something to release.
func origin(t *testing.T) (work, remote *gittest.Repo) {
	t.Helper()
	work = gittest.New(t)
	work.Commit("Describe the train", gittest.Files{"environments.yaml": train, "package.json": "{\"version\": \"0.9.0\"}\n"})
	work.Tag("0.9.0")
	work.Commit("Bug 1048426 - Fix it", gittest.Files{"package.json": "{\"version\": \"0.10.0-dev\"}\n", "index.js": "// fixed\n"})
	return work, work.Bare()
}

// run is one release manager's run, up to its plan.
type run struct {
	session *observe.Session
	plan    *plan.TagPlan
	remake  func(context.Context) (*plan.TagPlan, error)
}

func start(t *testing.T, clone *gittest.Repo, name string) run {
	t.Helper()
	session, err := observe.Open(t.Context(), observe.Options{
		Dir: clone.Dir, Environ: append(clone.Environ(), "GIT_COMMITTER_NAME="+name),
		Now: tuesday, EntryID: name, Writes: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	remake := func(ctx context.Context) (*plan.TagPlan, error) {
		return observe.Tag(ctx, session, plan.TagRequest{}, "")
	}
	p, err := remake(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return run{session, p, remake}
}

func (r run) tag(ctx context.Context) error {
	_, err := apply.Tag(ctx, r.session, r.plan, nil, r.remake)
	return err
}

// Twenty have planned the same release before anybody pushes: exactly one makes
// it, and the others learn who.
func TestTwentyAtOnce(t *testing.T) {
	t.Parallel()
	_, remote := origin(t)
	const racers = 20
	runs := make([]run, racers)
	for i := range runs {
		runs[i] = start(t, remote.Clone(), fmt.Sprintf("Racer %d", i))
	}
	errs := make([]error, racers)
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range runs {
		group.Go(func() {
			<-begin
			errs[i] = runs[i].tag(t.Context())
		})
	}
	close(begin)
	group.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil {
			if winner >= 0 {
				t.Errorf("racers %d and %d both won", winner, i)
			}
			winner = i
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won: %v", errs)
	}
	for i, err := range errs {
		var moved *plan.Moved
		if i != winner && (!errors.As(err, &moved) || !strings.Contains(err.Error(), fmt.Sprintf("Racer %d tagged loop-server 0.10.0 first", winner))) {
			t.Errorf("racer %d: %v; want it to name racer %d", i, err, winner)
		}
	}
	if entries := remote.Git("rev-list", "--count", "refs/looprel/ledger"); entries != "1" {
		t.Errorf("the ledger has %s entries", entries)
	}
	if commits := remote.Git("rev-list", "--count", "0.9.0..master"); commits != "3" {
		t.Errorf("master has %s commits since 0.9.0, want the fix, the release and what follows it", commits)
	}
}

// The answer to the push is lost after the remote has acted. The run finds out
// that its release was made, and says so.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	_, remote := origin(t)
	clone, pushes := losingAnswers(t, remote, func() {})
	if err := start(t, clone, "Release Manager").tag(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pushes.Load() != 2 {
		t.Errorf("%d pushes were made, want the look and one", pushes.Load())
	}
	if got, want := clone.Git("rev-parse", "refs/tags/0.10.0"), remote.Git("rev-parse", "refs/tags/0.10.0"); got != want {
		t.Errorf("the clone has tag %s, the remote %s", got, want)
	}
}

// The answer is lost, and the remote took the ledger and refused the rest, as git
// does where it lacks objects. That is not reported as done.
func TestLostAnswerOfAPartialPush(t *testing.T) {
	t.Parallel()
	_, remote := origin(t)
	head := remote.Git("rev-parse", "refs/heads/master")
	clone, _ := losingAnswers(t, remote, func() {
		remote.Git("update-ref", "refs/heads/master", head)
		remote.Git("update-ref", "-d", "refs/tags/0.10.0")
	})
	err := start(t, clone, "Release Manager").tag(t.Context())
	if !errors.Is(err, gitrepo.ErrPartial) {
		t.Fatalf("the error is %v", err)
	}
	for _, ref := range []string{"refs/looprel/ledger", "refs/heads/master", "refs/tags/0.10.0"} {
		if !strings.Contains(err.Error(), ref) {
			t.Errorf("the error does not name %s: %v", ref, err)
		}
	}
	if tags := clone.Git("tag", "--list", "0.10.0"); tags != "" {
		t.Error("the clone has the tag that the remote refused")
	}
}

// losingAnswers is a clone of a remote that acts on the push of a release, does what
// is given after that, and drops the connection. The first request that it gets is
// the look whether the ledger may be made at all.
func losingAnswers(t *testing.T, remote *gittest.Repo, then func()) (clone *gittest.Repo, pushes *atomic.Int32) {
	t.Helper()
	pushes = new(atomic.Int32)
	server := remote.ServeHTTP(gittest.HTTPOptions{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			isPush := request.Method == http.MethodPost && strings.HasSuffix(request.URL.Path, "git-receive-pack")
			if !isPush || pushes.Add(1) != 2 {
				next.ServeHTTP(w, request)
				return
			}
			next.ServeHTTP(discarding{http.Header{}}, request)
			then()
			panic(http.ErrAbortHandler)
		})
	}})
	clone = remote.Clone()
	clone.Git("remote", "set-url", "origin", server.URL)
	return clone, pushes
}

// discarding takes an answer that nobody gets.
type discarding struct{ header http.Header }

func (d discarding) Header() http.Header          { return d.header }
func (discarding) Write(data []byte) (int, error) { return len(data), nil }
func (discarding) WriteHeader(int)                {}

// What comes between planning and pushing is listed, and nothing is pushed.
func TestBranchMoved(t *testing.T) {
	t.Parallel()
	work, remote := origin(t)
	late := start(t, remote.Clone(), "Release Manager")
	work.Commit("Something that nobody has looked at", gittest.Files{"index.js": "// moved\n"})
	work.Git("push", "--quiet", "origin", "master")
	err := late.tag(t.Context())
	var moved *plan.Moved
	if !errors.As(err, &moved) || !strings.Contains(err.Error(), "Something that nobody has looked at") {
		t.Errorf("the error is %v", err)
	}
	if refs := remote.Git("for-each-ref", "refs/looprel", "refs/tags/0.10.0"); refs != "" {
		t.Errorf("it left %s", refs)
	}
}

// An operator who gives up before the push has changed nothing.
func TestCancelledBeforeThePush(t *testing.T) {
	t.Parallel()
	_, remote := origin(t)
	r := start(t, remote.Clone(), "Release Manager")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.tag(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if refs := remote.Git("for-each-ref", "refs/looprel", "refs/tags/0.10.0"); refs != "" {
		t.Errorf("it left %s", refs)
	}
}

// A remote that drops a connection once and then refuses the push is asked no
// more: the refusal is the answer.
func TestRefusedAfterADroppedConnection(t *testing.T) {
	t.Parallel()
	_, remote := origin(t)
	// net/http itself repeats a request whose connection was dropped at once.
	const drops = 2
	var asked atomic.Int32
	server := remote.ServeHTTP(gittest.HTTPOptions{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if !strings.Contains(request.URL.RawQuery+request.URL.Path, "git-receive-pack") {
				next.ServeHTTP(w, request)
				return
			}
			if asked.Add(1) <= drops {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, "no pushes today", http.StatusForbidden)
		})
	}})
	clone := remote.Clone()
	clone.Git("remote", "set-url", "origin", server.URL)
	err := start(t, clone, "Release Manager").tag(t.Context())
	if !errors.Is(err, gitrepo.ErrAuth) {
		t.Errorf("the error is %v, want the refusal", err)
	}
	if n := asked.Load(); n <= drops || n > drops+4 {
		t.Errorf("the remote was asked %d times", n)
	}
}
