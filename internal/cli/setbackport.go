package cli

import (
	"context"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// lineSets makes the sets of a backport's releases, where the train releases sets.
type lineSets struct {
	members *observe.Members
	request plan.TagRequest
}

// openLineSets opens the members; nil where the train releases no sets.
func openLineSets(ctx context.Context, session *observe.Session, request plan.BackportRequest) (*lineSets, error) {
	home := session.Home()
	if !home.Snapshot().Train.Sets {
		return nil, nil
	}
	if request.ViaPull {
		return nil, errSetByPull()
	}
	if request.AllOrNone && len(request.Bases) > 1 {
		return nil, &usageError{reason: "each release makes a set of its own, one after the other, so that --all-or-none cannot be held", hint: "leave it out"}
	}
	open, err := home.Snapshot().Ledger.OpenTagging()
	if err != nil {
		return nil, err
	}
	if open != nil {
		return nil, &plan.Refusal{Reason: "the set " + open.Title() + " is half-tagged, and another one cannot be made before", Advice: "looprel tag --all finishes it"}
	}
	members, err := observe.OpenMembers(ctx, home)
	if err != nil {
		return nil, err
	}
	return &lineSets{members: members, request: plan.TagRequest{OffCycle: request.OffCycle, Reason: request.Reason, Embargo: request.Embargo}}, nil
}

func (l *lineSets) close() {
	if l != nil {
		l.members.Close()
	}
}

// of plans the set of a line's release.
func (l *lineSets) of(line *plan.LinePlan) (*plan.SetPlan, error) {
	return observe.LineSet(l.members, line, l.request)
}

// show adds to a backport's plan which sets it makes.
func (l *lineSets) show(p *plan.BackportPlan) error {
	if l == nil {
		return nil
	}
	for _, line := range p.Lines {
		if !line.Changes() || line.Release == nil {
			continue
		}
		set, err := l.of(line)
		if err != nil {
			return err
		}
		line.Pinned(set)
	}
	return nil
}

// apply does what the plan says.
func (l *lineSets) apply(ctx context.Context, session *observe.Session, p *plan.BackportPlan, to apply.Outbox, remake func(context.Context) (*plan.BackportPlan, error)) ([]*plan.LinePlan, apply.Result, error) {
	if l == nil {
		return apply.Backport(ctx, session, p, to, remake)
	}
	return apply.BackportSets(ctx, l.members, session, p, to, l.of, remake)
}
