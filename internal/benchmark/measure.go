package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/benchmark/usage"
	"github.com/mozilla-services/looprel/internal/release"
)

// command is a row of the table: what is run, and what it cost.
type command struct {
	name string
	// entries is the size of the ledger, 0 where there is none.
	entries int
	// baseline is the row that this one is compared with; nil for git's own.
	baseline *command
	dir      string
	// without is a directory that is removed before each run; empty: none.
	without string
	// runs are argument vectors, run one after the other and counted as one.
	runs [][]string
	// prints is what the last of them must print.
	prints  string
	samples []sample
}

// sample is what a command has cost once.
type sample struct {
	wall, cpu time.Duration
	// peak is the largest resident set of any of its processes, in bytes; 0 where
	// the system does not tell.
	peak int64
}

// plus adds what a run has cost that followed.
func (s sample) plus(other sample) sample {
	return sample{wall: s.wall + other.wall, cpu: s.cpu + other.cpu, peak: max(s.peak, other.peak)}
}

// median is the median of each measure, on its own.
func (c *command) median() sample {
	return sample{
		wall: usage.Median(c.samples, func(s sample) time.Duration { return s.wall }),
		cpu:  usage.Median(c.samples, func(s sample) time.Duration { return s.cpu }),
		peak: usage.Median(c.samples, func(s sample) int64 { return s.peak }),
	}
}

// commands are what is measured, in the order in which each round runs them: the
// same on both ledgers right after each other.
func (g *ground) commands(looprel string) ([]*command, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, err
	}
	small, large := g.commandsOf(git, looprel, fewEntries), g.commandsOf(git, looprel, g.Entries)
	var all []*command
	for i := range small {
		all = append(all, small[i], large[i])
	}
	start := &command{name: "git --version", dir: g.dir, runs: [][]string{{git, "--version"}}, prints: "git version"}
	return append(all, start, &command{name: "looprel --version", baseline: start, dir: g.dir,
		runs: [][]string{{looprel, "--version"}}, prints: "looprel "}), nil
}

// commandsOf are the commands that run in one clone. What git takes for the
// ledger's tip alone shows which part of looprel's cost is the server's.
func (g *ground) commandsOf(git, looprel string, entries int) []*command {
	last, dir, empty := g.last().String(), g.clone(entries), filepath.Join(g.dir, "empty.git")
	baseline := &command{name: "git fetch + git log LAST..HEAD + git tag", entries: entries, dir: dir,
		runs: [][]string{{git, "fetch"}, {git, "log", "refs/tags/" + last + "..HEAD"}, {git, "tag"}}, prints: last + "\n"}
	tip := &command{name: "git init + git fetch --depth=1 of the ledger", entries: entries, dir: g.dir, without: empty,
		runs: [][]string{{git, "init", "--quiet", "--bare", empty},
			{git, "--git-dir=" + empty, "fetch", "--quiet", "--depth=1", g.url(entries), release.DefaultLedgerRef}}}
	all := []*command{baseline, tip}
	for _, place := range []struct{ remark, without string }{
		{"the ledger is here", ""},
		{"the ledger is not here yet", filepath.Join(dir, ".git", "looprel")},
	} {
		all = append(all,
			&command{name: "looprel status --no-probe, " + place.remark, entries: entries, baseline: baseline, dir: dir, without: place.without,
				runs: [][]string{{looprel, "status", "--no-probe"}}, prints: g.running().String()},
			&command{name: "looprel tag --dry-run, " + place.remark, entries: entries, baseline: baseline, dir: dir, without: place.without,
				runs: [][]string{{looprel, "tag", "--dry-run"}}, prints: "Release " + component + " " + g.due().String() + " of master"})
	}
	return all
}

// measureRounds runs the commands in turn, so many times. A round before fills
// the system's caches, and the clones' stores of the ledger; it does not count.
func measureRounds(ctx context.Context, g *ground, commands []*command, count int) error {
	for round := range count + 1 {
		for _, c := range commands {
			cost, err := c.measure(ctx, g.environ)
			if err != nil {
				return err
			}
			if round > 0 {
				c.samples = append(c.samples, cost)
			}
		}
	}
	return nil
}

func (c *command) measure(ctx context.Context, environ []string) (sample, error) {
	if c.without != "" {
		if err := os.RemoveAll(c.without); err != nil {
			return sample{}, err
		}
	}
	var cost sample
	var printed string
	for _, run := range c.runs {
		one, output, err := measureRun(ctx, c.dir, environ, run)
		if err != nil {
			return sample{}, err
		}
		cost, printed = cost.plus(one), output
	}
	if !strings.Contains(printed, c.prints) {
		return sample{}, fmt.Errorf("%s was expected to print %q, and printed:\n%s", c.name, c.prints, printed)
	}
	return cost, nil
}

// measureRun runs a program once. Its processor time (user and system) has that
// of the processes that it started and waited for, as the system adds it up; git
// and looprel wait for all of theirs.
func measureRun(ctx context.Context, dir string, environ, arguments []string) (sample, string, error) {
	process := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	process.Dir, process.Env = dir, environ
	var stdout, stderr bytes.Buffer
	process.Stdout, process.Stderr = &stdout, &stderr
	begun := time.Now()
	err := process.Run()
	wall := time.Since(begun)
	if err != nil {
		return sample{}, "", fmt.Errorf("%s: %w\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	state := process.ProcessState
	return sample{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: usage.Peak(state)}, stdout.String(), nil
}
