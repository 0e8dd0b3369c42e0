// Package calendar turns a train's timetable into cycles: which days are tagging,
// testing and pushing days, what a freeze or a holiday moves, and whether a tag or
// a push is early, on time or late.
//
// Everything is counted in civil dates of the train's zone, never in hours, so a
// change to daylight saving moves nothing. The steps for one cycle are: count
// (cycle n is planned n-1 periods after the first tagging day), exceptions (they
// win over everything else), obstacles (a day that is frozen or a public holiday
// moves to the next working day that is free), and judgement (what a moment means
// for a cycle). Each answer carries its reasons in words.
//
//	Calendar   the timetable and its zone
//	Cycle      one turn of the train: planned days, real days, notes
//	Judgement  what may be done at a moment, why, and when it may be done otherwise
//
// The package imports release and holiday only, does no I/O and reads no clock.
package calendar

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Calendar computes the cycles of a timetable. It holds no state of its own and
// may be used by several goroutines at once.
type Calendar struct {
	schedule release.Schedule
	zone     *time.Location
}

// New makes the calendar of a schedule that the configuration has accepted: it
// has a first tagging day, its period is a positive number of weeks, and the
// dates of an exception lie between the tagging days planned before and after its
// cycle's, the push not before the tag.
func New(schedule release.Schedule, zone *time.Location) *Calendar {
	return &Calendar{schedule: schedule, zone: zone}
}

// Cycle is one turn of the train.
type Cycle struct {
	// Number counts from 1; a skipped cycle keeps its number.
	Number int
	// Planned is the tagging day by the count alone. It identifies the cycle for
	// ever, whatever becomes of the cycle.
	Planned release.Date
	// PlannedPush and PlannedTest are what would follow from Planned if nothing
	// stood in the way.
	PlannedPush release.Date
	PlannedTest []release.Date
	// Tag and Push are the days that count, zero when the cycle is skipped.
	Tag, Push release.Date
	// Test are the working days of the load tests, from the tag on. There are none
	// when the cycle is skipped or the timetable has no tests.
	Test    []release.Date
	Skipped bool
	// Notes say why the cycle is not as planned: one sentence for each change.
	Notes []string
}

// begins is the day from which the cycle is the current one.
func (c Cycle) begins() release.Date {
	if c.Skipped {
		return c.Planned
	}
	return c.Tag
}

// lastYear is the last year of which a date can be written.
const lastYear = 9999

// longestRange bounds the days that Cycles goes through: a hundred years.
const longestRange = 36525

// horizon is how many cycles find looks ahead before it takes the train to have
// ended: forty years of two weeks.
const horizon = 1040

// Cycles returns the cycles that have a tagging or pushing day, planned or real,
// from one day to another, both included. A range that runs backwards or is
// longer than a hundred years is an error.
func (c *Calendar) Cycles(from, until release.Date) ([]Cycle, error) {
	if until.Before(from) {
		return nil, fmt.Errorf("no days from %s to %s: the range runs backwards", from, until)
	}
	if until.DaysSince(from) > longestRange {
		return nil, fmt.Errorf("too many days from %s to %s: at most a hundred years can be shown at once", from, until)
	}
	within := func(day release.Date) bool {
		return !day.IsZero() && !day.Before(from) && !day.After(until)
	}
	var cycles []Cycle
	// A cycle's days lie between the tagging days planned before and after it.
	for n := max(1, c.count(from)-1); n <= c.count(until)+1 && c.exists(n); n++ {
		cycle := c.cycle(n)
		if within(cycle.Planned) || within(cycle.PlannedPush) || within(cycle.Tag) || within(cycle.Push) {
			cycles = append(cycles, cycle)
		}
	}
	return cycles, nil
}

// Current returns the cycle that the day belongs to: the last one whose tagging
// day has come, or, from its planned tagging day on, one that is skipped. There is
// none before the first.
func (c *Calendar) Current(day release.Date) (Cycle, bool) {
	// The count is right but for a tagging day that was moved past the day, and
	// for an exception that brought the next one forward.
	for n := c.count(day) + 1; n >= 1; n-- {
		if !c.exists(n) {
			continue
		}
		if cycle := c.cycle(n); !cycle.begins().After(day) {
			return cycle, true
		}
	}
	return Cycle{}, false
}

// Next returns the first cycle whose tagging day comes after the day, leaving out
// skipped ones; ok is false when there is none within sight (some forty years for
// a train that leaves every two weeks).
func (c *Calendar) Next(day release.Date) (next Cycle, ok bool) {
	return c.find(max(1, c.count(day)), func(cycle Cycle) bool { return cycle.Tag.After(day) })
}

// find returns the first wanted cycle from number n on that is not skipped.
func (c *Calendar) find(n int, wanted func(Cycle) bool) (found Cycle, ok bool) {
	for end := n + horizon; n < end && c.exists(n); n++ {
		if cycle := c.cycle(n); !cycle.Skipped && wanted(cycle) {
			return cycle, true
		}
	}
	return Cycle{}, false
}

// ByPlanned returns the cycle whose planned tagging day that is; ok is false for
// any other day.
func (c *Calendar) ByPlanned(planned release.Date) (cycle Cycle, ok bool) {
	n := c.count(planned)
	if n < 1 || !c.exists(n) || c.planned(n) != planned {
		return Cycle{}, false
	}
	return c.cycle(n), true
}

// Today is the date that the train has at that moment.
func (c *Calendar) Today(now time.Time) release.Date { return release.DateOf(now.In(c.zone)) }

// Frozen returns the freeze, if any, that stops pushes on that day.
func (c *Calendar) Frozen(day release.Date) (release.Freeze, bool) { return c.freeze(pushing, day) }

// TagsFrozen returns the freeze, if any, that stops tags on that day.
func (c *Calendar) TagsFrozen(day release.Date) (release.Freeze, bool) {
	return c.freeze(tagging, day)
}

// Window is the time of that day within which pushes are made, closes excluded.
// It is empty when daylight saving leaves out all of it.
func (c *Calendar) Window(day release.Date) (opens, closes time.Time) {
	until := c.schedule.PushTo
	if until == 0 {
		until = endOfDay
	}
	return day.At(c.schedule.PushFrom, c.zone), day.At(until, c.zone)
}

const endOfDay release.TimeOfDay = 24 * 60

// planned is the tagging day of cycle n by the count alone.
func (c *Calendar) planned(n int) release.Date {
	return c.schedule.FirstTag.AddDays((n - 1) * c.schedule.Every)
}

// count is the number of the last cycle whose planned tagging day has come, below
// 1 before the first.
func (c *Calendar) count(day release.Date) int {
	days := day.DaysSince(c.schedule.FirstTag)
	periods := days / c.schedule.Every
	if days%c.schedule.Every < 0 {
		periods--
	}
	return periods + 1
}

// exists reports whether the days of cycle n can be written: none of them lies
// after the next planned tagging day.
func (c *Calendar) exists(n int) bool { return c.planned(n+1).Year <= lastYear }
