package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

type fixesOptions struct {
	request plan.FixRequest
	all     bool
}

func newFixesCommand(a *app) *cobra.Command {
	var options fixesOptions
	command := &cobra.Command{
		Use:     "fixes",
		GroupID: groupLook,
		Short:   "Which fix is on which line, and which one a release lost",
		Long: `Shows the fixes of the release lines: what a line got after its first release,
and which later line has it, as the same commit or as another one ("=": found by
trailer, by author and date, by pull request, by patch id, or because the files
have it). Release commits are no fixes, unless one was slipped into them.

A fix that is in a release is owed by every release of a higher version that is
tagged later, and by the next one. Exit status 3 says that the next release
would lose a fix that an earlier line has, or with --missing-from that the one
that is named lacks any. What was reverted on purpose is no loss, and what is
unclear (the code has moved on, and no commit tells) is not counted.

JSON: component, lines, asked, fixes (commit, subject, bugs, pull_requests,
same, line, release, on (line, first, state, rule, by, reason, turns (release,
state, rule, by, reason)), at (name, state, rule, by, reason)), losses and
coming (lacks, holder, fixes (commit, subject, state, rule, by, reason)), notes.
States are present, equivalent, missing, reverted, lost and unclear. Fields
without a value are left out.

` + exitStatus,
		Example: `  looprel fixes
  looprel fixes --line 0.9.x             what concerns this line
  looprel fixes --missing-from master    what master lacks
  looprel fixes --missing-from 0.21.0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.show(cmd.Context(), func(ctx context.Context, session *observe.Session, asJSON bool) error {
				return a.fixes(ctx, session, options, asJSON)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.request.Line, "line", "", "show what concerns this `LINE` (0.9.x), and ask about its next patch")
	flags.StringVar(&options.request.MissingFrom, "missing-from", "", "show what this `VERSION|BRANCH` lacks")
	flags.BoolVar(&options.all, "all", false, "show all fixes, not only the first few")
	return command
}

func (a *app) fixes(ctx context.Context, session *observe.Session, options fixesOptions, asJSON bool) error {
	report, err := observe.Fixes(ctx, session, options.request)
	if err != nil {
		return err
	}
	s := session.Snapshot()
	if asJSON {
		err = a.printJSON(report)
	} else {
		err = a.printFixes(s, report, options)
	}
	if err != nil {
		return err
	}
	return report.Refusal(s, options.request)
}

// maxFixes is how many fixes are shown unless all are asked for.
const maxFixes = 20

func (a *app) printFixes(s *plan.Snapshot, report *plan.FixReport, options fixesOptions) error {
	p := a.printer()
	p.line(terminal.Bold, "Fixes of %s on %s", report.Component, s.Remote)
	rows := slices.Clone(report.Fixes)
	slices.Reverse(rows) // the newest line first
	slices.SortStableFunc(rows, func(x, y plan.FixRow) int { return report.Rank(x) - report.Rank(y) })
	shown := rows
	if !options.all {
		shown = rows[:min(len(rows), maxFixes)]
	}
	if len(rows) == 0 {
		p.line(0, "There are none: no release line got anything after its first release.")
	} else {
		p.blank()
		p.fixTable(report, shown, options.request.Line)
	}
	if len(shown) < len(rows) {
		p.line(terminal.Faint, "and %d more: %s", len(rows)-len(shown), p.typed(options.withAll()))
	}
	p.blank()
	for _, row := range shown {
		p.fixTurns(row)
	}
	p.fixLosses(report)
	p.notes(report.Notes)
	return p.err
}

// withAll is the same command, for all fixes.
func (o fixesOptions) withAll() string {
	command := "looprel fixes"
	if o.request.Line != "" {
		command += " --line " + shellQuote(o.request.Line)
	}
	if o.request.MissingFrom != "" {
		command += " --missing-from " + shellQuote(o.request.MissingFrom)
	}
	return command + " --all"
}

// The width of the table of fixes where the terminal does not give one, and the least
// that is left for the titles.
const (
	defaultWidth  = 80
	fixTitleWidth = 30
)

// fixTable shows fixes and lines. Where there are more lines than fit, the oldest are
// left out, but for the one that was asked for; they are in the JSON.
func (p *printer) fixTable(report *plan.FixReport, rows []plan.FixRow, asked string) {
	width := p.width
	if width == 0 {
		width = defaultWidth
	}
	lines, hidden := fixColumns(report, rows, width, asked)
	columns := []terminal.Column{{Header: "FIX", Fit: terminal.FitTruncate}}
	for _, name := range append(slices.Clone(lines), report.Asked...) {
		columns = append(columns, terminal.Column{Header: name})
	}
	table := terminal.NewTable(columns...)
	for _, row := range rows {
		cells := []terminal.Cell{terminal.Text(row.Commit.Short() + " " + row.Subject)}
		for _, line := range lines {
			cells = append(cells, lineCell(row, line))
		}
		for _, name := range report.Asked {
			cells = append(cells, askedCell(row, name))
		}
		table.Row(cells...)
	}
	if p.err == nil {
		p.err = table.Write(p.to, width, p.colour)
	}
	for line := range strings.Lines(fixLegend(hidden)) {
		p.line(terminal.Faint, "%s", strings.TrimSpace(line))
	}
}

func fixLegend(hidden []string) string {
	legend := "First release with it; = as another commit, ! not in all since."
	switch len(hidden) {
	case 0:
		return legend
	case 1:
		return legend + "\nNot shown: " + hidden[0]
	}
	return fmt.Sprintf("%s\nNot shown: %s to %s", legend, hidden[0], hidden[len(hidden)-1])
}

// fixColumns chooses the lines that the rows say something about and that fit; the one
// that was asked for has its place before all others.
func fixColumns(report *plan.FixReport, rows []plan.FixRow, width int, asked string) (lines, hidden []string) {
	left := width - fixTitleWidth
	for _, name := range report.Asked {
		left -= max(len(name), len(string(fixes.Reverted))) + 2
	}
	isAsked := func(line string) bool { return strings.EqualFold(line, asked) } // 0.16.X is 0.16.x
	for _, line := range report.Lines {
		if isAsked(line) {
			left -= columnWidth(rows, line)
		}
	}
	for _, line := range slices.Backward(report.Lines) {
		needed := columnWidth(rows, line)
		switch {
		case needed == 0:
			continue
		case isAsked(line):
			lines = append(lines, line)
			continue
		}
		if left -= needed; left < 0 || len(hidden) > 0 {
			hidden = append(hidden, line)
			continue
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	slices.Reverse(hidden)
	return lines, hidden
}

// columnWidth is what a line's column takes, 0 if no row says anything about it.
func columnWidth(rows []plan.FixRow, line string) int {
	needed, told := len(line), false
	for _, row := range rows {
		text := lineCell(row, line).Text
		told = told || text != ""
		needed = max(needed, terminal.DisplayWidth(text))
	}
	if !told {
		return 0
	}
	return needed + 2
}

func lineCell(row plan.FixRow, line string) terminal.Cell {
	for _, on := range row.On {
		if on.Line != line {
			continue
		}
		text := string(on.State)
		if on.State.Has() {
			text = on.First.String()
			if on.First.IsZero() {
				text = "unreleased"
			}
			if on.State == fixes.Equivalent {
				text = "=" + text
			}
			if slices.ContainsFunc(on.Turns, func(turn plan.FixTurn) bool { return turn.State.Lacks() }) {
				text += "!"
			}
		}
		return terminal.Styled(fixStyle(on.State), text)
	}
	return terminal.Text("")
}

func askedCell(row plan.FixRow, name string) terminal.Cell {
	for _, at := range row.At {
		if at.Name != name {
			continue
		}
		switch at.State {
		case fixes.Present:
			return terminal.Styled(terminal.Green, "yes")
		case fixes.Equivalent:
			return terminal.Styled(terminal.Green, "=yes")
		case fixes.Missing, fixes.Lost, fixes.Reverted, fixes.Unclear:
		}
		return terminal.Styled(fixStyle(at.State), string(at.State))
	}
	return terminal.Text("")
}

func fixStyle(state fixes.State) terminal.Style {
	switch {
	case state.Has():
		return terminal.Green
	case state.Lacks():
		return terminal.Red | terminal.Bold
	}
	return terminal.Yellow
}

// fixTurns tells, for a fix that releases lack, release by release where it was.
func (p *printer) fixTurns(row plan.FixRow) {
	for _, on := range row.On {
		if !slices.ContainsFunc(on.Turns, func(turn plan.FixTurn) bool { return turn.State.Lacks() }) {
			continue
		}
		var parts []string
		for _, turn := range on.Turns {
			switch {
			case turn.State.Has():
				parts = append(parts, "in "+turn.Release.String())
			case turn.State.Lacks():
				parts = append(parts, "missing from "+turn.Release.String()+undoneBy(turn.FixStanding))
			default:
				parts = append(parts, string(turn.State)+" in "+turn.Release.String())
			}
		}
		p.indented("  ", 0, "%s on %s: %s", row.Commit.Short(), on.Line, strings.Join(parts, ", "))
	}
}

func undoneBy(standing plan.FixStanding) string {
	if standing.By.IsZero() {
		return ""
	}
	return " (undone by " + standing.By.Short() + ")"
}

// fixLosses lists the releases that lost something, and what would be lost next.
func (p *printer) fixLosses(report *plan.FixReport) {
	for _, loss := range report.Losses {
		p.line(terminal.Yellow, "%s lost what %s has: %s", loss.Lacks, loss.Holder, missedText(loss.Fixes))
	}
	for _, loss := range report.Coming {
		p.line(terminal.Red|terminal.Bold, "%s lacks what %s has: %s", loss.Lacks, loss.Holder, missedText(loss.Fixes))
	}
	if len(report.Coming) == 0 && len(report.Fixes) > 0 {
		p.line(terminal.Green, "%s", lacksNothing(report.Asked))
	}
}

func lacksNothing(asked []string) string {
	if len(asked) == 1 {
		return asked[0] + " lacks no fix of an earlier release."
	}
	return strings.Join(asked, " and ") + " lack no fix of an earlier release."
}

func missedText(missed []plan.FixMissed) string {
	var names []string
	for i, one := range missed {
		if i == maxShown {
			names = append(names, fmt.Sprintf("and %d more", len(missed)-maxShown))
			break
		}
		names = append(names, one.Commit.Short()+" "+one.Subject)
	}
	return strings.Join(names, "; ")
}
