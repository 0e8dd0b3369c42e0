package gitrepo_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// crash ends the making of an edit after a step, as the end of the process would:
// nothing is tidied up.
func crash(t *testing.T, c *editCase, step string) {
	t.Helper()
	type ended struct{}
	defer func() {
		if recovered := recover(); recovered != (ended{}) {
			t.Fatalf("the step %s was not reached: %v", step, recovered)
		}
	}()
	_, err := c.opened.MakeEditForTest(t.Context(), "0.9.x", c.spec(t), func(made string) {
		if made == step {
			panic(ended{})
		}
	})
	t.Fatalf("the edit was made to its end: %v", err)
}

func editSteps() []string {
	return []string{"record", "blobs", "directories", "regular files", "files", "draft", "git file", "worktrees", "complete"}
}

// TestEditAfterCrash ends the process after each step. What is there is listed, can
// be removed without a trace, and is no obstacle to starting again.
func TestEditAfterCrash(t *testing.T) {
	t.Parallel()
	for _, step := range editSteps() {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			c := contentCase(t)
			before := c.snapshot(t)
			crash(t, c, step)
			c.reopen(t)
			list, err := c.opened.Edits()
			if err != nil || len(list) != 1 || list[0].Complete != (step == "complete") || string(list[0].State) != "a state\x00" {
				t.Fatalf("the edits are %v, %v", list, err)
			}
			if _, err := c.opened.OpenEdit("0.9.x"); (err == nil) != (step == "complete") || err != nil && !errors.Is(err, gitrepo.ErrEditIncomplete) {
				t.Errorf("the edit was opened: %v", err)
			}
			if said := c.Git("worktree", "prune", "--verbose", "--expire=now") + c.Git("fsck", "--no-dangling"); said != "" {
				t.Errorf("git says %s", said)
			}
			if step != "complete" {
				edit, worktree := c.make(t)
				if have := worktree.Git("status", "--porcelain", "a.txt"); have != "UU a.txt" {
					t.Errorf("the second time, the status is %q", have)
				}
				if have := c.Git("worktree", "list", "--porcelain"); len(lines(have)) != 8 || edit.Head() != c.head {
					t.Errorf("git lists these worktrees:\n%s", have)
				}
				if err := edit.Remove(t.Context()); err != nil {
					t.Fatal(err)
				}
				crash(t, c, step)
			}
			if err := c.opened.RemoveEdit(t.Context(), "0.9.x"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
				t.Errorf("the clone, after the edit was removed:\n%s", diff)
			}
		})
	}
}

// TestEditAfterFailure has the making fail after each step: it removes what it has
// made.
func TestEditAfterFailure(t *testing.T) {
	t.Parallel()
	for _, step := range editSteps()[:8] {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			c := contentCase(t)
			before := c.snapshot(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := c.opened.MakeEditForTest(ctx, "0.9.x", c.spec(t), func(made string) {
				if made == step {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the edit was made: %v", err)
			}
			if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
				t.Errorf("something is left:\n%s", diff)
			}
		})
	}
}

// TestRemoveAfterPartialRemoval removes edits of which a part is gone, or was
// replaced by a link that leads elsewhere.
func TestRemoveAfterPartialRemoval(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "kept"), []byte("kept\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(c *editCase, w *gittest.Repo){
		"nothing":      func(*editCase, *gittest.Repo) {},
		"the worktree": func(_ *editCase, w *gittest.Repo) { remove(t, w, ".") },
		"half of it":   func(_ *editCase, w *gittest.Repo) { remove(t, w, ".git", "dir") },
		"what git has": func(c *editCase, _ *gittest.Repo) { remove(t, c.Repo, ".git/worktrees") },
		"half of that": func(c *editCase, _ *gittest.Repo) { remove(t, c.Repo, ".git/worktrees/looprel-0.9.x/HEAD") },
		"the record":   func(c *editCase, _ *gittest.Repo) { remove(t, c.Repo, ".git/looprel/edit/0.9.x.edit") },
		"its content":  func(c *editCase, _ *gittest.Repo) { c.Write(".git/looprel/edit/0.9.x.edit", "{") },
		"links in it":  func(_ *editCase, w *gittest.Repo) { remove(t, w, "dir"); link(t, w, outside, "dir") },
		"a link instead": func(c *editCase, w *gittest.Repo) {
			remove(t, w, ".")
			link(t, c.Repo, outside, ".git/looprel/edit/0.9.x")
		},
		"read-only directories": func(_ *editCase, w *gittest.Repo) {
			if err := os.Chmod(filepath.Join(w.Dir, "dir"), 0o500); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contentCase(t)
			before := c.snapshot(t)
			_, worktree := c.make(t)
			damage(c, worktree)
			for range 2 {
				if err := c.opened.RemoveEdit(t.Context(), "0.9.x"); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
				t.Errorf("the clone, after the edit was removed:\n%s", diff)
			}
			if readFile(t, outside, "kept") != "kept\n" {
				t.Error("a link was followed")
			}
		})
	}
}

