package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestPushMovesAllReferences(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	number := 2
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			remote := f.remote(url)
			push := newReleasePush(t, f.list(remote), f.masterTree(), fmt.Sprintf("0.%d.0", number), name)
			number++
			if _, err := remote.Push(t.Context(), push.updates, push.objects); err != nil {
				t.Fatal(err)
			}
			for _, update := range push.updates {
				if got := f.origin.ID(update.Name); got != update.New {
					t.Errorf("%s is %s, expected %s", update.Name, got, update.New)
				}
			}
			f.origin.Git("fsck", "--strict")
		})
	}
}

// TestTwentyRacers has twenty people release at the same moment: each has listed
// the references before any of them pushes.
func TestTwentyRacers(t *testing.T) {
	t.Parallel()
	const racers = 20
	f := newRemoteFixture(t)
	number := 2
	for name, url := range f.addresses() {
		version := fmt.Sprintf("0.%d.0", number)
		number++
		t.Run(name, func(t *testing.T) {
			tree := f.masterTree()
			var pushes []releasePush
			var remotes []*Remote
			for i := range racers {
				remote := f.remote(url)
				pushes = append(pushes, newReleasePush(t, f.list(remote), tree, version, name+strconv.Itoa(i)))
				_ = remote.Close()
				remotes = append(remotes, remote)
			}
			errs := make([]error, racers)
			var group sync.WaitGroup
			for i := range racers {
				group.Go(func() { _, errs[i] = remotes[i].Push(t.Context(), pushes[i].updates, pushes[i].objects) })
			}
			group.Wait()
			winner := -1
			for i, err := range errs {
				if err == nil && winner >= 0 {
					t.Errorf("both %d and %d won", winner, i)
				}
				if err == nil {
					winner = i
				} else if !errors.Is(err, ErrMoved) {
					t.Errorf("racer %d: %v", i, err)
				}
			}
			if winner < 0 {
				t.Fatal("nobody won")
			}
			for _, update := range pushes[winner].updates {
				if got := f.origin.ID(update.Name); got != update.New {
					t.Errorf("%s is %s, expected the winner's %s", update.Name, got, update.New)
				}
			}
		})
	}
}

// TestPushOfTooLittle: git moves the references whose objects are all there, whatever
// was asked for. That is never taken for a success.
func TestPushOfTooLittle(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote(f.origin.URL())
	missing := object.Commit{Tree: object.ID{1}, Message: "Without a tree\n"}.Object()
	whole := object.Commit{Tree: f.masterTree(), Message: "With one\n"}.Object()
	_, err := remote.Push(t.Context(), []RefUpdate{
		{Name: "refs/heads/lacking", New: missing.ID()}, {Name: "refs/heads/whole", New: whole.ID()},
	}, []object.Object{missing, whole})
	var partial *PartialError
	if !errors.As(err, &partial) || !errors.Is(err, ErrPartial) || errors.Is(err, ErrUnknownOutcome) {
		t.Fatalf("the error is %v", err)
	}
	if len(partial.Moved) != 1 || partial.Moved[0] != "refs/heads/whole" || len(partial.Refused) != 1 || partial.Refused[0].Name != "refs/heads/lacking" {
		t.Errorf("the error is %+v", partial)
	}
	if !strings.Contains(err.Error(), "moved refs/heads/whole, but not refs/heads/lacking (missing necessary objects)") {
		t.Errorf("the error says %q", err)
	}
}

func TestPushWithoutAtomicSendsNothing(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.origin.Git("config", "receive.advertiseAtomic", "false")
	for name, url := range f.addresses() {
		t.Run(name, func(t *testing.T) {
			before := gittest.Snapshot(t, f.origin.Dir)
			remote := f.remote(url)
			push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", name)
			_, err := remote.Push(t.Context(), push.updates, push.objects)
			var missing *NoAtomicError
			if !errors.As(err, &missing) || missing.Missing != "atomic" || !errors.Is(err, ErrNoAtomic) {
				t.Errorf("the error is %v", err)
			}
			if after := gittest.Snapshot(t, f.origin.Dir); len(after) != len(before) {
				t.Error("the remote received something")
			}
		})
	}
}

