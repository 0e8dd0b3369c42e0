//go:build !windows

package gitrepo_test

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
)

// TestResultRefusesAPipe: what is neither a file nor a link is not waited for.
func TestResultRefusesAPipe(t *testing.T) {
	t.Parallel()
	clone := contentCase(t)
	edit, worktree := clone.make(t)
	remove(t, worktree, "a.txt")
	if err := syscall.Mkfifo(filepath.Join(worktree.Dir, "a.txt"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Result(t.Context()); !errors.Is(err, gitrepo.ErrUnresolved) || !strings.Contains(err.Error(), "a.txt is neither a file nor a link") {
		t.Errorf("the error is %v", err)
	}
	if err := edit.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err := clone.opened.Edits(); err != nil || len(list) > 0 {
		t.Errorf("after the edit was removed: %v, %v", list, err)
	}
}
