package plan

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// Announce is a step that tells people. What is intended is recorded before, and
// what became of it afterwards.
const Announce StepKind = "announce"

// announced is what an announcement is about, before it is known by which channels it
// goes.
type announced struct {
	event       ledger.Event
	version     release.Version
	environment string
	instead     release.Version
	cycle       release.Date
	notBefore   time.Time
	// act tells acts of one kind on one release from each other: the id of an entry;
	// "" where there is but one.
	act string
}

// owe gives the announcements that an act makes due, one for each channel of the
// train; none where it has no channel.
func (s *Snapshot) owe(what announced) []ledger.Announcement {
	var owed []ledger.Announcement
	for _, channel := range s.channels() {
		owed = append(owed, ledger.Announcement{
			Key: what.key(channel), Event: what.event, Channel: channel, Version: what.version, Environment: what.environment,
			Instead: what.instead, Cycle: what.cycle, NotBefore: what.embargo(s.Now),
		})
	}
	return owed
}

// embargo is the time before which it is not told, zero for one that is over.
func (a announced) embargo(now time.Time) time.Time {
	if !a.notBefore.After(now) {
		return time.Time{}
	}
	return a.notBefore.UTC().Truncate(time.Second)
}

// checkEmbargo refuses one that is over before it began.
func (s *Snapshot) checkEmbargo(until time.Time) error {
	if !until.IsZero() && !until.After(s.Now) {
		return misuse("give a time that is still to come, or leave it out", "--embargo %s is over already", s.moment(until))
	}
	return nil
}

// channels are those by which the train tells people.
func (s *Snapshot) channels() []ledger.Channel {
	var channels []ledger.Channel
	if s.Train.Announce.Mail != nil {
		channels = append(channels, ledger.ChannelMail)
	}
	if s.Train.Announce.Webhook != nil {
		channels = append(channels, ledger.ChannelWebhook)
	}
	return channels
}

// actLength is how much of an entry's id tells acts apart.
const actLength = 8

// key names an announcement for ever.
func (a announced) key(channel ledger.Channel) string {
	parts := []string{string(a.event)}
	if !a.version.IsZero() {
		parts = append(parts, a.version.String())
	}
	if a.environment != "" {
		parts = append(parts, a.environment)
	}
	if a.act != "" {
		parts = append(parts, a.act[:min(len(a.act), actLength)])
	}
	return keyText(strings.Join(append(parts, string(channel)), "-"))
}

// keyText makes a text fit for a path of the ledger and for a Message-ID.
func keyText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, text)
}

// oweRelease are the announcements of a release that is being made.
func (p *TagPlan) oweRelease(s *Snapshot) []ledger.Announcement {
	return s.owe(announced{event: ledger.EventTagged, version: p.Version, cycle: p.Cycle, notBefore: p.Embargo})
}

// owePush are the announcements of a release that has come to an environment.
func (p *PromotionPlan) owePush(s *Snapshot) []ledger.Announcement {
	version, err := release.ParseVersion(p.Version)
	if !p.Target.Announce || p.Tag == "" || err != nil {
		return nil
	}
	what := announced{event: ledger.EventPushed, version: version, environment: p.Environment, notBefore: p.Embargo, act: p.Entry.ID}
	what.instead, _ = release.ParseVersion(p.Running)
	switch {
	case !p.RollsBack.IsZero():
		what.event, what.instead = ledger.EventRolledBack, p.RollsBack
	case p.part != nil && p.part.rollsBack != "":
		what.event = ledger.EventRolledBack
	}
	return s.owe(what)
}

// announceSteps say what is told once the act is done.
func (s *Snapshot) announceSteps(owed []ledger.Announcement) []Step {
	var steps []Step
	for _, one := range owed {
		reason := "what is intended and what became of it are recorded"
		if !one.NotBefore.IsZero() {
			reason = fmt.Sprintf("not before %s: looprel announce, or looprel tick, sends it then", s.moment(one.NotBefore))
		}
		steps = append(steps, Step{Kind: Announce, Target: s.receivers(one), Want: one.Key, Reason: reason})
	}
	return steps
}

// receivers are who gets an announcement, for people.
func (s *Snapshot) receivers(one ledger.Announcement) string {
	if one.Channel == ledger.ChannelMail {
		return "mail to " + strings.Join(s.recipients(one), ", ")
	}
	hook := s.Train.Announce.Webhook
	if hook == nil || hook.URL == "" {
		return "webhook"
	}
	address, err := url.Parse(hook.URL)
	if err != nil {
		return "webhook"
	}
	return "webhook at " + address.Host // the rest may be a secret
}

// recipients are the addresses that a mail goes to: a reminder goes to those whose
// turn it is, where their addresses are known.
func (s *Snapshot) recipients(one ledger.Announcement) []string {
	if one.Turn != nil {
		if contact, ok := s.Train.Contact(one.Turn.Who); ok && len(contact.Email) > 0 {
			return contact.Email
		}
	}
	return s.Train.Announce.To
}

// moment writes a time in the train's zone.
func (s *Snapshot) moment(at time.Time) string {
	return at.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST")
}
