package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// mergeFixture is a repository with a base and two branches that are in conflict
// in files of unusual names, and a clean pair.
func mergeFixture(t *testing.T) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	repo.Commit("base", gittest.Files{"é.txt": "1\n", "sub/tab\there": "1\n", "sub/plain": "1\n", "other": "1\n"})
	repo.Git("branch", "base")
	repo.Git("branch", "quiet")
	repo.Git("switch", "--quiet", "--create", "ours")
	repo.Commit("ours", gittest.Files{"é.txt": "2\n", "sub/tab\there": "2\n", "sub/plain": "2\n"})
	repo.Git("switch", "--quiet", "--create", "theirs", "base")
	repo.Commit("theirs", gittest.Files{"é.txt": "3\n", "sub/tab\there": "3\n", "sub/plain": "3\n"})
	repo.Git("switch", "--quiet", "quiet")
	repo.Commit("quiet", gittest.Files{"other": "2\n"})
	return repo
}

// mergeTree runs the command in a directory of the repository.
func mergeTree(repo *gittest.Repo, dir, input string, arguments ...string) (code int, out, errors string) {
	streams, in, stdout, stderr := terminal.Test()
	in.WriteString(input)
	env := Env{Streams: streams, Environ: repo.Environ(), Dir: filepath.Join(repo.Dir, dir)}
	code = run(context.Background(), env, append([]string{"merge-tree"}, arguments...))
	return code, stdout.String(), stderr.String()
}

func TestMergeTreePrintsWhatGitPrints(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	flags := []string{"--write-tree", "--name-only", "--no-messages"}
	for _, dir := range []string{".", "sub"} {
		for theirs, wantCode := range map[string]int{"theirs": 1, "quiet": 0} {
			want, _ := repo.Try("", slices.Concat([]string{"-C", dir, "merge-tree"}, flags, []string{"ours", theirs})...)
			code, out, _ := mergeTree(repo, dir, "", append([]string{"--merge-base", "base", "ours", theirs}, flags...)...)
			if code != wantCode || out != want {
				t.Errorf("in %s, ours and %s: exit code %d, printed %q, want %d, %q", dir, theirs, code, out, wantCode, want)
			}
		}
	}
	code, out, _ := mergeTree(repo, ".", "", "--merge-base=base", "ours", "quiet")
	if tree := strings.TrimSpace(out); code != 0 || len(tree) != 40 {
		t.Errorf("--merge-base=base: exit code %d, printed %q", code, out)
	}
}

func TestMergeTreeAnswersLines(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	for _, dir := range []string{".", "sub"} {
		want := repo.GitInput("ours theirs\nours quiet\n", "-C", dir, "merge-tree", "--write-tree", "--name-only", "--no-messages", "--stdin")
		code, out, errors := mergeTree(repo, dir, "base -- ours theirs\nbase -- ours quiet", "--stdin")
		if code != 0 || out != want {
			t.Errorf("in %s: exit code %d, printed %q, want %q\n%s", dir, code, out, want, errors)
		}
	}
	for _, line := range []string{"ours theirs\n", "base - ours theirs\n", "\n", "base -- ours theirs more\n"} {
		code, out, errors := mergeTree(repo, ".", "base -- ours quiet\n"+line, "--stdin")
		if code != 2 || !strings.HasPrefix(out, "1\x00") || !strings.Contains(errors, "line 2") {
			t.Errorf("line %q: exit code %d, printed %q\n%s", line, code, out, errors)
		}
	}
}

func TestMergeTreeWritesWhenTold(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	_, out, _ := mergeTree(repo, ".", "", "--merge-base", "base", "ours", "theirs")
	tree, _, _ := strings.Cut(out, "\n")
	if _, err := repo.Try("", "cat-file", "-e", tree); err == nil {
		t.Error("the tree was written")
	}
	mergeTree(repo, ".", "", "--write", "--merge-base", "base", "ours", "theirs")
	if text := repo.Git("cat-file", "blob", tree+":sub/plain"); text != "<<<<<<< ours\n2\n=======\n3\n>>>>>>> theirs" {
		t.Errorf("sub/plain is %q", text)
	}
}

func TestMergeTreeReadsAttributes(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	base := repo.Commit("base", gittest.Files{"list": "1\n"}).String()
	theirs := repo.Commit("theirs", gittest.Files{"list": "1\n3\n"}).String()
	repo.Git("switch", "--quiet", "--create", "ours", base)
	ours := repo.Commit("ours", gittest.Files{"list": "1\n2\n", ".gitattributes": "list merge=union\n"}).String()
	for source, want := range map[string]int{"": 1, "ours": 0, ours: 0, theirs: 1} {
		if code, _, errors := mergeTree(repo, ".", "", "--attr-source", source, "--merge-base", base, ours, theirs); code != want {
			t.Errorf("attributes of %q: exit code %d, want %d\n%s", source, code, want, errors)
		}
	}
	repo.Git("config", "merge.union.driver", "external %A")
	code, _, errors := mergeTree(repo, ".", "", "--attr-source=ours", "--merge-base", base, ours, theirs)
	if code != int(ExitRefused) || !strings.Contains(errors, "merge=union") {
		t.Errorf("external driver: exit code %d\n%s", code, errors)
	}
}

// A file may be larger than those that are read elsewhere.
func TestMergeTreeMergesLargeFiles(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Git("config", "core.compression", "0")
	line := strings.Repeat("x", 1<<20) + "\n"
	text := strings.Repeat(line, 34)
	base := repo.Commit("base", gittest.Files{"large": text}).String()
	theirs := repo.Commit("theirs", gittest.Files{"large": text + "theirs\n"}).String()
	repo.Git("switch", "--quiet", "--create", "ours", base)
	ours := repo.Commit("ours", gittest.Files{"large": "ours\n" + text}).String()
	want := repo.Git("merge-tree", "--write-tree", ours, theirs)
	if code, out, errors := mergeTree(repo, ".", "", "--merge-base", base, ours, theirs); code != 0 || out != want+"\n" {
		t.Errorf("exit code %d, printed %q, want %q\n%s", code, out, want, errors)
	}
}

func TestMergeTreeUsage(t *testing.T) {
	t.Parallel()
	repo := mergeFixture(t)
	for line, want := range map[string]string{
		"ours theirs":                         "--merge-base is missing",
		"--merge-base base ours":              "accepts 2 arg",
		"--stdin ours":                        "--stdin takes",
		"--stdin --merge-base base":           "--stdin takes",
		"--merge-base base ours nowhere":      "nowhere",
		"--merge-base base:other ours theirs": "base:other",
	} {
		code, out, errors := mergeTree(repo, ".", "", strings.Fields(line)...)
		if code != 2 || out != "" || !strings.Contains(errors, want) {
			t.Errorf("%s: exit code %d, printed %q\n%s", line, code, out, errors)
		}
	}
}
