package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newWhereCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "where COMMIT|#PR|BUG",
		GroupID: groupLook,
		Short:   "Where a commit has got to: lines, releases, environments",
		Long: `Says which lines, releases and environments have a change, also as another
commit (see looprel fixes), and when the last environment is due to get it: on
the push day of the release that carries it, or of the next one.

COMMIT is an id, short or full, or the name of a tag or branch. A pull request
is written "#12" (quoted for the shell) or pr12, a bug as "bug 1048426" or as
its number alone; both are found by what the messages of commits name.

JSON: component, asked, changes (commit, subject, author, same, branch (name,
state, rule, by, reason), lines (line, first, state, rule, by, reason),
releases, environments (environment, version, state, rule, by, reason), due
(environment, version, push, text)), notes. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel where cd50a44
  looprel where "#170"
  looprel where 1048426`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			return a.show(cmd.Context(), func(ctx context.Context, session *observe.Session, asJSON bool) error {
				return a.where(ctx, session, strings.Join(arguments, " "), asJSON)
			})
		},
	}
}

func (a *app) where(ctx context.Context, session *observe.Session, text string, asJSON bool) error {
	where, err := observe.Where(ctx, session, text)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(where)
	}
	p := a.printer()
	for i, change := range where.Changes {
		if i > 0 {
			p.blank()
		}
		p.whereChange(change)
	}
	p.notes(where.Notes)
	return p.err
}

// whereChange tells where one change is.
func (p *printer) whereChange(change plan.WhereChange) {
	p.line(terminal.Bold, "%s %s (%s)", change.Commit.Short(), change.Subject, change.Author)
	p.facts(fact{change.Branch.Name, standingText(change.Branch.FixStanding)})
	p.whereLines(change)
	p.facts(fact{"releases", releasesText(change.Releases)})
	for _, environment := range change.Environments {
		text := standingText(environment.FixStanding)
		if environment.Version != "" {
			text = environment.Version + ", " + text
		}
		p.facts(fact{environment.Name, text})
	}
	p.facts(fact{"due", p.typed(change.Due.Text)})
}

// whereLines tells of the release lines; neighbours with the same to tell are told of
// together.
func (p *printer) whereLines(change plan.WhereChange) {
	var facts []fact
	first := ""
	for _, line := range change.Lines {
		text := whereLine(line, change)
		switch last := len(facts) - 1; {
		case text == "":
		case last >= 0 && facts[last].value == text:
			facts[last].name = first + " to " + line.Line
		default:
			first = line.Line
			facts = append(facts, fact{line.Line, text})
		}
	}
	for _, one := range facts {
		if len(one.name) >= factWidth-2 {
			one = fact{"lines", one.name + ": " + one.value}
		}
		p.facts(one)
	}
}

// whereLine says what a line has of a change; "" for one that is older than it and that
// never had it.
func whereLine(line plan.WhereLine, change plan.WhereChange) string {
	text := standingText(line.FixStanding)
	had := line.State.Has() || line.State == fixes.Reverted || line.State == fixes.Lost
	switch {
	case line.First.IsZero() && !had && isBelow(line.Line, change.Releases):
		return ""
	case line.First.IsZero() && line.State.Has():
		return text + ", not released"
	case line.First.IsZero():
		return text
	case !line.State.Has():
		return fmt.Sprintf("in %s, now %s", line.First, text)
	case line.First.IsPatch():
		return fmt.Sprintf("since %s, %s", line.First, text)
	}
	return "from the first release on, " + text
}

// isBelow reports whether a line is below all releases of a list.
func isBelow(name string, releases []release.Version) bool {
	line, err := release.ParseLine(name)
	return err == nil && (len(releases) == 0 || line.Compare(releases[0].Line()) < 0)
}

// standingText says how something stands to a change, in words.
func standingText(standing plan.FixStanding) string {
	switch standing.State {
	case fixes.Present:
		return "has it"
	case fixes.Equivalent:
		text := "has it"
		if !standing.By.IsZero() {
			text += " as " + standing.By.Short()
		}
		if standing.Rule != "" {
			text += fmt.Sprintf(" (by %s)", standing.Rule)
		}
		return text
	case fixes.Reverted, fixes.Lost:
		return string(standing.State) + undoneBy(standing)
	case fixes.Unclear:
		return "unclear: " + standing.Reason
	case fixes.Missing:
	}
	return "does not have it"
}

// maxReleases is how many releases are named.
const maxReleases = 6

func releasesText(releases []release.Version) string {
	if len(releases) == 0 {
		return "none"
	}
	var names []string
	for i, version := range releases {
		if i == maxReleases && len(releases) > maxReleases+1 {
			return fmt.Sprintf("%s and %d more, up to %s", strings.Join(names, ", "), len(releases)-maxReleases, releases[len(releases)-1])
		}
		names = append(names, version.String())
	}
	return strings.Join(names, ", ")
}
