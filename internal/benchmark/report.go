package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// The targets: so many times git's time, and so many megabytes.
const (
	targetRatio = 10
	targetPeak  = 200
	megabyte    = 1_000_000
)

// machine says what was measured with.
func (g *ground) machine(ctx context.Context) (string, error) {
	git, err := g.git(ctx, g.dir, "--version")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s/%s, %d cores, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), strings.TrimSpace(git)), nil
}

// report prints the table, and what it says of the targets.
func report(to io.Writer, machine string, count int, t timetable, commands []*command) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Medians of %d interleaved rounds, on a clone with %d commits and %d release tags (%s).\n",
		count, t.Commits, t.Tags, machine)
	text.WriteString("CPU is user and system time of all processes, peak the largest resident set of one.\n\n")
	text.WriteString("| command | ledger entries | wall, ms | of git's | CPU, ms | of git's | peak, MB |\n")
	text.WriteString("|---|--:|--:|--:|--:|--:|--:|\n")
	for _, c := range commands {
		text.WriteString(c.row())
	}
	text.WriteString("\n" + verdict(commands) + growth(commands))
	_, err := io.WriteString(to, text.String())
	return err
}

func (c *command) row() string {
	cost, entries, wall, cpu := c.median(), "", "", ""
	if c.entries > 0 {
		entries = fmt.Sprint(c.entries)
	}
	if c.baseline != nil {
		wall, cpu = c.ratios()
	}
	peak := "?"
	if cost.peak > 0 {
		peak = fmt.Sprint((cost.peak + megabyte - 1) / megabyte)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n",
		c.name, entries, milliseconds(cost.wall), wall, milliseconds(cost.cpu), cpu, peak)
}

func (c *command) ratios() (wall, cpu string) {
	cost, git := c.median(), c.baseline.median()
	return fmt.Sprintf("%.2f ×", ratio(cost.wall, git.wall)), fmt.Sprintf("%.2f ×", ratio(cost.cpu, git.cpu))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}

// ratio compares with what may be too short to be seen.
func ratio(of, to time.Duration) float64 {
	return float64(of) / float64(max(to, time.Microsecond))
}

// verdict says how the worst row stands against the targets.
func verdict(commands []*command) string {
	var worst float64
	var peak int64
	for _, c := range commands {
		if c.entries == 0 || c.baseline == nil {
			continue
		}
		cost, git := c.median(), c.baseline.median()
		worst = max(worst, ratio(cost.wall, git.wall), ratio(cost.cpu, git.cpu))
		peak = max(peak, cost.peak)
	}
	return fmt.Sprintf("At most %.2f × git's time (target: %d ×) and %d MB (target: %d MB).\n",
		worst, targetRatio, (peak+megabyte-1)/megabyte, targetPeak)
}

// growth compares each command on the large ledger with the same on the small
// one.
func growth(commands []*command) string {
	text := "\nThe large ledger against the small one:\n\n"
	small := map[string]*command{}
	for _, c := range commands {
		if before, seen := small[c.name]; seen {
			cost, base := c.median(), before.median()
			text += fmt.Sprintf("* %s: %.2f × wall, %.2f × CPU\n", c.name, ratio(cost.wall, base.wall), ratio(cost.cpu, base.cpu))
		}
		small[c.name] = c
	}
	return text
}
