package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// BackportSets puts the plan's commits on their lines and releases them, each with the
// set that it makes; a line that is only picked onto is pushed alone. done are the lines
// that were done, also where another one failed. setOf plans the set of a line's release.
func BackportSets(ctx context.Context, members *observe.Members, session *observe.Session, p *plan.BackportPlan, to Outbox,
	setOf func(*plan.LinePlan) (*plan.SetPlan, error), remake func(context.Context) (*plan.BackportPlan, error),
) (done []*plan.LinePlan, result Result, err error) {
	others := slices.DeleteFunc(deliveriesOf(p, to), func(one *delivery) bool {
		return one.plan != nil && one.plan.Already == "" // it goes with its set
	})
	for _, one := range others {
		if err := one.look(ctx); err != nil {
			return nil, result, err
		}
	}
	signers, entrySigner, err := signersOf(session)
	if err != nil {
		return nil, result, err
	}
	var open error
	for _, line := range p.Lines {
		if !line.Changes() {
			continue
		}
		some, err := backportLine{members: members, session: session, line: line, setOf: setOf, remake: remake}.run(ctx, to, signers, entrySigner)
		result.Notes, result.Delivered = append(result.Notes, some.Notes...), append(result.Delivered, some.Delivered...)
		var left *OpenError
		if errors.As(err, &left) {
			open = errors.Join(open, err)
		} else if err != nil {
			return done, result, err
		}
		done = append(done, line)
		if err := members.Refresh(ctx); err != nil {
			return done, result, err
		}
	}
	open = errors.Join(open, deliverAll(ctx, p, others, to, &result))
	return done, result, open
}

// backportLine is one line of a backport where the train releases sets.
type backportLine struct {
	members *observe.Members
	session *observe.Session
	line    *plan.LinePlan
	setOf   func(*plan.LinePlan) (*plan.SetPlan, error)
	remake  func(context.Context) (*plan.BackportPlan, error)
}

func (b backportLine) run(ctx context.Context, to Outbox, signers *plan.Signers, sign plan.SignFunc) (Result, error) {
	if b.line.Release == nil {
		return b.pick(ctx, signers, sign)
	}
	set, err := b.setOf(b.line)
	if err != nil {
		return Result{}, err
	}
	return TagSet(ctx, b.members, set, to, func(ctx context.Context) (*plan.SetPlan, error) {
		later, err := b.remake(ctx)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(later.Lines, func(other *plan.LinePlan) bool { return other.Line == b.line.Line && other.Release != nil })
		if at < 0 || !b.line.SameFacts(later.Lines[at]) {
			return nil, &plan.Moved{Reason: "the line is no longer as the plan has it; nothing was pushed to it", Advice: "run the same command again"}
		}
		return b.setOf(later.Lines[at])
	})
}

// pick pushes a line that is not released.
func (b backportLine) pick(ctx context.Context, signers *plan.Signers, sign plan.SignFunc) (Result, error) {
	if !b.session.AtHome() {
		return Result{}, &plan.Refusal{
			Reason: "a fix of a component that lives elsewhere is released as it is picked",
			Advice: "leave out --no-release; or pick in a clone of its own repository",
		}
	}
	if err := b.line.Seal(ctx, signers); err != nil {
		return Result{}, err
	}
	push := linesPush{session: b.session, lines: []*plan.LinePlan{b.line}, remake: b.remake}
	if err := push.run(ctx, sign); err != nil {
		return Result{}, err
	}
	return Result{Notes: updateClone(ctx, b.session, b.line.Refs, b.line.Objects)}, nil
}
