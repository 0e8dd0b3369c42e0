package plan

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// TickPlan is what the train may do by itself now. Each act is planned and judged
// again by its own verb.
type TickPlan struct {
	Verb      string    `json:"verb"`
	Component string    `json:"component"`
	Acts      []TickAct `json:"acts"`
	// Waiting is what is due and not for tick to do now, and what is to come.
	Waiting []Due `json:"waiting"`
	// Notes say what is not made up for.
	Notes []string `json:"notes"`
	// Owing are acts of which something may be left to do at the forge.
	Owing []Owing `json:"owing"`

	// Tell is what people are to be told.
	Tell AnnounceRequest `json:"-"`
	// telling are the announcements that go out.
	telling int
}

// TickAct is one act.
type TickAct struct {
	Act         Act             `json:"act"`
	Key         string          `json:"key"`
	What        string          `json:"what"`
	Environment string          `json:"environment,omitempty"`
	Version     release.Version `json:"version,omitzero"`
	Command     string          `json:"command"`
	Reason      string          `json:"reason"`
}

// Tells reports whether there is anything to tell people.
func (p *TickPlan) Tells() bool { return p.telling > 0 }

// Tried is an act of this run that did not succeed, or was not needed.
type Tried struct {
	Why string
	// Refused: trying again does not help, so that people are to see to it.
	Refused bool
}

// MakeTick finds what the train may do by itself, by what environments.yaml declares.
// tried are the acts of this run, by key: they are not tried again by it.
func MakeTick(s *Snapshot, tried map[string]Tried) (*TickPlan, error) {
	next, err := MakeNext(s)
	if err != nil {
		return nil, err
	}
	p := &TickPlan{Verb: "tick", Component: s.Component.Name, Acts: []TickAct{}, Waiting: []Due{}, Notes: []string{}, Owing: []Owing{}}
	owing, err := Owings(s)
	if err != nil {
		return nil, err
	}
	p.Owing = append(p.Owing, owing...)
	for _, due := range next.Due {
		if err := p.take(s, due, tried); err != nil {
			return nil, err
		}
	}
	if err := p.heads(s, tried); err != nil {
		return nil, err
	}
	p.Waiting = append(p.Waiting, next.Waiting...)
	if err := p.missed(s); err != nil {
		return nil, err
	}
	return p, p.tell(s)
}

// take decides about something that is due.
func (p *TickPlan) take(s *Snapshot, due Due, tried map[string]Tried) error {
	tick, key := s.Train.Tick, due.turn.key()
	left := func(reason string) {
		due.Reason = reason
		p.leave(s, due)
	}
	before, again := tried[key]
	switch {
	case due.turn.act == ActAnnounce:
		if !tick.Announce || due.Command != announceCommand {
			p.Waiting = append(p.Waiting, due)
		}
		return nil
	case again && !before.Refused:
		due.Reason = before.Why
		p.Waiting = append(p.Waiting, due)
	case again:
		left(before.Why)
	case due.turn.act == ActTag && tick.Tag && due.DaysLate > 0 && !tick.Late:
		left(fmt.Sprintf("%s; tick makes up for nothing, unless tick.late says so", due.Reason))
	case due.turn.act == ActTag && tick.Tag:
		if from := s.Today().At(tick.From, s.Train.Zone); s.Now.Before(from) {
			due.From, due.Reason = from, "tick.from: nothing is tagged before"
			p.Waiting = append(p.Waiting, due)
			return nil
		}
		p.act(due)
	case due.turn.act == ActPromote && tick.Promotes(due.turn.environment) && due.DaysLate > 0 && !tick.Late:
		left(fmt.Sprintf("%s, and late; tick makes up for nothing, unless tick.late says so", due.Reason))
	case due.turn.act == ActPromote && tick.Promotes(due.turn.environment):
		passes, err := s.passesThrough(due.turn.environment, due.turn.version)
		if err != nil {
			return err
		}
		if passes != "" {
			left(passes)
			return nil
		}
		p.act(due)
	case due.turn.act == ActFinish && tick.Promotes(due.turn.environment):
		return p.finish(s, due)
	default:
		p.leave(s, due)
	}
	return nil
}

// announceCommand sends what is open; other commands about announcements are for
// people.
const announceCommand = "looprel announce"

