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

// TestResultEqualsCommitAll resolves conflicts in many ways and holds the tree
// against the one that "git add" of the tracked files makes of the same worktree.
func TestResultEqualsCommitAll(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		build   func(*testing.T) *editCase
		resolve func(*testing.T, *gittest.Repo)
		leftOut []string
	}{
		{"edited only", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\nboth\n3\n")
		}, nil},
		{"edited and added", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\nboth\n3\n")
			w.Git("add", "a.txt")
		}, nil},
		{"added and edited again", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\nx\n3\n")
			w.Git("add", "a.txt")
			w.Write("a.txt", "1\ny\n3\n")
		}, nil},
		{"other files changed", contentCase, func(t *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			w.Write("b.txt", "TWO\n") // of the same size, in the same second
			w.Write("new/added", "n\n")
			w.Git("add", "new/added")
			w.Write("untracked/deep/file", "u\n")
			w.Write("new/beside", "u\n")
			w.Write(".gitignore", "*.o\nbuild/\n")
			w.Write("x.o", "ignored\n")
			w.Write("build/y", "ignored\n")
			remove(t, w, "dir")
			if err := os.Chmod(filepath.Join(w.Dir, "only-here"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, []string{".gitignore", "new/beside", "untracked/"}},
		{"moved", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			w.Git("add", "a.txt")
			w.Git("mv", "a.txt", "renamed.txt")
		}, nil},
		{"a link instead of a directory", contentCase, func(t *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			outside := t.TempDir()
			if err := os.WriteFile(filepath.Join(outside, "c.txt"), []byte("outside\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			remove(t, w, "dir")
			link(t, w, outside, "dir")
		}, []string{"dir"}},
		{"a link instead of a file, a directory instead of another", contentCase, func(t *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			remove(t, w, "b.txt", "only-here")
			link(t, w, "a.txt", "b.txt")
			w.Write("only-here/inside", "u\n")
		}, []string{"only-here/"}},
		{"checkout of a side", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Git("checkout", "--theirs", "a.txt")
		}, nil},
		{"everything removed", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Git("rm", "-r", "-q", "-f", ".")
		}, nil},
		{"other versions of the index", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			w.Git("update-index", "--index-version", "4")
			w.Git("update-index", "--untracked-cache")
			w.Write("intended", "i\n")
			w.Git("add", "--intent-to-add", "intended")
			w.Git("status")
		}, nil},
		{"a mergetool", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Git("-c", "mergetool.stand-in.cmd=cat \"$LOCAL\" \"$REMOTE\" | grep -v '^[13]$' >\"$MERGED\"", "-c", "mergetool.stand-in.trustExitCode=true",
				"-c", "mergetool.keepBackup=true", "mergetool", "--tool=stand-in", "--no-prompt")
		}, []string{"a.txt.orig"}},
		{"modify/delete kept", editKinds()["modify/delete"], func(_ *testing.T, w *gittest.Repo) { w.Git("add", "a") }, nil},
		{"modify/delete removed", editKinds()["modify/delete"], func(_ *testing.T, w *gittest.Repo) { w.Git("rm", "-q", "a") }, nil},
		{"modify/delete removed by hand", editKinds()["modify/delete"], func(t *testing.T, w *gittest.Repo) { remove(t, w, "a") }, nil},
		{"rename/rename", editKinds()["rename/rename"], func(_ *testing.T, w *gittest.Repo) {
			w.Git("rm", "-q", "a", "line")
			w.Git("add", "fix")
		}, nil},
		{"add/add", editKinds()["add/add"], func(_ *testing.T, w *gittest.Repo) { w.Write("new", "both\n") }, nil},
		{"binary", editKinds()["binary"], func(_ *testing.T, w *gittest.Repo) {
			w.Git("checkout", "--theirs", "a")
			w.Git("add", "a")
		}, nil},
		{"symlink", editKinds()["symlink"], func(t *testing.T, w *gittest.Repo) {
			remove(t, w, "l")
			link(t, w, "other", "l")
		}, nil},
		{"file/directory", editKinds()["file/directory"], func(_ *testing.T, w *gittest.Repo) {
			moved := "x~" + w.Git("rev-parse", "--short=7", "CHERRY_PICK_HEAD") + " (the fix)"
			w.Git("add", moved)
			w.Git("mv", moved, "z")
		}, nil},
		{"submodule", editKinds()["submodule"], func(_ *testing.T, w *gittest.Repo) {
			w.Git("update-index", "--cacheinfo", "160000,"+strings.Repeat("2", 40)+",sub")
		}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clone := c.build(t)
			edit, worktree := clone.make(t)
			c.resolve(t, worktree)
			// The worktree of the edit may have links to directories in it.
			const ours = ".git/looprel/edit/0.9.x/"
			before, files := gittest.Snapshot(t, clone.Dir, ".git/looprel/edit.lock", ours), gitFiles(t, worktree.Dir)
			result, err := edit.Result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, gittest.Snapshot(t, clone.Dir, ".git/looprel/edit.lock", ours)); diff != "" {
				t.Errorf("asking for the result changed the clone:\n%s", diff)
			}
			if diff := cmp.Diff(files, gitFiles(t, worktree.Dir)); diff != "" {
				t.Errorf("asking for the result changed the edit:\n%s", diff)
			}
			if diff := cmp.Diff(c.leftOut, result.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			if len(result.Unresolved) > 0 {
				t.Errorf("unresolved: %q", result.Unresolved)
			}
			if err := clone.opened.StoreObjects(result.Objects); err != nil {
				t.Fatal(err)
			}
			if have := worktree.Git("ls-tree", "-r", result.Tree.String()); c.name == "submodule" {
				if want := worktree.Git("ls-tree", "-r", worktree.Git("write-tree")); have != want {
					t.Errorf("the tree is\n%s\nexpected\n%s", have, want)
				}
				return
			}
			worktree.Git("add", "--update")
			want := worktree.Git("ls-tree", "-r", "-t", worktree.Git("write-tree"))
			if diff := cmp.Diff(lines(want), lines(worktree.Git("ls-tree", "-r", "-t", result.Tree.String()))); diff != "" {
				t.Errorf("the tree (-git +looprel):\n%s", diff)
			}
			worktree.Git("fsck", "--strict")
		})
	}
}

