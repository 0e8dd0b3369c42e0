package gitrepo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

const ledgerRef = "refs/looprel/ledger"

func store(t *testing.T, opened *gitrepo.Repository) *gitrepo.LedgerStore {
	t.Helper()
	ledger, err := opened.LedgerStore()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	return ledger
}

// entry makes a ledger entry in memory.
func entry(number int, parents ...object.ID) object.Object {
	who := object.Signature{Name: gittest.Name, Email: gittest.Email, When: gittest.Epoch()}
	return object.Commit{Tree: (object.Tree{}).Object().ID(), Parents: parents, Author: who, Committer: who,
		Message: fmt.Sprintf("entry %d\n", number)}.Object()
}

func TestLedgerStoreIsReadByGit(t *testing.T) {
	t.Parallel()
	repo := service(t)
	opened := open(t, repo)
	ledger := store(t, opened)
	if tip, err := ledger.Tip(ledgerRef); err != nil || !tip.IsZero() {
		t.Errorf("the tip of an empty store is %s, %v", tip, err)
	}
	objects := []object.Object{(object.Tree{}).Object(), entry(1)}
	for number := 2; number <= 4; number++ {
		objects = append(objects, entry(number, objects[len(objects)-1].ID()))
	}
	if err := ledger.StoreObjects(objects); err != nil {
		t.Fatal(err)
	}
	tip := objects[4].ID()
	if err := ledger.SetTip(t.Context(), ledgerRef, object.ID{}, tip); err != nil {
		t.Fatal(err)
	}
	log := func() string {
		return repo.Git("--git-dir", ledger.Dir(), "log", "--format=%s", ledgerRef)
	}
	if got := log(); got != "entry 4\nentry 3\nentry 2\nentry 1" {
		t.Errorf("git's log is %q", got)
	}
	history, complete, err := ledger.History(t.Context(), tip, 0)
	if err != nil || !complete || len(history) != 4 || history[0].ID != tip {
		t.Errorf("the history has %d entries, complete %v, %v", len(history), complete, err)
	}

	if err := ledger.ChangeShallow(t.Context(), []object.ID{objects[2].ID()}, nil); err != nil {
		t.Fatal(err)
	}
	if got := log(); got != "entry 4\nentry 3\nentry 2" {
		t.Errorf("git's log of the shallow store is %q", got)
	}
	history, complete, err = ledger.History(t.Context(), tip, 0)
	if err != nil || complete || len(history) != 3 {
		t.Errorf("the shallow history has %d entries, complete %v, %v", len(history), complete, err)
	}
	history, complete, err = ledger.History(t.Context(), tip, 2)
	if err != nil || complete || len(history) != 2 {
		t.Errorf("the limited history has %d entries, complete %v, %v", len(history), complete, err)
	}
	if err := ledger.ChangeShallow(t.Context(), nil, []object.ID{objects[2].ID()}); err != nil {
		t.Fatal(err)
	}
	if got := log(); !strings.HasSuffix(got, "entry 1") {
		t.Errorf("git's log of the completed store is %q", got)
	}
	if got := repo.Git("rev-parse", "--is-shallow-repository"); got != "false" {
		t.Errorf("the clone is shallow: %s", got)
	}
	repo.Git("--git-dir", ledger.Dir(), "fsck", "--strict")
	if again := store(t, opened); again.Dir() != ledger.Dir() {
		t.Errorf("the store is at %s and at %s", ledger.Dir(), again.Dir())
	}
}

func TestLedgerStoreIsSharedByWorktrees(t *testing.T) {
	t.Parallel()
	repo := service(t)
	linked := filepath.Join(t.TempDir(), "linked")
	repo.Git("worktree", "add", "--quiet", "--detach", linked)
	first, second := store(t, open(t, repo)), store(t, openAt(t, repo, linked))
	if first.Dir() != second.Dir() || !strings.HasPrefix(first.Dir(), filepath.Join(repo.Dir, ".git")) {
		t.Errorf("the stores are %s and %s", first.Dir(), second.Dir())
	}
	if got := repo.Git("status", "--porcelain"); got != "" {
		t.Errorf("the store shows in the status: %s", got)
	}
}

func TestLedgerStoreMadeByManyAtOnce(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			ledger, err := open(t, repo).LedgerStore()
			if err != nil {
				t.Error(err)
				return
			}
			err = ledger.ChangeShallow(t.Context(), []object.ID{{byte(i)}}, nil)
			if err := errors.Join(err, ledger.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	ledger := store(t, open(t, repo))
	if got := ledger.Shallow(); len(got) != 10 {
		t.Errorf("the boundary has %d commits, expected 10: %v", len(got), got)
	}
	names, err := os.ReadDir(filepath.Dir(ledger.Dir()))
	if err != nil || len(names) != 1 {
		t.Errorf("beside the store there is %v, %v", names, err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	repo := service(t)
	linked := filepath.Join(t.TempDir(), "linked")
	repo.Git("worktree", "add", "--quiet", "--detach", linked)
	first, second := open(t, repo), openAt(t, repo, linked)
	held, _, err := first.Lock("promote-production", "attempt-1")
	if err != nil || held == nil {
		t.Fatalf("the lock is %v, %v", held, err)
	}
	other, holder, err := second.Lock("promote-production", "attempt-2")
	if err != nil || other != nil || holder != "attempt-1" {
		t.Errorf("the lock of another worktree is %v, held by %q, %v", other, holder, err)
	}
	independent, _, err := second.Lock("promote-load-stage", "attempt-3")
	if err != nil || independent == nil {
		t.Errorf("another lock is %v, %v", independent, err)
	}
	if err := errors.Join(independent.Release(), held.Release()); err != nil {
		t.Fatal(err)
	}
	other, _, err = second.Lock("promote-production", "attempt-2")
	if err != nil || other == nil {
		t.Fatalf("the released lock is %v, %v", other, err)
	}
	if err := other.Release(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x", "a.b"} {
		if _, _, err := first.Lock(name, ""); err == nil {
			t.Errorf("%q was accepted as a name", name)
		}
	}
}

// The kernel drops the lock of a process that was killed; what it left behind
// does not keep anybody out.
func TestLockOfADeadProcess(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Write(".git/looprel/promote.lock", "")
	repo.Write(".git/looprel/promote.holder", "dead")
	lock, holder, err := open(t, repo).Lock("promote", "alive")
	if err != nil || lock == nil || holder != "" {
		t.Fatalf("the lock is %v, held by %q, %v", lock, holder, err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}
