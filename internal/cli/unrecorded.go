package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// openForRollback observes the clone, with the remote or without.
func (a *app) openForRollback(ctx context.Context, request plan.RollbackRequest) (*observe.Session, error) {
	if !request.Unrecorded {
		session, err := a.open(ctx)
		if errors.Is(err, gitrepo.ErrUnreachable) {
			err = &awayError{err, request.Environment}
		}
		return session, err
	}
	options, err := a.options(true)
	if err != nil {
		return nil, err
	}
	session, err := observe.OpenOffline(ctx, options)
	if err != nil {
		return nil, err
	}
	a.sourceNotes(session.Source())
	return session, nil
}

// awayError is a rollback whose remote is out of reach, which need not stop it.
type awayError struct {
	cause       error
	environment string
}

func (e *awayError) Error() string { return e.cause.Error() }

// Unwrap gives the cause.
func (e *awayError) Unwrap() error { return e.cause }

// Hint says how it goes without the remote.
func (e *awayError) Hint() string {
	hint := fmt.Sprintf("without it: looprel rollback %s --unrecorded --reason TEXT", e.environment)
	if first := hintOf(e.cause); first != "" {
		hint += "; or " + first
	}
	return hint
}

// unrecordedJSON is a rollback that was made without the remote, for programs.
type unrecordedJSON struct {
	promotionJSON
	Waiting bool `json:"waiting"`
}

// applyUnrecorded rolls back without the remote, and then sees whether it is back.
func (a *app) applyUnrecorded(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, asJSON bool) error {
	outlets, err := a.outlets(session, p, asJSON)
	if err != nil {
		return err
	}
	a.env.interrupts.deploying.Store(true)
	defer a.env.interrupts.deploying.Store(false)
	finished, failed := apply.RollBackUnrecorded(ctx, session, p, outlets)
	if finished.Outcome == "" {
		return failed // nothing was done
	}
	waits := session.GoOnline(ctx)
	if waits == nil {
		waits = a.flush(ctx, session)
	}
	switch {
	case failed != nil && waits != nil:
		a.note("that is not recorded yet: %v", waits)
		return failed
	case failed != nil:
		return failed
	}
	if !asJSON {
		err = a.printPromoted(p, finished)
	}
	encode := func(told []toldJSON) any { return unrecordedJSON{resultOf(p, finished, told), waits != nil} }
	if waits == nil {
		return a.endPromotion(ctx, session, p, asJSON, encode, err)
	}
	if asJSON {
		err = a.printJSON(encode(nil))
	}
	return errors.Join(err, &exitError{
		code:   ExitOpen,
		reason: fmt.Sprintf("%s, and that is not recorded yet: %v", p.Entry.RolledBack.Environment+" is rolled back to "+p.Version, waits),
		hint:   "the next command here that records something records it first, once " + session.Snapshot().Remote + " can be reached; looprel status says whether it waits",
	})
}

// flush records what waits in this clone, and tells of it. A dry run changes nothing.
func (a *app) flush(ctx context.Context, session *observe.Session) error {
	if a.dryRun {
		waiting, err := session.Queue()
		if len(waiting) > 0 {
			a.note("%s in this clone; without --dry-run that is recorded first", waits(len(waiting)))
		}
		return err
	}
	flushed, err := apply.Flush(ctx, session)
	for _, one := range flushed {
		a.note("%s", flushedText(session.Snapshot(), one))
	}
	return err
}

// noteKept mentions what waits in this clone, whose remote could not be asked.
func (a *app) noteKept(ctx context.Context, options observe.Options) {
	if count := observe.CountQueue(ctx, options); count > 0 {
		a.note("%s in this clone", waits(count))
	}
}

func waits(count int) string {
	if count == 1 {
		return "1 entry waits to be recorded"
	}
	return fmt.Sprintf("%d entries wait to be recorded", count)
}

func flushedText(s *plan.Snapshot, one apply.Flushed) string {
	text := fmt.Sprintf("recorded now, of %s: roll %s back to %s %s: %s", one.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"),
		one.RolledBack.Environment, one.Component, one.RolledBack.Version, one.RolledBack.Outcome)
	if len(one.Owes) > 0 {
		text += "; looprel announce tells people of it"
	}
	if now := one.Now; now != nil {
		text += fmt.Sprintf("; by the ledger it runs %s, since %s by %s", now.Version, now.Since.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"), now.By.Name)
	}
	return text
}

// queued shows what this clone could not record yet.
func (p *printer) queued(s *plan.Snapshot, list []plan.WaitingEntry) {
	for _, one := range list {
		p.line(terminal.Yellow, "%s", waitingText(s, one))
	}
}

func waitingText(s *plan.Snapshot, one plan.WaitingEntry) string {
	return fmt.Sprintf("Waits in this clone to be recorded: %s (%s); the next command here that records something does it.",
		one.Subject, one.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"))
}
