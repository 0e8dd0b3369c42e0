package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// promoteSet is promote where the train releases sets.
func (a *app) promoteSet(ctx context.Context, session *observe.Session, options promoteOptions, request plan.PromoteRequest, asJSON bool) error {
	members, err := observe.OpenMembers(ctx, session)
	if err != nil {
		return err
	}
	defer members.Close()
	prober := a.prober()
	makePlan := func(ctx context.Context) (*plan.SetPromotionPlan, error) {
		return observe.SetPromotion(ctx, members, options.version, request, prober)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	if options.explain {
		return errors.Join(a.explainSet(p, asJSON), p.Refused())
	}
	return a.carryOut(ctx, setCarrier{members: members, makePlan: makePlan, request: request}, p, asJSON)
}

// rollbackSet is rollback where the train releases sets.
func (a *app) rollbackSet(ctx context.Context, session *observe.Session, request plan.RollbackRequest, to string, asJSON bool) error {
	members, err := openMembers(ctx, session, request)
	if err != nil {
		return err
	}
	defer members.Close()
	prober := a.prober()
	makePlan := func(ctx context.Context) (*plan.SetPromotionPlan, error) {
		return observe.SetRollback(ctx, members, to, request, prober)
	}
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	carrier := setCarrier{members: members, makePlan: makePlan, request: plan.PromoteRequest{TakeOver: request.TakeOver, Reason: request.Reason}}
	return a.carryOut(ctx, carrier, p, asJSON)
}

// openMembers opens the members for a rollback, with their remotes or without.
func openMembers(ctx context.Context, session *observe.Session, request plan.RollbackRequest) (*observe.Members, error) {
	if request.Unrecorded {
		return observe.OfflineMembers(session), nil
	}
	return observe.OpenMembers(ctx, session)
}

// setCarrier is what carries out the promotion or rollback of a set.
type setCarrier struct {
	members  *observe.Members
	makePlan func(context.Context) (*plan.SetPromotionPlan, error)
	request  plan.PromoteRequest
}

// carryOut shows the plan, asks, and applies it.
func (a *app) carryOut(ctx context.Context, c setCarrier, p *plan.SetPromotionPlan, asJSON bool) error {
	s := c.members.Home().Snapshot()
	if !asJSON {
		if err := a.printSetPromotion(s, p); err != nil {
			return err
		}
	}
	if err := p.Refused(); err != nil {
		return errors.Join(a.printPlanJSON(asJSON, p), err)
	}
	if p.Already != "" {
		return a.endSetPromotion(ctx, c.members, p, nil, asJSON, nil)
	}
	question := setPromotionHeading(p) + "?"
	if c.request.RecordOnly {
		question = fmt.Sprintf("Record that %s runs %s?", p.Environment, p.Title)
	}
	proceed, err := a.approve(ctx, asJSON, p, question)
	if err != nil || !proceed {
		return err
	}
	if p.Unrecorded {
		return a.applySetUnrecorded(ctx, c.members, p, asJSON)
	}
	if c.request.RecordOnly {
		if err := apply.RecordSet(ctx, c.members, p, c.makePlan); err != nil {
			return err
		}
		if !asJSON {
			printer := a.printer()
			printer.line(terminal.Green|terminal.Bold, "Recorded: %s runs %s.", p.Environment, p.Title)
			err = printer.err
		}
		return a.endSetPromotion(ctx, c.members, p, nil, asJSON, err)
	}
	return a.applySet(ctx, c, p, asJSON)
}

// applySet applies a promotion, and where the file says so, the rollback after one that
// failed.
func (a *app) applySet(ctx context.Context, c setCarrier, p *plan.SetPromotionPlan, asJSON bool) error {
	a.env.interrupts.deploying.Store(true)
	prober := a.prober()
	outlets := func(session *observe.Session, part *plan.PromotionPlan) (apply.Outlets, error) {
		return a.outlets(session, part, asJSON)
	}
	done, err := apply.PromoteSet(ctx, c.members, p, outlets, apply.SetRemake{
		Set: c.makePlan,
		Part: func(ctx context.Context, member *observe.Session, part *plan.PromotionPlan) (*plan.PromotionPlan, error) {
			return observe.SetPart(ctx, member, p, part, c.request, prober)
		},
	})
	a.env.interrupts.deploying.Store(false)
	if failed, ok := errors.AsType[*apply.SetFailedError](err); ok && failed.RollsBack() && ctx.Err() == nil {
		return a.rollSetBackAfter(ctx, c.members, failed, asJSON)
	}
	if _, open := errors.AsType[*apply.OpenError](err); err != nil && !open {
		return err
	}
	if !asJSON {
		err = errors.Join(a.printSetPromoted(p, done), err)
	}
	return a.endSetPromotion(ctx, c.members, p, done, asJSON, err)
}

// rollSetBackAfter brings all members back to what ran before a promotion that failed.
// The promotion has failed all the same.
func (a *app) rollSetBackAfter(ctx context.Context, members *observe.Members, failed *apply.SetFailedError, asJSON bool) error {
	attempt := failed.Attempt()
	request := plan.RollbackRequest{
		Environment: failed.Environment, Reason: terminal.Truncate("on-failure: "+failed.Finished.Detail, longestFailure), After: &attempt,
	}
	c := setCarrier{members: members, request: plan.PromoteRequest{Reason: request.Reason}}
	c.makePlan = func(ctx context.Context) (*plan.SetPromotionPlan, error) {
		return observe.SetRollback(ctx, members, "", request, a.prober())
	}
	a.note("%s", failed)
	failed.RollbackFailed = func() error {
		if err := members.Home().RefreshAt(ctx, a.env.Now()); err != nil {
			return err
		}
		if err := members.Refresh(ctx); err != nil {
			return err
		}
		back, err := c.makePlan(ctx)
		if err != nil {
			return err
		}
		if !asJSON {
			if err := a.printSetPromotion(members.Home().Snapshot(), back); err != nil {
				return err
			}
		}
		if err := back.Refused(); err != nil {
			return err
		}
		failed.RolledBack = back.Title
		return a.applySet(ctx, c, back, asJSON)
	}()
	return failed
}

// setPromotionJSON is an applied plan for programs.
type setPromotionJSON struct {
	*plan.SetPromotionPlan
	Outcomes []partJSON `json:"outcomes,omitempty"`
	Told     []toldJSON `json:"told,omitempty"`
	// Waiting: what was done without the remote is not recorded yet.
	Waiting bool `json:"waiting,omitempty"`
}

// partJSON is how a member's part ended, for programs.
type partJSON struct {
	Component string         `json:"component"`
	Version   string         `json:"version"`
	Outcome   ledger.Outcome `json:"outcome"`
	Detail    string         `json:"detail"`
	Evidence  []string       `json:"evidence"`
}

// endSetPromotion tells people of what stands, and prints JSON where that is wanted.
func (a *app) endSetPromotion(ctx context.Context, members *observe.Members, p *plan.SetPromotionPlan, done []apply.PartFinished, asJSON bool, open error) error {
	var told []toldJSON
	for _, part := range p.Members {
		version, err := release.ParseVersion(part.Version)
		if err != nil || a.dryRun {
			continue
		}
		some, untold := a.tellPeople(ctx, members.Of(part.Component), version, asJSON)
		told, open = append(told, some...), errors.Join(open, untold)
	}
	if asJSON {
		open = errors.Join(a.printJSON(setResult(p, done, told)), open)
	}
	return open
}

func setResult(p *plan.SetPromotionPlan, done []apply.PartFinished, told []toldJSON) setPromotionJSON {
	result := setPromotionJSON{SetPromotionPlan: p, Told: told}
	for _, part := range done {
		result.Outcomes = append(result.Outcomes, partJSON{part.Component, part.Version, part.Outcome, part.Detail, append([]string{}, part.Evidence...)})
	}
	return result
}

func setPromotionHeading(p *plan.SetPromotionPlan) string {
	if p.RollsBack != "" {
		return fmt.Sprintf("Roll %s back from %s to %s", p.Environment, ledger.SetTitle(p.RollsBack), p.Title)
	}
	return fmt.Sprintf("Promote %s to %s", p.Title, p.Environment)
}

func (a *app) printSetPromotion(s *plan.Snapshot, set *plan.SetPromotionPlan) error {
	p := a.printer()
	if set.Already != "" {
		p.line(terminal.Green, "%s", set.Already)
		return p.err
	}
	p.line(terminal.Bold, "%s", setPromotionHeading(set))
	running := ""
	if set.Running != "" {
		running = ledger.SetTitle(set.Running)
	}
	p.facts(fact{"replaces", running}, fact{"late", daysLate(set.DaysLate)}, fact{"reason", set.Reason}, fact{"clock", clockText(s)})
	if len(set.Gates) > 0 {
		p.blank()
		p.gates(set.Gates, false)
	}
	p.blank()
	p.parts(set.Members)
	for _, part := range set.Members {
		if part.Already == "" && !part.Changes.IsEmpty() {
			p.blank()
			p.line(terminal.Bold, "%s %s", part.Component, part.Version)
			p.changes(part.Changes, nil, "looprel notes --component "+part.Component+" "+part.Version)
		}
		for _, remark := range part.Notes {
			p.notes([]string{part.Component + ": " + remark})
		}
	}
	p.notes(set.Notes)
	if set.Refused() == nil {
		p.steps(set.Steps)
	}
	return p.err
}

// parts shows what becomes of each member, in the order in which they are deployed.
func (p *printer) parts(parts []*plan.PromotionPlan) {
	if len(parts) == 0 {
		return
	}
	table := terminal.NewTable(terminal.Column{Header: "COMPONENT"}, terminal.Column{Header: "VERSION"}, terminal.Column{Header: "RUNNING"}, terminal.Column{Header: ""})
	for _, part := range parts {
		fate := terminal.Styled(terminal.Cyan, "is deployed")
		if part.Already != "" {
			fate = terminal.Styled(terminal.Faint, "runs already")
		}
		table.Row(terminal.Text(part.Component), terminal.Text(part.Version), terminal.Text(part.Running), fate)
	}
	p.table(table)
}

func (a *app) printSetPromoted(p *plan.SetPromotionPlan, done []apply.PartFinished) error {
	printer := a.printer()
	printer.blank()
	for _, part := range done {
		for _, line := range part.Evidence {
			printer.indented("  ", terminal.Faint, "%s: %s", part.Component, line)
		}
		printer.line(terminal.Green, "%s %s is on %s: %s (%s).", part.Component, part.Version, p.Environment, part.Outcome, part.Detail)
	}
	printer.line(terminal.Green|terminal.Bold, "%s is on %s.", p.Title, p.Environment)
	return printer.err
}

// explainSet shows what the gates say of a promotion, why, and what cures it.
func (a *app) explainSet(set *plan.SetPromotionPlan, asJSON bool) error {
	if asJSON {
		return a.printJSON(set)
	}
	p := a.printer()
	if set.Already != "" {
		p.line(terminal.Green, "%s", set.Already)
		return p.err
	}
	p.line(terminal.Bold, "Would %s go to %s?", set.Title, set.Environment)
	p.blank()
	p.gates(set.Gates, true)
	p.notes(set.Notes)
	if set.Refused() == nil {
		p.blank()
		p.line(terminal.Green|terminal.Bold, "%s may go to %s.", set.Title, set.Environment)
	}
	return p.err
}
