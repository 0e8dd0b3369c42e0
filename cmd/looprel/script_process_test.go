package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// background is a program that runs beside its script.
type background struct {
	command        *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan error // receives what Wait returned
}

// start runs a program beside the script: start NAME PROGRAM ARGUMENT...
func start(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "start NAME PROGRAM ARGUMENT...")
	b := &background{command: command(ts, args[1:]), ended: make(chan error, 1)}
	b.command.Stdout, b.command.Stderr = &b.stdout, &b.stderr
	ts.Check(b.command.Start())
	go func() { b.ended <- b.command.Wait() }()
	ts.Defer(func() { _ = b.command.Process.Kill() })
	scriptOf(ts).started[args[0]] = b
}

// command is a program with a script's surroundings.
func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	c := exec.Command(args[0], args[1:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range scriptVariables() {
		if value := ts.Getenv(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	// What the program leaves behind may hold its output open.
	c.WaitDelay = time.Second
	return c
}

// scriptVariables are the variables of a script that reach programs beside it.
func scriptVariables() []string {
	return []string{
		"PATH", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "TMPDIR", "SYSTEMROOT", "TZ", "LC_ALL", "HTTP_PROXY",
		"GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT", "GORACE", "LOOPREL_NOW", servicesVariable,
		"GITHUB_SERVER_URL", "GITHUB_API_URL", "GITHUB_TOKEN",
	}
}

// sendSignal signals a program that was started: signal NAME interrupt|kill
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"interrupt": os.Interrupt, "kill": os.Kill}
	usage(ts, neg || len(args) != 2 || signals[args[1]] == nil, "signal NAME interrupt|kill")
	ts.Check(startedAs(ts, args[0]).command.Process.Signal(signals[args[1]]))
}

func startedAs(ts *testscript.TestScript, name string) *background {
	b, ok := scriptOf(ts).started[name]
	if !ok {
		ts.Fatalf("nothing was started as %s", name)
	}
	return b
}

// finish waits for a program that was started and looks at its exit code; its
// output becomes the last output: finish NAME CODE. The code of a program that a
// signal killed is -1.
func finish(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "finish NAME CODE")
	b := startedAs(ts, args[0])
	select {
	case err := <-b.ended:
		_, _ = ts.Stdout().Write(b.stdout.Bytes())
		_, _ = ts.Stderr().Write(b.stderr.Bytes())
		code := b.command.ProcessState.ExitCode()
		if strconv.Itoa(code) != args[1] {
			ts.Fatalf("%s ended with %d (%v), expected %s\n%s%s", args[0], code, err, args[1], &b.stdout, &b.stderr)
		}
	case <-time.After(scriptPatience):
		ts.Fatalf("%s did not end", args[0])
	}
}

// parallel runs a program N times at once, with each {} in its arguments
// replaced by the number of the run: parallel N PROGRAM ARGUMENT... Its standard
// output is a line "CODE: COUNT" for each exit code, its standard error all that
// the runs wrote there.
func parallel(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "parallel N PROGRAM ARGUMENT...")
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	commands := make([]*exec.Cmd, count)
	output := make([]bytes.Buffer, count)
	for i := range commands {
		arguments := slices.Clone(args[1:])
		for j := range arguments {
			arguments[j] = strings.ReplaceAll(arguments[j], "{}", strconv.Itoa(i+1))
		}
		commands[i] = command(ts, arguments)
		commands[i].Stderr = &output[i]
	}
	var group sync.WaitGroup
	for _, c := range commands {
		group.Go(func() { _ = c.Run() }) // the exit code is looked at below
	}
	group.Wait()
	codes := map[int]int{}
	for i, c := range commands {
		codes[c.ProcessState.ExitCode()]++
		_, _ = ts.Stderr().Write(output[i].Bytes())
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		_, _ = fmt.Fprintf(ts.Stdout(), "%d: %d\n", code, codes[code])
	}
}

// runInWork runs git for a fixture, in a directory of the script.
func runInWork(ts *testscript.TestScript, dir string, args ...string) {
	c := command(ts, append([]string{"git"}, args...))
	c.Dir = filepath.Join(ts.Getenv("WORK"), dir)
	if output, err := c.CombinedOutput(); err != nil {
		ts.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}
