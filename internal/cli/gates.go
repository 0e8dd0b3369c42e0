package cli

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// explain shows what the gates say of a promotion, why, and what cures it.
func (a *app) explain(t *plan.PromotionPlan, asJSON bool) error {
	if asJSON {
		return a.printJSON(t)
	}
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s", t.Already)
		return p.err
	}
	p.line(terminal.Bold, "Would %s %s go to %s?", t.Component, t.Version, t.Environment)
	p.blank()
	p.gates(t.Gates, true)
	p.notes(t.Notes)
	if t.Refused() == nil {
		p.blank()
		p.line(terminal.Green|terminal.Bold, "%s %s may go to %s.", t.Component, t.Version, t.Environment)
	}
	return p.err
}

// gates shows the verdicts as a table; in full, with the evidence and the cures.
func (p *printer) gates(gates []plan.Gate, inFull bool) {
	table := terminal.NewTable(
		terminal.Column{Header: "GATE"}, terminal.Column{Header: "VERDICT"}, terminal.Column{Header: "REASON", Fit: terminal.FitWrap})
	for _, gate := range gates {
		table.Row(terminal.Text(gate.Name), terminal.Styled(verdictStyle(gate.Verdict), string(gate.Verdict)), terminal.Text(gate.Reason))
		if !inFull {
			continue
		}
		for _, line := range gate.Evidence {
			table.Row(terminal.Text(""), terminal.Text(""), terminal.Styled(terminal.Faint, line))
		}
		if gate.Cure != "" {
			table.Row(terminal.Text(""), terminal.Text(""), terminal.Styled(terminal.Cyan, "cure: "+p.typed(gate.Cure)))
		}
	}
	p.table(table)
}

func verdictStyle(verdict plan.Verdict) terminal.Style {
	switch verdict {
	case plan.Pass:
		return terminal.Green
	case plan.Fail:
		return terminal.Red | terminal.Bold
	default:
		return terminal.Yellow
	}
}

// waiverText is a gate that was set aside, in a line.
func waiverText(waiver ledger.Waiver) string {
	how := " waived by "
	if waiver.OffCycle {
		how = " skipped off the calendar by "
	}
	return "gate " + waiver.Gate + how + waiver.By.Name + plan.IdentityText(waiver.By, waiver.Signed) + ": " + waiver.Reason + " (otherwise: " + waiver.Otherwise + ")"
}

// signOffText is a sign-off of a version that holds, in a line.
func signOffText(s *plan.Snapshot, version string, signed ledger.SignOff) string {
	text := version + " signed off on " + signed.Environment + " by " + signed.By.Name + plan.IdentityText(signed.By, signed.Signed) + ", " +
		signed.At.In(s.Train.Zone).Format("Mon 2006-01-02")
	if signed.Note != "" {
		text += ": " + signed.Note
	}
	if signed.Ref != "" {
		text += " (" + signed.Ref + ")"
	}
	return text
}

// blockText is a block that holds, in a line.
func blockText(s *plan.Snapshot, block ledger.Block) string {
	what := block.Environment
	switch {
	case block.Set != "":
		what = ledger.SetTitle(block.Set)
	case what == "":
		what = block.Version.String()
	}
	text := fmt.Sprintf("Block %d of %s by %s%s, %s: %s", block.Number, what, block.By.Name, plan.IdentityText(block.By, block.Signed),
		block.At.In(s.Train.Zone).Format("Mon 2006-01-02"), block.Reason)
	if block.Ref != "" {
		text += " (" + block.Ref + ")"
	}
	return text
}

// identityOf says how much the name of who decided is worth.
func identityOf(entry ledger.Entry, signed bool) string {
	text := "identity " + string(plan.IdentityOf(entry.By, signed))
	if entry.By.Login != "" {
		text += ", " + entry.By.Login + " on GitHub"
	}
	return text
}
