package calendar

import (
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/holiday"
	"github.com/mozilla-services/looprel/internal/release"
)

// action is what is done on a day, in the words of notes.
type action string

const (
	tagging action = "tag"
	pushing action = "push"
)

// settle finds the first day, from one day on, on which nothing stands in the way.
// The planned day may be at a weekend, since the timetable asks for it; any other
// is a working day before the limit. The reasons say what stood in the way of
// earlier days.
func (c *Calendar) settle(what action, planned, from, limit release.Date) (day release.Date, reasons []string, ok bool) {
	for day = from; day == planned || day.Before(limit); day = day.AddDays(1) {
		obstacles := c.obstacles(what, day)
		if len(obstacles) == 0 && (day == planned || !weekend(day)) {
			return day, reasons, true
		}
		for _, obstacle := range obstacles {
			if !slices.Contains(reasons, obstacle) {
				reasons = append(reasons, obstacle)
			}
		}
	}
	return release.Date{}, reasons, false
}

// obstacles says in words what stands in the way of acting on that day.
func (c *Calendar) obstacles(what action, day release.Date) []string {
	var obstacles []string
	if freeze, frozen := c.freeze(what, day); frozen {
		obstacles = append(obstacles, describe(freeze))
	}
	return append(obstacles, c.holidays(day)...)
}

// freeze returns the first freeze that stops the action on that day.
func (c *Calendar) freeze(what action, day release.Date) (release.Freeze, bool) {
	at := slices.IndexFunc(c.schedule.Freezes, func(f release.Freeze) bool {
		return (what == pushing || f.StopsTags) && !day.Before(f.From) && !day.After(f.To)
	})
	if at < 0 {
		return release.Freeze{}, false
	}
	return c.schedule.Freezes[at], true
}

// holidays names the public holidays of that day.
func (c *Calendar) holidays(day release.Date) []string {
	var names []string
	for _, country := range c.schedule.Holidays {
		if name, ok := holiday.On(country, day); ok {
			names = append(names, fmt.Sprintf("%s is %s (%s)", Day(day), name, country))
		}
	}
	return names
}

func weekend(day release.Date) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}
