package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// measuredMerges and measuredAlone are how many merges are measured in one run
	// of --stdin, and how many in a process of their own.
	measuredMerges = 300
	measuredAlone  = 60
	// rounds are how often each is measured; the medians count.
	rounds = 3
	// allowedStart is by how much a process may cost more than git's, and allowedPeak
	// how many bytes of memory it may take.
	allowedStart = 5 * time.Millisecond
	allowedPeak  = 150_000_000
	megabyte     = 1_000_000
)

// measure prints what merges cost by looprel and by git, in turn, on the same
// commits of one repository.
func measure(ctx context.Context, o options) (done bool, err error) {
	name := o.repository
	if name == "" {
		name = "a generated repository"
		dir, err := os.MkdirTemp("", "parity-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // what is left over is in the temporary directory
		o.repository = filepath.Join(dir, "generated")
		if err := generateRepository(ctx, o.repository, generatedFiles); err != nil {
			return false, err
		}
	}
	rows, err := measuredRows(ctx, o)
	if err != nil {
		return false, err
	}
	oracle, err := newOracle(ctx, o.repository)
	if oracle != nil {
		defer func() { err = errors.Join(err, oracle.close()) }()
	}
	if err != nil {
		return false, err
	}
	if err := oracle.prepare(ctx, rows); err != nil {
		return false, err
	}
	looprel, err := filepath.Abs(o.looprel)
	if err != nil {
		return false, err
	}
	table := comparison{oracle: oracle, looprel: looprel, rows: rows}
	if err := table.run(ctx); err != nil {
		return false, err
	}
	table.report(name)
	dir, err := os.MkdirTemp("", "parity-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left over is in the temporary directory
	whole, err := newWorkshop(ctx, dir, o.repository, looprel)
	if err != nil {
		return false, err
	}
	if err := whole.measure(ctx, rows); err != nil {
		return false, err
	}
	whole.report()
	return true, nil
}

// measuredRows are backports of the corpus, or of the repository, all over it.
func measuredRows(ctx context.Context, o options) ([]row, error) {
	rows, err := findPicks(ctx, o)
	if o.corpus != "" {
		if rows, err = readCorpus(o.corpus); err == nil {
			rows, err = findTrees(ctx, o.repository, rows)
		}
	}
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("%s has no backports", o.repository)
	}
	return spreadOut(rows, measuredMerges), err
}

// spreadOut takes so many at equal distances.
func spreadOut(rows []row, count int) []row {
	if len(rows) <= count {
		return rows
	}
	var taken []row
	for i := range count {
		taken = append(taken, rows[i*len(rows)/count])
	}
	return taken
}

// comparison is the cost of the two programs, git's first.
type comparison struct {
	oracle  *oracle
	looprel string
	rows    []row
	many    [2][]spent // a run of --stdin with all rows
	alone   [2][]spent // the median for each row that was merged in a process of its own
}

var mergeTree = []string{"merge-tree", "--write-tree", "--name-only", "--no-messages"}

func (c *comparison) run(ctx context.Context) error {
	var pairs, triples strings.Builder
	for _, row := range c.rows {
		fmt.Fprintf(&pairs, "%s %s\n", row.synthetic[1], row.synthetic[2])
		fmt.Fprintf(&triples, "%s -- %s %s\n", row.synthetic[0], row.synthetic[1], row.synthetic[2])
	}
	// The first round fills the system's caches and does not count.
	for round := range rounds + 1 {
		for i, run := range []func() (spent, error){
			func() (spent, error) { return c.git(ctx, pairs.String(), "--stdin") },
			func() (spent, error) { return c.own(ctx, triples.String(), "--stdin") },
		} {
			cost, err := run()
			if err != nil {
				return err
			}
			if round > 0 {
				c.many[i] = append(c.many[i], cost)
			}
		}
	}
	for _, row := range spreadOut(c.rows, measuredAlone) {
		if err := c.runAlone(ctx, row.synthetic); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) runAlone(ctx context.Context, commits [3]string) error {
	var costs [2][]spent
	for range rounds {
		git, err := c.git(ctx, "", commits[1], commits[2])
		if err != nil {
			return err
		}
		own, err := c.own(ctx, "", "--merge-base", commits[0], commits[1], commits[2])
		if err != nil {
			return err
		}
		costs[0], costs[1] = append(costs[0], git), append(costs[1], own)
	}
	for i := range costs {
		c.alone[i] = append(c.alone[i], median(costs[i]))
	}
	return nil
}

func (c *comparison) git(ctx context.Context, input string, arguments ...string) (spent, error) {
	return spend(gitCommand(ctx, c.oracle.dir, slices.Concat(mergeTree, arguments)...), input)
}

func (c *comparison) own(ctx context.Context, input string, arguments ...string) (spent, error) {
	command := exec.CommandContext(ctx, c.looprel, slices.Concat(mergeTree, arguments)...)
	command.Dir = c.oracle.dir
	command.Env = append(os.Environ(), "GIT_DIR="+gitDir(c.oracle.dir))
	return spend(command, input)
}

// report prints the table, and which targets are met.
func (c *comparison) report(name string) {
	many, alone := [2]spent{median(c.many[0]), median(c.many[1])}, [2]spent{median(c.alone[0]), median(c.alone[1])}
	count := time.Duration(len(c.rows))
	fmt.Printf("%d backports of %s; medians of %d interleaved rounds.\n\n", len(c.rows), name, rounds)
	fmt.Println("| merge-tree | git | looprel | target | |")
	fmt.Println("|---|--:|--:|--:|---|")
	line := func(what, git, own, target string, met bool) {
		verdict := "met"
		if !met {
			verdict = "missed"
		}
		fmt.Printf("| %s | %s | %s | %s | %s |\n", what, git, own, target, verdict)
	}
	line("`--stdin`, CPU for each merge, ms", milliseconds(many[0].cpu/count), milliseconds(many[1].cpu/count),
		"git's", many[1].cpu <= many[0].cpu)
	line(fmt.Sprintf("a process for each of %d, CPU at the median, ms", len(c.alone[0])), milliseconds(alone[0].cpu), milliseconds(alone[1].cpu),
		"git's + "+milliseconds(allowedStart), alone[1].cpu <= alone[0].cpu+allowedStart)
	line("`--stdin`, peak of memory, MB", megabytes(many[0].peak), megabytes(many[1].peak), megabytes(allowedPeak), many[1].peak <= allowedPeak)
	fmt.Printf("\nThe processes took %s ms by the clock at the median, git's %s ms.\n", milliseconds(alone[1].wall), milliseconds(alone[0].wall))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string { return fmt.Sprint(bytes / megabyte) }
