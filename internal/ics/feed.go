// Package ics writes a train's cycles as an iCalendar feed (RFC 5545).
//
// It promises a feed to subscribe to, not just a file to import:
//
//   - an event keeps its UID for ever, whatever day it is moved to, since the UID
//     is made of the train's identity, the day that the cycle was planned for and
//     the kind of event alone;
//   - an event of a cycle that is skipped stays, with STATUS:CANCELLED on the days
//     that were planned, so that calendars take it out;
//   - SEQUENCE and DTSTAMP are the caller's, so that the same timetable gives the
//     same bytes, and a changed one a higher SEQUENCE;
//   - the pushing hours are local times of the train's zone, which the feed
//     describes itself (VTIMEZONE) as far as its events need.
//
// Each cycle gives up to three events: the tag and the load tests by whole days,
// the push by its hours. The package imports calendar, release and golang-ical,
// does no I/O and reads no clock.
package ics

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	ical "github.com/arran4/golang-ical"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// Options is what a feed says beyond the cycles.
type Options struct {
	// Identity tells this train from all others, and must stay the same for ever
	// and for everybody: a canonical address of its home, for instance. It does not
	// appear in the feed, but as a digest.
	Identity string
	// Sequence is the revision of the timetable: it must rise with each change and
	// never fall. The number of commits on environments.yaml will do, or the minutes
	// since 1970 of its last one. From 0 to 2147483647.
	Sequence int
	// Stamp is when the timetable last changed, or when the feed is written.
	Stamp time.Time
	// PushFrom and PushTo bound the hours of a push; both zero: the whole day.
	PushFrom, PushTo release.TimeOfDay
}

// productID names the program that wrote the feed.
const productID = "-//looprel//release calendar//EN"

// Feed writes the cycles as an iCalendar feed of that name, with times in the
// train's zone. Options without identity or stamp, or with a sequence out of
// range, are an error.
func Feed(name string, cycles []calendar.Cycle, zone *time.Location, options Options) ([]byte, error) {
	switch {
	case options.Identity == "":
		return nil, errors.New("no identity given to make UIDs of")
	case options.Stamp.IsZero():
		return nil, errors.New("no time given to stamp the events with")
	case options.Sequence < 0 || options.Sequence > math.MaxInt32:
		return nil, fmt.Errorf("sequence %d is out of range: expected 0 to %d", options.Sequence, math.MaxInt32)
	}
	name = printable(name)
	feed := ical.NewCalendar()
	feed.SetProductId(productID)
	feed.SetCalscale("GREGORIAN")
	feed.SetMethod(ical.MethodPublish)
	feed.SetName(name)
	feed.SetXWRTimezone(zone.String())

	// A feed must have a component, so an empty one has its zone alone.
	first, last := span(cycles, options.Stamp, zone)
	feed.AddVTimezone(timezone(zone, first, last))
	w := writer{train: name, zone: zone, options: options}
	for _, cycle := range cycles {
		for _, event := range w.events(cycle) {
			feed.AddVEvent(event)
		}
	}
	var text bytes.Buffer
	if err := feed.SerializeTo(&text, ical.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("writing the calendar feed: %w", err)
	}
	return text.Bytes(), nil
}

// span is the time that the cycles' events take up, the moment of the stamp when
// there are no cycles.
func span(cycles []calendar.Cycle, stamp time.Time, zone *time.Location) (first, last time.Time) {
	days := make([]release.Date, 0, 4*len(cycles))
	for _, cycle := range cycles {
		days = append(days, cycle.Planned, cycle.PlannedPush)
		if !cycle.Skipped {
			days = append(days, cycle.Tag, cycle.Push)
		}
	}
	if len(days) == 0 {
		return stamp, stamp
	}
	earliest := slices.MinFunc(days, release.Date.Compare)
	latest := slices.MaxFunc(days, release.Date.Compare)
	return earliest.At(0, zone), latest.At(endOfDay, zone)
}

const endOfDay release.TimeOfDay = 24 * 60
