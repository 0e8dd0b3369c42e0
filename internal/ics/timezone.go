package ics

import (
	"fmt"
	"time"

	ical "github.com/arran4/golang-ical"
)

// timezone describes the zone for the time from first to last: one component for
// each of its offsets, from the one that is in force at first.
func timezone(zone *time.Location, first, last time.Time) *ical.VTimezone {
	described := ical.NewTimezone(zone.String())
	for at := first.In(zone); ; {
		described.Components = append(described.Components, observance(at))
		_, end := at.ZoneBounds()
		if end.IsZero() || end.After(last) {
			return described
		}
		at = end
	}
}

// observance describes the offset that is in force at that time.
func observance(at time.Time) ical.Component {
	name, offset := at.Zone()
	start, _ := at.ZoneBounds()
	offsetBefore := offset
	if start.IsZero() {
		// The zone has always been so; any time before the events will do.
		start = time.Date(min(1970, at.Year()-1), time.January, 1, 0, 0, 0, 0, at.Location())
	} else {
		_, offsetBefore = start.Add(-time.Second).Zone()
	}
	properties := &ical.ComponentBase{}
	// The onset is read off the clock before it is changed.
	onset := start.In(time.FixedZone("", offsetBefore))
	properties.AddProperty(ical.ComponentPropertyDtStart, onset.Format(localTime))
	properties.AddProperty(ical.ComponentProperty(ical.PropertyTzoffsetfrom), utcOffset(offsetBefore))
	properties.AddProperty(ical.ComponentProperty(ical.PropertyTzoffsetto), utcOffset(offset))
	properties.AddProperty(ical.ComponentProperty(ical.PropertyTzname), name)
	if at.IsDST() {
		return &ical.Daylight{ComponentBase: *properties}
	}
	return &ical.Standard{ComponentBase: *properties}
}

// utcOffset writes seconds east of Greenwich as a UTC-OFFSET.
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
