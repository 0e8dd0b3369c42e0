package calendar

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/release"
)

// cycle computes cycle n.
func (c *Calendar) cycle(n int) Cycle {
	planned := c.planned(n)
	push := planned.Next(c.schedule.PushDay)
	cycle := Cycle{Number: n, Planned: planned, PlannedPush: push, PlannedTest: c.test(planned, push)}
	exception, _ := c.exception(planned)
	if exception.Skip {
		return cycle.skip("skipped: exception" + because(exception.Reason))
	}
	// Nothing moves as far as the next tagging day, planned or real.
	limit := c.planned(n + 1)
	if next, ok := c.exception(limit); ok && !next.Tag.IsZero() && next.Tag.Before(limit) {
		limit = next.Tag
	}
	var skipped string
	if cycle.Tag, skipped = c.tag(&cycle, exception, limit); skipped != "" {
		return cycle.skip(skipped)
	}
	if cycle.Push, skipped = c.push(&cycle, exception, limit); skipped != "" {
		return cycle.skip(skipped)
	}
	cycle.Test = c.test(cycle.Tag, cycle.Push)
	return cycle
}

// skip is the cycle without days of its own, for that reason.
func (c Cycle) skip(reason string) Cycle {
	c.Tag, c.Push, c.Test = release.Date{}, release.Date{}, nil
	c.Skipped = true
	c.Notes = append(c.Notes, reason)
	return c
}

// tag finds the tagging day and notes why it is another than planned; skipped
// says why there is none.
func (c *Calendar) tag(cycle *Cycle, exception release.Exception, limit release.Date) (day release.Date, skipped string) {
	if !exception.Tag.IsZero() {
		cycle.note("tag set to %s: exception%s", Day(exception.Tag), because(exception.Reason))
		return exception.Tag, ""
	}
	day, reasons, ok := c.settle(tagging, cycle.Planned, cycle.Planned, limit)
	if !ok {
		return day, fmt.Sprintf("skipped: no day to tag from %s to the next tagging day%s", Day(cycle.Planned), list(reasons))
	}
	cycle.noteMove(tagging, cycle.Planned, day, reasons)
	return day, ""
}

// push finds the pushing day of a cycle whose tagging day is known, like tag. The
// push belongs to the planned tag: it stays where it is when the tag moves, unless
// it would no longer come after it.
func (c *Calendar) push(cycle *Cycle, exception release.Exception, limit release.Date) (day release.Date, skipped string) {
	if !exception.Push.IsZero() {
		cycle.note("push set to %s: exception%s", Day(exception.Push), because(exception.Reason))
		if exception.Push.Before(cycle.Tag) {
			return day, fmt.Sprintf("skipped: the push on %s would come before the tag on %s", Day(exception.Push), Day(cycle.Tag))
		}
		return exception.Push, ""
	}
	wanted, from := cycle.PlannedPush, cycle.PlannedPush
	var reasons []string
	if !wanted.After(cycle.Tag) {
		from = cycle.Tag.AddDays(1)
		reasons = append(reasons, "the tag is on "+Day(cycle.Tag))
	}
	day, obstacles, ok := c.settle(pushing, wanted, from, limit)
	reasons = append(reasons, obstacles...)
	if !ok {
		return day, fmt.Sprintf("skipped: no day to push from %s to the next tagging day%s", Day(wanted), list(reasons))
	}
	cycle.noteMove(pushing, wanted, day, reasons)
	return day, ""
}

// test are the days of the load tests between a tag and a push: working days from
// the tag to the last test day, both included, and before the push.
func (c *Calendar) test(tag, push release.Date) []release.Date {
	if !c.schedule.HasTest {
		return nil
	}
	var days []release.Date
	last := tag.Next(c.schedule.TestUntil)
	for day := tag; !day.After(last) && day.Before(push); day = day.AddDays(1) {
		if c.IsWorkday(day) {
			days = append(days, day)
		}
	}
	return days
}

// exception returns the exception to the cycle that is planned for that day.
func (c *Calendar) exception(planned release.Date) (release.Exception, bool) {
	at := slices.IndexFunc(c.schedule.Exceptions, func(e release.Exception) bool { return e.Cycle == planned })
	if at < 0 {
		return release.Exception{}, false
	}
	return c.schedule.Exceptions[at], true
}

// note adds a sentence to the cycle's notes.
func (c *Cycle) note(format string, values ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, values...))
}

// noteMove says that a day was moved, if it was.
func (c *Cycle) noteMove(what action, from, to release.Date, reasons []string) {
	if from != to {
		c.note("%s moved from %s to %s%s", what, Day(from), Day(to), list(reasons))
	}
}