// TestResultRefuses has what a person may have left undone.
func TestResultRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		build   func(*testing.T) *editCase
		resolve func(*testing.T, *gittest.Repo)
		kind    error
		what    string
		advice  string
	}{
		{"markers", contentCase, func(*testing.T, *gittest.Repo) {}, gitrepo.ErrUnresolved,
			"a.txt:2 is a conflict marker, and there are 2 more", "take the markers out"},
		{"markers that were added", contentCase, func(_ *testing.T, w *gittest.Repo) { w.Git("add", "a.txt") }, gitrepo.ErrUnresolved,
			"a.txt:2 is a conflict marker, and there are 2 more", ""},
		{"one marker", contentCase, func(_ *testing.T, w *gittest.Repo) { w.Write("a.txt", "1\r\nx\r\n=======\r\n2\n") }, gitrepo.ErrUnresolved,
			"a.txt:3 is a conflict marker", ""},
		{"markers of git's other style", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Git("checkout", "--conflict=diff3", "a.txt")
		}, gitrepo.ErrUnresolved, "a.txt:2 is a conflict marker, and there are 3 more", ""},
		{"a commit", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			w.Git("commit", "-q", "-a", "-m", "resolved")
		}, gitrepo.ErrUnresolved, "looprel makes the commit itself", "reset --soft"},
		{"a branch", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Write("a.txt", "1\n3\n")
			w.Git("add", "a.txt")
			w.Git("checkout", "-q", "-b", "mine")
		}, gitrepo.ErrUnresolved, "refs/heads/mine is checked out", "checkout --detach"},
		{"a submodule", editKinds()["submodule"], func(*testing.T, *gittest.Repo) {}, gitrepo.ErrUnresolved,
			"the submodule sub is in conflict", "update-index --cacheinfo 160000,2222222222222222222222222222222222222222,sub (theirs)"},
		{"a split index", contentCase, func(_ *testing.T, w *gittest.Repo) { w.Git("update-index", "--split-index") }, gitrepo.ErrUnsupported,
			"split into two files", "update-index --no-split-index"},
		{"a worktree that was thrown away", contentCase, func(_ *testing.T, w *gittest.Repo) {
			w.Git("worktree", "remove", "--force", "--force", w.Dir)
		}, gitrepo.ErrEditIncomplete, "is gone", "looprel backport --abort"},
		{"a worktree that was deleted", contentCase, func(t *testing.T, w *gittest.Repo) {
			if err := os.RemoveAll(w.Dir); err != nil {
				t.Fatal(err)
			}
		}, gitrepo.ErrEditIncomplete, "is gone", "looprel backport --abort"},
		{"a worktree that git forgot", contentCase, func(t *testing.T, w *gittest.Repo) {
			if err := os.RemoveAll(w.Git("rev-parse", "--absolute-git-dir")); err != nil {
				t.Fatal(err)
			}
		}, gitrepo.ErrEditIncomplete, "git no longer knows the worktree", "git worktree repair"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clone := c.build(t)
			edit, worktree := clone.make(t)
			c.resolve(t, worktree)
			_, err := edit.Result(t.Context())
			var hinted interface{ Hint() string }
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.what) || !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), c.advice) {
				t.Fatalf("%v, expected %s", err, c.what)
			}
			if err := edit.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if list, err := clone.opened.Edits(); err != nil || len(list) > 0 {
				t.Errorf("after the edit was removed: %v, %v", list, err)
			}
		})
	}
}

