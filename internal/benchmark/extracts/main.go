// Command extracts measures extraction side by side with git, git filter-repo and
// git subtree, on the same clone in the same run:
//
//	make bench-extract
//	make bench-extract REPO=CLONE PATHS=src/a,src/b
//
// Without a clone it makes a repository like the browser's: 100,000 commits and
// 50,000 files, with two directories to be extracted among them.
//
//	generate  that repository, by fast-import              (generate.go)
//	ground    what the programs run in, made anew as needed (ground.go)
//	rows      what is measured                              (rows.go)
//	measure   rounds and medians, and the table             (measure.go)
//
// looprel is measured as a user has it, as a process. It imports nothing of what is
// measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// options are the command line's.
type options struct {
	looprel    string
	repository string
	paths      []string
	count      int
	commits    int
	files      int
	split      int
	// keep is where the repository that is made is kept, "" for nowhere.
	keep string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "extracts:", err)
		os.Exit(1)
	}
}

func parseOptions(arguments []string, progress io.Writer) (options, error) {
	var o options
	var paths string
	flags := flag.NewFlagSet("extracts", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.StringVar(&o.looprel, "looprel", "", "measure this `PROGRAM`")
	flags.StringVar(&o.repository, "repo", "", "measure on the clone in `DIRECTORY`, which is not written to")
	flags.StringVar(&paths, "paths", "", "the two directories to extract, with a comma")
	flags.IntVar(&o.count, "count", 3, "measured rounds")
	flags.IntVar(&o.commits, "commits", 100_000, "commits of the repository that is made")
	flags.IntVar(&o.files, "files", 50_000, "its files")
	flags.IntVar(&o.split, "split", 1000, "commits that git subtree split works on")
	flags.StringVar(&o.keep, "keep", "", "keep the repository that is made at `DIRECTORY`, and use the one that is there")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if o.repository == "" && paths == "" {
		paths = standalone + "," + shared
	}
	o.paths = strings.Split(paths, ",")
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.looprel == "":
		return o, errors.New("-looprel is wanted")
	case len(o.paths) != 2:
		return o, errors.New("-paths wants two directories")
	case o.count < 1 || o.commits < 2 || o.files < 10 || o.split < 1:
		return o, errors.New("-count, -commits, -files and -split: too little to measure")
	}
	var err error
	for _, path := range []*string{&o.looprel, &o.repository, &o.keep} {
		if *path != "" && err == nil {
			*path, err = filepath.Abs(*path)
		}
	}
	return o, err
}

func run(ctx context.Context, arguments []string, out, progress io.Writer) error {
	o, err := parseOptions(arguments, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "looprel-extracts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left over is in the temporary directory
	g := &ground{options: o, dir: dir}
	if err := g.prepare(ctx, progress); err != nil {
		return err
	}
	rows := g.rows()
	if err := g.measure(ctx, rows, progress); err != nil {
		return err
	}
	return g.report(ctx, out, rows)
}
