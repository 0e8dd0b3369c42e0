package calendar

import (
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// IsWorkday reports whether a day is neither at a weekend nor a public holiday of
// the train's countries.
func (c *Calendar) IsWorkday(day release.Date) bool {
	return !weekend(day) && len(c.holidays(day)) == 0
}

// WorkTime is how much of a span of time lies on working days. A working day counts
// from midnight to midnight in the train's zone: what runs, runs at night, too.
func (c *Calendar) WorkTime(from, to time.Time) time.Duration {
	var total time.Duration
	for day := c.Today(from); from.Before(to); day = day.AddDays(1) {
		end := day.AddDays(1).At(0, c.zone)
		if end.After(to) {
			end = to
		}
		if c.IsWorkday(day) {
			total += end.Sub(from)
		}
		from = end
	}
	return total
}

// searchedDays bounds the search for working days: a list of countries on which no
// year has one ends it.
const searchedDays = 10 * 366

// AfterWorkTime is when so much time on working days has passed; ok is false if that
// is too far away.
func (c *Calendar) AfterWorkTime(from time.Time, wanted time.Duration) (at time.Time, ok bool) {
	day := c.Today(from)
	for range searchedDays {
		end := day.AddDays(1).At(0, c.zone)
		if c.IsWorkday(day) {
			if left := end.Sub(from); wanted <= left {
				return from.Add(wanted), true
			} else {
				wanted -= left
			}
		}
		from, day = end, day.AddDays(1)
	}
	return time.Time{}, false
}
