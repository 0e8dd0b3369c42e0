package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// RollBackUnrecorded rolls an environment back without the remote. The entry is
// durable in the clone's queue before anything is deployed, as interrupted, and again
// with the outcome, whatever happens; Flush records it.
func RollBackUnrecorded(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, outlets Outlets) (ledger.Finished, error) {
	// Where the remote does not answer, neither does the forge.
	promotion := newUnrecorded(session, p, outlets)
	release, err := promotion.lockUnrecorded()
	if err != nil {
		return ledger.Finished{}, err
	}
	finished, err := promotion.runUnrecorded(ctx)
	return finished, errors.Join(err, release())
}

func newUnrecorded(session *observe.Session, p *plan.PromotionPlan, outlets Outlets) *promotion {
	return &promotion{session: session, plan: p, outlets: outlets, begin: outlets.Now(), shown: newShowing(nil, p, ""), asked: newAsking(nil, p)}
}

// lockUnrecorded keeps others of this clone off the environment, and off the queue.
func (p *promotion) lockUnrecorded() (release func() error, err error) {
	lock, err := p.lock()
	if err != nil {
		return nil, err
	}
	filling, _, err := p.session.Clone().Lock(observe.QueueLock, p.plan.Entry.ID)
	if err == nil && filling == nil {
		err = &plan.Moved{Reason: "another looprel of this clone is rolling back, or records what waits", Advice: "wait for it"}
	}
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return func() error { return errors.Join(filling.Release(), lock.Release()) }, nil
}

func (p *promotion) runUnrecorded(ctx context.Context) (ledger.Finished, error) {
	if err := p.keep(p.plan.Entry); err != nil {
		return ledger.Finished{}, err
	}
	finished := p.run(ctx)
	finished.Deployment = p.plan.Entry.RolledBack.Deployment
	if err := p.keepEnded(finished); err != nil {
		return finished, p.unrecorded(finished, err)
	}
	return finished, p.verdict(ctx, finished)
}

// keepEnded puts the entry with its outcome into the queue.
func (p *promotion) keepEnded(finished ledger.Finished) error {
	return p.keep(p.plan.Ended(p.session.Snapshot(), finished, p.outlets.Now().Sub(p.begin)))
}

// keep puts an entry into the queue, in place of what it said before.
func (p *promotion) keep(entry ledger.Entry) error {
	message, err := ledger.Encode(entry)
	if err != nil {
		return err
	}
	// The start gives the name, so that the order is that of the rollbacks.
	name := fmt.Sprintf("%012d-%s", p.plan.Entry.At.Unix(), entry.ID)
	return p.session.Clone().Queue().Put(name, []byte(message))
}

// Flushed is an entry that waited in this clone and is recorded now.
type Flushed struct {
	ledger.Entry
	// Now is what runs on its environment by the ledger, if that is something else.
	Now *ledger.Running
}

// Flush records what waits in the clone's queue, each once: what the ledger has is
// taken out, whichever run wrote it. The session has read the ledger, and has read it
// again afterwards. While another looprel of the clone fills or empties the queue,
// nothing is done.
func Flush(ctx context.Context, session *observe.Session) ([]Flushed, error) {
	waiting, err := session.Queue()
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	lock, _, err := session.Repository().Lock(observe.QueueLock, "flush")
	if err != nil || lock == nil {
		return nil, err
	}
	flushed, err := flush(ctx, session)
	return flushed, errors.Join(err, lock.Release())
}

func flush(ctx context.Context, session *observe.Session) ([]Flushed, error) {
	waiting, err := session.Queue()
	if err != nil {
		return nil, err
	}
	var flushed []Flushed
	for _, one := range waiting {
		if !one.Recorded {
			if err := recordWaiting(ctx, session, one); err != nil {
				return flushed, err
			}
		}
		if err := session.Repository().Queue().Remove(one.Name); err != nil {
			return flushed, err
		}
		if err := session.Refresh(ctx); err != nil {
			return flushed, err
		}
		told, err := toldOf(session, one.Entry)
		if err != nil {
			return flushed, err
		}
		flushed = append(flushed, told)
	}
	return flushed, nil
}

// errRecorded: somebody wrote the entry meanwhile.
var errRecorded = errors.New("it is recorded")

func recordWaiting(ctx context.Context, session *observe.Session, one observe.Waiting) error {
	err := Record(ctx, session, one.Entry, func(context.Context) error {
		known, err := session.Snapshot().Ledger.HasRollback(one.Component, one.ID)
		if err == nil && known {
			err = errRecorded
		}
		return err
	})
	if errors.Is(err, errRecorded) {
		return nil
	}
	if err != nil && !errors.Is(err, gitrepo.ErrUnreachable) {
		return fmt.Errorf("what waits in this clone could not be recorded (%s): %w", one.Subject(), err)
	}
	return err
}

// toldOf is what became of an entry that was recorded afterwards.
func toldOf(session *observe.Session, entry ledger.Entry) (Flushed, error) {
	told := Flushed{Entry: entry}
	environment, err := session.Snapshot().Ledger.Environment(entry.RolledBack.Environment, entry.Component)
	if err != nil {
		return told, err
	}
	if running := environment.Running; running != nil && running.Deployment != entry.RolledBack.Deployment {
		told.Now = running
	}
	return told, nil
}
