package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Event is what an announcement is about.
type Event string

// The events.
const (
	EventTagged     Event = "tagged"
	EventPushed     Event = "pushed"
	EventBackedOff  Event = "backed-off"
	EventReinstated Event = "reinstated"
	EventRolledBack Event = "rolled-back"
	// EventReminder tells somebody that it is their turn.
	EventReminder Event = "reminder"
	// EventDates tells that coming days are not what was told before.
	EventDates Event = "dates"
)

// Channel is how people are told.
type Channel string

// The channels.
const (
	ChannelMail    Channel = "mail"
	ChannelWebhook Channel = "webhook"
)

// Announcement is something that people are to be told once, by one channel.
type Announcement struct {
	// Key is its name for ever; it is part of a path of the state.
	Key     string  `json:"key"`
	Event   Event   `json:"event"`
	Channel Channel `json:"channel"`
	// Version is the release that it is about; none for the coming one.
	Version     release.Version `json:"version,omitzero"`
	Environment string          `json:"environment,omitempty"`
	// Instead is what ran on the environment before: for a rollback, the bad release.
	Instead release.Version `json:"instead,omitzero"`
	// Cycle is the planned tagging day of the cycle that it is about.
	Cycle release.Date `json:"cycle,omitzero"`
	// Turn is what a reminder says.
	Turn *Turn `json:"turn,omitempty"`
	// NotBefore is the end of an embargo.
	NotBefore time.Time `json:"not_before,omitzero"`
}

// Turn is what is due, and whose turn it is.
type Turn struct {
	What    string `json:"what"`
	Who     string `json:"who"`
	Command string `json:"command,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// group is the directory that an announcement is kept in once it was sent, so that
// none grows without bound.
func (a Announcement) group() string {
	if !a.Version.IsZero() {
		return a.Version.Line().String()
	}
	return strconv.Itoa(a.Cycle.Year)
}

// What names it for people: what is told, and by which channel.
func (a Announcement) What() string { return a.content() + " by " + string(a.Channel) }

func (a Announcement) content() string {
	switch a.Event {
	case EventReminder:
		if a.Turn != nil {
			return "reminder to " + a.Turn.What
		}
		return "reminder"
	case EventDates:
		return "announcement of other days"
	case EventTagged:
		return fmt.Sprintf("announcement that %s is tagged", a.Version)
	case EventPushed:
		return fmt.Sprintf("announcement that %s is on %s", a.Version, a.Environment)
	case EventBackedOff:
		return fmt.Sprintf("announcement that %s is backed off", a.Version)
	case EventReinstated:
		return fmt.Sprintf("announcement that %s may go on after all", a.Version)
	case EventRolledBack:
		return fmt.Sprintf("announcement that %s is rolled back to %s", a.Environment, a.Version)
	}
	return fmt.Sprintf("announcement %s", a.Key)
}

// AnnouncementStarted says that an announcement is being sent. From then on, until
// there is an outcome, it may have been.
type AnnouncementStarted struct {
	Announcement
	Attempt string `json:"attempt"`
	// Until is when the attempt has ended, one way or the other.
	Until     time.Time `json:"until"`
	MessageID string    `json:"message_id"`
	To        []string  `json:"to"`
	// Replaces is the attempt of which nobody knows whether it arrived; "" if there
	// is none.
	Replaces string `json:"replaces,omitempty"`
	// Again: it was sent before, and is on purpose.
	Again bool `json:"again,omitempty"`
	// Dates are those that it tells.
	Dates []CycleDates `json:"dates,omitempty"`
}

// CycleDates are the days of a cycle.
type CycleDates struct {
	Planned release.Date `json:"planned"`
	Tag     release.Date `json:"tag,omitzero"`  // none when it is skipped
	Push    release.Date `json:"push,omitzero"` // none when it is skipped
}

// Delivery is how the sending of an announcement ended.
type Delivery string

// The deliveries.
const (
	Sent Delivery = "sent"
	// NotSent: it is certain that it was not; it is tried again.
	NotSent Delivery = "not-sent"
	// MaybeSent: the answer was lost. It is not sent again unless somebody says so.
	MaybeSent Delivery = "may-have-been-sent"
	// SentElsewhere: somebody says that it needs no sending.
	SentElsewhere Delivery = "recorded"
)

// AnnouncementFinished is the outcome of an attempt.
type AnnouncementFinished struct {
	Key     string `json:"key"`
	What    string `json:"what"`
	Attempt string `json:"attempt,omitempty"` // "" when it is recorded alone
	// Delivery is what became of it, and Answer what the server said.
	Delivery Delivery `json:"delivery"`
	Answer   string   `json:"answer,omitempty"`
}

// Outgoing is an announcement that is not known to have been sent.
type Outgoing struct {
	Announcement
	// At, By and Reason are those of the act that it tells of.
	At     time.Time `json:"at"`
	By     Person    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	// Sending is the attempt that has no outcome, or an unclear one.
	Sending *Sending `json:"sending,omitempty"`
	// Tries is how many attempts there were, and Failed why the last did not arrive.
	Tries  int    `json:"tries,omitempty"`
	Failed string `json:"failed,omitempty"`
	// Again: it was sent before.
	Again bool `json:"again,omitempty"`
}

// Sending is an attempt to send.
type Sending struct {
	Attempt   string       `json:"attempt"`
	At        time.Time    `json:"at"`
	By        Person       `json:"by"`
	Until     time.Time    `json:"until"`
	MessageID string       `json:"message_id"`
	To        []string     `json:"to"`
	Dates     []CycleDates `json:"dates,omitempty"`
	// Lost: the attempt has ended, and its answer was lost.
	Lost string `json:"lost,omitempty"`
}

// MaybeSent reports whether nobody knows if the announcement was sent: an attempt
// lost its answer, or it ended without a word.
func (o Outgoing) MaybeSent(now time.Time) bool {
	return o.Sending != nil && (o.Sending.Lost != "" || !now.Before(o.Sending.Until))
}

// Delivered is an announcement that was sent.
type Delivered struct {
	Outgoing
	SentAt   time.Time `json:"sent_at"`
	SentBy   Person    `json:"sent_by"`
	Delivery Delivery  `json:"delivery"`
	Answer   string    `json:"answer,omitempty"`
}

// Outbox returns the announcements of a component that are not known to have been
// sent, in order of time.
func (s *State) Outbox(component string) ([]Outgoing, error) {
	var open []Outgoing
	err := s.read(outboxPath(component), &open)
	return open, ignoreMissing(err)
}

// Delivered returns the announcement, if it was sent; ok is false if it was not.
func (s *State) Delivered(component string, announcement Announcement) (delivered Delivered, ok bool, err error) {
	err = s.read(deliveredPath(component, announcement), &delivered)
	return delivered, err == nil, ignoreMissing(err)
}

// DeliveredOf lists the announcements of a release that were sent, in order of time.
func (s *State) DeliveredOf(component string, version release.Version) ([]Delivered, error) {
	directory := deliveredGroup(component, Announcement{Version: version})
	names, err := s.names(directory)
	if err != nil {
		return nil, err
	}
	var list []Delivered
	for _, name := range names {
		var delivered Delivered
		if err := s.read(directory+"/"+name, &delivered); err != nil {
			return nil, err
		}
		if delivered.Version == version {
			list = append(list, delivered)
		}
	}
	slices.SortStableFunc(list, func(a, b Delivered) int { return a.At.Compare(b.At) })
	return list, nil
}

// ToldDates are the days of cycles that were told last.
func (s *State) ToldDates(component string) ([]CycleDates, error) {
	var told []CycleDates
	err := s.read(toldPath(component), &told)
	return told, ignoreMissing(err)
}

func outboxPath(component string) string { return "outbox/" + component }

func toldPath(component string) string { return "told/" + component }

func deliveredGroup(component string, announcement Announcement) string {
	return "announced/" + component + "/" + announcement.group()
}

func deliveredPath(component string, announcement Announcement) string {
	return deliveredGroup(component, announcement) + "/" + announcement.Key
}

func (a AnnouncementStarted) subject(component string) string {
	return fmt.Sprintf("announce %s: %s: started", component, a.What())
}

func (a AnnouncementFinished) subject(component string) string {
	return fmt.Sprintf("announce %s: %s: %s", component, a.What, a.Delivery)
}

// FindDelivered finds an announcement that was sent by its key; ok is false if there
// is none.
func (s *State) FindDelivered(component, key string) (delivered Delivered, ok bool, err error) {
	directory := "announced/" + component
	groups, err := s.names(directory)
	if err != nil {
		return delivered, false, err
	}
	for _, group := range groups {
		err := s.read(directory+"/"+group+"/"+key, &delivered)
		if err == nil || ignoreMissing(err) != nil {
			return delivered, err == nil, err
		}
	}
	return delivered, false, nil
}
