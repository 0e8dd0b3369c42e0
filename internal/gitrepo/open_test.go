package gitrepo_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// open opens the repository that a fixture made.
func open(t *testing.T, repo *gittest.Repo) *gitrepo.Repository {
	t.Helper()
	return openAt(t, repo, repo.Dir)
}

func openAt(t *testing.T, repo *gittest.Repo, dir string, env ...string) *gitrepo.Repository {
	t.Helper()
	opened, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: dir, Environ: append(repo.Environ(), env...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened
}

// service makes a repository with a few commits, a tag and a sub-directory.
func service(t *testing.T) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	repo.Commit("first", gittest.Files{"package.json": "{}\n", "loop/index.js": "one\n"})
	repo.Tag("0.1.0")
	repo.Commit("second", gittest.Files{"loop/index.js": "two\n", "test/a.js": "a\n"})
	return repo
}

func TestOpenEveryKindOfClone(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(t *testing.T, repo *gittest.Repo) (dir string, bare bool){
		"worktree root": func(_ *testing.T, repo *gittest.Repo) (string, bool) { return repo.Dir, false },
		"sub-directory": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			return filepath.Join(repo.Dir, "loop"), false
		},
		"git directory": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			return filepath.Join(repo.Dir, ".git"), false
		},
		"linked worktree": func(t *testing.T, repo *gittest.Repo) (string, bool) {
			dir := filepath.Join(t.TempDir(), "linked")
			repo.Git("worktree", "add", "--quiet", "-b", "other", dir)
			return filepath.Join(dir, "loop"), false
		},
		"sparse checkout": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			repo.Git("sparse-checkout", "set", "loop")
			if repo.Git("config", "extensions.worktreeConfig") != "true" {
				panic("this git does not set extensions.worktreeConfig")
			}
			return repo.Dir, false
		},
		"packed": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			repo.Git("gc", "--quiet")
			repo.Git("pack-refs", "--all")
			return repo.Dir, false
		},
		"commit-graph and multi-pack-index": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			repo.Git("repack", "-adq", "--write-midx")
			repo.Git("commit-graph", "write", "--reachable")
			return repo.Dir, false
		},
		"absolute alternates": func(t *testing.T, repo *gittest.Repo) (string, bool) {
			dir := filepath.Join(t.TempDir(), "shared")
			repo.Git("clone", "--quiet", "--shared", ".", dir)
			return dir, false
		},
		"relative alternates": func(t *testing.T, repo *gittest.Repo) (string, bool) {
			dir := filepath.Join(filepath.Dir(repo.Dir), "shared")
			repo.Git("gc", "--quiet")
			repo.Git("clone", "--quiet", "--shared", ".", dir)
			info := filepath.Join(dir, ".git", "objects", "info", "alternates")
			if err := os.WriteFile(info, []byte("../../../repo/.git/objects\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			return dir, false
		},
		"alternates of alternates": func(t *testing.T, repo *gittest.Repo) (string, bool) {
			first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
			repo.Git("clone", "--quiet", "--shared", ".", first)
			repo.Git("clone", "--quiet", "--shared", first, second)
			return second, false
		},
		"bare": func(_ *testing.T, repo *gittest.Repo) (string, bool) { return repo.Bare().Dir, true },
		"inside bare": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			return filepath.Join(repo.Bare().Dir, "refs", "heads"), true
		},
		"separate git directory": func(t *testing.T, repo *gittest.Repo) (string, bool) {
			repo.Git("init", "--quiet", "--separate-git-dir", filepath.Join(t.TempDir(), "separate"))
			return filepath.Join(repo.Dir, "test"), false
		},
		"partial clone": func(_ *testing.T, repo *gittest.Repo) (string, bool) {
			remote := repo.Bare()
			remote.Git("config", "uploadpack.allowFilter", "true")
			return remote.Clone("--filter=blob:none").Dir, false
		},
	}
	for name, prepare := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := service(t)
			dir, bare := prepare(t, repo)
			opened := openAt(t, repo, dir)
			inside := repo.At(dir)
			if got := opened.IsBare(); got != bare {
				t.Errorf("bare is %v, expected %v", got, bare)
			}
			wantPath(t, "git directory", opened.GitDir(), inside.Git("rev-parse", "--absolute-git-dir"))
			wantPath(t, "common directory", opened.CommonDir(), inside.Git("rev-parse", "--path-format=absolute", "--git-common-dir"))
			if !bare && name != "git directory" {
				wantPath(t, "worktree", opened.Worktree(), inside.Git("rev-parse", "--show-toplevel"))
			}
			wantReadable(t, opened, inside)
		})
	}
}

