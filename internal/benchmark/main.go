// Command benchmark measures looprel side by side with git, on a large clone:
//
//	make bench
//	go run ./internal/benchmark -commits 1000 -tags 40 -entries 200 -count 1
//
// It makes a service's repository of some twenty years (the same objects each
// time), with a ledger of a few entries and with one of many, on remotes that are
// packed as a hosting server packs them; clones them; and has each command run in
// turn, round after round, so that what else the machine does falls on all of
// them. What is printed is a Markdown table of the medians.
//
//	timetable   how many releases there are, and when       (timetable.go)
//	history     commits, lines and tags, for fast-import    (history.go, source.go, stream.go)
//	chronicle   the ledger's entries, by package ledger     (chronicle.go, shelf.go)
//	prepare     the remotes and the clones                  (prepare.go, git.go)
//	measure     time, processor time and memory of commands (measure.go, usage)
//	report      the table                                   (report.go)
//
// What looprel does is measured as a user has it: the program is built and run as
// a process, in a clone, with a remote that is another repository of the machine
// (file://). The processes that it starts count as its own, as git's do.
//
// It imports the packages that say what a ledger looks like (object, release,
// ledger) and nothing of what is measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
)

// options are the command line's.
type options struct {
	sizes sizes
	count int
	// dir is where the repositories are, or are to be made.
	dir string
	// prepareOnly makes the repositories and measures nothing.
	prepareOnly bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func parseOptions(arguments []string, progress io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("benchmark", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.IntVar(&o.sizes.Commits, "commits", 100_000, "commits on the train's branch")
	flags.IntVar(&o.sizes.Tags, "tags", 2_000, "release tags")
	flags.IntVar(&o.sizes.Entries, "entries", 100_000, "entries of the large ledger")
	flags.IntVar(&o.count, "count", 5, "measured rounds")
	flags.StringVar(&o.dir, "dir", "", "keep the repositories in `DIRECTORY`, and use those that it has; else a temporary one")
	flags.BoolVar(&o.prepareOnly, "prepare", false, "make the repositories in -dir and stop")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.count < 1:
		return o, fmt.Errorf("-count %d: at least one round is needed", o.count)
	case o.prepareOnly && o.dir == "":
		return o, errors.New("-prepare wants -dir")
	}
	return o, o.sizes.check()
}

func run(ctx context.Context, arguments []string, output, progress io.Writer) error {
	o, err := parseOptions(arguments, progress)
	if err != nil {
		return err
	}
	if o.dir == "" {
		temporary, err := os.MkdirTemp("", "looprel-benchmark-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary) //nolint:errcheck // what is left over is in the temporary directory
		o.dir = temporary
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	ground := newGround(o.dir, o.sizes, progress)
	if o.prepareOnly {
		return ground.prepare(ctx)
	}
	ready, err := ground.isPrepared()
	if err != nil {
		return err
	}
	if !ready {
		if err := prepareApart(ctx, o, progress); err != nil {
			return err
		}
	}
	return measureAll(ctx, ground, o.count, output)
}

// prepareApart has another process make the repositories. That takes much
// memory, and a process is charged with the peak of the one that started it.
func prepareApart(ctx context.Context, o options, progress io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, self, "-prepare", "-dir", o.dir,
		"-commits", strconv.Itoa(o.sizes.Commits), "-tags", strconv.Itoa(o.sizes.Tags), "-entries", strconv.Itoa(o.sizes.Entries))
	command.Stderr = progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("make the repositories: %w", err)
	}
	return nil
}

func measureAll(ctx context.Context, ground *ground, count int, output io.Writer) error {
	looprel, err := buildLooprel(ctx, ground.dir)
	if err != nil {
		return err
	}
	commands, err := ground.commands(looprel)
	if err != nil {
		return err
	}
	if err := measureRounds(ctx, ground, commands, count); err != nil {
		return err
	}
	machine, err := ground.machine(ctx)
	if err != nil {
		return err
	}
	return report(output, machine, count, ground.timetable, commands)
}

// buildLooprel builds the program that is shipped, and copies it to its place as one
// does that: of what the linker writes, the system keeps single pages, which makes
// every start slower.
func buildLooprel(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "looprel")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	linked := program + ".linked"
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", linked, "github.com/mozilla-services/looprel/cmd/looprel")
	command.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	if said, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build looprel: %w\n%s", err, said)
	}
	whole, err := os.ReadFile(linked)
	if err != nil {
		return "", err
	}
	return program, os.WriteFile(program, whole, 0o755)
}
