//go:build unix

package deploy_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/deploy"
)

// whenReady is where the output goes; it does something when the command says
// that it is ready.
type whenReady func()

func (f whenReady) Write(text []byte) (int, error) {
	if string(text) == "ready\n" {
		f()
	}
	return len(text), nil
}

func TestSignalsArePassedOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		mode    string
		signals []os.Signal
		grace   time.Duration
		signal  string
		tail    string
	}{
		"the command ends by it":        {"wait", []os.Signal{os.Interrupt}, time.Minute, "interrupt", "ready\n"},
		"the command ends well":         {"end well", []os.Signal{syscall.SIGTERM}, time.Minute, "", "ready\ngot terminated\n"},
		"another signal":                {"end well", []os.Signal{syscall.SIGHUP}, time.Minute, "", "ready\ngot hangup\n"},
		"Ctrl-C twice kills":            {"ignore", []os.Signal{os.Interrupt, os.Interrupt}, time.Minute, "killed", "ready\n"},
		"kept waiting after the period": {"ignore", []os.Signal{syscall.SIGTERM}, 50 * time.Millisecond, "killed", "ready\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signals := make(chan os.Signal, len(test.signals))
			options := child(t, test.mode)
			options.Grace = test.grace
			options.Signals = signals
			options.Stdout = whenReady(func() {
				for _, signal := range test.signals {
					signals <- signal
				}
				close(signals)
			})
			result, err := deploy.Run(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			if !result.Interrupted || result.TimedOut || result.Succeeded() {
				t.Errorf("result = %+v", result)
			}
			if result.Signal != test.signal || result.Tail != test.tail {
				t.Errorf("signal %q, tail %q; want %q, %q", result.Signal, result.Tail, test.signal, test.tail)
			}
			if !strings.HasPrefix(result.String(), "interrupted, ") {
				t.Errorf("in words: %q", result)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	options := child(t, "wait")
	options.Timeout = 300 * time.Millisecond
	result, err := deploy.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if !result.TimedOut || result.Interrupted || result.Signal != "terminated" || result.ExitCode != -1 {
		t.Errorf("result = %+v", result)
	}
	if got, want := result.String(), "timed out, ended by signal: terminated after 3s"; got != want {
		t.Errorf("in words: %q, want %q", got, want)
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	options := child(t, "wait")
	options.Stdout = whenReady(cancel)
	result, err := deploy.Run(ctx, options)
	if err != nil || !result.Interrupted || result.Signal != "terminated" {
		t.Errorf("result = %+v, %v", result, err)
	}
}

func TestWholeGroupIsKilled(t *testing.T) {
	t.Parallel()
	// The other process ignores signals and holds the output, which is read for
	// a minute: only its death lets the run end before.
	ctx, cancel := context.WithCancel(t.Context())
	options := child(t, "wait with another")
	options.Grace, options.Drain = 50*time.Millisecond, time.Minute
	options.Stdout = whenReady(cancel)
	tooLate := time.After(patience / 2)
	result, err := deploy.Run(ctx, options)
	if err != nil || !result.Interrupted || result.Signal != "terminated" {
		t.Errorf("result = %+v, %v", result, err)
	}
	select {
	case <-tooLate:
		t.Error("the other process lived on")
	default:
	}
}

func TestNotExecutable(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "deploy.sh"), []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"./deploy.sh", "deploy.sh", filepath.Join(directory, "deploy.sh")} {
		_, err := deploy.Run(t.Context(), deploy.Options{
			Command: []string{name}, Dir: directory, Environ: []string{"PATH=" + directory}, Now: (&steppingClock{}).now,
		})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "is not executable; make it so") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}
