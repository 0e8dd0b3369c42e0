package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// oddPaths are paths that git writes between quotes, or that look as if it would.
var oddPaths = []string{
	"plain", "sp ace", " leading", "trailing ", "é", "世界", "\xff", "a\xe9b", "tab\there", "new\nline", "bell\a", "back\bspace", "vertical\v",
	"form\f", "return\r", "del\x7f", "one\x01", `quo"te`, `"`, `back\slash`, "'", "~", "-dash", "--stdin", "#", "%s", "a:b", "*", "[x]", "$HOME",
}

// commitPaths makes a commit with one content at each of the paths, at the root
// and below sub, without a worktree: not every system can have such names.
func commitPaths(repo *gittest.Repo, parent, content string) string {
	blob := repo.GitInput(content, "hash-object", "-w", "--stdin")
	var index strings.Builder
	for _, path := range oddPaths {
		fmt.Fprintf(&index, "100644 %s\t%s\x00100644 %s\tsub/%s\x00", blob, path, blob, path)
	}
	repo.Git("read-tree", "--empty")
	repo.GitInput(index.String(), "update-index", "-z", "--index-info")
	arguments := []string{"commit-tree", "-m", content, repo.Git("write-tree")}
	if parent != "" {
		arguments = append(arguments, "-p", parent)
	}
	return repo.Git(arguments...)
}

func TestMergeTreeWritesPathsAsGitDoes(t *testing.T) {
	t.Parallel()
	for _, quotePath := range []string{"true", "false"} {
		repo := gittest.New(t)
		repo.Git("config", "core.quotePath", quotePath)
		// git 2.39 refuses merge-tree in a directory that the worktree lacks.
		repo.Write("sub/plain", "")
		base := commitPaths(repo, "", "1\n")
		ours, theirs := commitPaths(repo, base, "2\n"), commitPaths(repo, base, "3\n")
		for _, dir := range []string{".", "sub"} {
			flags := []string{"-C", dir, "merge-tree", "--write-tree", "--name-only", "--no-messages"}
			want, _ := repo.Try("", append(flags, ours, theirs)...)
			code, out, _ := mergeTree(repo, dir, "", "--merge-base", base, ours, theirs)
			if code != 1 || out != want || strings.Count(out, "\n") < 2*len(oddPaths) {
				t.Errorf("core.quotePath %s, in %s: exit code %d, printed\n%s\nwant\n%s", quotePath, dir, code, out, want)
			}
			want = repo.GitInput(ours+" "+theirs+"\n", append(flags, "--stdin")...)
			code, out, _ = mergeTree(repo, dir, base+" -- "+ours+" "+theirs+"\n", "--stdin")
			if code != 0 || out != want {
				t.Errorf("core.quotePath %s, in %s, --stdin: exit code %d, printed %q\nwant %q", quotePath, dir, code, out, want)
			}
		}
	}
}

// The forms in which a base and two sides can be given.
func TestMergeTreeForms(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	repo.Git("tag", "-a", "-m", "tag", "tagged", "theirs")
	want, _ := repo.Try("", "merge-tree", "--write-tree", "--name-only", "--no-messages", "ours", "theirs")
	tree, _, _ := strings.Cut(want, "\n")
	id := func(name string) string { return repo.ID(name).String() }
	for _, form := range []string{
		"--merge-base base ours theirs",
		"--merge-base=base ours theirs",
		"ours theirs --merge-base base",
		"--write-tree --merge-base=base --name-only --no-messages ours theirs",
		"--name-only --write-tree --merge-base base -- ours theirs",
		"--merge-base " + id("base^{tree}") + " " + id("ours^{tree}") + " " + id("theirs^{tree}"),
		"--merge-base " + strings.ToUpper(id("base")) + " " + id("ours") + " " + id("theirs"),
		"--merge-base refs/heads/base refs/heads/ours refs/tags/tagged",
		"--merge-base " + id("base")[:8] + " ours " + id("tagged"),
	} {
		code, out, errors := mergeTree(repo, ".", "", strings.Fields(form)...)
		// The labels, and so the tree, are the names that were given.
		if _, paths, _ := strings.Cut(want, "\n"); code != 1 || !strings.HasSuffix(out, "\n"+paths) {
			t.Errorf("%s: exit code %d, printed %q, want the paths of %q\n%s", form, code, out, want, errors)
		}
		if strings.Contains(form, " ours theirs") && !strings.HasPrefix(out, tree+"\n") {
			t.Errorf("%s: printed %q, want %q", form, out, want)
		}
	}
}

// What cannot be merged is an error that names it; what was answered before
// stays answered.
func TestMergeTreeWithoutObjects(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	nothing := strings.Repeat("1", 40)
	blob := repo.ID("base:other").String()
	for _, names := range [][3]string{
		{nothing, "ours", "theirs"}, {"base", nothing, "theirs"}, {"base", "ours", nothing}, {"base", "ours", nothing[:9]},
		{"base", "ours", blob}, {"base", "ours", "refs/heads/nowhere"}, {"base", "ours", "-x"},
	} {
		for _, name := range names {
			if name == "base" || name == "ours" || name == "theirs" {
				continue
			}
			code, out, errors := mergeTree(repo, ".", "", "--merge-base", names[0], "--", names[1], names[2])
			if code != 1 && code != 2 || out != "" || !strings.Contains(errors, name) {
				t.Errorf("%q: exit code %d, printed %q\n%s", names, code, out, errors)
			}
			line := names[0] + " -- " + names[1] + " " + names[2] + "\n"
			code, out, errors = mergeTree(repo, ".", "base -- ours quiet\n"+line+"base -- ours quiet\n", "--stdin")
			if code == 0 || strings.Count(out, "\x00") != 3 || !strings.Contains(errors, "line 2") || !strings.Contains(errors, name) {
				t.Errorf("--stdin, %q: exit code %d, printed %q\n%s", names, code, out, errors)
			}
		}
	}
	if code, _, errors := mergeTree(repo, ".", "", "--attr-source", nothing, "--merge-base", "base", "ours", "theirs"); code == 0 || !strings.Contains(errors, nothing) {
		t.Errorf("--attr-source: exit code %d\n%s", code, errors)
	}
}

// The objects are in the repository with --write, and git finds nothing wrong
// with them; without it nothing at all is written.
func TestMergeTreeWritesEveryObject(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	base := commitPaths(repo, "", "1\n2\n3\n4\n5\n")
	ours, theirs := commitPaths(repo, base, "one\n2\n3\n4\n5\n"), commitPaths(repo, base, "1\n2\n3\n4\nfive\n")
	before := gittest.Snapshot(t, repo.Dir)
	_, out, _ := mergeTree(repo, ".", base+" -- "+ours+" "+theirs+"\n", "--stdin")
	if after := gittest.Snapshot(t, repo.Dir); len(after) != len(before) {
		t.Errorf("%d files in the repository, %d before", len(after), len(before))
	}
	code, written, _ := mergeTree(repo, ".", base+" -- "+ours+" "+theirs+"\n", "--stdin", "--write")
	if code != 0 || written != out {
		t.Errorf("--write: exit code %d, printed %q, and %q without", code, written, out)
	}
	tree := strings.Split(out, "\x00")[1]
	if _, err := object.ParseID(tree); err != nil {
		t.Fatal(err)
	}
	repo.Git("fsck", "--strict", repo.Git("commit-tree", "-m", "merged", tree))
	if text := repo.Git("cat-file", "blob", tree+":sub/世界"); text != "one\n2\n3\n4\nfive" {
		t.Errorf("sub/世界 is %q", text)
	}
}
