package gitrepo_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// editKinds are conflicts of every kind.
func editKinds() map[string]func(*testing.T) *editCase {
	binary := func(text string) string { return "\x00\x01" + text }
	commit := strings.Repeat("1", 40)
	submodule := func(repo *gittest.Repo, id string) {
		repo.Git("update-index", "--add", "--cacheinfo", "160000,"+id+",sub")
		if err := os.MkdirAll(filepath.Join(repo.Dir, "sub"), 0o755); err != nil {
			panic(err)
		}
	}
	return map[string]func(*testing.T) *editCase{
		"content": contentCase,
		"add/add": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": "a\n"}, write(gittest.Files{"new": "line\n"}), write(gittest.Files{"new": "fix\n"}))
		},
		"modify/delete": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": "a\n", "keep": "k\n"},
				func(repo *gittest.Repo) { remove(t, repo, "a") }, write(gittest.Files{"a": "b\n"}))
		},
		"rename/rename": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": "1\n2\n3\n4\n5\n6\n"},
				func(repo *gittest.Repo) { repo.Git("mv", "a", "line") }, func(repo *gittest.Repo) { repo.Git("mv", "a", "fix") })
		},
		"binary": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": binary("base")}, write(gittest.Files{"a": binary("line")}), write(gittest.Files{"a": binary("fix")}))
		},
		"symlink": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": "a\n", "b": "b\n"},
				func(repo *gittest.Repo) { link(t, repo, "a", "l"); link(t, repo, "a", "same") },
				func(repo *gittest.Repo) { link(t, repo, "b", "l"); link(t, repo, "b", "other") })
		},
		"file/directory": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"a": "a\n"}, write(gittest.Files{"x/y": "line\n"}), write(gittest.Files{"x": "fix\n"}))
		},
		"submodule": func(t *testing.T) *editCase {
			c := newSubmoduleCase(t, submodule, commit)
			return c
		},
		"unusual paths": func(t *testing.T) *editCase {
			return newEditCase(t, gittest.Files{"ü/\xff\t\"": "a\n", "a\\b": "x\n", "-q": "q\n"},
				write(gittest.Files{"ü/\xff\t\"": "line\n"}), write(gittest.Files{"ü/\xff\t\"": "fix\n", "a\\b": "y\n", "-q": "r\n"}))
		},
	}
}

// newSubmoduleCase is a conflict of two commits of a submodule, and one that both
// sides have in the same way.
func newSubmoduleCase(t *testing.T, set func(*gittest.Repo, string), first string) *editCase {
	t.Helper()
	repo := gittest.New(t)
	repo.Commit("base", gittest.Files{"a": "a\n"})
	commit := func(message, id string) {
		set(repo, id)
		repo.Git("commit", "--quiet", "--message="+message)
	}
	commit("with a submodule", first)
	repo.Git("branch", "line")
	commit("the fix", strings.Repeat("2", 40))
	pick := repo.ID("HEAD")
	repo.Git("checkout", "--quiet", "line")
	commit("on the line", strings.Repeat("3", 40))
	head := repo.ID("HEAD")
	repo.Git("checkout", "--quiet", "master")
	return (&editCase{Repo: repo, head: head, pick: pick}).reopen(t)
}

// TestEditLooksAsAfterCherryPick compares what git says in an edit with what it
// says in a worktree in which it has picked the commit itself.
func TestEditLooksAsAfterCherryPick(t *testing.T) {
	t.Parallel()
	for name, build := range editKinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := build(t)
			before := c.snapshot(t)
			edit, worktree := c.make(t)
			picked := c.picked(t)
			for _, command := range [][]string{
				{"status", "--porcelain=v2", "-z"},
				{"status"},
				{"ls-files", "--stage", "-z"},
				{"ls-files", "--unmerged"},
				{"diff", "--cached", "--raw"},
			} {
				want, have := lines(picked.Git(command...)), lines(worktree.Git(command...))
				if len(command) == 1 {
					// How HEAD came to be detached is known from its log alone.
					want, have = want[1:], have[1:]
				}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("git %s (-cherry-pick +edit):\n%s", strings.Join(command, " "), diff)
				}
			}
			if diff := cmp.Diff(withoutGit(gitFiles(t, picked.Dir)), withoutGit(gitFiles(t, worktree.Dir))); diff != "" {
				t.Errorf("files (-cherry-pick +edit):\n%s", diff)
			}
			worktree.Git("fsck", "--no-dangling")
			if err := edit.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, c.snapshot(t)); diff != "" {
				t.Errorf("the clone, after the edit was removed:\n%s", diff)
			}
			if _, err := os.Lstat(filepath.Join(c.Dir, ".git", "worktrees")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf(".git/worktrees is left: %v", err)
			}
		})
	}
}