func TestPushRefusedByHook(t *testing.T) {
	t.Parallel()
	for _, hook := range []string{"update", "pre-receive"} {
		t.Run(hook, func(t *testing.T) {
			t.Parallel()
			f := newRemoteFixture(t)
			script := "#!/bin/sh\nprintf 'tags are \\033[31mclosed\\033[0m until Monday\\n' >&2\ncase \"$1\" in ''|refs/tags/*) exit 1;; esac\n"
			if err := os.WriteFile(filepath.Join(f.origin.Dir, "hooks", hook), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			before := f.refs()
			for name, url := range f.addresses() {
				remote := f.remote(url)
				push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", name)
				_, err := remote.Push(t.Context(), push.updates, push.objects)
				var refused *RefusedError
				if !errors.As(err, &refused) || !errors.Is(err, ErrRefused) {
					t.Fatalf("over %s: %v", name, err)
				}
				said := strings.Join(refused.Messages, "\n")
				if !strings.Contains(said, "closed") || strings.ContainsAny(err.Error(), "\x1b\n") {
					t.Errorf("over %s: the hook's words are %q in %q", name, said, err.Error())
				}
				if len(refused.Refs) != 3 || !strings.Contains(err.Error(), "hook declined") {
					t.Errorf("over %s: %v", name, err)
				}
				if after := f.refs(); after != before {
					t.Errorf("over %s references moved:\n%s", name, after)
				}
			}
		})
	}
}

func TestPushBoundsWhatHooksSay(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	script := "#!/bin/sh\ni=0; while [ $i -lt 3000 ]; do echo \"line $i of very many words that go on and on\" >&2; i=$((i+1)); done\n"
	if err := os.WriteFile(filepath.Join(f.origin.Dir, "hooks", "post-receive"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	remote := f.remote("origin")
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	result, err := remote.Push(t.Context(), push.updates, push.objects)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Messages) != maxMessages || !strings.HasPrefix(result.Messages[0], "line 0 ") {
		t.Errorf("%d messages: %q", len(result.Messages), result.Messages)
	}
}

func TestPushNamesWhatMoved(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote("origin")
	first := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "first")
	if _, err := remote.Push(t.Context(), first.updates, first.objects); err != nil {
		t.Fatal(err)
	}
	planned := newReleasePush(t, f.list(remote), f.masterTree(), "0.3.0", "planned")
	other := newReleasePush(t, f.list(remote), f.masterTree(), "0.3.0", "other")
	if _, err := remote.Push(t.Context(), other.updates[2:], other.objects[2:]); err != nil {
		t.Fatal(err)
	}
	_, err := remote.Push(t.Context(), planned.updates, planned.objects)
	var moved *MovedError
	if !errors.As(err, &moved) || len(moved.Refs) != 1 {
		t.Fatalf("the error is %v", err)
	}
	want := MovedRef{Name: ledgerRef, Was: planned.updates[2].Old, Now: other.updates[2].New}
	if moved.Refs[0] != want {
		t.Errorf("moved: %+v, expected %+v", moved.Refs[0], want)
	}
}

func TestPushChecksWithoutSending(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote("origin")
	master := f.list(remote).Refs[masterRef]
	before := gittest.Snapshot(t, f.origin.Dir)
	for _, updates := range [][]RefUpdate{nil, {{Name: masterRef, Old: master, New: master}}} {
		if _, err := remote.Push(t.Context(), updates, nil); err != nil {
			t.Errorf("%v: %v", updates, err)
		}
	}
	elsewhere := f.origin.ID("0.1.0^{commit}")
	_, err := remote.Push(t.Context(), []RefUpdate{{Name: masterRef, Old: elsewhere, New: elsewhere}}, nil)
	if !errors.Is(err, ErrMoved) {
		t.Errorf("a check that fails: %v", err)
	}
	if after := gittest.Snapshot(t, f.origin.Dir); len(after) != len(before) {
		t.Error("the remote received something")
	}
}

func TestPushRefusesNonsense(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote("origin")
	id := f.origin.ID(masterRef)
	for _, updates := range [][]RefUpdate{
		{{Name: "master", New: id}},
		{{Name: "refs/heads/a b", New: id}},
		{{Name: masterRef, Old: id}},
		{{Name: "refs/heads/x", New: id}, {Name: "refs/heads/x", New: id}},
	} {
		if _, err := remote.Push(t.Context(), updates, nil); err == nil {
			t.Errorf("%v is accepted", updates)
		}
	}
	f.clone.Git("remote", "set-url", "--add", "--push", "origin", f.origin.Dir)
	f.clone.Git("remote", "set-url", "--add", "--push", "origin", f.origin.Dir+"-mirror")
	if _, err := f.remote("origin").Push(t.Context(), []RefUpdate{{Name: "refs/heads/x", New: id}}, nil); !errors.Is(err, ErrConfig) {
		t.Errorf("two addresses: %v", err)
	}
}

func TestPushOfMissingObjectsIsRefused(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	before := f.refs()
	for name, url := range f.addresses() {
		remote := f.remote(url)
		push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", name)
		_, err := remote.Push(t.Context(), push.updates[:2], push.objects[1:])
		if !errors.Is(err, ErrRefused) {
			t.Errorf("over %s: %v", name, err)
		}
	}
	if after := f.refs(); after != before {
		t.Errorf("references moved:\n%s", after)
	}
}

// TestPushToHiddenReference would, without a rehearsal, move branch and tag and
// leave the ledger out: git's atomic pushes do not cover hidden references.
func TestPushToHiddenReference(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	f.origin.Git("config", "transfer.hideRefs", "refs/looprel")
	before := f.refs()
	for name, url := range f.addresses() {
		remote := f.remote(url)
		push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", name)
		_, err := remote.Push(t.Context(), push.updates, push.objects)
		var refused *RefusedError
		if !errors.As(err, &refused) || len(refused.Refs) != 1 || refused.Refs[0].Name != ledgerRef {
			t.Errorf("over %s: %v", name, err)
		}
	}
	if after := f.refs(); after != before {
		t.Errorf("references moved:\n%s", after)
	}
}

func TestPushToCheckedOutBranchIsRefused(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	checkout := f.origin.Clone()
	remote := f.remote(checkout.Dir)
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	_, err := remote.Push(t.Context(), push.updates, push.objects)
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "checked out") {
		t.Errorf("the error is %v", err)
	}
	if _, err := checkout.Try("", "rev-parse", "--verify", "--quiet", ledgerRef); err == nil {
		t.Error("the ledger was made all the same")
	}
}

