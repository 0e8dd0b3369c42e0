package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"
)

// epoch is when the measured tags are made.
func epoch() time.Time { return time.Date(2014, time.July, 1, 12, 0, 0, 0, time.UTC) }

const manual = `usage: reads bench [-repo DIR] [-count N] [-growth=false]
       reads compare DIR
       reads OPERATION DIR ARGUMENTS`

func run(ctx context.Context, arguments []string, out, progress io.Writer) error {
	if len(arguments) == 0 {
		return errors.New(manual)
	}
	name, rest := arguments[0], arguments[1:]
	switch {
	case name == "bench":
		return bench(ctx, rest, out, progress)
	case name == "measure" && len(rest) == 3:
		return measureRows(ctx, rest, os.Stdin, out)
	case name == "serve" && len(rest) == 1:
		return serve(ctx, rest[0], out)
	case name == "compare" && len(rest) == 1:
		return compareAll(ctx, rest[0], out)
	case operations[name] != nil && len(rest) > 0:
		return profiled(func() error {
			return operate(ctx, name, rest[0], rest[1:], streams{in: os.Stdin, out: out})
		})
	}
	return errors.New(manual)
}

// profileVariable is the environment variable that names a file for a profile of
// the processor's time, for whoever wants to make a row faster.
const profileVariable = "READS_PROFILE"

// profiled writes a profile if one is wanted.
func profiled(work func() error) (err error) {
	name := os.Getenv(profileVariable)
	if name == "" {
		return work()
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return work()
}

// benchOptions are the command line's.
type benchOptions struct {
	repository    string
	since, before string
	count         int
	growth        bool
}

func parseBench(arguments []string, progress io.Writer) (benchOptions, error) {
	var o benchOptions
	flags := flag.NewFlagSet("reads bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.StringVar(&o.repository, "repo", "", "measure on the clone in `DIRECTORY`, which is not written to")
	flags.StringVar(&o.since, "since", "", "list the commits since `COMMIT`; else the last thousand of HEAD's first parents")
	flags.StringVar(&o.before, "before", "", "compare trees and ask for ancestry since `COMMIT`; else ten times as far")
	flags.IntVar(&o.count, "count", 5, "measured rounds")
	flags.BoolVar(&o.growth, "growth", true, "measure on generated repositories of growing sizes, too")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.count < 1:
		return o, fmt.Errorf("-count %d: at least one round is needed", o.count)
	case o.repository == "" && !o.growth:
		return o, errors.New("there is nothing to measure: give -repo, or leave -growth on")
	}
	return o, nil
}

// bench measures what the command line asks for.
func bench(ctx context.Context, arguments []string, out, progress io.Writer) error {
	o, err := parseBench(arguments, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "looprel-reads-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left over is in the temporary directory
	b, err := newBench(ctx, dir, o.count)
	if err != nil {
		return err
	}
	if err := b.machine(out); err != nil {
		return err
	}
	if o.repository != "" {
		if err := b.clone(o, out); err != nil {
			return err
		}
	}
	if o.growth {
		return b.growth(out, progress)
	}
	return nil
}
