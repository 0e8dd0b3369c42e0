package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// Variables are what the command learns about the release, each as an
// environment variable; empty ones are set, too, so that nothing is inherited
// from a run around this one.
type Variables struct {
	Version     string // LOOPREL_VERSION
	Tag         string // LOOPREL_TAG
	Commit      string // LOOPREL_COMMIT
	Environment string // LOOPREL_ENVIRONMENT
	Component   string // LOOPREL_COMPONENT
	// Attempt names this run of the command: it may run twice for one promotion.
	Attempt string // LOOPREL_ATTEMPT
}

func (v Variables) environ() []string {
	return []string{
		"LOOPREL_VERSION=" + v.Version,
		"LOOPREL_TAG=" + v.Tag,
		"LOOPREL_COMMIT=" + v.Commit,
		"LOOPREL_ENVIRONMENT=" + v.Environment,
		"LOOPREL_COMPONENT=" + v.Component,
		"LOOPREL_ATTEMPT=" + v.Attempt,
	}
}

// prepare finds the program and describes the process.
func (o Options) prepare() (*exec.Cmd, error) {
	if len(o.Command) == 0 || o.Command[0] == "" {
		return nil, errors.New("the deploy command is empty; give its program and arguments in environments.yaml")
	}
	if !filepath.IsAbs(o.Dir) {
		return nil, fmt.Errorf("directory of the deploy command %q: expected an absolute path", o.Dir)
	}
	if information, err := os.Stat(o.Dir); err != nil || !information.IsDir() {
		return nil, fmt.Errorf("directory of the deploy command %q: no such directory", o.Dir)
	}
	path, err := o.findProgram()
	if err != nil {
		return nil, err
	}
	command := &exec.Cmd{
		Path:      path,
		Args:      o.Command,
		Dir:       o.Dir,
		Env:       slices.Concat(o.Environ, o.Variables.environ(), []string{"PWD=" + o.Dir}),
		WaitDelay: o.Drain,
	}
	detach(command)
	return command, nil
}

// findProgram resolves the program's name to an absolute path.
func (o Options) findProgram() (string, error) {
	name := o.Command[0]
	places := []string{name}
	bare := filepath.Base(name) == name
	switch {
	case bare:
		places = o.searchPath(name)
	case !filepath.IsAbs(name):
		places = []string{filepath.Join(o.Dir, name)}
	}
	forbidden := false
	for _, place := range places {
		// With a path, LookPath looks in that place alone, and knows what makes a
		// program on this system.
		path, err := exec.LookPath(place)
		if err == nil {
			return path, nil
		}
		forbidden = forbidden || errors.Is(err, fs.ErrPermission)
	}
	switch {
	case forbidden:
		return "", fmt.Errorf("deploy command %q is not executable; make it so (chmod +x): %w", name, fs.ErrPermission)
	case bare:
		return "", fmt.Errorf("deploy command %q is not in PATH; install it, or give its path in environments.yaml: %w", name, fs.ErrNotExist)
	}
	return "", fmt.Errorf("deploy command %q is not in %s; correct its path in environments.yaml: %w", name, o.Dir, fs.ErrNotExist)
}

// searchPath lists where PATH says that the program may be. Relative entries
// are passed over: they would run whatever the directory at hand holds.
func (o Options) searchPath(name string) []string {
	var places []string
	for _, directory := range filepath.SplitList(variable(o.Environ, "PATH")) {
		if filepath.IsAbs(directory) {
			places = append(places, filepath.Join(directory, name))
		}
	}
	return places
}

// variable finds a variable's value; of several the last counts, as it does for
// the command. On Windows the case of names does not count.
func variable(environ []string, name string) string {
	value := ""
	for _, entry := range environ {
		key, text, _ := strings.Cut(entry, "=")
		if key == name || (runtime.GOOS == "windows" && strings.EqualFold(key, name)) {
			value = text
		}
	}
	return value
}

// explainStart adds what to do about a program that is there and executable,
// but was not started.
func explainStart(name string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("deploy command %q is no program for this machine; a script needs a first line such as #!/bin/sh: %w", name, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("deploy command %q names an interpreter that is not there; correct its first line: %w", name, err)
	}
	return fmt.Errorf("start the deploy command %q: %w", name, err)
}
