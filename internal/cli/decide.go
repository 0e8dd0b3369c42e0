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

// decision is a command that records what somebody says.
type decision struct {
	make func(*plan.Snapshot) (*plan.DecisionPlan, error)
	// unless is what is wrong with the version that was given, unless it names a set.
	unless error
	// heading, question and done say in a sentence what the plan is going to do, may
	// do, and has done.
	heading, question, done func(*plan.DecisionPlan) string
	// next is what to type afterwards.
	next func(*plan.DecisionPlan) string
}

// decide shows the plan, asks, and records the decision. When something moved, the
// plan is made anew: what it says by then is what is recorded.
func (a *app) decide(ctx context.Context, d decision) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	a.wholeTrain = true
	session, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	session.AskLogin(ctx)
	ofSets := a.isAboutSets(session)
	if d.unless != nil && !ofSets {
		return d.unless
	}
	snapshot := func() *plan.Snapshot {
		if ofSets {
			return session.Snapshot().Whole()
		}
		return session.Snapshot()
	}
	p, err := d.make(snapshot())
	if err != nil {
		return err
	}
	if !asJSON {
		if err := a.printDecision(session.Snapshot(), p, d.heading(p)); err != nil {
			return err
		}
	}
	if p.Already != "" {
		return a.endDecision(ctx, session, p, asJSON)
	}
	proceed, err := a.approve(ctx, asJSON, p, d.question(p))
	if err != nil || !proceed {
		return err
	}
	err = apply.RecordAnew(ctx, session, p.Entry, func(context.Context) (ledger.Entry, error) {
		later, err := d.make(snapshot())
		if err != nil {
			return ledger.Entry{}, err
		}
		if later.Already != "" {
			return ledger.Entry{}, &plan.Moved{Reason: "somebody was faster: " + later.Already, Advice: "see: looprel log"}
		}
		p = later
		return later.Entry, nil
	})
	if err != nil {
		return err
	}
	if !asJSON {
		printer := a.printer()
		printer.blank()
		printer.line(terminal.Green|terminal.Bold, "%s", d.done(p))
		if next := d.next(p); next != "" {
			printer.line(0, "Next: %s", a.typed(next))
		}
		if printer.err != nil {
			return printer.err
		}
	}
	return a.endDecision(ctx, session, p, asJSON)
}

// decidedJSON is an applied decision for programs.
type decidedJSON struct {
	*plan.DecisionPlan
	Told []toldJSON `json:"told,omitempty"`
}

// endDecision tells people of a decision about a release's way, and prints JSON where
// that is wanted.
func (a *app) endDecision(ctx context.Context, session *observe.Session, p *plan.DecisionPlan, asJSON bool) error {
	var told []toldJSON
	var open error
	if version, err := release.ParseVersion(p.Version); err == nil && p.Announced() && !a.dryRun {
		told, open = a.tellPeople(ctx, session, version, asJSON)
	}
	if asJSON {
		open = errors.Join(a.printJSON(decidedJSON{p, told}), open)
	}
	return open
}

func (a *app) printDecision(s *plan.Snapshot, t *plan.DecisionPlan, heading string) error {
	p := a.printer()
	if t.Already != "" {
		p.line(terminal.Green, "%s.", t.Already)
		return p.err
	}
	p.line(terminal.Bold, "%s", heading)
	p.facts(fact{"reason", t.Reason}, fact{"note", t.Note}, fact{"see", t.Ref},
		fact{"by", s.Operator.String()}, fact{"identity", identityFact(t)}, fact{"clock", clockText(s)})
	p.notes(t.Notes)
	p.steps(t.Steps)
	return p.err
}

// identityFact says how sure it is who decides, and who that is at the forge.
func identityFact(t *plan.DecisionPlan) string {
	if t.Login == "" {
		return string(t.Identity)
	}
	return fmt.Sprintf("%s (%s on GitHub)", t.Identity, t.Login)
}
