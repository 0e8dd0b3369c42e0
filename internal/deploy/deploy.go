// Package deploy runs an environment's deploy command: an argument vector, not a
// shell line. It passes the operator's signals on, ends the command when its time
// is up, streams its output line by line and keeps the end of it for the ledger.
//
//	Options  the command, its directory, environment, limits and streams
//	Run      find the program, start it, supervise it until it has ended
//	Result   how it ended, and the tail of its output
//
// What the command writes is untrusted: each line is made printable, and the
// values of the operator's secrets are replaced, before anyone sees it.
//
// It knows nothing of plans, ledgers and gates, reads no environment variables
// and no clock of its own, and never retries: what an outcome means is for the
// caller to decide. It imports the standard library and printable only.
package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Options say what to run, and how. Command, Dir and Now are required.
type Options struct {
	// Command is the program and its arguments. A program named without a slash
	// is looked up in the PATH of Environ, any other relative to Dir.
	Command []string
	// Dir is the directory that the command runs in, an absolute path.
	Dir string
	// Environ is the operator's environment ("NAME=value" each). The command gets
	// all of it: it may need the very credentials that looprel uses.
	Environ []string
	// Variables are added to the environment.
	Variables Variables
	// Timeout bounds the run; 0 or less is no limit.
	Timeout time.Duration
	// Grace is how long the command may take to end when it was asked to; then
	// it is killed. 0: DefaultGrace.
	Grace time.Duration
	// Drain is how long output is still read after the command has ended, for
	// the sake of processes that it left behind. 0: DefaultDrain.
	Drain time.Duration
	// Signals are passed on to the command and all that it started. Any of them
	// makes the run an interrupted one. Nil: none.
	Signals <-chan os.Signal
	// Stdout receives the output, whole lines at a time; nil: it is not shown.
	Stdout io.Writer
	// TailLines and TailBytes limit Result.Tail. 0: DefaultTailLines and
	// DefaultTailBytes.
	TailLines, TailBytes int
	// Now is the clock that Result.Duration is measured by.
	Now func() time.Time
}

// Defaults of Options.
const (
	DefaultGrace     = 10 * time.Second
	DefaultDrain     = 2 * time.Second
	DefaultTailLines = 40
	DefaultTailBytes = 4096
)

// Result is how a run ended.
type Result struct {
	// NotStarted: there was nothing to run; the error of Run says why.
	NotStarted bool
	// ExitCode is the command's exit code, -1 when it was not started or was
	// ended by a signal.
	ExitCode int
	// Signal names the signal that ended the command; empty when none did.
	Signal string
	// TimedOut: the command was told to end because its time was up.
	TimedOut bool
	// Interrupted: the command was told to end because the operator or the caller
	// wished so. What it has done until then is unknown, whatever its exit code.
	Interrupted bool
	Duration    time.Duration
	// Tail is the end of the output, printable and without secrets; its lines end
	// in line breaks. Standard output and standard error are in it as they came.
	Tail string
}

// Succeeded reports whether the command ran to its end, unhurried, with exit
// code 0.
func (r Result) Succeeded() bool {
	return !r.NotStarted && !r.TimedOut && !r.Interrupted && r.Signal == "" && r.ExitCode == 0
}

// String says in words how the run ended, such as "exit code 3 after 12s".
func (r Result) String() string {
	var ending string
	switch {
	case r.NotStarted:
		return "not started"
	case r.Signal != "":
		ending = "ended by signal: " + r.Signal
	default:
		ending = fmt.Sprintf("exit code %d", r.ExitCode)
	}
	switch {
	case r.Interrupted:
		ending = "interrupted, " + ending
	case r.TimedOut:
		ending = "timed out, " + ending
	}
	return fmt.Sprintf("%s after %s", ending, r.Duration.Round(time.Second))
}

// Run runs the command until it has ended. How it ended is in the Result; an
// error means that it was not started (Result.NotStarted), or that the system
// lost sight of it. A context that ends makes the run an interrupted one.
//
// The command's standard input is empty, and on Unix it has no terminal: a
// program that would ask for a password fails at once instead of waiting for an
// answer that nobody is asked for. A process that it leaves behind keeps running
// after success, but should have its output redirected: what it writes is read
// no longer.
func Run(ctx context.Context, options Options) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{NotStarted: true, ExitCode: -1, Interrupted: true}, fmt.Errorf("the deploy command was not started: %w", err)
	}
	options = options.withDefaults()
	command, err := options.prepare()
	if err != nil {
		return Result{NotStarted: true, ExitCode: -1}, err
	}
	output := newOutput(options)
	// One writer for both makes os/exec use one pipe, which keeps the order.
	command.Stdout, command.Stderr = output, output
	begin := options.Now()
	if err := command.Start(); err != nil {
		return Result{NotStarted: true, ExitCode: -1}, explainStart(options.Command[0], err)
	}
	result, err := supervise(ctx, command, options)
	output.close()
	result.Duration = options.Now().Sub(begin)
	result.Tail = output.tail.String()
	return result, err
}

func (o Options) withDefaults() Options {
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	o.Drain = cmp.Or(o.Drain, DefaultDrain)
	o.TailLines = cmp.Or(o.TailLines, DefaultTailLines)
	o.TailBytes = cmp.Or(o.TailBytes, DefaultTailBytes)
	return o
}

// supervise waits for the started command, passing signals on to it.
func supervise(ctx context.Context, command *exec.Cmd, options Options) (Result, error) {
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	watch := supervisor{process: command.Process, grace: options.Grace}
	err := watch.until(ctx, ended, options.Signals, options.Timeout)
	if watch.stopping != nil {
		// Whoever outlived the command had its chance as well.
		killAll(command.Process)
	}
	result := Result{
		ExitCode:    command.ProcessState.ExitCode(),
		Signal:      endingSignal(command.ProcessState),
		TimedOut:    watch.timedOut,
		Interrupted: watch.interrupted,
	}
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		return result, nil
	}
	return result, fmt.Errorf("wait for the deploy command %q: %w", options.Command[0], err)
}
