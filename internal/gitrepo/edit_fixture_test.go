package gitrepo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// editCase is a clone with a pick that conflicts: branch "line" and branch
// "master", whose last commit is picked.
type editCase struct {
	*gittest.Repo

	opened     *gitrepo.Repository
	head, pick object.ID
}

// newEditCase makes the history: the base's files, then on each branch what a
// function does in the worktree.
func newEditCase(t *testing.T, base gittest.Files, line, master func(*gittest.Repo)) *editCase {
	t.Helper()
	repo := gittest.New(t)
	repo.Commit("base", base)
	repo.Git("branch", "line")
	master(repo)
	pick := repo.Commit("the fix", nil)
	repo.Git("checkout", "--quiet", "line")
	line(repo)
	head := repo.Commit("on the line", nil)
	repo.Git("checkout", "--quiet", "master")
	return (&editCase{Repo: repo, head: head, pick: pick}).reopen(t)
}

// reopen is what a new process does.
func (c *editCase) reopen(t *testing.T) *editCase {
	t.Helper()
	opened, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: c.Dir, Environ: c.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	c.opened = opened
	return c
}

// mergeObjects reads the clone's objects for the merge.
type mergeObjects struct{ *gitrepo.Repository }

func (o mergeObjects) Blob(id object.ID) ([]byte, error)    { return o.Repository.Blob(id, 0) }
func (o mergeObjects) BlobSize(id object.ID) (int64, error) { return o.Size(id) }

// spec merges the pick onto the head.
func (c *editCase) spec(t *testing.T) gitrepo.EditSpec {
	t.Helper()
	objects := mergeObjects{c.opened}
	base, ours, theirs := c.ID("master~^{tree}"), c.ID(c.head.String()+"^{tree}"), c.ID(c.pick.String()+"^{tree}")
	result, err := merge.Trees(objects, base, ours, theirs, merge.Options{Ours: "HEAD", Theirs: c.pick.Short() + " (the fix)", Attributes: ours})
	if err != nil {
		t.Fatal(err)
	}
	spec := gitrepo.EditSpec{
		Head: c.head, Pick: c.pick, Message: "the fix\n", Tree: result.Tree, Objects: result.Objects, State: []byte("a state\x00"),
	}
	for _, conflict := range result.Conflicts {
		size, err := merge.MarkerSize(objects, ours, conflict.Path)
		if err != nil {
			t.Fatal(err)
		}
		spec.Conflicts = append(spec.Conflicts, gitrepo.EditConflict{
			Path: conflict.Path, MarkerSize: size,
			Base: gitrepo.EditVersion(conflict.Base), Ours: gitrepo.EditVersion(conflict.Ours), Theirs: gitrepo.EditVersion(conflict.Theirs),
		})
	}
	return spec
}

// make makes the edit "0.9.x" and gives it with its worktree.
func (c *editCase) make(t *testing.T) (*gitrepo.Edit, *gittest.Repo) {
	t.Helper()
	edit, err := c.opened.MakeEdit(t.Context(), "0.9.x", c.spec(t))
	if err != nil {
		t.Fatal(err)
	}
	return edit, c.At(edit.Dir())
}

// picked is a worktree in which git itself has picked the fix, for comparison.
func (c *editCase) picked(t *testing.T) *gittest.Repo {
	t.Helper()
	clone := c.Clone("--no-local")
	clone.Git("checkout", "--quiet", "--detach", c.head.String())
	if _, err := clone.Try("", "cherry-pick", c.pick.String()); err == nil {
		t.Fatal("git picks the fix without a conflict")
	}
	return clone
}

// snapshot reads everything of the clone but objects and the lock's file.
func (c *editCase) snapshot(t *testing.T) map[string]string {
	t.Helper()
	return gittest.Snapshot(t, c.Dir, ".git/objects/", ".git/looprel/edit.lock")
}

func readFile(t *testing.T, parts ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// do runs a function in a fixture's worktree.
func write(files gittest.Files) func(*gittest.Repo) {
	return func(repo *gittest.Repo) {
		for path, content := range files {
			repo.Write(path, content)
		}
	}
}

func remove(t *testing.T, repo *gittest.Repo, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.RemoveAll(filepath.Join(repo.Dir, path)); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, repo *gittest.Repo, target, path string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(repo.Dir, path)); err != nil {
		t.Fatal(err)
	}
}

// contentCase is a conflict in one file beside other changes.
func contentCase(t *testing.T) *editCase {
	return newEditCase(t,
		gittest.Files{"a.txt": "1\n2\n3\n", "b.txt": "one\n", "dir/c.txt": "c\n", "run.sh": "#!/bin/sh\n", "gone.txt": "g\n"},
		write(gittest.Files{"a.txt": "1\nline\n3\n", "only-here": "x\n"}),
		func(repo *gittest.Repo) {
			write(gittest.Files{"a.txt": "1\nfix\n3\n", "b.txt": "two\n", "new/d.txt": "d\n"})(repo)
			remove(t, repo, "gone.txt")
			if err := os.Chmod(filepath.Join(repo.Dir, "run.sh"), 0o755); err != nil {
				t.Fatal(err)
			}
		})
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }
