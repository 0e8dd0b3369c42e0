package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/announcement"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
)

// AnnounceRequest is what `announce` was asked for.
type AnnounceRequest struct {
	// Version or Key limits it to a release, or to one announcement; neither: all that
	// are open.
	Version release.Version
	Key     string
	// Again sends on purpose what was sent, or may have been.
	Again bool
	// Sent records as sent what needs no sending.
	Sent bool
	// Lift sets an embargo aside.
	Lift   bool
	Reason string
	// Fresh are announcements that no act has made due: reminders, and other days. Each
	// is sent once as well.
	Fresh []ledger.Announcement
	// Drop are those that nobody needs to be told any more, by key.
	Drop []string
	// Reminders are sent as well, and with RemindersOnly nothing else.
	Reminders bool
	// RemindersOnly leaves the announcements of acts alone.
	RemindersOnly bool
}

// AnnouncementsPlan tells people.
type AnnouncementsPlan struct {
	Verb          string                `json:"verb"`
	Component     string                `json:"component"`
	Reason        string                `json:"reason,omitempty"`
	Announcements []PlannedAnnouncement `json:"announcements"`
	// Already says, if set, that there is nothing to do.
	Already string `json:"already,omitempty"`
	Steps   []Step `json:"steps"`
}

// PlannedAnnouncement is one announcement, in the words in which it goes out.
type PlannedAnnouncement struct {
	Key         string          `json:"key"`
	What        string          `json:"what"`
	Event       ledger.Event    `json:"event"`
	Channel     ledger.Channel  `json:"channel"`
	Version     release.Version `json:"version,omitzero"`
	Environment string          `json:"environment,omitempty"`
	From        string          `json:"from,omitempty"`
	To          []string        `json:"to"`
	MessageID   string          `json:"message_id"`
	Subject     string          `json:"subject"`
	Text        string          `json:"text"`
	HTML        string          `json:"html,omitempty"`
	// Calendar is an iCalendar object, where days have changed.
	Calendar string `json:"calendar,omitempty"`
	// Payload is what a webhook gets instead.
	Payload json.RawMessage `json:"payload,omitempty"`
	// Held says, if set, why it does not go out now, and Command what to type about it.
	Held    string `json:"held,omitempty"`
	Command string `json:"command,omitempty"`
	// Failed is why the last attempt did not arrive.
	Failed string `json:"failed,omitempty"`

	// Date is the mail's.
	Date time.Time `json:"-"`
	// FromName is shown beside From.
	FromName string `json:"-"`
	// Doubtful: it may have been sent; HeldUntil is the end of an embargo.
	Doubtful  bool      `json:"-"`
	HeldUntil time.Time `json:"-"`
	// Entry is pushed before it is sent; or, if it is only recorded, instead.
	Entry  ledger.Entry `json:"-"`
	reason string
}

// Sends reports whether the plan sends it, or records it as sent.
func (p PlannedAnnouncement) Sends() bool { return p.Held == "" }

// RecordsOnly reports whether nothing is sent.
func (p PlannedAnnouncement) RecordsOnly() bool {
	return p.Entry.Kind == ledger.KindAnnouncementFinished
}

// Selected is an announcement that a request is about, before it is worded.
type Selected struct {
	ledger.Outgoing
	// Delivered: it was sent before.
	Delivered bool
	held      string
	command   string
	doubtful  bool
}

// AnnouncementFacts are what is read for an announcement.
type AnnouncementFacts struct {
	// Changes are the commits that the release brings.
	Changes   []notes.Commit
	Templates announcement.Templates
}

// Compared is the release that an announcement's changes are counted from; no
// version if it tells of none.
func (s *Snapshot) Compared(one ledger.Outgoing) (from, to ledger.Release, err error) {
	if one.Event != ledger.EventTagged && one.Event != ledger.EventPushed {
		return from, to, nil
	}
	if to, _, err = s.Ledger.Release(s.Component.Name, one.Version); err != nil {
		return from, to, err
	}
	before := to.Base
	if one.Event == ledger.EventPushed {
		before = one.Instead
	}
	if from, _, err = s.Ledger.Release(s.Component.Name, before); err == nil && from.Version.IsZero() {
		from.Version = before
	}
	return from, to, err
}

