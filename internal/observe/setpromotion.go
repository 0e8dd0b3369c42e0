package observe

import (
	"context"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

// SetPromotion observes what the promotion of a set needs and plans it; set is "" for the
// one whose turn it is.
func SetPromotion(ctx context.Context, m *Members, set string, request plan.PromoteRequest, prober *probe.Prober) (*plan.SetPromotionPlan, error) {
	selection, err := plan.SelectSet(m.whole.snapshot, m.Snapshots(), set, request)
	if err != nil {
		return nil, err
	}
	targets, err := m.targets(ctx, selection.Members, prober)
	if err != nil {
		return nil, err
	}
	return plan.MakeSetPromotion(m.whole.snapshot, m.Snapshots(), selection, targets, request)
}

// targets are what the promotion of each member must know. They are looked at one after
// the other: gates may ask the train's home, which has one conversation.
func (m *Members) targets(ctx context.Context, selections []*plan.Selection, prober *probe.Prober) ([]plan.Target, error) {
	own, err := m.home.ownSetAttempt(selections[0].Environment)
	if err != nil {
		return nil, err
	}
	targets := make([]plan.Target, len(selections))
	for i, member := range m.list {
		if targets[i], err = member.promotionTarget(ctx, selections[i], prober); err != nil {
			return nil, err
		}
		targets[i].OwnSetAttempt = own
	}
	return targets, nil
}

// ownSetAttempt is the attempt at a set that this clone's lock was left with, "" if there
// is none.
func (s *Session) ownSetAttempt(environment release.Environment) (string, error) {
	if s.leftBehind != "" {
		return s.leftBehind, nil
	}
	holder, err := s.Clone().LeftBehind(PromotionLock(environment.Name))
	s.leftBehind = holder
	return holder, err
}

// SetRollback observes what the rollback of a set needs and plans it; to is the set to go
// back to, "" for the last one that was good.
func SetRollback(ctx context.Context, m *Members, to string, request plan.RollbackRequest, prober *probe.Prober) (*plan.SetPromotionPlan, error) {
	rollback, err := plan.SelectSetRollback(m.whole.snapshot, m.Snapshots(), to, request)
	if err != nil {
		return nil, err
	}
	targets := make([]plan.Target, len(m.list))
	own, err := m.home.ownSetAttempt(rollback.Environment)
	if err != nil {
		return nil, err
	}
	for i := range rollback.Members {
		targets[i].OwnSetAttempt = own
		targets[i].Seen = m.list[i].seenInstead(ctx, rollback.Members[i], prober)
	}
	return plan.MakeSetRollback(m.whole.snapshot, m.Snapshots(), rollback, targets, request)
}

// SetPart plans a member's part of a promotion anew, from what was read last.
func SetPart(ctx context.Context, member *Session, p *plan.SetPromotionPlan, part *plan.PromotionPlan, request plan.PromoteRequest, prober *probe.Prober) (*plan.PromotionPlan, error) {
	selection, err := plan.SelectPart(member.snapshot, part)
	if err != nil {
		return nil, err
	}
	target, err := member.target(ctx, selection)
	if err != nil {
		return nil, err
	}
	target.Seen = member.seenInstead(ctx, selection, prober)
	return p.Part(member.snapshot, selection, target, request)
}
