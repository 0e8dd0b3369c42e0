package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newStatusCommand(a *app) *cobra.Command {
	var noProbe bool
	command := &cobra.Command{
		Use:     "status",
		GroupID: groupLook,
		Short:   "What runs where, what waits on what, the next dates",
		Long: `Shows what runs where, by the ledger and by looking at each environment (all at
the same time), and says where the two disagree; the releases that are on their
way; release tags that were moved or deleted; what is due, and the next dates.
Where environments.yaml has a section github, also open deployment requests,
deployments that others carry out, and Releases that are still drafts, by at
most 6 requests; what GitHub does not answer is named.

Where the train releases sets it shows them: what the components run together on
each environment, the sets on their way, and one that is half-tagged. One
component alone: --component NAME.

JSON: component, remote, at, environments (environment, maintainer,
commissioned, follows, running, underway, broken, seen, agreement, request
(version, number, assignees, since, page), deploying (version, state,
description, page, run), remark), releases (version, state, commit, by, at,
cycle, days_late, off_cycle, adopted, sign_offs (environment, by, at, note, ref,
signed), backed_off (by, at, reason, signed), draft, waived (environment, gate,
otherwise, reason, by, signed, off_cycle)), blocks (number, environment,
version, reason, ref, by, at, signed), tag_problems, unknown_tags, waiting (id,
kind, subject, at: entries that this clone could not record yet), missed (what,
reason: of GitHub), next (as printed by looprel next).
Of sets: remote,
at, environments (environment, maintainer, commissioned, follows, set, since,
known, rolls_back, underway, broken, remark, members (component, and as above)),
sets (set, members, follows, cycle, patch, state, by, at, off_cycle, reason,
sign_offs, backed_off), half_tagged (set, by, at, missing), blocks (and set),
tag_problems, unknown_tags, waiting, next. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel status
  looprel status --no-probe         by the ledger alone
  looprel status -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.wholeTrain = true
			return a.show(cmd.Context(), func(ctx context.Context, session *observe.Session, asJSON bool) error {
				return a.status(ctx, session, noProbe, asJSON)
			})
		},
	}
	command.Flags().BoolVar(&noProbe, "no-probe", false, "do not look at the environments, nor at GitHub")
	return command
}

func (a *app) status(ctx context.Context, session *observe.Session, noProbe, asJSON bool) error {
	var prober *probe.Prober
	if !noProbe {
		prober = a.prober()
	}
	if a.isAboutSets(session) {
		status, err := setStatus(ctx, session, prober)
		return a.showStatus(status, cmp.Or(err, ctx.Err()), asJSON, func() error { return a.printSetStatus(session.Snapshot(), status) })
	}
	status, err := observe.Status(ctx, session, prober)
	return a.showStatus(status, cmp.Or(err, ctx.Err()), asJSON, func() error { return a.printStatus(session.Snapshot(), status) })
}

// showStatus prints what was observed, for people or for programs.
func (a *app) showStatus(status any, err error, asJSON bool, print func() error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return a.printJSON(status)
	}
	return print()
}

// irregular shows what is in the way: blocks, tags that were moved or deleted, and those
// that the ledger does not know, with the command that takes them over.
func (p *printer) irregular(s *plan.Snapshot, blocks []ledger.Block, tagProblems, unknown []string, adopt string) {
	for _, block := range blocks {
		p.line(terminal.Red|terminal.Bold, "%s", blockText(s, block))
	}
	for _, problem := range tagProblems {
		p.line(terminal.Red|terminal.Bold, "%s", problem)
	}
	if len(unknown) > 0 {
		p.line(terminal.Yellow, "The ledger does not know these release tags: %s; %s takes them over.", someNames(unknown), p.typed(adopt))
	}
}

func (a *app) printStatus(s *plan.Snapshot, status *plan.Status) error {
	p := a.printer()
	p.line(terminal.Bold, "%s on %s, %s", status.Component, status.Remote, moment(s.Now, s.Train.Zone, s.Now.Location()))
	if !s.Ledger.Exists() {
		p.line(terminal.Yellow, "%s", a.typed("There is no ledger yet: looprel adopt takes over what exists, looprel tag begins one."))
	}
	p.blank()
	p.environments(s, status.Environments)
	if len(status.Releases) > 0 {
		p.blank()
		p.releases(s, status.Releases)
	}
	p.irregular(s, status.Blocks, status.TagProblems, status.Unknown, "looprel adopt")
	p.missed(cmp.Or(s.Forge, "GitHub"), status.Missed)
	p.queued(s, status.Waiting)
	p.blank()
	p.next(s, &status.Next)
	return p.err
}

func someNames(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// environments shows each environment in a line, and a remark below it where
// something is not as it should be.
func (p *printer) environments(s *plan.Snapshot, environments []plan.EnvironmentStatus) {
	table := terminal.NewTable(
		terminal.Column{Header: "ENVIRONMENT"}, terminal.Column{Header: "LEDGER"}, terminal.Column{Header: "LIVE"},
		terminal.Column{Header: "", Fit: terminal.FitTruncate}, terminal.Column{Header: "SINCE", Fit: terminal.FitTruncate})
	for _, environment := range environments {
		ledger, when := "-", ""
		if running := environment.Running; running != nil {
			ledger = running.Version
			when = since(running.Since, s.Now, s.Train.Zone) + ", " + running.By.Name
		}
		if !environment.Commissioned {
			table.Row(terminal.Styled(terminal.Faint, environment.Name), terminal.Text(ledger), terminal.Text(""),
				terminal.Styled(terminal.Faint, "not commissioned"))
			continue
		}
		table.Row(terminal.Text(environment.Name), terminal.Text(ledger), terminal.Text(liveText(environment.Seen)),
			terminal.Styled(agreementStyle(environment.Agreement), string(environment.Agreement)), terminal.Text(when))
	}
	p.table(table)
	for _, environment := range environments {
		if running := environment.Running; running != nil && !running.RollsBack.IsZero() {
			p.indented("  ", terminal.Yellow, "%s: rolled back from %s by %s", environment.Name, running.RollsBack, running.By.Name)
		}
		if environment.Remark != "" {
			p.indented("  ", agreementStyle(environment.Agreement), "%s: %s", environment.Name, p.typed(environment.Remark))
		}
		p.atForge(s, environment)
	}
}

// atForge shows what others have been asked for, and what they do.
func (p *printer) atForge(s *plan.Snapshot, environment plan.EnvironmentStatus) {
	if asked := environment.Request; asked != nil {
		to := "nobody"
		if len(asked.Assignees) > 0 {
			to = strings.Join(asked.Assignees, ", ")
		}
		p.indented("  ", terminal.Cyan, "%s: %s is asked for by #%d, assigned to %s, since %s: %s", environment.Name, asked.Version, asked.Number, to,
			since(asked.Since, s.Now, s.Train.Zone), asked.Page)
	}
	if deploying := environment.Deploying; deploying != nil {
		text := joined(string(deploying.State), deploying.Description)
		if deploying.Run != "" {
			text = joined(text, "the workflow: "+deploying.Run)
		}
		if deploying.Page != "" {
			text += ": " + deploying.Page
		}
		p.indented("  ", terminal.Cyan, "%s: the deployment of %s: %s", environment.Name, deploying.Version, text)
	}
}

// missed says what could not be seen at the forge, reason by reason.
func (p *printer) missed(forge string, missed []plan.MissedLook) {
	for len(missed) > 0 {
		reason, what := missed[0].Reason, []string{}
		var rest []plan.MissedLook
		for _, one := range missed {
			if one.Reason == reason {
				what = append(what, one.What)
			} else {
				rest = append(rest, one)
			}
		}
		p.line(terminal.Yellow, "Not seen on %s: %s (%s)", forge, strings.Join(what, ", "), reason)
		missed = rest
	}
}

// maxVersionWidth bounds what a server may put into the table, in columns.
const maxVersionWidth = 20

func liveText(seen plan.Seen) string {
	switch {
	case !seen.Looked:
		return ""
	case seen.Error != "":
		return "?"
	case seen.Version != "":
		return terminal.Truncate(terminal.Sanitize(seen.Version), maxVersionWidth)
	case len(seen.Revision) > 7:
		return seen.Revision[:7]
	case seen.Revision != "":
		return seen.Revision
	}
	return "hidden"
}

func agreementStyle(agreement plan.Agreement) terminal.Style {
	switch agreement {
	case plan.Agrees:
		return terminal.Green
	case plan.Differs, plan.Unhealthy:
		return terminal.Red | terminal.Bold
	case plan.NotSeen:
		return terminal.Yellow
	default:
		return terminal.Faint
	}
}

func (p *printer) releases(s *plan.Snapshot, releases []plan.ReleaseStatus) {
	table := terminal.NewTable(
		terminal.Column{Header: "RELEASE"}, terminal.Column{Header: "STATE"}, terminal.Column{Header: "CYCLE"},
		terminal.Column{Header: "TAGGED", Fit: terminal.FitTruncate})
	for _, release := range releases {
		cycle := release.Cycle.String()
		if release.OffCycle {
			cycle = "off-cycle"
		}
		if release.Adopted {
			cycle = joined(cycle, "adopted")
		}
		tagged := joined(release.At.In(s.Train.Zone).Format("Mon 2006-01-02"), daysLate(release.DaysLate), release.By.Name)
		table.Row(terminal.Text(release.Version.String()), terminal.Styled(stateStyle(release.State), string(release.State)),
			terminal.Text(cycle), terminal.Text(tagged))
	}
	p.table(table)
	for _, release := range releases {
		if off := release.BackedOff; off != nil {
			p.indented("  ", terminal.Red|terminal.Bold, "%s backed off by %s%s, %s: %s", release.Version, off.By.Name, plan.IdentityText(off.By, off.Signed),
				off.At.In(s.Train.Zone).Format("Mon 2006-01-02"), off.Reason)
		}
		if release.Draft != "" {
			p.indented("  ", terminal.Yellow, "%s: its Release is still a draft: %s", release.Version, release.Draft)
		}
		for _, signed := range release.SignOffs {
			p.indented("  ", terminal.Green, "%s", signOffText(s, release.Version.String(), signed))
		}
		for _, waived := range release.Waived {
			p.indented("  ", terminal.Yellow, "%s on %s: %s", release.Version, waived.Environment, waiverText(waived.Waiver))
		}
	}
}

func stateStyle(state plan.ReleaseState) terminal.Style {
	switch state {
	case plan.StateReleased:
		return terminal.Green
	case plan.StateBackedOff:
		return terminal.Red
	case plan.StateSuperseded:
		return terminal.Faint
	default:
		return terminal.Cyan
	}
}
