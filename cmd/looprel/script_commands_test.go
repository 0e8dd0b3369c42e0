package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// scriptPatience bounds every wait of a script.
const scriptPatience = time.Minute

// usage ends a script that calls a command wrongly.
func usage(ts *testscript.TestScript, wrong bool, text string) {
	if wrong {
		ts.Fatalf("usage: %s", text)
	}
}

// setClock sets the clock that looprel sees: at TIME.
func setClock(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "at TIME")
	ts.Setenv("LOOPREL_NOW", args[0])
}

// exits runs a program that must end with the exit code: exits CODE PROGRAM ARGUMENT...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "exits CODE PROGRAM ARGUMENT...")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if code := exitCodeOf(ts, ts.Exec(args[1], args[2:]...)); code != want {
		ts.Fatalf("%s ended with %d, expected %d", strings.Join(args[1:], " "), code, want)
	}
}

// exitCodeOf is the exit code that an error of a run stands for; a program that
// could not be run at all ends the script.
func exitCodeOf(ts *testscript.TestScript, err error) int {
	if err == nil {
		return 0
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		ts.Fatalf("%v", err)
	}
	return ended.ExitCode()
}

// runGit runs git: [!] git ARGUMENT...
func runGit(ts *testscript.TestScript, neg bool, args []string) {
	if err := ts.Exec("git", args...); (err != nil) != neg {
		ts.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
}

// capture runs a program and keeps its output in a variable: capture NAME PROGRAM ARGUMENT...
func capture(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "capture NAME PROGRAM ARGUMENT...")
	ts.Check(ts.Exec(args[1], args[2:]...))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// equal compares two texts: [!] equal A B
func equal(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) != 2, "[!] equal A B")
	if (args[0] == args[1]) == neg {
		ts.Fatalf("%q and %q", args[0], args[1])
	}
}

// waitFor waits until a file exists: waitfor FILE
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "waitfor FILE")
	for deadline := time.Now().Add(scriptPatience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// writeControl writes a file with text that would take over a terminal: control
// characters of both ranges, and one that turns the direction of writing. A
// script cannot hold them: control FILE
func writeControl(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "control FILE")
	const text = "Bug 666 - \x1b[2J\x1b]0;wipe\x07 \x08the\u009b2J \u202escreen\r\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// record writes a listing of a directory's files with mode, time of change and
// content, so that two listings show whether anything was touched:
// record LISTING DIR [WITHOUT...]
func record(ts *testscript.TestScript, t *testing.T, args []string) {
	usage(ts, len(args) < 2, "record LISTING DIR [WITHOUT...]")
	files := gittest.Snapshot(scriptTB{t, ts}, ts.MkAbs(args[1]), args[2:]...)
	var listing strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&listing, "%s: %q\n", name, files[name])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(listing.String()), 0o644))
}

// scriptTB lets packages that are made for tests serve a script: what fails,
// fails the script, and what is to be undone is undone at its end.
type scriptTB struct {
	testing.TB
	ts *testscript.TestScript
}

func (tb scriptTB) Helper() {}

func (tb scriptTB) Cleanup(undo func()) { tb.ts.Defer(undo) }

func (tb scriptTB) Fatal(values ...any) { tb.ts.Fatalf("%s", fmt.Sprint(values...)) }

func (tb scriptTB) Fatalf(format string, values ...any) { tb.ts.Fatalf(format, values...) }

func (tb scriptTB) TempDir() string {
	dir, err := os.MkdirTemp(filepath.Join(tb.ts.Getenv("WORK"), ".tmp"), "")
	tb.ts.Check(err)
	return dir
}
