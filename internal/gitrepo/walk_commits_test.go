package gitrepo_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// longLine is a history that is read by several readers, of loose objects and with a
// commit-graph, so that listing reads none of them.
func longLine(t *testing.T) (*gittest.Repo, []object.ID) {
	t.Helper()
	repo := gittest.New(t)
	repo.Git("config", "gc.auto", "0")
	repo.Git("config", "fastimport.unpackLimit", "1000000")
	ids := repo.Import(gittest.Line(700), map[string]int{"refs/heads/master": 699})
	repo.Git("commit-graph", "write", "--reachable")
	return repo, ids
}

func openUnverified(t *testing.T, repo *gittest.Repo) *gitrepo.Repository {
	t.Helper()
	repository, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: append(repo.Environ(), "LOOPREL_VERIFY_READS=0")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = repository.Close() })
	return repository
}

// TestRangeByManyReaders: the list is git's, whoever read which commit of it.
func TestRangeByManyReaders(t *testing.T) {
	t.Parallel()
	repo, ids := longLine(t)
	want := strings.Fields(repo.Git("log", "--format=%H%x20%ct%x20%T"))
	repository := openUnverified(t, repo)
	for range 5 {
		commits, err := repository.Range(t.Context(), ids[699:], nil, gitrepo.RangeOptions{})
		if err != nil || len(commits) != len(ids) {
			t.Fatalf("%d commits, %v", len(commits), err)
		}
		for i, commit := range commits {
			if commit.ID.String() != want[3*i] || commit.Tree.String() != want[3*i+2] {
				t.Fatalf("commit %d is %s, expected %s", i, commit.ID, want[3*i])
			}
		}
	}
}

// TestRangeFailsTheSameEachTime: of several commits that are missing, the first one of
// the list is named.
func TestRangeFailsTheSameEachTime(t *testing.T) {
	t.Parallel()
	repo, ids := longLine(t)
	for _, position := range []int{20, 250, 251, 500} {
		name := ids[position].String()
		if err := os.Remove(filepath.Join(repo.Dir, ".git", "objects", name[:2], name[2:])); err != nil {
			t.Fatal(err)
		}
	}
	repository := openUnverified(t, repo)
	for range 20 {
		_, err := repository.Range(t.Context(), ids[699:], nil, gitrepo.RangeOptions{})
		var missing *gitrepo.MissingError
		if !errors.As(err, &missing) || missing.ID != ids[500] {
			t.Fatalf("the error is %v, expected one about %s", err, ids[500])
		}
	}
}

// TestRangeLeavesNothingRunning: when it returns, its readers have ended, also when it
// was cancelled.
//
//nolint:paralleltest // goroutines are counted
func TestRangeLeavesNothingRunning(t *testing.T) {
	repo, ids := longLine(t)
	repository := openUnverified(t, repo)
	before := runtime.NumGoroutine()
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := repository.Range(ctx, ids[699:], nil, gitrepo.RangeOptions{})
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
	}
	// Timers of other tests may run for a moment.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestRangeDoubtsTheGraph: a graph that is sound by its checksum and says something else
// than a commit that is listed is an error, and never believed.
func TestRangeDoubtsTheGraph(t *testing.T) {
	t.Parallel()
	repo, ids := longLine(t)
	name := filepath.Join(repo.Dir, ".git", "objects", "info", "commit-graph")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	tree := func(position int) []byte {
		id, err := object.ParseID(strings.TrimSpace(repo.Git("rev-parse", ids[position].String()+"^{tree}")))
		if err != nil {
			t.Fatal(err)
		}
		return id[:]
	}
	changed := bytes.Replace(data, tree(300), tree(301), 1)
	if bytes.Equal(changed, data) {
		t.Fatal("the graph does not have the tree")
	}
	body := changed[:len(changed)-sha1.Size]
	sum := sha1.Sum(body)
	if err := errors.Join(os.Remove(name), os.WriteFile(name, append(body, sum[:]...), 0o600)); err != nil {
		t.Fatal(err)
	}
	repository := openUnverified(t, repo)
	_, err = repository.Range(t.Context(), ids[699:], nil, gitrepo.RangeOptions{})
	wantError(t, err, gitrepo.ErrDamaged, "the commit-graph says of commit "+ids[300].String(), "git commit-graph write --reachable")
	if listed, err := repository.Range(t.Context(), ids[699:], ids[400:401], gitrepo.RangeOptions{}); err != nil || len(listed) != 299 {
		t.Errorf("the commits above: %d, %v", len(listed), err)
	}
}
