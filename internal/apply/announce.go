package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Courier takes an announcement to its receivers, and says what became of it and what
// the other side answered. It does not retry.
type Courier func(ctx context.Context, announcement plan.PlannedAnnouncement) (ledger.Delivery, string)

// Told is what became of an announcement.
type Told struct {
	Announcement plan.PlannedAnnouncement
	Delivery     ledger.Delivery
	Answer       string
	// Overtaken says who took it meanwhile, "" if nobody did.
	Overtaken string
}

// Announcing is how announcements are sent.
type Announcing struct {
	Courier Courier
	// Now is the real clock, by which the sending is timed.
	Now func() time.Time
	// Remake makes the plan anew from what the session has read last.
	Remake func(ctx context.Context) (*plan.AnnouncementsPlan, error)
}

// Announce sends what the plan does not hold back, one after the other: the attempt is
// recorded, then it is sent, then what became of it is recorded. Whoever records the
// attempt first sends; the others leave it to them. One that does not arrive does not
// keep the others back.
func Announce(ctx context.Context, session *observe.Session, p *plan.AnnouncementsPlan, how Announcing) ([]Told, error) {
	var all []Told
	for _, one := range p.Announcements {
		if !one.Sends() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return all, err
		}
		told, err := announce(ctx, session, one, how)
		if err != nil {
			return all, err
		}
		all = append(all, told)
	}
	return all, nil
}

func announce(ctx context.Context, session *observe.Session, one plan.PlannedAnnouncement, how Announcing) (Told, error) {
	begin := how.Now()
	// Who was faster is seen when the remote refuses the entry.
	again := func(ctx context.Context) (ledger.Entry, error) {
		later, err := how.Remake(ctx)
		if err != nil {
			return ledger.Entry{}, err
		}
		found, ok := later.Find(one.Key)
		if !ok || !found.Sends() {
			return ledger.Entry{}, &plan.Moved{Reason: overtaken(one, found), Advice: "see: looprel log"}
		}
		one = found
		return found.Entry, nil
	}
	entry, err := again(ctx)
	if err == nil {
		err = RecordAnew(ctx, session, entry, again)
	}
	var moved *plan.Moved
	switch {
	case errors.As(err, &moved):
		return Told{Announcement: one, Overtaken: moved.Reason}, nil
	case err != nil:
		return Told{}, err
	case one.RecordsOnly():
		return Told{Announcement: one, Delivery: ledger.SentElsewhere}, nil
	}
	// From here on it is seen to its end: half of it would be in doubt for ever.
	delivery, answer := how.Courier(context.WithoutCancel(ctx), one)
	told := Told{Announcement: one, Delivery: delivery, Answer: answer}
	return told, recordTold(ctx, session, told, how.Now().Sub(begin))
}

func overtaken(one, found plan.PlannedAnnouncement) string {
	if found.Held != "" {
		return found.Held
	}
	return fmt.Sprintf("the %s was sent meanwhile", one.What)
}

// recordTold records what became of it, also after a signal.
func recordTold(ctx context.Context, session *observe.Session, told Told, took time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishPatience)
	defer cancel()
	entry := told.Announcement.Outcome(session.Snapshot(), told.Delivery, told.Answer, took)
	err := Record(ctx, session, entry, func(context.Context) error { return stillSending(session.Snapshot(), told.Announcement) })
	if err != nil {
		return &UntoldError{Told: told, Cause: err}
	}
	return nil
}

// stillSending finds out whether the attempt is still this one's to finish.
func stillSending(s *plan.Snapshot, one plan.PlannedAnnouncement) error {
	open, err := s.Ledger.Outbox(s.Component.Name)
	if err != nil {
		return err
	}
	for _, outgoing := range open {
		if outgoing.Key == one.Key && outgoing.Sending != nil && outgoing.Sending.Attempt == one.Entry.AnnouncementStarted.Attempt {
			return nil
		}
	}
	return &plan.Moved{Reason: "somebody else has settled it", Advice: "see: looprel log"}
}

// UntoldError is an announcement whose outcome could not be recorded.
type UntoldError struct {
	Told  Told
	Cause error
}

func (e *UntoldError) Error() string {
	return fmt.Sprintf("the %s ended as %q (%s), and that could not be recorded: %v", e.Told.Announcement.What, e.Told.Delivery, e.Told.Answer, e.Cause)
}

// Unwrap gives the cause.
func (e *UntoldError) Unwrap() error { return e.Cause }

// Hint says what records it.
func (e *UntoldError) Hint() string {
	key := e.Told.Announcement.Key
	if e.Told.Delivery == ledger.Sent {
		return fmt.Sprintf("looprel announce %s --sent --reason TEXT, once its attempt has run out", key)
	}
	return fmt.Sprintf("looprel announce %s --again, once its attempt has run out", key)
}
