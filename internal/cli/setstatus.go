package cli

import (
	"context"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// isAboutSets reports whether a command that looks is about the sets of the train, and
// not about the one component that was named.
func (a *app) isAboutSets(session *observe.Session) bool {
	return session.Snapshot().Train.Sets && a.component == ""
}

// setStatus is what status shows where the train releases sets.
func setStatus(ctx context.Context, session *observe.Session, prober *probe.Prober) (*plan.SetStatus, error) {
	members, err := observe.OpenMembers(ctx, session)
	if err != nil {
		return nil, err
	}
	defer members.Close()
	return observe.SetStatus(ctx, members, prober)
}

// setNext is what next shows where the train releases sets.
func setNext(ctx context.Context, session *observe.Session) (*plan.Next, error) {
	members, err := observe.OpenMembers(ctx, session)
	if err != nil {
		return nil, err
	}
	defer members.Close()
	return observe.SetNext(members)
}

func (a *app) printSetStatus(s *plan.Snapshot, status *plan.SetStatus) error {
	p := a.printer()
	names := make([]string, len(s.Train.Components))
	for i, component := range s.Train.Components {
		names[i] = component.Name
	}
	p.line(terminal.Bold, "%s on %s, %s", strings.Join(names, " + "), status.Remote, moment(s.Now, s.Train.Zone, s.Now.Location()))
	if !s.Ledger.Exists() {
		p.line(terminal.Yellow, "%s", a.typed("There is no ledger yet: looprel adopt takes over what exists, looprel tag --all begins one."))
	}
	p.blank()
	p.setEnvironments(s, status.Environments)
	if len(status.Sets) > 0 {
		p.blank()
		p.sets(s, status.Sets)
	}
	if half := status.HalfTagged; half != nil {
		p.line(terminal.Red|terminal.Bold, "%s is half-tagged since %s, by %s; missing: %s. %s finishes it.", ledger.SetTitle(half.Set),
			half.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), half.By.Name, orNone(half.Missing), a.typed("looprel tag --all"))
	}
	p.irregular(s, status.Blocks, status.TagProblems, status.Unknown, "looprel adopt --component NAME")
	p.queued(s, status.Waiting)
	p.blank()
	p.next(s, &status.Next)
	return p.err
}

// orNone joins names, or says that there are none.
func orNone(names []string) string {
	if len(names) == 0 {
		return "nothing, but for the record"
	}
	return strings.Join(names, ", ")
}

// setEnvironments shows each environment in a line, and each component on it in one below.
func (p *printer) setEnvironments(s *plan.Snapshot, environments []plan.SetEnvironmentStatus) {
	table := terminal.NewTable(
		terminal.Column{Header: "ENVIRONMENT"}, terminal.Column{Header: "LEDGER"}, terminal.Column{Header: "LIVE"},
		terminal.Column{Header: "", Fit: terminal.FitTruncate}, terminal.Column{Header: "SINCE", Fit: terminal.FitTruncate})
	for _, environment := range environments {
		if !environment.Commissioned {
			table.Row(terminal.Styled(terminal.Faint, environment.Name), terminal.Text("-"), terminal.Text(""), terminal.Styled(terminal.Faint, "not commissioned"))
			continue
		}
		what, style := "a set", terminal.Green
		switch {
		case environment.Follows != "":
			what, style = "follows "+environment.Follows, terminal.Faint
		case environment.Set == "":
			what, style = "no set", terminal.Faint
		case !environment.Known:
			what, style = "not tagged as a set", terminal.Yellow
		}
		when := ""
		if !environment.Since.IsZero() {
			when = since(environment.Since, s.Now, s.Train.Zone)
		}
		table.Row(terminal.Text(environment.Name), terminal.Styled(style, what), terminal.Text(""), terminal.Text(""), terminal.Text(when))
		for _, member := range environment.Members {
			runs, by := "-", ""
			if running := member.Running; running != nil {
				runs = running.Version
				by = since(running.Since, s.Now, s.Train.Zone) + ", " + running.By.Name
			}
			table.Row(terminal.Indented(member.Component), terminal.Text(runs), terminal.Text(liveText(member.Seen)),
				terminal.Styled(agreementStyle(member.Agreement), string(member.Agreement)), terminal.Text(by))
		}
	}
	p.table(table)
	for _, environment := range environments {
		if environment.RollsBack != "" {
			p.indented("  ", terminal.Yellow, "%s: rolled back from %s", environment.Name, ledger.SetTitle(environment.RollsBack))
		}
		if environment.Remark != "" {
			p.indented("  ", terminal.Red|terminal.Bold, "%s: %s", environment.Name, p.typed(environment.Remark))
			continue // it says more than what is with the members
		}
		for _, member := range environment.Members {
			if member.Remark != "" {
				p.indented("  ", agreementStyle(member.Agreement), "%s, %s: %s", environment.Name, member.Component, p.typed(member.Remark))
			}
		}
	}
}

// sets shows those on their way.
func (p *printer) sets(s *plan.Snapshot, sets []plan.SetState) {
	table := terminal.NewTable(
		terminal.Column{Header: "SET", Fit: terminal.FitWrap}, terminal.Column{Header: "STATE"}, terminal.Column{Header: "CYCLE"},
		terminal.Column{Header: "TAGGED", Fit: terminal.FitTruncate})
	for _, set := range sets {
		cycle := set.Cycle.String()
		switch {
		case set.OffCycle:
			cycle = "off-cycle"
		case set.Patch:
			cycle = "patch"
		}
		tagged := joined(set.At.In(s.Train.Zone).Format("Mon 2006-01-02"), set.By.Name)
		table.Row(terminal.Text(set.Title()), terminal.Styled(stateStyle(set.State), string(set.State)), terminal.Text(cycle), terminal.Text(tagged))
	}
	p.table(table)
	for _, set := range sets {
		if off := set.BackedOff; off != nil {
			p.indented("  ", terminal.Red|terminal.Bold, "%s backed off by %s%s, %s: %s", set.Title(), off.By.Name, plan.IdentityText(off.By, off.Signed),
				off.At.In(s.Train.Zone).Format("Mon 2006-01-02"), off.Reason)
		}
		for _, signed := range set.SignOffs {
			p.indented("  ", terminal.Green, "%s", signOffText(s, set.Title(), signed))
		}
	}
}