// gitFiles are the files of a worktree, with modes and contents.
func gitFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content := ""
		switch {
		case name == ".git" && entry.IsDir():
			return filepath.SkipDir
		case entry.IsDir():
		case info.Mode()&os.ModeSymlink != 0:
			content, err = os.Readlink(path)
		default:
			content = readFile(t, path)
		}
		files[name] = info.Mode().String() + " " + content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func withoutGit(files map[string]string) map[string]string {
	delete(files, ".git")
	return files
}

// TestEditIsOneOfGitsWorktrees lets git's housekeeping run over an edit.
func TestEditIsOneOfGitsWorktrees(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	before := c.snapshot(t)
	edit, worktree := c.make(t)
	list := c.Git("worktree", "list", "--porcelain")
	want := "worktree " + edit.Dir() + "\nHEAD " + c.head.String() + "\ndetached\nlocked looprel keeps the edit 0.9.x here; it removes it itself\n"
	if !strings.Contains(list+"\n", want) {
		t.Errorf("git worktree list says\n%s\nexpected\n%s", list, want)
	}
	if said := c.Git("worktree", "prune", "--verbose", "--expire=now"); said != "" {
		t.Errorf("git worktree prune: %s", said)
	}
	status := worktree.Git("status", "--porcelain")
	for _, arguments := range [][]string{{"gc", "--quiet", "--prune=now"}, {"fsck", "--strict"}, {"worktree", "repair"}} {
		if said := c.Git(arguments...); said != "" {
			t.Errorf("git %s: %s", strings.Join(arguments, " "), said)
		}
	}
	if after := worktree.Git("status", "--porcelain"); after != status {
		t.Errorf("the status was\n%s\nand is after git's housekeeping\n%s", status, after)
	}
	if err := edit.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := c.snapshot(t)
	for path := range after {
		if _, known := before[path]; !known && !strings.HasPrefix(path, ".git/packed-refs") && !strings.HasPrefix(path, ".git/info/") {
			t.Errorf("%s is left", path)
		}
	}
	if left := c.Git("worktree", "list"); len(lines(left)) != 1 {
		t.Errorf("git still lists the edit:\n%s", left)
	}
}

// TestStatusNeedNotReadFiles has files that git would change when it adds them:
// it knows by what the file system says that they are as they were written.
func TestStatusNeedNotReadFiles(t *testing.T) {
	t.Parallel()
	c := newEditCase(t, gittest.Files{"a": "a\n", ".gitattributes": "*.txt text eol=crlf\n* text\n", "crlf.txt": "a\r\nb\r\n", "b": "b\r\n"},
		write(gittest.Files{"a": "line\n"}), write(gittest.Files{"a": "fix\n"}))
	c.Git("config", "core.autocrlf", "true")
	_, worktree := c.make(t)
	if have := worktree.Git("status", "--porcelain"); have != "UU a" {
		t.Errorf("git status says\n%s", have)
	}
	// diff-files compares with what the index knows and refreshes nothing: a file
	// that it does not list need not be read.
	if have := worktree.Git("diff-files", "--name-only"); have != "a\na" {
		t.Errorf("git diff-files says\n%s", have)
	}
}

func TestEditSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	made, _ := c.make(t)
	if err := made.SetState([]byte("another")); err != nil {
		t.Fatal(err)
	}
	c.reopen(t)
	want := []gitrepo.EditInfo{{Name: "0.9.x", Dir: made.Dir(), Head: c.head, Complete: true, State: []byte("another")}}
	list, err := c.opened.Edits()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("Edits (-want +got):\n%s", diff)
	}
	edit, err := c.opened.OpenEdit("0.9.x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.Conflicts(), edit.Conflicts()); diff != "" || string(edit.State()) != "another" || edit.Head() != c.head {
		t.Errorf("the edit that was opened is another one: state %q, head %s, conflicts\n%s", edit.State(), edit.Head(), diff)
	}
	if _, err := c.opened.MakeEdit(t.Context(), "0.9.x", c.spec(t)); !errors.Is(err, gitrepo.ErrEditExists) {
		t.Errorf("made twice: %v", err)
	}
	if _, err := c.opened.OpenEdit("0.8.x"); !errors.Is(err, gitrepo.ErrNotFound) {
		t.Errorf("an edit that is not there: %v", err)
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "x.edit", "x.draft", "nul", "com1.x", "x.", strings.Repeat("x", 200)} {
		if _, err := c.opened.OpenEdit(name); err == nil || errors.Is(err, gitrepo.ErrNotFound) {
			t.Errorf("the name %q was taken: %v", name, err)
		}
	}
}
