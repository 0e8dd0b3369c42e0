package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/ledger"
)

func owed(t *testing.T, text string) ledger.Announcement {
	return ledger.Announcement{Key: "tagged-" + text + "-mail", Event: ledger.EventTagged, Channel: ledger.ChannelMail, Version: version(t, text)}
}

func announcing(announcement ledger.Announcement, attempt, replaces string, again bool, minutes int) ledger.Entry {
	e := entry(ledger.KindAnnouncementStarted, minutes)
	e.AnnouncementStarted = &ledger.AnnouncementStarted{
		Announcement: announcement, Attempt: attempt, Until: e.At.Add(3 * time.Minute), MessageID: announcement.Key + "@example.org",
		To: []string{"loop@lists.example.org"}, Replaces: replaces, Again: again,
		Dates: []ledger.CycleDates{{Planned: cycle, Tag: cycle, Push: cycle.AddDays(6)}},
	}
	return e
}

func announcedAs(announcement ledger.Announcement, attempt string, delivery ledger.Delivery, minutes int) ledger.Entry {
	e := entry(ledger.KindAnnouncementFinished, minutes)
	e.AnnouncementFinished = &ledger.AnnouncementFinished{Key: announcement.Key, What: announcement.What(), Attempt: attempt, Delivery: delivery, Answer: "250 OK"}
	return e
}

func (h *history) outbox() []ledger.Outgoing {
	h.t.Helper()
	open, err := h.Outbox("loop-server")
	if err != nil {
		h.t.Fatal(err)
	}
	return open
}

// An act owes its announcement until it was sent, and it is sent once: whoever begins
// while another attempt has no outcome, or after it was sent, contradicts the ledger.
func TestFoldAnnouncement(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	mail := owed(t, "0.10.0")
	e := tagged(t, "0.10.0", cycle, 0)
	e.Owes = []ledger.Announcement{mail}
	h.add(e)
	if open := h.outbox(); len(open) != 1 || open[0].Key != mail.Key || open[0].Sending != nil || !open[0].At.Equal(e.At) {
		t.Fatalf("outbox %+v", open)
	}
	again := tagged(t, "0.10.1", cycle.AddDays(14), 1)
	again.Owes = []ledger.Announcement{mail}
	h.refuses(again)
	h.refuses(announcedAs(mail, "one", ledger.Sent, 1))

	h.add(announcing(mail, "one", "", false, 1))
	h.refuses(announcing(mail, "two", "", false, 2))
	h.refuses(announcedAs(mail, "two", ledger.Sent, 2))
	h.add(announcedAs(mail, "one", ledger.NotSent, 2))
	if open := h.outbox(); len(open) != 1 || open[0].Sending != nil || open[0].Failed != "250 OK" || open[0].Tries != 1 {
		t.Fatalf("outbox %+v", open)
	}

	// The answer is lost: in doubt until somebody replaces the attempt.
	h.add(announcing(mail, "three", "", false, 3))
	h.add(announcedAs(mail, "three", ledger.MaybeSent, 4))
	if open := h.outbox(); !open[0].MaybeSent(open[0].Sending.At) {
		t.Errorf("outbox %+v", open)
	}
	h.refuses(announcing(mail, "four", "", false, 5))
	h.add(announcing(mail, "four", "three", false, 5))
	if told, err := h.ToldDates("loop-server"); err != nil || told != nil {
		t.Errorf("told %v, %v before anything was sent", told, err)
	}
	h.add(announcedAs(mail, "four", ledger.Sent, 6))
	if open := h.outbox(); len(open) != 0 {
		t.Errorf("outbox %+v", open)
	}
	delivered, err := h.DeliveredOf("loop-server", mail.Version)
	if err != nil || len(delivered) != 1 || delivered[0].Tries != 3 || delivered[0].Answer != "250 OK" {
		t.Errorf("%+v, %v", delivered, err)
	}
	told, err := h.ToldDates("loop-server")
	if diff := cmp.Diff([]ledger.CycleDates{{Planned: cycle, Tag: cycle, Push: cycle.AddDays(6)}}, told); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}

	// Once more, on purpose alone.
	h.refuses(announcing(mail, "five", "", false, 7))
	h.add(announcing(mail, "five", "", true, 7))
	h.add(announcedAs(mail, "", ledger.SentElsewhere, 8))
	if one, ok, err := h.FindDelivered("loop-server", mail.Key); err != nil || !ok || one.Delivery != ledger.SentElsewhere || one.Tries != 4 {
		t.Errorf("%+v, %v, %v", one, ok, err)
	}
	h.refuses(announcedAs(mail, "five", "carrier-pigeon", 9))
}

// A reminder comes into being as it is sent; one that was sent is not sent again.
func TestFoldReminder(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	reminder := ledger.Announcement{
		Key: "reminder-tag-2014-08-05-mail", Event: ledger.EventReminder, Channel: ledger.ChannelMail, Cycle: cycle,
		Turn: &ledger.Turn{What: "tag the release of this cycle", Who: "release manager"},
	}
	h.add(announcing(reminder, "one", "", false, 1))
	h.refuses(announcing(reminder, "two", "", false, 1))
	h.add(announcedAs(reminder, "one", ledger.Sent, 2))
	h.refuses(announcing(reminder, "two", "", false, 3))
	if one, ok, err := h.Delivered("loop-server", reminder); err != nil || !ok || one.Turn == nil {
		t.Errorf("%+v, %v, %v", one, ok, err)
	}
}

// An attempt is in doubt once its time is over.
func TestMaybeSent(t *testing.T) {
	t.Parallel()
	at := time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC)
	sending := ledger.Outgoing{Sending: &ledger.Sending{At: at, Until: at.Add(time.Minute)}}
	if sending.MaybeSent(at.Add(59*time.Second)) || !sending.MaybeSent(at.Add(time.Minute)) || (ledger.Outgoing{}).MaybeSent(at) {
		t.Error("wrong")
	}
}