// TestAdviceWorks follows the advice of refusals that git can answer.
func TestAdviceWorks(t *testing.T) {
	t.Parallel()
	c := contentCase(t)
	edit, worktree := c.make(t)
	worktree.Write("a.txt", "1\nboth\n3\n")
	worktree.Git("add", "a.txt")
	want, err := edit.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	worktree.Git("config", "core.splitIndex", "true")
	worktree.Git("update-index", "--split-index")
	worktree.Git("commit", "-q", "-m", "resolved")
	worktree.Git("checkout", "-q", "-b", "mine")
	for range 4 {
		have, err := edit.Result(t.Context())
		if err == nil {
			if have.Tree != want.Tree {
				t.Errorf("the result is another one: %s, expected %s", have.Tree, want.Tree)
			}
			return
		}
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) {
			t.Fatal(err)
		}
		_, command, _ := strings.Cut(hinted.Hint(), ": git ")
		worktree.Git(strings.Fields(command)...)
	}
	t.Error("the advice does not lead anywhere")
}

// TestUnresolved lists the conflicts without markers that nobody has touched.
func TestUnresolved(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"modify/delete": {"a"}, "binary": {"a"}, "rename/rename": {"fix", "line"}, "symlink": nil, "file/directory": nil,
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clone := editKinds()[name](t)
			edit, worktree := clone.make(t)
			if want == nil {
				for line := range strings.SplitSeq(worktree.Git("diff", "--name-only", "--diff-filter=U"), "\n") {
					want = append(want, line)
				}
			}
			result, err := edit.Result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, result.Unresolved); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLinesThatLookLikeMarkers has files that had such lines before.
func TestLinesThatLookLikeMarkers(t *testing.T) {
	t.Parallel()
	base := gittest.Files{
		"doc":  "Heading\n=======\n\n<<<<<<< example\nx\n",
		"wide": "=======\nx\n", ".gitattributes": "wide conflict-marker-size=12\n",
	}
	c := newEditCase(t, base,
		write(gittest.Files{"doc": "Heading\n=======\n\n<<<<<<< example\nline\n", "wide": "=======\nline\n"}),
		write(gittest.Files{"doc": "Heading\n=======\n\n<<<<<<< example\nfix\n", "wide": "=======\nfix\n"}))
	edit, worktree := c.make(t)
	_, err := edit.Result(t.Context())
	var markers *gitrepo.MarkersError
	if !errors.As(err, &markers) {
		t.Fatal(err)
	}
	want := []gitrepo.MarkerPlace{{Path: "doc", Line: 5}, {Path: "doc", Line: 9}, {Path: "wide", Line: 2}, {Path: "wide", Line: 4}, {Path: "wide", Line: 6}}
	if diff := cmp.Diff(want, markers.Places); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, readFile(t, worktree.Dir, "doc"))
	}
	worktree.Write("doc", "Heading\n=======\n\n<<<<<<< example\nboth\n")
	worktree.Write("wide", "=======\nboth\n<<<<<<< short\n")
	if _, err := edit.Result(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestConvertedFiles has git write files in another form than it stores them, and
// people do so by hand.
func TestConvertedFiles(t *testing.T) {
	t.Parallel()
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:%\nsize 1\n"
	c := newEditCase(t, gittest.Files{"a.txt": "1\n2\n3\n", "b.txt": "b\n", "big": pointer + "x\n"},
		write(gittest.Files{"a.txt": "1\nline\n3\n", "big": pointer + "line\n"}),
		write(gittest.Files{"a.txt": "1\nfix\n3\n", "big": pointer + "fix\n"}))
	c.Git("config", "core.autocrlf", "true")
	c.reopen(t)
	edit, worktree := c.make(t)
	worktree.Write("big", "a large file\n")
	if _, err := edit.Result(t.Context()); !errors.Is(err, gitrepo.ErrUnresolved) || !strings.Contains(err.Error(), "big is a large file") {
		t.Errorf("a large file: %v", err)
	}
	worktree.Write("big", pointer)
	worktree.Git("checkout", "--theirs", "a.txt")
	if have := readFile(t, worktree.Dir, "a.txt"); have != "1\r\nfix\r\n3\r\n" {
		t.Fatalf("git wrote %q", have)
	}
	_, err := edit.Result(t.Context())
	var refusal *gitrepo.Error
	if !errors.As(err, &refusal) || refusal.What != "a.txt has lines that end in CR LF, which were stored with LF" {
		t.Fatalf("a file that git has converted: %v", err)
	}
	worktree.Git("add", "a.txt", "big")
	// What was added counts only while the file is older than the index.
	result, err := edit.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.opened.StoreObjects(result.Objects); err != nil {
		t.Fatal(err)
	}
	if have := c.Git("cat-file", "blob", result.Tree.String()+":a.txt"); have != "1\nfix\n3" {
		t.Errorf("the result has %q", have)
	}
}
