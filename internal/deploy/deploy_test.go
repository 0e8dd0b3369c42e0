package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/deploy"
)

// child describes a run of the test binary in that mode.
func child(t *testing.T, mode string, arguments ...string) deploy.Options {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return deploy.Options{
		Command: append([]string{program}, arguments...),
		Dir:     t.TempDir(),
		// A test binary that measures coverage complains without GOCOVERDIR.
		Environ: []string{childMode + "=" + mode, "GOCOVERDIR=" + t.TempDir()},
		Timeout: time.Minute,
		Now:     (&steppingClock{}).now,
	}
}

// steppingClock goes on by three seconds with each reading.
type steppingClock struct{ readings int }

func (c *steppingClock) now() time.Time {
	c.readings++
	return time.Date(2014, 8, 11, 17, 0, 3*c.readings, 0, time.UTC)
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	options := child(t, "succeed", "loop-server", "two words; $HOME")
	options.Stdout = &shown
	result, err := deploy.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	output := "deploying loop-server two words; $HOME\na warning\ndone\n"
	want := deploy.Result{Duration: 3 * time.Second, Tail: output}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("result (-want +got)\n%s", diff)
	}
	if shown.String() != output {
		t.Errorf("shown %q, want %q", shown.String(), output)
	}
	if !result.Succeeded() || result.String() != "exit code 0 after 3s" {
		t.Errorf("Succeeded = %v, %q", result.Succeeded(), result)
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	result, err := deploy.Run(t.Context(), child(t, "fail"))
	if err != nil {
		t.Fatal(err)
	}
	if result.ExitCode != 3 || result.Succeeded() || result.Tail != "no space left\n" {
		t.Errorf("result = %+v", result)
	}
	if got, want := result.String(), "exit code 3 after 3s"; got != want {
		t.Errorf("in words: %q, want %q", got, want)
	}
}

func TestWhatTheCommandIsGiven(t *testing.T) {
	t.Parallel()
	options := child(t, "describe")
	// The outer run's variable must not come through.
	options.Environ = append(options.Environ, "OPERATOR=ops", "LOOPREL_TAG=outer", "LOOPREL_ATTEMPT=outer")
	options.Variables = deploy.Variables{
		Version: "0.10.0", Tag: "v0.10.0", Commit: strings.Repeat("7", 40),
		Environment: "production", Component: "loop-server",
	}
	result, err := deploy.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	directory, err := filepath.EvalSymlinks(options.Dir)
	if err != nil {
		t.Fatal(err)
	}
	want := "directory " + directory + "\nVERSION 0.10.0\nTAG v0.10.0\nCOMMIT " + strings.Repeat("7", 40) +
		"\nENVIRONMENT production\nCOMPONENT loop-server\nATTEMPT \noperator ops\n"
	if diff := cmp.Diff(want, result.Tail); diff != "" || !result.Succeeded() {
		t.Errorf("%v (-want +got)\n%s", result, diff)
	}
}

func TestOutputIsMadeSafe(t *testing.T) {
	t.Parallel()
	options := child(t, "print",
		"\x1b[32mgreen\x1b[0m\x1b]0;title\a\n", " 10%\r 50%\r100%\r\n", "token is ghp_01", "23456789\n", "caf\xe9")
	options.Environ = append(options.Environ, "GITHUB_TOKEN=ghp_0123456789")
	var shown bytes.Buffer
	options.Stdout = &shown
	result, err := deploy.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	want := "green\n100%\ntoken is [redacted]\ncaf\ufffd\n"
	if result.Tail != want || shown.String() != want {
		t.Errorf("tail %q, shown %q, want %q", result.Tail, shown.String(), want)
	}
}

func TestTailIsTheEnd(t *testing.T) {
	t.Parallel()
	options := child(t, "many")
	options.TailLines = 2
	var shown bytes.Buffer
	options.Stdout = &shown
	result, err := deploy.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if want := "line 998\nline 999\n"; result.Tail != want {
		t.Errorf("tail = %q, want %q", result.Tail, want)
	}
	if lines := strings.Count(shown.String(), "\n"); lines != 1000 {
		t.Errorf("%d lines were shown", lines)
	}
}

func TestNobodyWatches(t *testing.T) {
	t.Parallel()
	options := child(t, "many")
	options.Stdout = brokenWriter{}
	result, err := deploy.Run(t.Context(), options)
	if err != nil || !result.Succeeded() || !strings.HasSuffix(result.Tail, "line 999\n") {
		t.Errorf("result = %+v, %v", result, err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestProcessLeftBehindHoldsTheOutput(t *testing.T) {
	t.Parallel()
	options := child(t, "leave behind")
	options.Drain = 200 * time.Millisecond
	result, err := deploy.Run(t.Context(), options)
	if err != nil || !result.Succeeded() {
		t.Errorf("result = %+v, %v", result, err)
	}
}

func TestNotStarted(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "deploy.sh"), []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		options deploy.Options
		cause   error
		message string
	}{
		"not in PATH": {
			deploy.Options{Command: []string{"deploy-loop"}, Dir: directory, Environ: []string{"PATH=" + directory}},
			fs.ErrNotExist, `"deploy-loop" is not in PATH; install it`,
		},
		"no PATH": {
			deploy.Options{Command: []string{"deploy-loop"}, Dir: directory},
			fs.ErrNotExist, "not in PATH",
		},
		"a relative entry of PATH does not count": {
			deploy.Options{Command: []string{"deploy.sh"}, Dir: directory, Environ: []string{"PATH=."}},
			fs.ErrNotExist, "not in PATH",
		},
		"no such file": {
			deploy.Options{Command: []string{"./bin/deploy"}, Dir: directory},
			fs.ErrNotExist, `"./bin/deploy" is not in ` + directory,
		},
		"empty command": {
			deploy.Options{Dir: directory}, nil, "the deploy command is empty",
		},
		"relative directory": {
			deploy.Options{Command: []string{"deploy"}, Dir: "."}, nil, "expected an absolute path",
		},
		"no such directory": {
			deploy.Options{Command: []string{"deploy"}, Dir: filepath.Join(directory, "none")}, nil, "no such directory",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.options.Now = (&steppingClock{}).now
			result, err := deploy.Run(t.Context(), test.options)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("err = %v, want it to say %q", err, test.message)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("err = %v, want it to wrap %v", err, test.cause)
			}
			if !result.NotStarted || result.Succeeded() || result.String() != "not started" {
				t.Errorf("result = %+v", result)
			}
		})
	}
}

func TestProgramIsFound(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	directory, base := filepath.Split(program)
	for _, name := range []string{base, "." + string(filepath.Separator) + base, program} {
		options := child(t, "fail")
		options.Command = []string{name}
		options.Dir = directory
		options.Environ = append(options.Environ, "PATH=/nowhere", "PATH="+t.TempDir()+string(filepath.ListSeparator)+directory)
		if result, err := deploy.Run(t.Context(), options); err != nil || result.ExitCode != 3 {
			t.Errorf("%s: %v, %v", name, result, err)
		}
	}
}

func TestCancelledBeforeTheStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result, err := deploy.Run(ctx, child(t, "succeed"))
	if !errors.Is(err, context.Canceled) || !result.NotStarted || !result.Interrupted {
		t.Errorf("result = %+v, %v", result, err)
	}
}
