// Package holiday says which days are public holidays in a country.
//
// The holidays are those that rickar/cal lists as the standard national ones;
// regional ones are left out. A holiday counts on its own day and on the one on
// which it is kept instead (a Sunday's often on the Monday after), whatever zone
// the machine is in. Two questions are all there is: which countries are known,
// and is this day a holiday there. The package imports release, the standard
// library and rickar/cal only, does no I/O and reads no clock.
package holiday

import (
	"maps"
	"slices"
	"time"

	"github.com/rickar/cal/v2"

	"github.com/mozilla-services/looprel/internal/release"
)

// Countries lists the known countries by ISO 3166-1 alpha-2 code, in order.
func Countries() []string { return slices.Sorted(maps.Keys(countries)) }

// Known reports whether the holidays of that country (ISO 3166-1 alpha-2, upper
// case) are known.
func Known(country string) bool {
	_, ok := countries[country]
	return ok
}

// On names the public holiday that the country has on that date; ok is false
// when there is none, or the country is not known. A holiday that is kept on
// another day than its own is marked "(observed)" there.
func On(country string, date release.Date) (name string, ok bool) {
	for _, day := range countries[country] {
		for _, year := range yearsAround(date) {
			own, kept, occurs := days(day, year)
			switch {
			case occurs && own == date:
				return day.Name, true
			case occurs && kept == date:
				return day.Name + " (observed)", true
			}
		}
	}
	return "", false
}

// yearsAround are the years whose holidays may be kept on that date: New Year's
// Day of the next year may be kept in December.
func yearsAround(date release.Date) []int {
	switch date.Month {
	case time.January:
		return []int{date.Year, date.Year - 1}
	case time.December:
		return []int{date.Year, date.Year + 1}
	default:
		return []int{date.Year}
	}
}

// days are the holiday's own day in a year and the day on which it is kept. The
// library counts from midnight in the machine's zone, which daylight saving may
// leave out; noon is on the right day even then. The rule for the day on which a
// holiday is kept is applied here, to the civil date, for the same reason.
func days(day *cal.Holiday, year int) (own, kept release.Date, occurs bool) {
	midnight, _ := day.Calc(year)
	if midnight.IsZero() {
		return release.Date{}, release.Date{}, false
	}
	own = release.DateOf(midnight.Add(12 * time.Hour))
	for _, alternative := range day.Observed {
		if alternative.Day == own.Weekday() {
			return own, own.AddDays(alternative.Offset), true
		}
	}
	return own, own, true
}