func (p *TickPlan) act(due Due) {
	p.Acts = append(p.Acts, TickAct{
		Act: due.turn.act, Key: due.turn.key(), What: due.What, Environment: due.turn.environment, Version: due.turn.version,
		Command: due.Command, Reason: due.Reason,
	})
}

// leave leaves something to people, and reminds them.
func (p *TickPlan) leave(s *Snapshot, due Due) {
	p.Waiting = append(p.Waiting, due)
	if due.Command == "" || !s.Train.Tick.Remind {
		return
	}
	for _, channel := range s.channels() {
		p.Tell.Fresh = append(p.Tell.Fresh, ledger.Announcement{
			Key: keyText(fmt.Sprintf("%s-%s-%s", ledger.EventReminder, due.turn.key(), channel)), Event: ledger.EventReminder, Channel: channel,
			Version: due.turn.version, Environment: due.turn.environment, Cycle: due.turn.cycle,
			Turn: &ledger.Turn{What: due.What, Who: due.Who, Command: due.Command, Reason: due.Reason},
		})
	}
}

const (
	// firstPause is how long tick waits before it tries a promotion again that failed;
	// each further pause is twice as long, up to longestPause.
	firstPause   = time.Hour
	longestPause = 24 * time.Hour
)

// finish decides about a promotion that did not end, or ended badly. A rollback is
// for people.
func (p *TickPlan) finish(s *Snapshot, due Due) error {
	state, err := s.Ledger.Environment(due.turn.environment, s.Component.Name)
	if err != nil {
		return err
	}
	switch {
	case due.Command == "": // somebody is at it
		p.Waiting = append(p.Waiting, due)
	case state.Underway != nil && state.Underway.RollsBack.IsZero():
		p.act(due)
	case state.Broken != nil && state.Broken.RollsBack.IsZero():
		p.tryAgain(s, due, *state.Broken)
	default:
		p.leave(s, due)
	}
	return nil
}

// tryAgain tries a failed promotion again after a pause, and people learn of it.
func (p *TickPlan) tryAgain(s *Snapshot, due Due, broken ledger.Broken) {
	again := retryAt(broken)
	if s.Now.Before(again) {
		due.From = again
		p.leave(s, due)
		return
	}
	p.act(due)
}

func retryAt(broken ledger.Broken) time.Time {
	pause := firstPause
	for range broken.Tries - 1 {
		pause = min(2*pause, longestPause)
	}
	return broken.At.Add(pause)
}

// heads finds environments that follow a branch and do not have its head.
func (p *TickPlan) heads(s *Snapshot, tried map[string]Tried) error {
	for _, environment := range s.Train.Environments {
		head, exists := s.Refs.IDs[BranchRef(environment.Follows)]
		if environment.Follows == "" || !environment.Commissioned || !exists || !s.Ledger.Exists() || !s.Train.Tick.Promotes(environment.Name) {
			continue
		}
		state, err := s.Ledger.Environment(environment.Name, s.Component.Name)
		if err != nil {
			return err
		}
		act := TickAct{
			Act: ActPromote, Key: "promote-" + environment.Name + "-" + head.String(), What: fmt.Sprintf("bring %s of %s to %s", head.Short(), environment.Follows, environment.Name),
			Environment: environment.Name, Command: "looprel promote " + environment.Name, Reason: environment.Name + " follows " + environment.Follows,
		}
		due := Due{What: act.What, Who: environment.Maintainer, Command: act.Command, Reason: act.Reason}
		before, again := tried[act.Key]
		switch {
		case again:
			due.Reason = before.Why
			p.Waiting = append(p.Waiting, due)
		case state.Underway != nil && s.Now.Before(state.Underway.Until):
			due.From, due.Reason = state.Underway.Until, fmt.Sprintf("%s is at it", state.Underway.By.Name)
			p.Waiting = append(p.Waiting, due)
		case state.Underway == nil && state.Broken != nil && state.Broken.Commit == head && s.Now.Before(retryAt(*state.Broken)):
			due.From, due.Reason = retryAt(*state.Broken), fmt.Sprintf("the last attempt ended as %q", state.Broken.Outcome)
			p.Waiting = append(p.Waiting, due)
		case state.Underway != nil, state.Broken != nil, state.Running == nil, state.Running.Commit != head:
			p.Acts = append(p.Acts, act)
		}
	}
	return nil
}

