package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// exception reads an item of exceptions.
func (t *timetable) exception(node *yaml.Node) {
	d := t.decoder
	var exception release.Exception
	read := d.mapping(node, "an exception",
		required("cycle", "2014-08-05", d.date(&exception.Cycle)),
		optional("skip", d.boolean(&exception.Skip)),
		optional("tag", d.date(&exception.Tag)),
		optional("push", d.date(&exception.Push)),
		optional("reason", d.text(&exception.Reason)),
	)
	t.schedule.Exceptions = append(t.schedule.Exceptions, exception)
	t.exceptions = append(t.exceptions, read)
}

// checkExceptions judges each exception against the timetable.
func (t *timetable) checkExceptions(read section) {
	first := map[release.Date]int{}
	for i, exception := range t.schedule.Exceptions {
		item := t.exceptions[i]
		t.checkEffect(exception, item)
		if !item.ok("cycle") {
			continue
		}
		at := t.decoder.follow(item.sound["cycle"])
		if line, repeated := first[exception.Cycle]; repeated {
			t.decoder.report(at, "duplicate exception for the cycle of %s, expected it once: it stands on line %d already", exception.Cycle, line)
			continue
		}
		first[exception.Cycle] = at.Line
		if read.ok("first-tag", "every", "tag") && t.checkCycle(at, exception.Cycle) {
			t.checkBounds(exception, item)
		}
	}
}

// checkEffect reports an exception that changes nothing, or two things at odds.
func (t *timetable) checkEffect(exception release.Exception, item section) {
	moves := item.has("tag") || item.has("push")
	switch {
	case !item.readable() || !item.has("cycle"):
	case item.ok("skip") && exception.Skip && moves:
		t.decoder.reportValue(item, "skip", "an exception that skips the cycle and moves it, expected one of them")
	case !moves && (!item.has("skip") || item.ok("skip") && !exception.Skip):
		t.decoder.report(item.node, "an exception that changes nothing, expected skip: true, or another day for tag or push")
	}
}

// checkCycle reports a day that is not the planned tagging day of a cycle, with
// the nearest that is.
func (t *timetable) checkCycle(at *yaml.Node, cycle release.Date) bool {
	s := t.schedule
	days := cycle.DaysSince(s.FirstTag)
	if days >= 0 && days%s.Every == 0 {
		return true
	}
	nearest := max(0, (days+s.Every/2)/s.Every)
	t.decoder.report(at, "no cycle is planned for %s, expected a tagging day: every %d days from %s on; did you mean %s?",
		cycle, s.Every, s.FirstTag, s.FirstTag.AddDays(nearest*s.Every))
	return false
}

// checkBounds keeps a cycle between its neighbours, and its push after its tag.
func (t *timetable) checkBounds(exception release.Exception, item section) {
	previous, next := exception.Cycle.AddDays(-t.schedule.Every), exception.Cycle.AddDays(t.schedule.Every)
	tag := exception.Cycle
	if item.ok("tag") {
		tag = exception.Tag
		if !tag.After(previous) || !tag.Before(next) {
			t.decoder.reportValue(item, "tag", "the tag on %s, expected a day between the tagging days of the neighbouring cycles, %s and %s", tag, previous, next)
			return
		}
	}
	if item.ok("push") && (exception.Push.Before(tag) || !exception.Push.Before(next)) {
		t.decoder.reportValue(item, "push", "the push on %s, expected a day from %s, its tag, and before %s, the next cycle's", exception.Push, tag, next)
	}
}
