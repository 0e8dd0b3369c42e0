package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Backport puts the plan's commits on their lines and releases them: each line in
// a push of its own, or all in one where the plan says so; then it delivers what the
// releases owe the forge, those among them that are there already, and tells the pull
// requests. done are the lines that reached the remote, also where another one failed.
// to may be nil where nothing is owed.
func Backport(ctx context.Context, session *observe.Session, p *plan.BackportPlan, to Outbox, remake func(context.Context) (*plan.BackportPlan, error)) (done []*plan.LinePlan, result Result, err error) {
	deliveries := deliveriesOf(p, to)
	for _, one := range deliveries {
		if err := one.look(ctx); err != nil {
			return nil, result, err
		}
	}
	signers, entrySigner, err := signersOf(session)
	if err != nil {
		return nil, result, err
	}
	for _, group := range groupsOf(p) {
		for _, line := range group {
			if err := line.Seal(ctx, signers); err != nil {
				return done, result, err
			}
		}
		push := linesPush{session: session, lines: group, remake: remake}
		if err := push.run(ctx, entrySigner); err != nil {
			return done, result, err
		}
		done = append(done, group...)
		for _, line := range group {
			result.Notes = append(result.Notes, updateClone(ctx, session, line.Refs, line.Objects)...)
		}
	}
	err = deliverAll(ctx, p, deliveries, to, &result)
	return done, result, err
}

// deliverAll does what a backport owes the forge once its pushes stand, and tells those
// who asked for it. The error names what is left open.
func deliverAll(ctx context.Context, p *plan.BackportPlan, deliveries []*delivery, to Outbox, result *Result) (open error) {
	for _, one := range deliveries {
		items := one.deliver(ctx)
		result.Delivered = append(result.Delivered, one.done...)
		if one.line != nil {
			open = errors.Join(open, openPicks(one.line, items))
		} else {
			open = errors.Join(open, openOf(one.plan, items))
		}
	}
	if len(p.Tellings) > 0 {
		told, left := tellPulls(ctx, p, to)
		result.Delivered, open = append(result.Delivered, told...), errors.Join(open, left)
	}
	return open
}

// deliveriesOf are the outboxes of a backport's releases.
func deliveriesOf(p *plan.BackportPlan, to Outbox) []*delivery {
	var list []*delivery
	for _, line := range p.Lines {
		if line.Outbox != nil {
			list = append(list, &delivery{to: to, outbox: line.Outbox, line: line})
		}
		for _, made := range []*plan.TagPlan{line.Release, line.Finish} {
			if made != nil && made.Outbox != nil {
				list = append(list, &delivery{to: to, outbox: made.Outbox, plan: made})
			}
		}
	}
	return list
}

// groupsOf are the lines that change, by the push that they go with.
func groupsOf(p *plan.BackportPlan) [][]*plan.LinePlan {
	var groups [][]*plan.LinePlan
	for _, line := range p.Lines {
		switch {
		case !line.Changes():
		case p.Together && len(groups) == 1:
			groups[0] = append(groups[0], line)
		default:
			groups = append(groups, []*plan.LinePlan{line})
		}
	}
	return groups
}

// linesPush is one push of one or more lines.
type linesPush struct {
	session *observe.Session
	lines   []*plan.LinePlan
	remake  func(context.Context) (*plan.BackportPlan, error)
}

func (l *linesPush) run(ctx context.Context, sign plan.SignFunc) error {
	point := commitPoint{session: l.session, sign: sign, recheck: l.recheck}
	for _, line := range l.lines {
		point.changes = slices.Concat(point.changes, line.Refs)
		point.objects = slices.Concat(point.objects, line.Objects)
		point.entries = append(point.entries, line.Entry)
	}
	point.objects = unique(point.objects)
	return point.push(ctx)
}

// unique leaves each object once: lines share files.
func unique(objects []object.Object) []object.Object {
	seen := map[object.ID]bool{}
	return slices.DeleteFunc(objects, func(one object.Object) bool {
		id := one.ID()
		before := seen[id]
		seen[id] = true
		return before
	})
}

// recheck makes the plan again after something moved.
func (l *linesPush) recheck(ctx context.Context) error {
	if err := l.releasedMeanwhile(); err != nil {
		return err
	}
	later, cause := l.remake(ctx)
	if cause == nil && !slices.ContainsFunc(l.lines, func(line *plan.LinePlan) bool { return !sameLine(line, later) }) {
		return nil
	}
	for _, line := range l.lines {
		if moved := refMoved(ctx, l.session, line.Refs); moved != nil {
			return moved
		}
	}
	if cause != nil {
		return cause
	}
	return &plan.Moved{Reason: "the lines are no longer as the plan has them; nothing was pushed to them", Advice: "run the same command again"}
}

func sameLine(line *plan.LinePlan, later *plan.BackportPlan) bool {
	return slices.ContainsFunc(later.Lines, func(other *plan.LinePlan) bool { return other.Line == line.Line && line.SameFacts(other) })
}

// releasedMeanwhile says who released a version of the plan first.
func (l *linesPush) releasedMeanwhile() error {
	s := l.session.Snapshot()
	for _, line := range l.lines {
		if line.Release == nil {
			continue
		}
		known, inLedger, err := s.Ledger.Release(s.Component.Name, line.Release.Version)
		if err != nil {
			return err
		}
		if inLedger {
			return firstTagged(s, known, "run the same command again: it finds out what is left to do")
		}
	}
	return nil
}
