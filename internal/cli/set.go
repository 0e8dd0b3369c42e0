package cli

import (
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// tagSet is tag where the train releases sets.
func (a *app) tagSet(ctx context.Context, session *observe.Session, options tagOptions, request plan.TagRequest, asJSON bool) error {
	if request.ViaPull {
		return errSetByPull()
	}
	wanted := plan.SetRequest{TagRequest: request, Abandon: options.abandon}
	if wanted.All = options.all; !options.all {
		wanted.Only = session.Snapshot().Component.Name
	}
	members, err := observe.OpenMembers(ctx, session)
	if err != nil {
		return err
	}
	defer members.Close()
	makePlan := func(ctx context.Context) (*plan.SetPlan, error) {
		return observe.Set(ctx, members, wanted, options.at)
	}
	return carryOutTag(ctx, a, session, asJSON, tagging[*plan.SetPlan]{
		plan: makePlan,
		show: func(p *plan.SetPlan) error { return a.printSetPlan(session.Snapshot(), p) },
		question: func(p *plan.SetPlan) string {
			if p.Already != "" {
				return ""
			}
			return setHeading(p) + "?"
		},
		push: func(ctx context.Context, p *plan.SetPlan, to apply.Outbox) (apply.Result, error) {
			return apply.TagSet(ctx, members, p, to, makePlan)
		},
		showDone: func(p *plan.SetPlan, result apply.Result) error {
			return a.printSetTagged(session.Snapshot(), p, result)
		},
		end: func(ctx context.Context, p *plan.SetPlan, open error) error {
			return a.endSet(ctx, members, p, asJSON, open)
		},
	})
}

// setJSON is an applied plan for programs.
type setJSON struct {
	*plan.SetPlan
	Told []toldJSON `json:"told,omitempty"`
}

// endSet tells people of the releases, and prints JSON where that is wanted.
func (a *app) endSet(ctx context.Context, members *observe.Members, p *plan.SetPlan, asJSON bool, open error) error {
	var told []toldJSON
	for _, member := range p.Releases() {
		some, untold := a.tellPeople(ctx, members.Of(member.Component), member.Version, asJSON)
		told, open = append(told, some...), errors.Join(open, untold)
	}
	if asJSON {
		open = errors.Join(a.printJSON(setJSON{p, told}), open)
	}
	return open
}

func setHeading(p *plan.SetPlan) string {
	switch {
	case p.Abandons:
		return "Give up the set " + p.Title
	case p.Finishes:
		return "Finish tagging the set " + p.Title
	}
	return "Tag the set " + p.Title
}

func (a *app) printSetPlan(s *plan.Snapshot, set *plan.SetPlan) error {
	p := a.printer()
	if set.Already != "" {
		p.line(terminal.Green, "%s", set.Already)
		return p.err
	}
	p.line(terminal.Bold, "%s", setHeading(set))
	facts := []fact{}
	if set.Follows != "" {
		facts = append(facts, fact{"follows", ledger.SetTitle(set.Follows)})
	}
	if !set.Cycle.IsZero() {
		facts = append(facts, fact{"cycle", cycleText(&plan.TagPlan{Cycle: set.Cycle, Push: set.Push, DaysLate: set.DaysLate})})
	}
	if set.OffCycle {
		facts = append(facts, fact{"off-cycle", set.Reason})
	} else if set.Reason != "" {
		facts = append(facts, fact{"reason", set.Reason})
	}
	p.facts(append(facts, fact{"clock", clockText(s)})...)
	p.blank()
	p.setMembers(set.Members)
	for _, member := range set.Members {
		if member.Fate == plan.MemberReleased && member.Release != nil {
			p.blank()
			p.release(s, member.Release)
		}
	}
	p.notes(set.Notes)
	p.steps(set.Steps)
	return p.err
}

// setMembers shows what becomes of each component.
func (p *printer) setMembers(members []plan.SetMember) {
	table := terminal.NewTable(terminal.Column{Header: "COMPONENT"}, terminal.Column{Header: "VERSION"}, terminal.Column{Header: ""},
		terminal.Column{Header: "REASON", Fit: terminal.FitWrap})
	for _, member := range members {
		style := terminal.Cyan
		if member.Fate != plan.MemberReleased {
			style = terminal.Faint
		}
		table.Row(terminal.Text(member.Component), terminal.Text(member.Version.String()), terminal.Styled(style, string(member.Fate)), terminal.Text(member.Why))
	}
	p.table(table)
}

func (a *app) printSetTagged(s *plan.Snapshot, set *plan.SetPlan, result apply.Result) error {
	p := a.printer()
	if set.Already == "" {
		p.blank()
		switch {
		case set.Abandons:
			p.line(terminal.Yellow|terminal.Bold, "Gave up the set %s.", set.Title)
		default:
			p.line(terminal.Green|terminal.Bold, "Tagged the set %s.", set.Title)
		}
	}
	p.delivered(s.Forge, result.Delivered)
	if set.Already != "" {
		return p.err
	}
	if set.Abandons {
		p.line(0, "Next: %s", a.typed("looprel tag --all"))
	} else if next := firstPromotion(s, set.Set); next != "" {
		p.line(0, "Next: %s", a.typed(next))
	}
	return p.err
}
