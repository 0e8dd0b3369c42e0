package calendar

import (
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Verdict is what a moment means for a tag or a push.
type Verdict string

// The verdicts. OnTime and Late allow the action; Closed says that the cycle is
// over.
const (
	Early        Verdict = "early"
	OnTime       Verdict = "on time"
	Late         Verdict = "late"
	OutsideHours Verdict = "outside hours" // pushes only
	Frozen       Verdict = "frozen"
	Skipped      Verdict = "skipped"
	Closed       Verdict = "closed"
)

// Allows reports whether the calendar lets the action happen.
func (v Verdict) Allows() bool { return v == OnTime || v == Late }

// Judgement says what may be done for a cycle at a moment, and why.
type Judgement struct {
	Verdict Verdict
	Cycle   Cycle
	// DaysLate counts from the cycle's day for the action, 0 until then.
	DaysLate int
	// Opens and Closes bound the time that allows the action, closes excluded: the
	// one that is open, otherwise the next one. Both are zero when there is none.
	Opens, Closes time.Time
	// Ends is the day from which the action is closed for the cycle: the next
	// cycle's. It is zero when there is no next one.
	Ends release.Date
	// Reason is the judgement in words, without a full stop. Its dates and times are
	// the train's; Local adds the operator's to Opens and Closes.
	Reason string
}

// JudgeTag judges a tag for the cycle that the moment belongs to. Before the first
// tagging day it is early for the first cycle that has one.
func (c *Calendar) JudgeTag(now time.Time) Judgement {
	today := c.Today(now)
	if current, ok := c.Current(today); ok {
		return c.JudgeTagOf(current, now)
	}
	if next, ok := c.Next(today); ok {
		return c.JudgeTagOf(next, now)
	}
	return Judgement{Verdict: Skipped, Reason: "the train has no tagging day ahead"}
}

// JudgeTagOf judges a tag for the given cycle: early before its tagging day, on
// time on it, then late until the next cycle begins, but for days on which tags
// are frozen.
func (c *Calendar) JudgeTagOf(cycle Cycle, now time.Time) Judgement {
	return c.judge(request{what: tagging, cycle: cycle, day: cycle.Tag, ends: c.tagEnds(cycle), window: c.wholeDay}, now)
}

// JudgePush judges a push of the cycle's release: early before its pushing day, on
// time on it, then late until the next tagging day, but for frozen days; each day
// within the hours.
func (c *Calendar) JudgePush(cycle Cycle, now time.Time) Judgement {
	return c.judge(request{what: pushing, cycle: cycle, day: cycle.Push, ends: c.pushEnds(cycle), window: c.Window}, now)
}

// request is an action on a cycle that is to be judged.
type request struct {
	what  action
	cycle Cycle
	// day is the cycle's day for the action; on the day ends it is over.
	day, ends release.Date
	// window bounds the action on one day.
	window func(release.Date) (opens, closes time.Time)
}

// over reports whether the action is closed on that day.
func (r request) over(day release.Date) bool { return !r.ends.IsZero() && !day.Before(r.ends) }

func (c *Calendar) judge(r request, now time.Time) Judgement {
	if r.cycle.Skipped {
		return c.judgeSkipped(r, c.Today(now))
	}
	j := Judgement{Cycle: r.cycle, DaysLate: max(0, c.Today(now).DaysSince(r.day)), Ends: r.ends}
	j.Opens, j.Closes = c.nextWindow(r, now)
	j.Verdict = c.verdict(r, j, now)
	j.Reason = c.reason(r, j, now)
	return j
}

// verdict takes the day first, the hour last.
func (c *Calendar) verdict(r request, j Judgement, now time.Time) Verdict {
	today := c.Today(now)
	_, stopped := c.stopped(r, today)
	switch {
	case today.Before(r.day):
		return Early
	case r.over(today):
		return Closed
	case stopped:
		return Frozen
	case j.Opens.IsZero() || now.Before(j.Opens):
		return OutsideHours
	case today == r.day:
		return OnTime
	default:
		return Late
	}
}

// stopped returns the freeze, if any, that stops the action on that day. The
// cycle's own day is free: it was chosen so, or an exception wants it.
func (c *Calendar) stopped(r request, day release.Date) (release.Freeze, bool) {
	if day == r.day {
		return release.Freeze{}, false
	}
	return c.freeze(r.what, day)
}

// nextWindow is the window of the action that is open, or the next one before the
// action is over; zero when there is none.
func (c *Calendar) nextWindow(r request, now time.Time) (opens, closes time.Time) {
	day := r.day
	if today := c.Today(now); today.After(day) {
		day = today
	}
	for !r.over(day) && day.Year <= lastYear {
		if freeze, stopped := c.stopped(r, day); stopped {
			day = freeze.To.AddDays(1)
			continue
		}
		opens, closes := r.window(day)
		if opens.Before(closes) && now.Before(closes) {
			return opens, closes
		}
		day = day.AddDays(1)
	}
	return time.Time{}, time.Time{}
}

// judgeSkipped refuses whatever is asked of a skipped cycle, and names the next
// tagging day.
func (c *Calendar) judgeSkipped(r request, today release.Date) Judgement {
	from := r.cycle.Planned
	if today.After(from) {
		from = today
	}
	next, ok := c.Next(from)
	j := Judgement{Verdict: Skipped, Cycle: r.cycle, Ends: next.Tag, Reason: skippedReason(r.cycle, next)}
	if ok && r.what == tagging {
		j.Opens, j.Closes = c.wholeDay(next.Tag)
	}
	return j
}

// tagEnds is the day on which the next cycle begins, skipped or not: the day
// before is the last for a late tag.
func (c *Calendar) tagEnds(cycle Cycle) release.Date {
	if !c.exists(cycle.Number + 1) {
		return release.Date{}
	}
	return c.cycle(cycle.Number + 1).begins()
}

// pushEnds is the next day on which something is tagged, since a release can be
// pushed until there is another: a skipped cycle brings none. The pushing day
// itself is never closed, even if an exception makes it a tagging day as well.
func (c *Calendar) pushEnds(cycle Cycle) release.Date {
	next, ok := c.find(cycle.Number+1, func(Cycle) bool { return true })
	if ok && !next.Tag.After(cycle.Push) {
		return cycle.Push.AddDays(1)
	}
	return next.Tag
}

// wholeDay is the window of what may be done at any hour.
func (c *Calendar) wholeDay(day release.Date) (opens, closes time.Time) {
	return day.At(0, c.zone), day.At(endOfDay, c.zone)
}
