package apply

import (
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// RollSetBackUnrecorded rolls all members of a set back without the remote, as
// RollBackUnrecorded does one component: the set's entry and each member's are durable
// before that member is deployed. kept reports whether there is anything to record.
func RollSetBackUnrecorded(ctx context.Context, members *observe.Members, p *plan.SetPromotionPlan, outlets func(*observe.Session, *plan.PromotionPlan) (Outlets, error)) (done []PartFinished, kept bool, err error) {
	own, err := outlets(members.Whole(), p.Head)
	if err != nil {
		return nil, false, err
	}
	whole := newUnrecorded(members.Whole(), p.Head, own)
	release, err := whole.lockUnrecorded()
	if err != nil {
		return nil, false, err
	}
	if err := whole.keep(p.Head.Entry); err != nil {
		return nil, false, errors.Join(err, release())
	}
	parts := setParts{members: members, plan: p, outlets: outlets}
	parts.bring = func(ctx context.Context, member *observe.Session, part *plan.PromotionPlan, outlets Outlets) (ledger.Finished, error) {
		return newUnrecorded(member, part, outlets).runUnrecorded(ctx)
	}
	ended, failed := parts.run(ctx)
	ended.Deployment = p.Head.Entry.RolledBack.Deployment
	if err := whole.keepEnded(ended); err != nil {
		return parts.done, true, errors.Join(failed, whole.unrecorded(ended, err), release())
	}
	return parts.done, true, errors.Join(failed, release())
}
