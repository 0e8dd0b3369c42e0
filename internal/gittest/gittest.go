// Package gittest makes git repositories for tests, by the git that is
// installed. Nothing of the machine's configuration reaches them, and nothing
// that they do leaves the test's own directory: every command runs with a HOME
// of its own, without system configuration, with a fixed author and a clock that
// counts one minute for each commit from 2014-07-01T12:00:00Z on. The same calls
// therefore make the same object ids on every machine.
//
//	repo := gittest.New(t)
//	first := repo.Commit("first", gittest.Files{"README": "hello\n"})
//	repo.Git("tag", "-m", "Release 0.1.0", "0.1.0")
//	remote := repo.Bare()                       // a bare copy, and repo's "origin"
//	clone := remote.Clone("--depth=1")
//
// Histories that would take long to commit one by one go through Import.
//
// It is for tests alone: it fails the test instead of returning errors. It
// imports package object and nothing else of looprel.
package gittest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// The identity of all that the fixtures make.
const (
	Name  = "Release Manager"
	Email = "release-manager@example.org"
)

// Epoch is the time of a repository's first commit.
func Epoch() time.Time { return time.Date(2014, time.July, 1, 12, 0, 0, 0, time.UTC) }

// Files are contents by path.
type Files map[string]string

// Repo is a repository and the surroundings in which commands on it run. Its
// methods fail the test when git does.
type Repo struct {
	// Dir is the worktree's root, or the directory of a bare repository.
	Dir string
	// Home is the directory that commands see as HOME.
	Home string
	// Env is added to the environment of every command, the last setting of a
	// variable winning.
	Env []string

	t       testing.TB
	commits int
}

// New makes an empty repository whose branch is "master".
func New(t testing.TB) *Repo {
	t.Helper()
	repo := at(t, filepath.Join(t.TempDir(), "repo"), filepath.Join(t.TempDir(), "home"))
	repo.Git("init", "--quiet", "--initial-branch=master", ".")
	return repo
}

// NewBare makes an empty bare repository whose branch is "master".
func NewBare(t testing.TB) *Repo {
	t.Helper()
	repo := at(t, filepath.Join(t.TempDir(), "repo.git"), filepath.Join(t.TempDir(), "home"))
	repo.Git("init", "--quiet", "--bare", "--initial-branch=master", ".")
	return repo
}

func at(t testing.TB, dir, home string) *Repo {
	t.Helper()
	for _, d := range []string{dir, home} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &Repo{Dir: dir, Home: home, t: t}
}

// At gives a repository that exists already, in the surroundings of this one.
func (r *Repo) At(dir string) *Repo {
	return &Repo{Dir: dir, Home: r.Home, Env: r.Env, t: r.t, commits: r.commits}
}

// Bare makes a bare copy of the repository beside it and names it "origin".
func (r *Repo) Bare() *Repo {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "remote.git")
	r.Git("clone", "--quiet", "--bare", ".", dir)
	remote := r.At(dir)
	remote.Git("remote", "remove", "origin")
	r.Git("remote", "add", "origin", dir)
	r.Git("fetch", "--quiet", "origin")
	return remote
}

// Clone makes a clone with the given options of "git clone". It goes through
// git's transport, so that --depth and --filter are heeded.
func (r *Repo) Clone(options ...string) *Repo {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "clone")
	arguments := append([]string{"clone", "--quiet"}, options...)
	r.Git(append(arguments, r.URL(), dir)...)
	return r.At(dir)
}

// URL is the repository's file:// address.
func (r *Repo) URL() string { return "file://" + filepath.ToSlash(r.Dir) }

// Environ is the environment of the repository's commands, as os.Environ would
// give it. Options.Environ of package gitrepo takes it.
func (r *Repo) Environ() []string {
	when := Epoch().Add(time.Duration(r.commits) * time.Minute).Format(time.RFC3339)
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + r.Home,
		"USERPROFILE=" + r.Home,
		"XDG_CONFIG_HOME=" + filepath.Join(r.Home, ".config"),
		"TMPDIR=" + os.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"LOOPREL_VERIFY_READS=1",
		"GIT_AUTHOR_NAME=" + Name, "GIT_AUTHOR_EMAIL=" + Email, "GIT_AUTHOR_DATE=" + when,
		"GIT_COMMITTER_NAME=" + Name, "GIT_COMMITTER_EMAIL=" + Email, "GIT_COMMITTER_DATE=" + when,
		"LC_ALL=C", "TZ=UTC",
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root)
	}
	return append(env, r.Env...)
}

// Git runs git in the repository and returns its output without the last line
// break.
func (r *Repo) Git(arguments ...string) string {
	r.t.Helper()
	return r.GitInput("", arguments...)
}

// GitInput is Git with a standard input.
func (r *Repo) GitInput(input string, arguments ...string) string {
	r.t.Helper()
	output, err := r.Try(input, arguments...)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSuffix(output, "\n")
}

// Try runs git and returns its output as it is, and an error that has what git
// wrote to its standard error.
func (r *Repo) Try(input string, arguments ...string) (string, error) {
	command := exec.Command("git", arguments...)
	command.Dir = r.Dir
	command.Env = r.Environ()
	command.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("git %s: %w\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// ID resolves a revision.
func (r *Repo) ID(revision string) object.ID {
	r.t.Helper()
	id, err := object.ParseID(r.Git("rev-parse", "--verify", "--end-of-options", revision))
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// Commit writes the files, commits the whole worktree, and returns the commit.
func (r *Repo) Commit(message string, files Files) object.ID {
	r.t.Helper()
	for path, content := range files {
		r.Write(path, content)
	}
	r.Git("add", "--all")
	r.Git("commit", "--quiet", "--allow-empty", "--message="+message)
	r.commits++
	return r.ID("HEAD")
}

// Tag makes an annotated tag on HEAD with the message "Release NAME" and returns
// the tag object.
func (r *Repo) Tag(name string) object.ID {
	r.t.Helper()
	r.Git("tag", "--annotate", "--message=Release "+name, name)
	return r.ID("refs/tags/" + name)
}

// Write writes a file of the worktree.
func (r *Repo) Write(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.Dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// Snapshot reads every file below a directory (without those whose path begins
// with one of the prefixes), to see later that nothing was touched: it maps
// paths to mode, time of change and content.
func Snapshot(t testing.TB, dir string, without ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		for _, prefix := range without {
			if strings.HasPrefix(name, prefix) {
				return nil
			}
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		files[name] = fmt.Sprintf("%v %v %s", info.Mode(), info.ModTime(), content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
