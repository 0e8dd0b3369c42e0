package release

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Date is a civil date: a day on a calendar, without time or zone. The zero
// value is "no date". Days are counted on the calendar, so a change to daylight
// saving moves nothing.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD; a day that does not exist is an error.
func ParseDate(text string) (Date, error) {
	parsed, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date: expected YYYY-MM-DD, a day that exists", text)
	}
	return DateOf(parsed), nil
}

// DateOf is the date that the time has in its own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// String gives YYYY-MM-DD, nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// IsZero reports whether this is "no date".
func (d Date) IsZero() bool { return d == Date{} }

// MarshalText writes the date as an RFC 3339 full-date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// utc places the date where every day has 24 hours, to count with.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// AddDays returns the date n days later, or earlier.
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// DaysSince is the number of days from other to d.
func (d Date) DaysSince(other Date) int {
	// Seconds, since a time.Duration ends at 292 years.
	return int((d.utc().Unix() - other.utc().Unix()) / (24 * 60 * 60))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Next is the first such weekday after d (never d itself).
func (d Date) Next(day time.Weekday) Date {
	ahead := (int(day) - int(d.Weekday()) + 7) % 7
	if ahead == 0 {
		ahead = 7
	}
	return d.AddDays(ahead)
}

// Compare orders dates.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// At is that time of the day in a zone. A local time that does not exist (the
// hour that daylight saving leaves out, the day that a move across the date line
// does) is the next one that does; of one that exists twice it is the first.
func (d Date) At(clock TimeOfDay, zone *time.Location) time.Time {
	wanted := d.utc().Add(time.Duration(clock) * time.Minute)
	at := time.Date(wanted.Year(), wanted.Month(), wanted.Day(), wanted.Hour(), wanted.Minute(), 0, 0, zone)
	start, end := at.ZoneBounds()
	switch shown := reading(at); {
	// In a gap time.Date answers by the offset of either side; the first instant
	// after the gap is where the offset changes.
	case shown.Before(wanted):
		return end
	case shown.After(wanted):
		return start
	case start.IsZero():
		return at
	}
	// The clock was put back at start if it showed a later time just before: then
	// the same reading may have come up in the offset before, too.
	_, offset := at.Zone()
	_, offsetBefore := start.Add(-1).Zone()
	if earlier := at.Add(time.Duration(offset-offsetBefore) * time.Second); earlier.Before(start) {
		return earlier
	}
	return at
}

// reading is what calendar and clock show at t, placed where every day has 24
// hours.
func reading(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// TimeOfDay is a clock reading in minutes after midnight; 24:00 is allowed as
// the end of a day.
type TimeOfDay int

// ParseTimeOfDay reads HH:MM, from 00:00 to 24:00.
func ParseTimeOfDay(text string) (TimeOfDay, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	parsed, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is not a time of day: expected HH:MM, such as 10:00", text)
	}
	return TimeOfDay(parsed.Hour()*60 + parsed.Minute()), nil
}

// String gives HH:MM.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// Weekdays are the names that ParseWeekday knows.
var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
}

// WeekdayNames lists the names of the days, from Monday on.
func WeekdayNames() []string {
	return []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// ParseWeekday reads an English name of a day, in any case.
func ParseWeekday(text string) (time.Weekday, error) {
	day, ok := weekdays[strings.ToLower(text)]
	if !ok {
		return 0, fmt.Errorf("%q is not a day of the week: expected one of %s", text, strings.Join(WeekdayNames(), ", "))
	}
	return day, nil
}
