package gitrepo_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// TestEditTouchesNothingElse compares the clone while there is an edit, and work
// goes on in it, with what it was before: the user's worktree, index, references,
// HEAD and configuration.
func TestEditTouchesNothingElse(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	c.Write("b.txt", "uncommitted\n")
	c.Write("staged", "staged\n")
	c.Git("add", "staged")
	c.Write("untracked", "untracked\n")
	others := []string{".git/objects/", ".git/looprel/", ".git/worktrees/"}
	before := gittest.Snapshot(t, c.Dir, others...)
	edit, worktree := c.make(t)
	worktree.Write("a.txt", "1\nboth\n3\n")
	worktree.Git("add", "a.txt")
	if _, err := edit.Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, gittest.Snapshot(t, c.Dir, others...)); diff != "" {
		t.Errorf("the clone was changed:\n%s", diff)
	}
}

// TestEditOfOtherClones makes edits in a bare clone, and from a linked worktree,
// whose edits are those of the clone.
func TestEditOfOtherClones(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	spec := c.spec(t)
	bare := c.Bare()
	linked := filepath.Join(t.TempDir(), "linked")
	c.Git("worktree", "add", "--quiet", "--detach", linked, "line")
	for name, dir := range map[string]string{"bare": bare.Dir, "linked": linked} {
		opened, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: dir, Environ: c.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		edit, err := opened.MakeEdit(t.Context(), name, spec)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		worktree := c.At(edit.Dir())
		if have := worktree.Git("status", "--porcelain", "a.txt"); have != "UU a.txt" {
			t.Errorf("%s: the status is %q", name, have)
		}
		worktree.Write("a.txt", "1\nboth\n3\n")
		if _, err := edit.Result(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if list, err := opened.Edits(); err != nil || len(list) != 1 || list[0].Name != name {
			t.Errorf("%s: the edits are %v, %v", name, list, err)
		}
		if name == "linked" {
			if _, err := c.opened.OpenEdit(name); err != nil {
				t.Errorf("the clone does not know the edit: %v", err)
			}
		}
		if err := edit.Remove(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}
	if list := c.Git("worktree", "list"); len(lines(list)) != 2 {
		t.Errorf("git lists these worktrees:\n%s", list)
	}
}

// BenchmarkMakeEdit makes an edit of five thousand files.
func BenchmarkMakeEdit(b *testing.B) {
	repo := gittest.New(b)
	files := gittest.Files{}
	for i := range 5000 {
		files[fmt.Sprintf("dir%d/sub%d/file%d", i%17, i%100, i)] = fmt.Sprintf("content %d\n", i)
	}
	head := repo.Import([]gittest.Commit{{Files: files}}, map[string]int{"refs/heads/master": 0})[0]
	opened, err := gitrepo.Open(b.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		b.Fatal(err)
	}
	defer opened.Close() //nolint:errcheck // nothing was written
	spec := gitrepo.EditSpec{Head: head, Tree: repo.ID(head.String() + "^{tree}")}
	for b.Loop() {
		edit, err := opened.MakeEdit(b.Context(), "benchmark", spec)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := edit.Result(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := edit.Remove(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