// MakeAnnouncements words what was selected. facts are those of each.
func MakeAnnouncements(s *Snapshot, selected []Selected, facts []AnnouncementFacts, request AnnounceRequest) (*AnnouncementsPlan, error) {
	p := &AnnouncementsPlan{Verb: "announce", Component: s.Component.Name, Reason: request.Reason, Announcements: []PlannedAnnouncement{}, Steps: []Step{}}
	dates := s.comingDates()
	changed, err := s.datesChanged(dates)
	if err != nil {
		return nil, err
	}
	for i, one := range selected {
		planned, err := s.word(one, facts[i], dates, changed, request)
		if err != nil {
			return nil, err
		}
		p.Announcements = append(p.Announcements, planned)
		if planned.Sends() {
			p.Steps = append(p.Steps, planned.step(s, one))
		}
	}
	if len(selected) == 0 {
		p.Already = "nothing is left to be announced"
	}
	return p, nil
}

func (p PlannedAnnouncement) step(s *Snapshot, one Selected) Step {
	if p.RecordsOnly() {
		return Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: p.Entry.Subject(), Reason: cmp.Or(p.reason, "it needs no sending")}
	}
	return Step{Kind: Announce, Target: s.receivers(one.Announcement), Want: one.Key, Reason: "what is intended and what became of it are recorded"}
}

// word makes one announcement ready.
func (s *Snapshot) word(one Selected, facts AnnouncementFacts, dates []cycleDates, changed bool, request AnnounceRequest) (PlannedAnnouncement, error) {
	planned := PlannedAnnouncement{
		Key: one.Key, What: one.What(), Event: one.Event, Channel: one.Channel, Version: one.Version, Environment: one.Environment,
		To: []string{}, MessageID: s.messageID(one), Held: one.held, Command: one.command, Failed: one.Failed,
		Date: s.Now, Doubtful: one.doubtful, HeldUntil: one.NotBefore, reason: request.Reason,
	}
	told, err := s.tell(one.Outgoing, facts)
	if err != nil {
		return planned, err
	}
	tellsDates := one.Event == ledger.EventTagged || one.Event == ledger.EventDates
	told.SetCycles(cyclesOf(dates), one.Cycle)
	told.DatesChanged = tellsDates && (changed || one.Event == ledger.EventDates)
	message, err := announcement.Render(told, facts.Templates)
	if err != nil {
		return planned, err
	}
	planned.Subject, planned.Text = message.Subject, message.Text
	if one.Channel == ledger.ChannelMail {
		planned.From, planned.FromName = s.Train.Announce.From, "Release train of "+s.Component.Name
		planned.To, planned.HTML = s.recipients(one.Announcement), message.HTML
		if told.DatesChanged {
			calendar, err := announcement.Calendar(s.Train, cyclesOf(dates), s.Now)
			if err != nil {
				return planned, err
			}
			planned.Calendar = string(calendar)
		}
	} else if planned.Payload, err = announcement.Payload(planned.MessageID, told, message); err != nil {
		return planned, err
	}
	planned.Entry = s.announcementEntry(one, planned, request)
	if started := planned.Entry.AnnouncementStarted; started != nil && tellsDates && one.Channel == s.channels()[0] {
		started.Dates = datesOf(dates)
	}
	return planned, nil
}

// tell collects the facts of an announcement, its dates apart.
func (s *Snapshot) tell(one ledger.Outgoing, facts AnnouncementFacts) (announcement.Facts, error) {
	told := announcement.Facts{
		Event: one.Event, Component: s.Component.Name, Environment: one.Environment,
		By: one.By.Name, At: announcement.When(one.At, s.Train.Zone), Reason: one.Reason,
	}
	if !one.Instead.IsZero() {
		told.Instead = one.Instead.String()
	}
	if turn := one.Turn; turn != nil {
		told.By, told.Turn = "", &announcement.Turn{What: turn.What, Who: turn.Who, Command: turn.Command, Reason: turn.Reason}
	}
	if one.Version.IsZero() {
		return told, nil
	}
	told.Version = one.Version.String()
	known, _, err := s.Ledger.Release(s.Component.Name, one.Version)
	if err != nil {
		return told, err
	}
	told.Tag, told.Commit, told.OffCycle = ShortRef(known.Tag), known.Commit.String(), known.OffCycle
	if page := strings.TrimRight(s.Web.Forge, "/"); page != "" {
		told.Page = page + "/releases/tag/" + told.Tag
	}
	from, _, err := s.Compared(one)
	if err != nil {
		return told, err
	}
	if !from.Version.IsZero() {
		told.Previous = from.Version.String()
	}
	told.SetChanges(notes.Collect(facts.Changes).Report(s.Web))
	return told, nil
}

