package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	waits, err := a.recordKept(ctx, session, failed)
	if err != nil {
		return err
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
	return errors.Join(err, notRecorded(session, p.Environment, p.Version, waits))
}

// applySetUnrecorded does so with a set.
func (a *app) applySetUnrecorded(ctx context.Context, members *observe.Members, p *plan.SetPromotionPlan, asJSON bool) error {
	a.env.interrupts.deploying.Store(true)
	defer a.env.interrupts.deploying.Store(false)
	done, kept, failed := apply.RollSetBackUnrecorded(ctx, members, p, func(session *observe.Session, part *plan.PromotionPlan) (apply.Outlets, error) {
		return a.outlets(session, part, asJSON)
	})
	if !kept {
		return failed // nothing was done
	}
	session := members.Home()
	waits, err := a.recordKept(ctx, session, failed)
	if err != nil {
		return err
	}
	if !asJSON {
		err = a.printSetPromoted(p, done)
	}
	if waits == nil {
		online, failed := observe.OpenMembers(ctx, session)
		if failed != nil {
			return errors.Join(err, failed)
		}
		defer online.Close()
		return a.endSetPromotion(ctx, online, p, done, asJSON, err)
	}
	if asJSON {
		result := setResult(p, done, nil)
		result.Waiting = true
		err = a.printJSON(result)
	}
	return errors.Join(err, notRecorded(session, p.Environment, p.Title, waits))
}

// recordKept records what was kept, if the remote is back: waits is why it is not. failed
// is how the rollback ended, and the error that is left of that.
func (a *app) recordKept(ctx context.Context, session *observe.Session, failed error) (waits, err error) {
	if waits = session.GoOnline(ctx); waits == nil {
		waits = a.flush(ctx, session)
	}
	if failed != nil && waits != nil {
		a.note("that is not recorded yet: %v", waits)
	}
	return waits, failed
}

// notRecorded is the end of a rollback whose remote is still away.
func notRecorded(session *observe.Session, environment, version string, waits error) error {
	return &exitError{
		code:   ExitOpen,
		reason: fmt.Sprintf("%s is rolled back to %s, and that is not recorded yet: %v", environment, version, waits),
		hint:   "the next command here that records something records it first, once " + session.Snapshot().Remote + " can be reached; looprel status says whether it waits",
	}
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
	text := fmt.Sprintf("recorded now, of %s: %s", one.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"),
		strings.TrimSuffix(one.Subject(), ", recorded afterwards"))
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
