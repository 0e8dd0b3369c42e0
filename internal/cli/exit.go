package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// ExitCode is how a run ended.
type ExitCode int

// The exit codes, a contract with scripts.
const (
	ExitDone          ExitCode = 0
	ExitFailure       ExitCode = 1
	ExitUsage         ExitCode = 2
	ExitRefused       ExitCode = 3
	ExitConflict      ExitCode = 4
	ExitMoved         ExitCode = 5
	ExitNotAuthorised ExitCode = 6
	ExitOpen          ExitCode = 7
	ExitInterrupted   ExitCode = 130
)

// exitStatus is repeated in every help.
const exitStatus = `Exit status:
  0    done, or it was so already
  1    failure
  2    wrong usage or configuration
  3    refused: a gate, the calendar, or nothing to release
  4    a conflict needs a person
  5    somebody else moved it
  6    not authorised
  7    done, with something left open that the message names
  130  interrupted`

// usageError is a command line that cannot be meant as it stands.
type usageError struct{ reason, hint string }

func (e *usageError) Error() string { return e.reason }

// Hint says what to type instead.
func (e *usageError) Hint() string { return e.hint }

// interruptedError is a run that a signal ended.
type interruptedError struct{ cause error }

func (e *interruptedError) Error() string {
	var failed *apply.FailedError
	if errors.As(e.cause, &failed) {
		return "interrupted: " + failed.Error()
	}
	return "interrupted"
}

func (e *interruptedError) Unwrap() error { return e.cause }

// Hint says what to type next, where the cause knows.
func (e *interruptedError) Hint() string {
	if hint := hintOf(e.cause); hint != "" {
		return hint
	}
	return "the same command continues, or begins anew"
}

// exitError ends a run with a code of its own.
type exitError struct {
	code         ExitCode
	reason, hint string
}

func (e *exitError) Error() string { return e.reason }

// Hint says what to type next.
func (e *exitError) Hint() string { return e.hint }

// exitCode maps an error to its code. It is the only place that does.
func exitCode(err error) ExitCode {
	var (
		conflict    *conflictError
		open        *apply.OpenError
		conflicted  *plan.Conflicted
		exit        *exitError
		interrupted *interruptedError
		usage       *usageError
		refusal     *plan.Refusal
		misuse      *plan.Misuse
		moved       *plan.Moved
		lacksRole   *plan.Unauthorised
		problems    config.Problems
	)
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &open):
		return ExitOpen
	case errors.As(err, &conflict), errors.As(err, &conflicted):
		return ExitConflict
	case errors.As(err, &interrupted), errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &usage), errors.As(err, &misuse), errors.As(err, &problems), isAny(err, usageKinds):
		return ExitUsage
	case errors.As(err, &refusal):
		return ExitRefused
	case errors.As(err, &moved), errors.Is(err, gitrepo.ErrMoved):
		return ExitMoved
	case errors.As(err, &lacksRole), isAny(err, []error{gitrepo.ErrAuth, gitrepo.ErrRefused, forge.ErrUnauthorised}):
		return ExitNotAuthorised
	}
	return ExitFailure
}

// usageKinds are failures of what the operator gave, or configured.
var usageKinds = []error{
	gitrepo.ErrNotRepository, gitrepo.ErrUnsupported, gitrepo.ErrConfig, gitrepo.ErrIdentity,
	gitrepo.ErrNotFound, gitrepo.ErrAmbiguous,
}