// TestEditLeavesOtherWorktreesAlone has one whose name is that of the edit's.
func TestEditLeavesOtherWorktreesAlone(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	c.Git("worktree", "add", "--quiet", "--detach", filepath.Join(t.TempDir(), "looprel-0.9.x"), "line")
	before := c.snapshot(t)
	edit, worktree := c.make(t)
	if have := worktree.Git("status", "--porcelain", "a.txt"); have != "UU a.txt" {
		t.Errorf("the status is %q", have)
	}
	if err := edit.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
		t.Errorf("the clone, after the edit was removed:\n%s", diff)
	}
}

// TestHostilePaths has trees that no git would make.
func TestHostilePaths(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	before := c.snapshot(t)
	blob := object.Blob([]byte("content\n"))
	outside := object.Blob([]byte(t.TempDir()))
	below := object.Tree{{Mode: object.ModeFile, Name: "file", ID: blob.ID()}}.Object()
	cases := map[string]object.Tree{
		"a link, and a directory of that name": {{Mode: object.ModeSymlink, Name: "x", ID: outside.ID()}, {Mode: object.ModeDirectory, Name: "x", ID: below.ID()}},
		"twice":                                {{Mode: object.ModeFile, Name: "x", ID: blob.ID()}, {Mode: object.ModeFile, Name: "x", ID: blob.ID()}},
		"up":                                   {{Mode: object.ModeDirectory, Name: "..", ID: below.ID()}},
		"a path":                               {{Mode: object.ModeFile, Name: "../x", ID: blob.ID()}},
		".git":                                 {{Mode: object.ModeDirectory, Name: ".git", ID: below.ID()}},
		"a strange mode":                       {{Mode: 0o020000, Name: "x", ID: blob.ID()}},
		"a missing blob":                       {{Mode: object.ModeFile, Name: "x", ID: object.ID{1}}},
		"a missing tree":                       {{Mode: object.ModeDirectory, Name: "x", ID: object.ID{1}}},
		".gitmodules":                          {{Mode: object.ModeSymlink, Name: ".gitmodules", ID: outside.ID()}},
		"git~1, below it":                      {{Mode: object.ModeDirectory, Name: "GIT~1", ID: below.ID()}},
	}
	for name, tree := range cases {
		root := tree.Object()
		spec := gitrepo.EditSpec{Head: c.head, Tree: root.ID(), Objects: []object.Object{blob, outside, below, root}}
		if _, err := c.opened.MakeEdit(t.Context(), "0.9.x", spec); err == nil {
			t.Errorf("%s: it was written", name)
		}
		if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
			t.Errorf("%s: something is left:\n%s", name, diff)
		}
	}
}

func TestCheckEntryName(t *testing.T) {
	t.Parallel()
	everywhere := []string{
		"", ".", "..", "a/b", "a\x00", ".git", ".GIT", ".Git", "git~1", "GIT~1", ".git.", ".git ", ".git . ", ".git::$INDEX_ALLOCATION", ".git:x",
		`.git\hooks`, ".g\u200cit", "\ufeff.git", ".gi\u206at",
	}
	onWindows := []string{"a:b", "a?", "a*", `a\b`, "a\"", "a|", "a<", "a\x01", "con", "NUL.txt", "com1", "lpt9.a.b", "aux ", "a.", "a "}
	good := []string{"a", ".gitignore", ".gitattributes", "git", ".git2", "git~2", "ünï", "console", "com", "com10", "a b", "-x", "..a", "..."[:3] + "a"}
	check := func(name string, windows bool) bool {
		return gitrepo.CheckEntryNameForTest(object.TreeEntry{Mode: object.ModeFile, Name: name}, windows) == ""
	}
	for _, name := range everywhere {
		if check(name, false) || check(name, true) {
			t.Errorf("%q was let through", name)
		}
	}
	for _, name := range onWindows {
		if !check(name, false) || check(name, true) {
			t.Errorf("%q is refused, or let through on Windows", name)
		}
	}
	for _, name := range good {
		if !check(name, false) || !check(name, true) {
			t.Errorf("%q is refused", name)
		}
	}
}
