package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// programTimeout is how long a program may take to end after it was told to.
	programTimeout = 5 * time.Second
	// lastWordsTimeout is how long what a program has started may keep its
	// standard error open when it has ended.
	lastWordsTimeout = 500 * time.Millisecond
)

// findProgram looks a program up in the PATH of the environment, not of the
// process.
func findProgram(env environ, name string) (string, error) {
	for _, directory := range filepath.SplitList(env.get("PATH")) {
		// A relative directory would make what is run depend on the repository.
		if !filepath.IsAbs(directory) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(directory, name)); err == nil {
			return found, nil
		}
	}
	return "", &Error{Kind: ErrNoProgram, What: fmt.Sprintf("the program %q is not installed (not found in PATH)", name),
		Advice: fmt.Sprintf("install %s, or add its directory to PATH", name)}
}

// FindProgram looks a program up in the PATH of an environment, as os.Environ gives
// one: ErrNoProgram if it is not installed.
func FindProgram(name string, variables []string) (string, error) {
	return findProgram(environ(variables), name)
}

// localGitVariables are those that tie git to one repository (git rev-parse
// --local-env-vars), and the one that asks for another protocol version: git
// does not pass them to the other end, either.
func localGitVariables() []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT",
		"GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
		"GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
		"GIT_PROTOCOL", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
	}
}

// forOtherRepository is the environment without what belongs to this repository.
func (e environ) forOtherRepository() []string {
	local := localGitVariables()
	return slices.DeleteFunc(slices.Clone(e), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(local, name)
	})
}

// withVersion adds the wish for a version of the protocol, if there is one.
func withVersion(environ []string, wish string) []string {
	if wish == "" {
		return environ
	}
	return append(environ, versionVariable+"="+wish)
}

// startService runs a command that speaks git's protocol on its standard input
// and output.
func startService(name string, command *exec.Cmd) (*stream, error) {
	said := &messageLog{}
	command.Stderr = said
	command.WaitDelay = lastWordsTimeout
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe: Wait would close it while it is still being read.
	stdout, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command.Stdout = out
	err = command.Start()
	_ = out.Close()
	if err != nil {
		_ = stdout.Close()
		return nil, &Error{Kind: ErrUnreachable, What: "cannot run " + filepath.Base(command.Path), Cause: err}
	}
	return &stream{
		name: name, stdin: stdin, stdout: stdout, said: said,
		abort: func() {
			terminate(command.Process)
			_ = stdout.Close()
			_ = stdin.Close()
		},
		finish: func() error {
			// Closing its output ends a command that still has something to say.
			_ = stdout.Close()
			return waitFor(command)
		},
	}, nil
}

// terminate asks a process to end, which lets git remove its temporary files;
// where that cannot be asked (on Windows), it is killed.
func terminate(process *os.Process) {
	if process.Signal(syscall.SIGTERM) != nil {
		_ = process.Kill()
	}
}

// waitFor waits for the command's end, not forever.
func waitFor(command *exec.Cmd) error {
	timer := time.AfterFunc(programTimeout, func() { _ = command.Process.Kill() })
	defer timer.Stop()
	err := command.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// localTransport speaks to a repository of this machine by running git there.
type localTransport struct {
	path   string
	env    environ
	config Config
}

func (t *localTransport) connect(_ *operation, service string) (connection, error) {
	if info, err := os.Stat(t.path); err != nil {
		return nil, &Error{Kind: ErrUnreachable, What: "cannot reach the remote", Cause: err,
			Advice: "check the path; a remote's is changed with: git remote set-url NAME PATH"}
	} else if !info.IsDir() {
		return nil, notRemote(t.path, "it is not a directory")
	}
	git, err := findProgram(t.env, "git")
	if err != nil {
		return nil, fmt.Errorf("a remote that is a path needs git: %w", err)
	}
	command := exec.Command(git, strings.TrimPrefix(service, "git-"), t.path) //nolint:gosec,noctx // the installed git; a path that begins with a hyphen was made absolute; the stream ends it
	command.Env = withVersion(t.env.forOtherRepository(), wishedVersion(t.config, service))
	command.Dir = t.path
	return startService(t.path, command)
}

func (t *localTransport) close() error { return nil }
