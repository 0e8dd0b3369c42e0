package gitrepo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestRefsAreGitsRefs(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Bare()
	repo.Git("tag", "lightweight")
	repo.Git("tag", "of-a-tree", "HEAD^{tree}")
	repo.Git("branch", "topic/a")
	repo.Git("pack-refs", "--all")
	repo.Git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")
	repo.Git("symbolic-ref", "refs/remotes/origin/dangling", "refs/remotes/origin/nowhere")
	repo.Commit("third", nil)
	repo.Tag("0.2.0")
	repo.Git("tag", "--force", "0.1.0", "HEAD") // loose over packed
	opened := open(t, repo)
	for _, prefix := range []string{"refs/", "refs/tags/", "refs/tags/0", "refs/heads/", "refs/remotes/origin/", "refs/none/"} {
		refs, err := opened.Refs(prefix)
		if err != nil {
			t.Fatal(err)
		}
		peeled, err := opened.PeeledRefs(prefix)
		if err != nil {
			t.Fatal(err)
		}
		var plain, commits []string
		for _, name := range slices.Sorted(maps.Keys(refs)) {
			plain = append(plain, name+" "+refs[name].String())
			if commit, ok := peeled[name]; ok {
				commits = append(commits, name+" "+commit.String())
			}
		}
		var want, wantCommits []string
		for line := range strings.Lines(repo.Git("for-each-ref", "--format=%(refname) %(objectname) %(objecttype) %(*objectname)")) {
			fields := strings.Fields(line)
			if !strings.HasPrefix(fields[0], prefix) {
				continue
			}
			want = append(want, fields[0]+" "+fields[1])
			switch fields[2] {
			case "commit":
				wantCommits = append(wantCommits, fields[0]+" "+fields[1])
			case "tag":
				wantCommits = append(wantCommits, fields[0]+" "+fields[3])
			}
		}
		if !slices.Equal(plain, want) {
			t.Errorf("%s: references are\n%v\nexpected\n%v", prefix, plain, want)
		}
		if !slices.Equal(commits, wantCommits) {
			t.Errorf("%s: commits are\n%v\nexpected\n%v", prefix, commits, wantCommits)
		}
	}
	for _, name := range []string{"refs/heads/nowhere", "master", "refs/heads/../../config", "refs/remotes/origin/dangling", "config", "refs/heads/topic", ""} {
		_, err := opened.Ref(name)
		wantKind(t, err, gitrepo.ErrNotFound)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	if branch, commit, err := open(t, repo).Head(); err != nil || branch != "refs/heads/master" || !commit.IsZero() {
		t.Errorf("the head of an empty repository is %q, %s, %v", branch, commit, err)
	}
	first := repo.Commit("first", nil)
	repo.Git("checkout", "--quiet", "--detach")
	if branch, commit, err := open(t, repo).Head(); err != nil || branch != "" || commit != first {
		t.Errorf("the detached head is %q, %s, %v", branch, commit, err)
	}
}

func TestResolveCommit(t *testing.T) {
	t.Parallel()
	repo := service(t)
	first, second := repo.ID("HEAD~1"), repo.ID("HEAD")
	repo.Git("branch", "0.9.x", "HEAD~1")
	repo.Bare()
	repo.Git("gc", "--quiet")
	opened := open(t, repo)
	for text, want := range map[string]object.ID{
		"HEAD": second, "refs/heads/master": second, "master": second, "origin/master": second, "0.1.0": first, "refs/tags/0.1.0": first,
		second.String(): second, strings.ToUpper(second.String()): second, second.String()[:7]: second, first.String()[:12]: first,
		repo.ID("refs/tags/0.1.0").String()[:10]: first, "0.9.x": first, "refs/remotes/origin/0.9.x": first,
		"HEAD~1": first, "HEAD^": first, "master~0": second, second.String() + "^0~": first, "0.1.0^0": first, "origin/master^1": first,
	} {
		if got, err := opened.ResolveCommit(text); err != nil || got != want {
			t.Errorf("%q is %s, %v; expected %s", text, got, err, want)
		}
	}
	for text, kind := range map[string]error{
		"nothing": gitrepo.ErrNotFound, "HEAD~2": gitrepo.ErrNotFound, "HEAD^2": gitrepo.ErrNotFound, "HEAD^^": gitrepo.ErrNotFound,
		"~": gitrepo.ErrNotFound, "HEAD^{tree}": gitrepo.ErrNotFound, "nothing~1": gitrepo.ErrNotFound, "HEAD~99999999999999999999": gitrepo.ErrNotFound,
		"": gitrepo.ErrNotFound, "-x": gitrepo.ErrNotFound, "../config": gitrepo.ErrNotFound,
		second.String()[:3]: gitrepo.ErrNotFound, repo.ID("HEAD^{tree}").String(): gitrepo.ErrWrongKind, repo.ID("HEAD^{tree}").String()[:8]: gitrepo.ErrNotFound,
		strings.Repeat("1", 40): gitrepo.ErrMissing, "refs/tags/nothing": gitrepo.ErrNotFound,
	} {
		_, err := opened.ResolveCommit(text)
		if !errors.Is(err, kind) {
			t.Errorf("%q: the error is %v, expected %v", text, err, kind)
		}
	}
}

// With some hundreds of commits, four digits are bound to be shared.
func TestResolveAmbiguousShortID(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	all := repo.Import(gittest.Line(1500), map[string]int{"refs/heads/master": 1499})
	opened := open(t, repo)
	seen := map[string]object.ID{}
	for _, id := range all {
		short := id.String()[:4]
		other, shared := seen[short]
		seen[short] = id
		if !shared {
			continue
		}
		_, err := opened.ResolveCommit(short)
		wantError(t, err, gitrepo.ErrAmbiguous, "commit "+other.String(), "in full")
		return
	}
	t.Fatal("no two commits share four digits")
}

func TestSetRef(t *testing.T) {
	t.Parallel()
	repo := service(t)
	first, second := repo.ID("HEAD~1"), repo.ID("HEAD")
	opened := open(t, repo)
	set := func(name string, was, want object.ID) error { return opened.SetRef(t.Context(), name, was, want) }

	if err := set("refs/remotes/origin/master", object.ID{}, first); err != nil {
		t.Fatal(err)
	}
	err := set("refs/remotes/origin/master", object.ID{}, second)
	wantError(t, err, gitrepo.ErrRefMoved, "is at "+first.Short()+", expected absent", "run the command again")
	repo.Git("pack-refs", "--all")
	err = set("refs/remotes/origin/master", second, first)
	wantError(t, err, gitrepo.ErrRefMoved, "is at "+first.Short()+", expected at "+second.Short(), "again")
	if err := set("refs/remotes/origin/master", first, second); err != nil {
		t.Errorf("moving a packed reference: %v", err)
	}
	if got := repo.ID("refs/remotes/origin/master"); got != second {
		t.Errorf("git reads %s, expected %s", got, second)
	}

	err = set("refs/tags/0.1.0/below", object.ID{}, first)
	wantError(t, err, gitrepo.ErrRefMoved, "refs/tags/0.1.0 exists", "rename")
	err = set("refs/remotes/origin", object.ID{}, first)
	if err == nil {
		t.Error("a reference was made where a directory of references is")
	}
	repo.Git("pack-refs", "--all", "--prune")
	err = set("refs/remotes/origin", object.ID{}, first)
	wantError(t, err, gitrepo.ErrRefMoved, "refs/remotes/origin/master exists", "rename")
	for _, name := range []string{"refs/heads/master", "HEAD", "ORIG_HEAD"} {
		wantKind(t, set(name, second, first), gitrepo.ErrUnsupported)
	}
	wantKind(t, set("refs/tags/../x", object.ID{}, first), gitrepo.ErrNotFound)
	wantKind(t, set("refs/tags/0.1.0", repo.ID("refs/tags/0.1.0"), object.ID{}), gitrepo.ErrUnsupported)
	repo.Git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")
	wantKind(t, set("refs/remotes/origin/HEAD", second, first), gitrepo.ErrUnsupported)

	repo.Write(".git/refs/tags/0.3.0.lock", "")
	err = set("refs/tags/0.3.0", object.ID{}, first)
	wantError(t, err, gitrepo.ErrLocked, "refs/tags/0.3.0 is locked", "0.3.0.lock")
	repo.Git("fsck")
}

func TestSetRefWhereEmptyDirectoriesAreLeft(t *testing.T) {
	t.Parallel()
	repo := service(t)
	if err := os.MkdirAll(filepath.Join(repo.Dir, ".git", "refs", "tags", "a", "b", "c"), 0o755); err != nil {
		t.Fatal(err)
	}
	head := repo.ID("HEAD")
	if err := open(t, repo).SetRef(t.Context(), "refs/tags/a", object.ID{}, head); err != nil {
		t.Fatal(err)
	}
	if got := repo.ID("refs/tags/a"); got != head {
		t.Errorf("git reads %s, expected %s", got, head)
	}
}

// Twenty writers that expect the same old value: one wins, the others learn it.
func TestSetRefRace(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	all := repo.Import(gittest.Line(21), map[string]int{"refs/heads/master": 0})
	var won, moved atomic.Int32
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			opened := open(t, repo)
			err := opened.SetRef(t.Context(), "refs/heads/master", all[0], all[i+1])
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, gitrepo.ErrRefMoved):
				moved.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || moved.Load() != 19 {
		t.Errorf("%d won and %d found it moved; expected 1 and 19", won.Load(), moved.Load())
	}
	repo.Git("fsck", "--strict")
}

func TestSetRefStopsWaiting(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Write(".git/refs/tags/new.lock", "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, repo).SetRef(ctx, "refs/tags/new", object.ID{}, repo.ID("HEAD")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, expected that of the context", err)
	}
}

func ExampleError() {
	err := error(&gitrepo.Error{Kind: gitrepo.ErrNotRepository, What: "/srv is in no git repository", Advice: "name the clone: -C DIR"})
	var advice interface{ Hint() string }
	if errors.As(err, &advice) {
		fmt.Printf("%v\n%s\n", err, advice.Hint())
	}
	// Output:
	// /srv is in no git repository
	// name the clone: -C DIR
}