// messageID names a mail for ever: who receives it twice, because its first sending
// was in doubt, has it once. What is sent again on purpose gets another one.
func (s *Snapshot) messageID(one Selected) string {
	if one.Sending != nil {
		return one.Sending.MessageID
	}
	identity := s.Train.Name() + " since " + s.Train.Schedule.FirstTag.String()
	digest := sha256.Sum256([]byte(identity + "\n" + s.Component.Name + "\n" + one.Key))
	id := fmt.Sprintf("%s.%x", one.Key, digest[:8])
	if one.Delivered || one.Again {
		id += fmt.Sprintf(".%d", one.Tries+1)
	}
	_, domain, _ := strings.Cut(s.Train.Announce.From, "@")
	return id + "@" + cmp.Or(domain, "looprel.invalid")
}

// sendingTime is how long an attempt may take, beside the timeouts of the channel.
const sendingTime = 2 * time.Minute

// announcementEntry is what is pushed before the announcement is sent, or instead.
func (s *Snapshot) announcementEntry(one Selected, planned PlannedAnnouncement, request AnnounceRequest) ledger.Entry {
	dropped := slices.Contains(request.Drop, one.Key)
	if request.Sent || dropped {
		entry := s.entry(ledger.KindAnnouncementFinished)
		entry.ID, entry.Reason = s.EntryID+"-"+one.Key, request.Reason
		entry.AnnouncementFinished = &ledger.AnnouncementFinished{Key: one.Key, What: one.What(), Delivery: ledger.SentElsewhere}
		if dropped {
			entry.Reason = "it is no longer due"
		}
		return entry
	}
	entry := s.entry(ledger.KindAnnouncementStarted)
	entry.ID, entry.Reason = s.EntryID+"-"+one.Key, request.Reason
	started := &ledger.AnnouncementStarted{
		Announcement: one.Announcement, Attempt: entry.ID, Until: entry.At.Add(s.sendingTimeout(one.Channel) + sendingTime),
		MessageID: planned.MessageID, To: planned.To, Again: one.Delivered,
	}
	if one.Sending != nil {
		started.Replaces = one.Sending.Attempt
	}
	entry.AnnouncementStarted = started
	return entry
}

func (s *Snapshot) sendingTimeout(channel ledger.Channel) time.Duration {
	announce := s.Train.Announce
	switch {
	case channel == ledger.ChannelMail && announce.Mail != nil:
		return 2 * announce.Mail.Timeout
	case channel == ledger.ChannelWebhook && announce.Webhook != nil:
		return announce.Webhook.Timeout
	}
	return 0
}

// Outcome is the entry that says what became of an announcement, so long after its
// attempt began. A clock that is overridden stands still.
func (p PlannedAnnouncement) Outcome(s *Snapshot, delivery ledger.Delivery, answer string, after time.Duration) ledger.Entry {
	entry := s.entry(ledger.KindAnnouncementFinished)
	entry.ID = p.Entry.ID + "-outcome"
	if !s.ClockOverridden {
		entry.At = entry.At.Add(after).Truncate(time.Second)
	}
	entry.AnnouncementFinished = &ledger.AnnouncementFinished{
		Key: p.Key, What: p.What, Attempt: p.Entry.AnnouncementStarted.Attempt, Delivery: delivery, Answer: answer,
	}
	return entry
}

// Find returns the announcement of that key.
func (p *AnnouncementsPlan) Find(key string) (PlannedAnnouncement, bool) {
	at := slices.IndexFunc(p.Announcements, func(one PlannedAnnouncement) bool { return one.Key == key })
	if at < 0 {
		return PlannedAnnouncement{}, false
	}
	return p.Announcements[at], true
}