func isAny(err error, kinds []error) bool {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// hintOf is what the error says to do next, "" if it does not.
func hintOf(err error) string {
	var hinting interface{ Hint() string }
	if errors.As(err, &hinting) {
		return hinting.Hint()
	}
	return ""
}

// report prints an error in two lines, what happened and what to do, and returns
// the exit code.
func (a *app) report(err error) ExitCode {
	if errors.Is(err, syscall.EPIPE) {
		return ExitFailure // whoever read the output has gone, and knows
	}
	streams := a.env.Streams
	var problems config.Problems
	if errors.As(err, &problems) {
		return a.reportProblems(err, problems)
	}
	word := "error: "
	if exitCode(err) == ExitRefused {
		word = "refused: "
	}
	printMessage(streams, word, terminal.Red|terminal.Bold, err.Error())
	var detailed interface{ Details() string }
	if errors.As(err, &detailed) {
		// Lines of files are shown as they are, not broken.
		writeLine(streams.Err, terminal.SanitizeLines(detailed.Details()))
	}
	if hint := hintOf(err); hint != "" {
		printMessage(streams, "  hint: ", terminal.Cyan, a.typed(hint))
	}
	return exitCode(err)
}

// reportProblems prints the mistakes of an environments.yaml as a compiler does,
// one in a line that begins with its place, so that editors find them.
func (a *app) reportProblems(err error, problems config.Problems) ExitCode {
	streams := a.env.Streams
	for _, problem := range problems {
		writeLine(streams.Err, terminal.Sanitize(problem.String()))
	}
	hint := hintOf(err)
	if hint == "" {
		hint = fmt.Sprintf("correct %s, then run looprel validate", counted(len(problems), "mistake", "mistakes"))
	}
	printMessage(streams, "  hint: ", terminal.Cyan, a.typed(hint))
	return exitCode(err)
}

// typed completes the commands in a text with the flags that say where they are
// to run, so that they can be typed as they stand.
func (a *app) typed(text string) string {
	where := givenFlags([]givenFlag{{"-C", a.givenDir()}, {"--config", a.config}})
	of := givenFlags([]givenFlag{{"--component", a.component}})
	remote := givenFlags([]givenFlag{{"--remote", a.remote}})
	return command.ReplaceAllStringFunc(text, func(found string) string {
		arguments := strings.TrimPrefix(found, "looprel ")
		if strings.HasSuffix(found, " --component") || arguments == "tag --all" {
			return "looprel " + where + remote + arguments // says itself which component it is about
		}
		return "looprel " + where + of + remote + arguments
	})
}

type givenFlag struct{ name, value string }

func givenFlags(flags []givenFlag) string {
	text := ""
	for _, flag := range flags {
		if flag.value != "" {
			text += flag.name + " " + shellQuote(flag.value) + " "
		}
	}
	return text
}

// command finds a command of looprel in a text, and no mention of its name.
var command = lazyregexp.New(`\blooprel (?:tag|promote|backport|signoff|block|unblock|backoff|rollback|announce|tick|adopt|status|next|notes|fixes|where|log|validate|doctor|init|calendar|extract)\b(?: --all\b| --component\b)?`)

// givenDir is the value of -C, "" if it was not given.
func (a *app) givenDir() string {
	if a.dir == a.env.Dir {
		return ""
	}
	return a.dir
}

// isPlainWord reports whether a shell takes a word as it stands.
func isPlainWord(word string) bool {
	return word != "" && strings.IndexFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_./:@%+=,-", r)
	}) < 0
}

// shellQuote writes a word for a shell.
func shellQuote(word string) string {
	if isPlainWord(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// printMessage prints a text behind a word, broken at the terminal's width.
func printMessage(streams *terminal.Streams, word string, style terminal.Style, text string) {
	text = strings.TrimRight(terminal.SanitizeLines(text), "\n")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if streams.ErrWidth > 0 {
			lines = append(lines, terminal.Wrap(line, max(streams.ErrWidth-len(word), 20))...)
		} else {
			lines = append(lines, line)
		}
	}
	writeLine(streams.Err, streams.PaintErr(style, word)+strings.Join(lines, "\n"+strings.Repeat(" ", len(word))))
}

// writeLine writes a line; a stream that cannot be written to leaves nobody to
// tell.
func writeLine(w io.Writer, text string) { _, _ = fmt.Fprintln(w, text) }
