package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/benchmark/usage"
)

// sample is what a row has cost once.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // in bytes
}

// measure runs the rows in turn, round after round. A round before, which fills the
// system's caches, does not count.
func (g *ground) measure(ctx context.Context, rows []*row, progress io.Writer) error {
	for round := range g.count + 1 {
		for _, one := range rows {
			_, _ = fmt.Fprintf(progress, "round %d of %d: %s\n", round, g.count, one.name)
			cost, err := g.once(ctx, one)
			if err != nil {
				return err
			}
			if round > 0 {
				one.samples = append(one.samples, cost)
			}
		}
	}
	return nil
}

func (g *ground) once(ctx context.Context, one *row) (sample, error) {
	if one.prepare != nil {
		if err := one.prepare(ctx); err != nil {
			return sample{}, err
		}
	}
	command := exec.CommandContext(ctx, one.run[0], one.run[1:]...)
	command.Dir, command.Env = one.dir, g.environ()
	if one.input != "" {
		input, err := os.Open(one.input)
		if err != nil {
			return sample{}, err
		}
		defer input.Close() //nolint:errcheck // it was only read
		command.Stdin = input
	}
	var said bytes.Buffer
	command.Stderr = &said
	begun := time.Now()
	err := command.Run()
	wall := time.Since(begun)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", strings.Join(one.run, " "), err, said.String())
	}
	state := command.ProcessState
	return sample{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: usage.Peak(state)}, nil
}

// median is the median of each measure, on its own.
func (r *row) median() sample {
	middle := func(measure func(sample) int64) int64 {
		values := make([]int64, len(r.samples))
		for i, one := range r.samples {
			values[i] = measure(one)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return sample{
		wall: time.Duration(middle(func(s sample) int64 { return int64(s.wall) })),
		cpu:  time.Duration(middle(func(s sample) int64 { return int64(s.cpu) })),
		peak: middle(func(s sample) int64 { return s.peak }),
	}
}

// report prints the table, and what the packs are.
func (g *ground) report(ctx context.Context, to io.Writer, rows []*row) error {
	version, err := g.git(ctx, nil, "--version")
	if err != nil {
		return err
	}
	commits, err := g.git(ctx, nil, "--git-dir="+g.gitDir(), "rev-list", "--count", "HEAD")
	if err != nil {
		return err
	}
	made, err := g.git(ctx, nil, "--git-dir="+g.path("look"), "rev-list", "--count", "master")
	if err != nil {
		return err
	}
	early, err := g.git(ctx, nil, "--git-dir="+g.gitDir(), "rev-list", "--count", g.early)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Medians of %d interleaved rounds: %s and %s of %s commits, %s made; git subtree split of %s commits (%s/%s, %d cores, %s, %s).\n\n",
		g.count, g.paths[0], g.paths[1], commits, made, early, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), version)
	text.WriteString("| | wall, ms | CPU, ms | peak, MB | of | wall | CPU | target |\n|---|--:|--:|--:|---|--:|--:|--:|\n")
	for _, one := range rows {
		text.WriteString(one.text())
	}
	text.WriteString("\n" + packSizes(g.path("whole"), g.dir))
	_, err = io.WriteString(to, text.String())
	return err
}

const megabyte = 1_000_000

func (r *row) text() string {
	cost := r.median()
	line := fmt.Sprintf("| %s | %.0f | %.0f | %d |", r.name, milliseconds(cost.wall), milliseconds(cost.cpu), cost.peak/megabyte)
	if r.of == nil {
		return line + " | | | |\n"
	}
	base, name, target := r.of.median(), r.of.name, ""
	if r.less != nil {
		less := r.less.median()
		cost.wall, cost.cpu = cost.wall-less.wall, cost.cpu-less.cpu
		name = "what it costs more than borrowing, of " + name
	}
	if r.target > 0 {
		target = fmt.Sprintf("%.1f ×", r.target)
	}
	return line + fmt.Sprintf(" %s | %.2f × | %.2f × | %s |\n", name, float64(cost.wall)/float64(base.wall), float64(cost.cpu)/float64(base.cpu), target)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// packSizes compares the pack of the self-contained repository with git's.
func packSizes(whole, dir string) string {
	ours, theirs := sizeOf(filepath.Join(whole, "objects", "pack", "*.pack")), sizeOf(filepath.Join(dir, "packed-*.pack"))
	return fmt.Sprintf("The self-contained pack has %.1f MB, git's of the same objects %.1f MB.\n", float64(ours)/megabyte, float64(theirs)/megabyte)
}

func sizeOf(pattern string) (size int64) {
	files, _ := filepath.Glob(pattern) // the pattern is one
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			size = max(size, info.Size())
		}
	}
	return size
}