// TestPushWhoseAnswerIsLost cuts the connection after the remote has acted.
func TestPushWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	cut := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if !transfersObjects(request) {
				next.ServeHTTP(w, request)
				return
			}
			next.ServeHTTP(discarding{header: http.Header{}}, request)
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("0030"))
			panic(http.ErrAbortHandler)
		})
	}
	server := f.origin.ServeHTTP(gittest.HTTPOptions{Wrap: cut})
	remote := f.remote(server.URL)
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	_, err := remote.Push(t.Context(), push.updates[:2], push.objects)
	var unknown *UnknownOutcomeError
	if !errors.As(err, &unknown) || !errors.Is(err, ErrUnknownOutcome) || len(unknown.Refs) != 2 {
		t.Fatalf("the error is %v", err)
	}
	if got := f.origin.ID(masterRef); got != push.updates[0].New {
		t.Errorf("master is %s: the test did not do what it says", got)
	}
}

type discarding struct{ header http.Header }

func (d discarding) Header() http.Header          { return d.header }
func (discarding) Write(data []byte) (int, error) { return len(data), nil }
func (discarding) WriteHeader(int)                {}

func TestPushInterruptedWhileARemoteHookRuns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"path", "file", "git", "http", "ssh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newRemoteFixture(t)
			url := f.addresses()[name]
			started, stop := filepath.Join(f.origin.Dir, "started"), filepath.Join(f.origin.Dir, "stop")
			script := "#!/bin/sh\ntouch '" + started + "'\nwhile [ ! -e '" + stop + "' ]; do sleep 0.02; done\nrm '" + started + "'\nexit 1\n"
			if err := os.WriteFile(filepath.Join(f.origin.Dir, "hooks", "pre-receive"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			remote := f.remote(url)
			push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", name)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				await(t, func() bool { return exists(started) })
				cancel()
			}()
			_, err := remote.Push(ctx, push.updates[:2], push.objects)
			if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			if err := os.WriteFile(stop, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			// The remote's own process has to end before its directory is removed.
			await(t, func() bool { return !exists(started) })
			last := -1
			await(t, func() bool {
				before := last
				entries, _ := os.ReadDir(filepath.Join(f.origin.Dir, "objects"))
				last = len(entries)
				time.Sleep(50 * time.Millisecond)
				return last == before
			})
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits for what another process does.
func await(t *testing.T, done func() bool) {
	t.Helper()
	for range 2000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("waited in vain")
}

func TestPushSkipsDuplicateObjects(t *testing.T) {
	t.Parallel()
	f := newRemoteFixture(t)
	remote := f.remote("origin")
	push := newReleasePush(t, f.list(remote), f.masterTree(), "0.2.0", "x")
	objects := append([]object.Object{push.objects[0]}, push.objects...)
	if _, err := remote.Push(t.Context(), push.updates, objects); err != nil {
		t.Fatal(err)
	}
	f.origin.Git("fsck", "--strict")
}
