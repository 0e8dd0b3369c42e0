package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

func newNextCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "next",
		GroupID: groupLook,
		Short:   "What is due now, whose turn it is, the command to type",
		Long: `Says what is due now, whose turn it is and what to type, and what waits for
what.

JSON: today, situation, due and waiting (what, who, command, from, days_late,
reason), next_tag, next_push. Fields without a value are left out.

` + exitStatus,
		Example: `  looprel next
  looprel next -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.wholeTrain = true
			return a.show(cmd.Context(), a.next)
		},
	}
}

func (a *app) next(ctx context.Context, session *observe.Session, asJSON bool) error {
	if err := session.LookForMerges(ctx); err != nil {
		return err
	}
	var next *plan.Next
	var err error
	if a.isAboutSets(session) {
		next, err = setNext(ctx, session)
	} else {
		next, err = plan.MakeNext(session.Snapshot())
	}
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(next)
	}
	p := a.printer()
	p.line(terminal.Bold, "%s", calendar.Day(next.Today))
	p.line(0, "%s", sentence(next.Situation))
	p.blank()
	p.next(session.Snapshot(), next)
	return p.err
}

// next shows what is due and what waits.
func (p *printer) next(s *plan.Snapshot, next *plan.Next) {
	if len(next.Due) == 0 {
		p.line(terminal.Bold, "Nothing is due.")
	} else {
		p.line(terminal.Bold, "Due now")
	}
	for _, due := range next.Due {
		p.indented("  ", terminal.Green, "%s (%s)", joined(due.What, daysLate(due.DaysLate)), due.Who)
		if due.Command != "" {
			p.indented("      ", 0, "%s", p.typed(due.Command))
		}
		p.indented("      ", terminal.Faint, "%s", p.typed(due.Reason))
	}
	if len(next.Waiting) > 0 {
		p.line(terminal.Bold, "Waiting")
	}
	for _, waiting := range next.Waiting {
		p.waiting(s, waiting)
	}
	if !next.NextTag.IsZero() {
		p.line(0, "Next tag %s, next push %s.", calendar.Day(next.NextTag), calendar.Day(next.NextPush))
	}
}

// waiting shows something that waits.
func (p *printer) waiting(s *plan.Snapshot, due plan.Due) {
	p.indented("  ", 0, "%s (%s)", due.What, due.Who)
	if !due.From.IsZero() {
		p.indented("      ", terminal.Faint, "from %s", moment(due.From, s.Train.Zone, s.Now.Location()))
	}
	p.indented("      ", terminal.Faint, "%s", due.Reason)
}

// sentence ends a reason as a sentence.
func sentence(reason string) string {
	if reason == "" {
		return ""
	}
	return reason + "."
}