// missed says that the cycle before this one has released nothing: nobody makes up
// for that.
func (p *TickPlan) missed(s *Snapshot) error {
	current, ok := s.Calendar().Current(s.Today())
	if !ok || !s.Train.Tick.Tag {
		return nil
	}
	before, ok := s.Calendar().ByPlanned(current.Planned.AddDays(-s.Train.Schedule.Every))
	if !ok || before.Skipped {
		return nil
	}
	version, err := s.Ledger.CycleRelease(s.Component.Name, before.Planned)
	if err != nil || !version.IsZero() {
		return err
	}
	begun, err := s.begunBefore(before)
	if err == nil && begun {
		p.Notes = append(p.Notes, fmt.Sprintf("cycle %d (tag %s) has released nothing, and is over: it is not made up for", before.Number, calendar.Day(before.Tag)))
	}
	return err
}

// begunBefore reports whether a cycle before that one has released something.
func (s *Snapshot) begunBefore(cycle calendar.Cycle) (bool, error) {
	for earlier := cycle.Planned.AddDays(-s.Train.Schedule.Every); !earlier.Before(s.Train.Schedule.FirstTag); earlier = earlier.AddDays(-s.Train.Schedule.Every) {
		version, err := s.Ledger.CycleRelease(s.Component.Name, earlier)
		if err != nil || !version.IsZero() {
			return err == nil, err
		}
	}
	return false, nil
}

// tell finds what people are to be told: reminders, other days, and where tick may,
// what acts owe.
func (p *TickPlan) tell(s *Snapshot) error {
	p.Tell.Reminders, p.Tell.RemindersOnly = true, !s.Train.Tick.Announce
	if s.Train.Tick.Announce {
		if err := p.otherDates(s); err != nil {
			return err
		}
	}
	if !s.Ledger.Exists() {
		p.Tell.Fresh = nil // a ledger is begun by people
		return nil
	}
	if err := p.drop(s); err != nil {
		return err
	}
	selected, err := SelectAnnouncements(s, p.Tell)
	if err != nil {
		return err
	}
	for _, one := range selected {
		if one.held == "" && (one.Event != ledger.EventReminder || s.Train.Tick.Remind) {
			p.telling++
		}
	}
	return nil
}

// drop finds reminders that could not be sent while they were due.
func (p *TickPlan) drop(s *Snapshot) error {
	open, err := s.Ledger.Outbox(s.Component.Name)
	for _, one := range open {
		due := slices.ContainsFunc(p.Tell.Fresh, func(fresh ledger.Announcement) bool { return fresh.Key == one.Key })
		if one.Event == ledger.EventReminder && !due && (one.Sending == nil || one.MaybeSent(s.Now)) {
			p.Tell.Drop = append(p.Tell.Drop, one.Key)
		}
	}
	return err
}

// otherDates tells of days that are not what people were told.
func (p *TickPlan) otherDates(s *Snapshot) error {
	told, err := s.Ledger.ToldDates(s.Component.Name)
	if err != nil || len(told) == 0 {
		return err
	}
	coming := s.comingDates()
	known := slices.DeleteFunc(slices.Clone(coming), func(one cycleDates) bool {
		return !slices.ContainsFunc(told, func(t ledger.CycleDates) bool { return t.Planned == one.dates.Planned })
	})
	changed, err := s.datesChanged(known)
	if err != nil || !changed {
		return err
	}
	open, err := s.Ledger.Outbox(s.Component.Name)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(fmt.Append(nil, datesOf(coming)))
	// The first channel is the one whose sending counts as told; it comes last.
	for _, channel := range slices.Backward(s.channels()) {
		if slices.ContainsFunc(open, func(o ledger.Outgoing) bool { return o.Event == ledger.EventDates && o.Channel == channel }) {
			continue
		}
		p.Tell.Fresh = append(p.Tell.Fresh, ledger.Announcement{
			Key: fmt.Sprintf("%s-%s-%x-%s", ledger.EventDates, s.Today(), digest[:4], channel), Event: ledger.EventDates, Channel: channel, Cycle: coming[0].dates.Planned,
		})
	}
	return nil
}
