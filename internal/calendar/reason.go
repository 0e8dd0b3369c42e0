package calendar

import (
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// reason puts a judgement into words.
func (c *Calendar) reason(r request, j Judgement, now time.Time) string {
	today := c.Today(now)
	switch j.Verdict {
	case Early:
		return fmt.Sprintf("too early by %s: %s is %s%s", days(r.day.DaysSince(today)), r.name(), Day(r.day), c.hours(r.what))
	case OnTime:
		return fmt.Sprintf("%s is %s", Day(today), r.name())
	case Late:
		return fmt.Sprintf("%s late: %s was %s%s", days(j.DaysLate), r.name(), Day(r.day), lastDay(j.Ends))
	case Frozen:
		freeze, _ := c.freeze(r.what, today)
		return fmt.Sprintf("no %s on %s: %s%s", r.what, Day(today), describe(freeze), c.nextChance(j))
	case OutsideHours:
		return fmt.Sprintf("outside the hours of a push%s: it is %s%s", c.hours(r.what), c.moment(now), c.nextChance(j))
	default:
		return fmt.Sprintf("too late: %s was %s, and the next cycle has begun on %s", r.name(), Day(r.day), Day(j.Ends))
	}
}

// skippedReason says why nothing is done for a skipped cycle; next is the one to
// wait for, without number when there is none.
func skippedReason(skipped, next Cycle) string {
	// The last note of a skipped cycle says why it is.
	reason := fmt.Sprintf("cycle %d (planned for %s) is %s", skipped.Number, Day(skipped.Planned), skipped.Notes[len(skipped.Notes)-1])
	if next.Number == 0 {
		return reason + "; no tagging day lies ahead"
	}
	return reason + "; the next tagging day is " + Day(next.Tag)
}

// name is the day in question: "the tagging day of cycle 3".
func (r request) name() string {
	if r.what == tagging {
		return fmt.Sprintf("the tagging day of cycle %d", r.cycle.Number)
	}
	return fmt.Sprintf("the pushing day of cycle %d (tag %s)", r.cycle.Number, Day(r.cycle.Tag))
}

// hours adds the hours of a push to a sentence, where there are any.
func (c *Calendar) hours(what action) string {
	from, to := c.schedule.PushFrom, c.schedule.PushTo
	if what == tagging || from == 0 && to == 0 {
		return ""
	}
	if to == 0 {
		to = endOfDay
	}
	return fmt.Sprintf(", %s to %s %s", from, to, c.zone)
}

// moment writes a time in the train's zone.
func (c *Calendar) moment(t time.Time) string { return Local(t, c.zone, c.zone) }

// nextChance adds when the action is allowed again.
func (c *Calendar) nextChance(j Judgement) string {
	switch {
	case !j.Opens.IsZero():
		return "; the next chance is from " + c.moment(j.Opens)
	case j.Ends.IsZero():
		return "; there is no other time"
	default:
		return "; there is no other time before the next tagging day, " + Day(j.Ends)
	}
}

// lastDay adds how long a late action is allowed.
func lastDay(ends release.Date) string {
	if ends.IsZero() {
		return ""
	}
	return "; allowed until " + Day(ends.AddDays(-1))
}