func wantPath(t *testing.T, what, got, want string) {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(got)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := filepath.EvalSymlinks(filepath.FromSlash(want))
	if err != nil {
		t.Fatal(err)
	}
	if resolved != wanted {
		t.Errorf("the %s is %s, git says %s", what, got, want)
	}
}

// wantReadable compares references, history and a file with what git says.
func wantReadable(t *testing.T, opened *gitrepo.Repository, repo *gittest.Repo) {
	t.Helper()
	head := repo.ID("HEAD")
	if got, err := opened.Ref("HEAD"); err != nil || got != head {
		t.Errorf("HEAD is %s, %v; expected %s", got, err, head)
	}
	if got, err := opened.Ref("refs/tags/0.1.0"); err != nil || got != repo.ID("refs/tags/0.1.0") {
		t.Errorf("the tag is %s, %v", got, err)
	}
	commits, err := opened.Range(t.Context(), []object.ID{head}, nil, gitrepo.RangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ids(commits), repo.Git("log", "--format=%H"); got != want {
		t.Errorf("the history is\n%s\nexpected\n%s", got, want)
	}
	content, mode, err := opened.ReadFile(head, "loop/index.js")
	if err != nil || string(content) != "two\n" || mode != object.ModeFile {
		t.Errorf("loop/index.js is %q, %o, %v", content, mode, err)
	}
}

func ids(commits []gitrepo.CommitInfo) string {
	var lines []string
	for _, commit := range commits {
		lines = append(lines, commit.ID.String())
	}
	return strings.Join(lines, "\n")
}

func TestOpenHonoursGitDir(t *testing.T) {
	t.Parallel()
	repo := service(t)
	elsewhere := t.TempDir()
	opened := openAt(t, repo, elsewhere, "GIT_DIR="+filepath.Join(repo.Dir, ".git"))
	wantPath(t, "git directory", opened.GitDir(), filepath.Join(repo.Dir, ".git"))
	wantPath(t, "worktree", opened.Worktree(), elsewhere)
	opened = openAt(t, repo, repo.Dir, "GIT_DIR=.git", "GIT_WORK_TREE="+elsewhere)
	wantPath(t, "worktree", opened.Worktree(), elsewhere)
	_, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: append(repo.Environ(), "GIT_DIR=/nowhere")})
	wantError(t, err, gitrepo.ErrNotRepository, "/nowhere", "GIT_DIR")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T) *gittest.Repo
		kind    error
		what    string
		advice  string
	}{
		"no repository": {
			func(t *testing.T) *gittest.Repo {
				repo := gittest.New(t)
				return repo.At(repo.Home)
			}, gitrepo.ErrNotRepository, "is in no git repository", "-C DIR",
		},
		"no directory": {
			func(t *testing.T) *gittest.Repo { return gittest.New(t).At("/nowhere/at/all") },
			gitrepo.ErrNotRepository, "is not a directory", "-C DIR",
		},
		"sha256": {
			func(t *testing.T) *gittest.Repo {
				repo := gittest.New(t)
				repo.Git("init", "--quiet", "--object-format=sha256", "sha256")
				return repo.At(filepath.Join(repo.Dir, "sha256"))
			}, gitrepo.ErrUnsupported, "sha256 object ids", "--object-format=sha1",
		},
		"reftable": {
			func(t *testing.T) *gittest.Repo { return configured(t, "1", "extensions.refStorage", "reftable") },
			gitrepo.ErrUnsupported, "keeps its references as reftable", "git refs migrate",
		},
		"unknown extension": {
			func(t *testing.T) *gittest.Repo { return configured(t, "1", "extensions.shiny", "true") },
			gitrepo.ErrUnsupported, `the extension "shiny"`, "another clone",
		},
		"newer format": {
			func(t *testing.T) *gittest.Repo { return configured(t, "2", "core.symlinks", "true") },
			gitrepo.ErrUnsupported, "has format version 2", "versions 0 and 1",
		},
		"broken configuration": {
			func(t *testing.T) *gittest.Repo {
				repo := gittest.New(t)
				repo.Write(".git/config", "[core\n")
				return repo
			}, gitrepo.ErrConfig, "config:1: unexpected character", "correct the file",
		},
		"broken worktree": {
			func(t *testing.T) *gittest.Repo {
				repo := gittest.New(t)
				repo.Write("linked/.git", "gitdir: /nowhere\n")
				return repo.At(filepath.Join(repo.Dir, "linked"))
			}, gitrepo.ErrNotRepository, "points at /nowhere", "git worktree repair",
		},
		"lost alternate": {
			func(t *testing.T) *gittest.Repo {
				repo := gittest.New(t)
				repo.Write(".git/objects/info/alternates", "/nowhere/objects\n")
				return repo
			}, gitrepo.ErrDamaged, "borrows objects from /nowhere/objects", "bring that directory back",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := test.prepare(t)
			ceiling := "GIT_CEILING_DIRECTORIES=" + filepath.Dir(repo.Dir)
			_, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: append(repo.Environ(), ceiling)})
			wantError(t, err, test.kind, test.what, test.advice)
		})
	}
}

