package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Day writes a date with its day of the week: "Mon 2014-08-11".
func Day(date release.Date) string {
	return date.Weekday().String()[:3] + " " + date.String()
}

// Local writes a moment in the train's zone and, where the operator's clock shows
// another time, in the operator's: "Mon 2014-08-11 10:00 PDT (19:00 CEST where you
// are)". The day is repeated when it differs.
func Local(t time.Time, train, operator *time.Location) string {
	there, here := t.In(train), t.In(operator)
	text := Day(release.DateOf(there)) + " " + clock(there)
	_, offsetThere := there.Zone()
	_, offsetHere := here.Zone()
	if offsetThere == offsetHere {
		return text
	}
	local := clock(here)
	if release.DateOf(here) != release.DateOf(there) {
		local = Day(release.DateOf(here)) + " " + local
	}
	return fmt.Sprintf("%s (%s where you are)", text, local)
}

// clock writes the time of day with the zone's abbreviation; a zone that has a
// number for a name ("-03") is written as UTC-03.
func clock(t time.Time) string {
	zone, _ := t.Zone()
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone
	}
	return t.Format("15:04 ") + zone
}

// describe names a freeze.
func describe(freeze release.Freeze) string {
	return fmt.Sprintf("freeze %s to %s%s", freeze.From, freeze.To, because(freeze.Reason))
}

// because adds the reason that somebody gave, if any.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// list adds reasons to a sentence.
func list(reasons []string) string { return ": " + strings.Join(reasons, "; ") }

// days counts days in words.
func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
