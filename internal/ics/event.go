package ics

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// kind is what an event is about; it is part of the UID and must not change.
type kind string

const (
	tag  kind = "tag"
	test kind = "test"
	push kind = "push"
)

// writer makes events of cycles.
type writer struct {
	train   string
	zone    *time.Location
	options Options
}

// events are those of one cycle, in the order of their days.
func (w writer) events(cycle calendar.Cycle) []*ical.VEvent {
	tagDay, tests, pushDay := cycle.Tag, cycle.Test, cycle.Push
	if cycle.Skipped {
		tagDay, pushDay = cycle.Planned, cycle.PlannedPush
	}
	events := []*ical.VEvent{w.days(cycle, tag, cycle.Skipped, tagDay, tagDay)}
	// Tests that were planned and have no day left are cancelled as well.
	cancelled := len(tests) == 0
	if cancelled {
		tests = cycle.PlannedTest
	}
	if len(tests) > 0 {
		events = append(events, w.days(cycle, test, cancelled, tests[0], tests[len(tests)-1]))
	}
	return append(events, w.push(cycle, pushDay))
}

// days is an event of whole days, both included.
func (w writer) days(cycle calendar.Cycle, what kind, cancelled bool, first, last release.Date) *ical.VEvent {
	event := w.event(cycle, what, cancelled)
	whole := ical.WithValue(string(ical.ValueDataTypeDate))
	event.SetProperty(ical.ComponentPropertyDtStart, date(first), whole)
	event.SetProperty(ical.ComponentPropertyDtEnd, date(last.AddDays(1)), whole)
	return event
}

// push is the push of a cycle on that day, within the hours where there are any.
func (w writer) push(cycle calendar.Cycle, day release.Date) *ical.VEvent {
	from, to := w.options.PushFrom, w.options.PushTo
	allDay := from == 0 && to == 0
	if to == 0 {
		to = endOfDay
	}
	opens, closes := day.At(from, w.zone), day.At(to, w.zone)
	// Hours that daylight saving leaves out make no time to write.
	if allDay || !opens.Before(closes) {
		return w.days(cycle, push, cycle.Skipped, day, day)
	}
	event := w.event(cycle, push, cycle.Skipped)
	zone := ical.WithTZID(w.zone.String())
	event.SetProperty(ical.ComponentPropertyDtStart, opens.Format(localTime), zone)
	event.SetProperty(ical.ComponentPropertyDtEnd, closes.Format(localTime), zone)
	return event
}

// event is all of an event but its time.
func (w writer) event(cycle calendar.Cycle, what kind, cancelled bool) *ical.VEvent {
	status := ical.ObjectStatusConfirmed
	if cancelled {
		status = ical.ObjectStatusCancelled
	}
	event := ical.NewEvent(w.uid(cycle, what))
	event.SetDtStampTime(w.options.Stamp)
	event.SetSequence(w.options.Sequence)
	event.SetSummary(fmt.Sprintf("%s: %s (cycle %d)", w.train, what.title(), cycle.Number))
	event.SetDescription(description(cycle))
	event.SetProperty(ical.ComponentPropertyCategories, strings.ToUpper(string(what)))
	// The train's days do not make anybody busy.
	event.SetTimeTransparency(ical.TransparencyTransparent)
	event.SetStatus(status)
	return event
}

// uid is the event's name for ever: it holds nothing that may change.
func (w writer) uid(cycle calendar.Cycle, what kind) string {
	digest := sha256.Sum256([]byte(w.options.Identity))
	return fmt.Sprintf("%s-%s-%x@looprel", cycle.Planned, what, digest[:8])
}

// title is the kind in the words of a summary.
func (k kind) title() string {
	if k == test {
		return "load tests"
	}
	return string(k)
}

// description says which cycle it is, and why its days are not the planned ones.
func description(cycle calendar.Cycle) string {
	lines := []string{fmt.Sprintf("Cycle %d, planned: tag %s, push %s.", cycle.Number, calendar.Day(cycle.Planned), calendar.Day(cycle.PlannedPush))}
	return printable(strings.Join(append(lines, cycle.Notes...), "\n"))
}

// date writes a DATE.
func date(day release.Date) string {
	return fmt.Sprintf("%04d%02d%02d", day.Year, day.Month, day.Day)
}

// localTime is the layout of a DATE-TIME in local time.
const localTime = "20060102T150405"
