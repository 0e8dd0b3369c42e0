package ledger

import (
	"fmt"
	"slices"
)

// owes puts what the entry makes due into the outbox.
func (f *folding) owes() error {
	if len(f.entry.Owes) == 0 {
		return nil
	}
	open, err := f.state.Outbox(f.entry.Component)
	if err != nil {
		return err
	}
	for _, owed := range f.entry.Owes {
		if find(open, owed.Key) >= 0 {
			return fmt.Errorf("the announcement %s is owed already", owed.Key)
		}
		open = append(open, f.outgoing(owed))
	}
	return f.write(outboxPath(f.entry.Component), open)
}

func (f *folding) outgoing(announcement Announcement) Outgoing {
	return Outgoing{Announcement: announcement, At: f.entry.At, By: f.entry.By, Reason: f.entry.Reason}
}

func find(open []Outgoing, key string) int {
	return slices.IndexFunc(open, func(one Outgoing) bool { return one.Key == key })
}

// announcementStarted marks an announcement as being sent. One that no act made due,
// a reminder, comes into being by it.
func (f *folding) announcementStarted(started AnnouncementStarted) error {
	open, err := f.state.Outbox(f.entry.Component)
	if err != nil {
		return err
	}
	at := find(open, started.Key)
	if at < 0 {
		fresh, err := f.begun(started)
		if err != nil {
			return err
		}
		open, at = append(open, fresh), len(open)
	}
	outgoing := &open[at]
	before := ""
	if outgoing.Sending != nil {
		before = outgoing.Sending.Attempt
	}
	if before != started.Replaces {
		return fmt.Errorf("attempt %q to send %s has no outcome", before, started.Key)
	}
	outgoing.Sending = &Sending{
		Attempt: started.Attempt, At: f.entry.At, By: f.entry.By, Until: started.Until,
		MessageID: started.MessageID, To: started.To, Dates: started.Dates,
	}
	outgoing.Tries++
	outgoing.Again = outgoing.Again || started.Again
	return f.write(outboxPath(f.entry.Component), open)
}

// begun is an announcement that is not in the outbox: a new one, or one that is sent
// again on purpose.
func (f *folding) begun(started AnnouncementStarted) (Outgoing, error) {
	delivered, sent, err := f.state.Delivered(f.entry.Component, started.Announcement)
	switch {
	case err != nil:
		return Outgoing{}, err
	case sent && !started.Again:
		return Outgoing{}, fmt.Errorf("%s was sent already", started.Key)
	case sent:
		return Outgoing{Announcement: delivered.Announcement, At: delivered.At, By: delivered.By, Reason: delivered.Reason, Tries: delivered.Tries}, nil
	}
	return f.outgoing(started.Announcement), nil
}

func (f *folding) announcementFinished(finished AnnouncementFinished) error {
	open, err := f.state.Outbox(f.entry.Component)
	if err != nil {
		return err
	}
	at := find(open, finished.Key)
	if at < 0 {
		return fmt.Errorf("the announcement %s is not owed", finished.Key)
	}
	outgoing := &open[at]
	recorded := finished.Delivery == SentElsewhere
	if !recorded && (outgoing.Sending == nil || outgoing.Sending.Attempt != finished.Attempt) {
		return fmt.Errorf("attempt %q to send %s is not under way", finished.Attempt, finished.Key)
	}
	switch finished.Delivery {
	case Sent, SentElsewhere:
		if err := f.delivered(*outgoing, finished); err != nil {
			return err
		}
		open = slices.Delete(open, at, at+1)
	case NotSent:
		outgoing.Sending, outgoing.Failed = nil, finished.Answer
	case MaybeSent:
		outgoing.Sending.Lost = finished.Answer
	default:
		return &NewerError{What: fmt.Sprintf("a delivery %q", finished.Delivery)}
	}
	return f.write(outboxPath(f.entry.Component), open)
}

func (f *folding) delivered(outgoing Outgoing, finished AnnouncementFinished) error {
	if outgoing.Sending != nil && len(outgoing.Sending.Dates) > 0 {
		if err := f.write(toldPath(f.entry.Component), outgoing.Sending.Dates); err != nil {
			return err
		}
	}
	return f.write(deliveredPath(f.entry.Component, outgoing.Announcement), Delivered{
		Outgoing: outgoing, SentAt: f.entry.At, SentBy: f.entry.By, Delivery: finished.Delivery, Answer: finished.Answer,
	})
}