func configured(t *testing.T, version, key, value string) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	repo.Git("config", key, value)
	repo.Git("config", "core.repositoryFormatVersion", version)
	return repo
}

// wantError checks a failure's kind, its words and its advice.
func wantError(t *testing.T, err, kind error, what, advice string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v, expected %v", err, kind)
	}
	if !strings.Contains(err.Error(), what) {
		t.Errorf("the error is %q, expected it to say %q", err, what)
	}
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || !strings.Contains(hint.Hint(), advice) {
		t.Errorf("the error %q does not advise %q", err, advice)
	}
}

func TestTagAndBranchOfOneName(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("branch", "0.1.0")
	opened := open(t, repo)
	tag, err := opened.Ref("refs/tags/0.1.0")
	if err != nil || tag != repo.ID("refs/tags/0.1.0") {
		t.Errorf("the tag is %s, %v", tag, err)
	}
	branch, err := opened.Ref("refs/heads/0.1.0")
	if err != nil || branch != repo.ID("refs/heads/0.1.0") {
		t.Errorf("the branch is %s, %v", branch, err)
	}
	_, err = opened.ResolveCommit("0.1.0")
	wantError(t, err, gitrepo.ErrAmbiguous, "refs/heads/0.1.0 or refs/tags/0.1.0", "in full")
}

func TestWritingLeavesADirtyWorktreeAlone(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Write("loop/index.js", "changed, not staged\n")
	repo.Write("staged.js", "staged\n")
	repo.Git("add", "staged.js")
	repo.Write("untracked.js", "untracked\n")
	status := repo.Git("status", "--porcelain=v2")
	before := gittest.Snapshot(t, repo.Dir, ".git/objects/", ".git/refs/")

	opened := open(t, repo)
	head := repo.ID("HEAD")
	tree, err := opened.TreeAt(head, "")
	if err != nil {
		t.Fatal(err)
	}
	_, objects, err := object.Edit(opened, tree, map[string][]byte{"package.json": []byte("{\"version\": \"0.2.0\"}\n")})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.StoreObjects(objects); err != nil {
		t.Fatal(err)
	}
	if err := opened.SetRef(t.Context(), "refs/tags/0.2.0", object.ID{}, head); err != nil {
		t.Fatal(err)
	}
	if after := gittest.Snapshot(t, repo.Dir, ".git/objects/", ".git/refs/"); !maps.Equal(before, after) {
		t.Error("files of the worktree or of .git changed")
	}
	if got := repo.Git("status", "--porcelain=v2"); got != status {
		t.Errorf("the status is\n%s\nexpected\n%s", got, status)
	}
	repo.Git("fsck", "--strict")
}
