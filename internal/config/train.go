package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/holiday"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// longestCycle bounds the time from one tagging day to the next, in days.
const longestCycle = 52 * 7

// endOfDay is 24:00.
const endOfDay release.TimeOfDay = 24 * 60

// timetable is the train section while it is read: the exceptions' and freezes'
// sections are kept for the rules that need the whole timetable.
type timetable struct {
	decoder    *decoder
	schedule   *release.Schedule
	freezes    []section
	exceptions []section
}

// train reads the timetable, and what else concerns all components.
func (d *decoder) train(train *release.Train) reader {
	return func(node *yaml.Node) {
		schedule := &train.Schedule
		t := &timetable{decoder: d, schedule: schedule}
		read := d.mapping(node, "the train",
			optional("home", value(d, &train.Home, "the name or URL of a remote", parseRemote)),
			required("first-tag", "2014-07-08", d.date(&schedule.FirstTag)),
			required("every", "2 weeks", value(d, &schedule.Every, "a number of weeks such as 2 weeks", parsePeriod)),
			required("tag", "{day: tuesday}", d.tagDay(schedule)),
			optional("test", d.testDays(schedule)),
			required("push", `{day: monday, from: "10:00", to: "17:00"}`, d.pushDay(schedule)),
			optional("freezes", d.list("a list of freezes", t.freeze)),
			optional("exceptions", d.list("a list of exceptions", t.exception)),
			optional("holidays", values(d, &schedule.Holidays, "a country such as US", parseCountry)),
			optional("announce", d.announce(&train.Announce)),
			optional("off-cycle", d.offCycle(&train.OffCycle)),
			optional("sets", d.boolean(&train.Sets)),
		)
		t.checkDays(read)
		t.checkFreezes(read)
		t.checkExceptions(read)
	}
}

func (d *decoder) tagDay(schedule *release.Schedule) reader {
	return func(node *yaml.Node) {
		d.mapping(node, "tag", required("day", "tuesday", d.weekday(&schedule.TagDay)))
	}
}

func (d *decoder) testDays(schedule *release.Schedule) reader {
	return func(node *yaml.Node) {
		d.mapping(node, "test", required("until", "friday", d.weekday(&schedule.TestUntil)))
		schedule.HasTest = true
	}
}

func (d *decoder) pushDay(schedule *release.Schedule) reader {
	return func(node *yaml.Node) {
		read := d.mapping(node, "push",
			required("day", "monday", d.weekday(&schedule.PushDay)),
			optional("from", d.timeOfDay(&schedule.PushFrom)),
			optional("to", d.timeOfDay(&schedule.PushTo)),
		)
		if read.has("from") && !read.has("to") {
			schedule.PushTo = endOfDay
		}
		bound := cmp.Or(read.present["to"], read.present["from"])
		judged := read.ok("from") == read.has("from") && read.ok("to") == read.has("to")
		if bound != nil && judged && schedule.PushFrom >= schedule.PushTo {
			d.report(bound, "the push ends at %s and begins at %s, expected an end after the beginning", schedule.PushTo, schedule.PushFrom)
		}
	}
}

// offCycle reads which gates a promotion off the calendar may skip. An empty list
// leaves it none.
func (d *decoder) offCycle(gates *[]string) reader {
	return func(node *yaml.Node) {
		*gates = nil
		d.mapping(node, "off-cycle", required("may-skip", "[window, not-frozen, order]", values(d, gates, "the name of a gate", parseSkippable)))
	}
}

func parseSkippable(text string) (string, error) {
	skippable := release.SkippableGates()
	switch {
	case slices.Contains(skippable, text):
		return text, nil
	case slices.Contains(release.DeclarableGates(), text):
		return "", fmt.Errorf("the gate %s, which nothing may skip, expected one of %s", quoted(text), strings.Join(skippable, ", "))
	}
	return "", fmt.Errorf("unknown gate %s, expected one of %s%s", quoted(text), strings.Join(skippable, ", "), didYouMean(text, skippable))
}

// checkDays joins the rules about days of the week.
func (t *timetable) checkDays(read section) {
	s, d := t.schedule, t.decoder
	if read.ok("first-tag", "tag") && s.FirstTag.Weekday() != s.TagDay {
		d.reportValue(read, "first-tag", "the first tag on %s, a %s, expected a %s, the tagging day; did you mean %s?",
			s.FirstTag, s.FirstTag.Weekday(), s.TagDay, nearestDay(s.FirstTag, s.TagDay))
	}
	if !read.ok("tag", "push") {
		return
	}
	push := daysAfter(s.TagDay, s.PushDay)
	if read.ok("every") && push >= s.Every {
		d.reportValue(read, "push", "the push on a %s falls on the next cycle's tagging day, expected a day before it", s.PushDay)
	}
	if read.ok("test") && daysAfter(s.TagDay, s.TestUntil) > push {
		d.reportValue(read, "test", "the tests last until %s, after the push on %s, expected a day between the tag on %s and the push",
			s.TestUntil, s.PushDay, s.TagDay)
	}
}

// daysAfter is the number of days from a day of the week to the first such other
// day after it.
func daysAfter(from, to time.Weekday) int { return (int(to)-int(from)+6)%7 + 1 }

// nearestDay is the date of that weekday which is nearest to the date given.
func nearestDay(date release.Date, day time.Weekday) release.Date {
	next := date.Next(day)
	if previous := next.AddDays(-7); date.DaysSince(previous) < next.DaysSince(date) {
		return previous
	}
	return next
}

var period = lazyregexp.New(`^([0-9]{1,6}) (days?|weeks?)$`)

// parsePeriod reads the time from one tagging day to the next, in days.
func parsePeriod(text string) (int, error) {
	parts := period.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%s is not a number of weeks, expected such as 1 week, 2 weeks or 14 days", quoted(text))
	}
	// The expression admits at most six digits, which always fit.
	days, _ := strconv.Atoi(parts[1])
	if strings.HasPrefix(parts[2], "week") {
		days *= 7
	}
	if days <= 0 || days > longestCycle || days%7 != 0 {
		return 0, fmt.Errorf("a cycle of %s, expected whole weeks, from 1 to %d", quoted(text), longestCycle/7)
	}
	return days, nil
}

func parseCountry(text string) (string, error) {
	if !holiday.Known(text) {
		return "", fmt.Errorf("no holidays are known for %s, expected a country's code of two capital letters, such as US%s",
			quoted(text), didYouMean(text, holiday.Countries()))
	}
	return text, nil
}
