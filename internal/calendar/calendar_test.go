package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// date reads a date of a test's table; "" is no date.
func date(t testing.TB, text string) release.Date {
	t.Helper()
	var day release.Date
	if err := day.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return day
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// loop is the timetable of the Loop service, without freezes.
func loop(t testing.TB) release.Schedule {
	t.Helper()
	return release.Schedule{
		FirstTag:  date(t, "2014-07-08"),
		Every:     14,
		TagDay:    time.Tuesday,
		TestUntil: time.Friday,
		HasTest:   true,
		PushDay:   time.Monday,
		PushFrom:  10 * 60,
		PushTo:    17 * 60,
	}
}

func freeze(t testing.TB, from, to, reason string, stopsTags bool) release.Freeze {
	t.Helper()
	return release.Freeze{From: date(t, from), To: date(t, to), Reason: reason, StopsTags: stopsTags}
}

const pacific = "America/Los_Angeles"

func TestShippedTimetable(t *testing.T) {
	t.Parallel()
	cycles, err := calendar.New(loop(t), zone(t, pacific)).Cycles(date(t, "2014-07-01"), date(t, "2014-08-31"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, cycle := range cycles {
		got = append(got, "tag "+cycle.Tag.String()+", push "+cycle.Push.String())
		if cycle.Planned != cycle.Tag || cycle.PlannedPush != cycle.Push || len(cycle.Notes) != 0 {
			t.Errorf("cycle %d is not as planned: %+v", cycle.Number, cycle)
		}
		if len(cycle.Test) != 4 || cycle.Test[0] != cycle.Tag || cycle.Test[3].Weekday() != time.Friday {
			t.Errorf("cycle %d is tested on %v", cycle.Number, cycle.Test)
		}
	}
	want := []string{
		"tag 2014-07-08, push 2014-07-14",
		"tag 2014-07-22, push 2014-07-28",
		"tag 2014-08-05, push 2014-08-11",
		"tag 2014-08-19, push 2014-08-25",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCycle looks at one cycle under a changed timetable.
func TestCycle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		change    func(*release.Schedule)
		planned   string
		tag, push string // both empty: skipped
		tests     string // the days of the month
		notes     []string
	}{
		{
			name:    "leap day",
			planned: "2016-02-16", tag: "2016-02-16", push: "2016-02-22", tests: "16 17 18 19",
		},
		{
			name:    "across the leap day",
			change:  func(s *release.Schedule) { s.FirstTag = date(t, "2016-02-23"); s.PushDay = time.Tuesday },
			planned: "2016-02-23", tag: "2016-02-23", push: "2016-03-01", tests: "23 24 25 26",
		},
		{
			name: "frozen push moves",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-12-22", "2015-01-04", "end of year", false)}
			},
			planned: "2014-12-23", tag: "2014-12-23", push: "2015-01-05", tests: "23 24 25 26",
			notes: []string{"push moved from Mon 2014-12-29 to Mon 2015-01-05: freeze 2014-12-22 to 2015-01-04 (end of year)"},
		},
		{
			name: "push without a day before the next tag",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-12-22", "2015-01-05", "", false)}
			},
			planned: "2014-12-23",
			notes:   []string{"skipped: no day to push from Mon 2014-12-29 to the next tagging day: freeze 2014-12-22 to 2015-01-05"},
		},
		{
			name: "a freeze of tags moves the tag, and the push only as far as it must",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-08-04", "2014-08-07", "audit", true)}
			},
			planned: "2014-08-05", tag: "2014-08-08", push: "2014-08-11", tests: "8",
			notes: []string{"tag moved from Tue 2014-08-05 to Fri 2014-08-08: freeze 2014-08-04 to 2014-08-07 (audit)"},
		},
		{
			name: "a tag that moves past the push",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-08-04", "2014-08-14", "audit", true)}
			},
			planned: "2014-08-05", tag: "2014-08-15", push: "2014-08-18", tests: "15",
			notes: []string{
				"tag moved from Tue 2014-08-05 to Fri 2014-08-15: freeze 2014-08-04 to 2014-08-14 (audit)",
				"push moved from Mon 2014-08-11 to Mon 2014-08-18: the tag is on Fri 2014-08-15",
			},
		},
		{
			name: "a tag that leaves no day for the push",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-08-04", "2014-08-15", "audit", true)}
			},
			planned: "2014-08-05",
			notes: []string{
				"tag moved from Tue 2014-08-05 to Mon 2014-08-18: freeze 2014-08-04 to 2014-08-15 (audit)",
				"skipped: no day to push from Mon 2014-08-11 to the next tagging day: the tag is on Mon 2014-08-18",
			},
		},
		{
			name: "no day to tag",
			change: func(s *release.Schedule) {
				s.Freezes = []release.Freeze{freeze(t, "2014-08-01", "2014-08-31", "", true)}
			},
			planned: "2014-08-05",
			notes:   []string{"skipped: no day to tag from Tue 2014-08-05 to the next tagging day: freeze 2014-08-01 to 2014-08-31"},
		},
		{
			name: "holidays move both, and are no test days",
			change: func(s *release.Schedule) {
				s.FirstTag, s.Holidays = date(t, "2014-11-11"), []string{"US"}
			},
			planned: "2014-11-11", tag: "2014-11-12", push: "2014-11-17", tests: "12 13 14",
			notes: []string{"tag moved from Tue 2014-11-11 to Wed 2014-11-12: Tue 2014-11-11 is Veterans Day (US)"},
		},
		{
			name:    "a holiday on the pushing day, another after it",
			change:  func(s *release.Schedule) { s.FirstTag, s.Holidays = date(t, "2015-03-31"), []string{"GB", "DE"} },
			planned: "2015-03-31", tag: "2015-03-31", push: "2015-04-07", tests: "31 1 2",
			notes: []string{"push moved from Mon 2015-04-06 to Tue 2015-04-07: Mon 2015-04-06 is Easter Monday (GB); Mon 2015-04-06 is Ostermontag (DE)"},
		},
		{
			name: "freeze and holiday in one row",
			change: func(s *release.Schedule) {
				s.Holidays = []string{"US"}
				s.Freezes = []release.Freeze{freeze(t, "2014-12-22", "2014-12-31", "end of year", false)}
			},
			planned: "2014-12-23", tag: "2014-12-23", push: "2015-01-02", tests: "23 24 26",
			notes: []string{"push moved from Mon 2014-12-29 to Fri 2015-01-02: freeze 2014-12-22 to 2014-12-31 (end of year); Thu 2015-01-01 is New Year's Day (US)"},
		},
		{
			name: "who tags on Saturdays is left alone",
			change: func(s *release.Schedule) {
				s.FirstTag, s.TagDay, s.PushDay = date(t, "2014-07-12"), time.Saturday, time.Sunday
			},
			planned: "2014-08-09", tag: "2014-08-09", push: "2014-08-10",
		},
		{
			name: "but moves to a working day",
			change: func(s *release.Schedule) {
				s.FirstTag, s.TagDay, s.PushDay = date(t, "2014-07-12"), time.Saturday, time.Monday
				s.Freezes = []release.Freeze{freeze(t, "2014-08-09", "2014-08-09", "move", true)}
			},
			planned: "2014-08-09", tag: "2014-08-11", push: "2014-08-12", tests: "11",
			notes: []string{
				"tag moved from Sat 2014-08-09 to Mon 2014-08-11: freeze 2014-08-09 to 2014-08-09 (move)",
				"push moved from Mon 2014-08-11 to Tue 2014-08-12: the tag is on Mon 2014-08-11",
			},
		},
		{
			name:    "a weekly train may push on the next tagging day",
			change:  func(s *release.Schedule) { s.Every, s.PushDay = 7, time.Tuesday },
			planned: "2014-07-15", tag: "2014-07-15", push: "2014-07-22", tests: "15 16 17 18",
		},
		{
			name:    "no tests",
			change:  func(s *release.Schedule) { s.HasTest = false },
			planned: "2014-08-05", tag: "2014-08-05", push: "2014-08-11",
		},
		{
			name:    "tests end before the push",
			change:  func(s *release.Schedule) { s.PushDay = time.Thursday },
			planned: "2014-08-05", tag: "2014-08-05", push: "2014-08-07", tests: "5 6",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schedule := loop(t)
			if test.change != nil {
				test.change(&schedule)
			}
			checkCycle(t, schedule, test.planned, test.tag, test.push, test.tests, test.notes)
		})
	}
}

// TestExceptions changes cycle 3: tag Tue 2014-08-05, push Mon 2014-08-11.
func TestExceptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		exception release.Exception
		freezes   []release.Freeze
		tag, push string
		tests     string
		notes     []string
	}{
		{
			name:      "skip",
			exception: release.Exception{Skip: true, Reason: "all hands"},
			notes:     []string{"skipped: exception (all hands)"},
		},
		{
			name:      "tag alone",
			exception: release.Exception{Tag: date(t, "2014-08-06")},
			tag:       "2014-08-06", push: "2014-08-11", tests: "6 7 8",
			notes: []string{"tag set to Wed 2014-08-06: exception"},
		},
		{
			name:      "an earlier tag",
			exception: release.Exception{Tag: date(t, "2014-08-04"), Reason: "travel"},
			tag:       "2014-08-04", push: "2014-08-11", tests: "4 5 6 7 8",
			notes: []string{"tag set to Mon 2014-08-04: exception (travel)"},
		},
		{
			name:      "tag on the planned pushing day",
			exception: release.Exception{Tag: date(t, "2014-08-11"), Reason: "late feature"},
			tag:       "2014-08-11", push: "2014-08-12", tests: "11",
			notes: []string{
				"tag set to Mon 2014-08-11: exception (late feature)",
				"push moved from Mon 2014-08-11 to Tue 2014-08-12: the tag is on Mon 2014-08-11",
			},
		},
		{
			name:      "push alone",
			exception: release.Exception{Push: date(t, "2014-08-14"), Reason: "maintenance"},
			tag:       "2014-08-05", push: "2014-08-14", tests: "5 6 7 8",
			notes: []string{"push set to Thu 2014-08-14: exception (maintenance)"},
		},
		{
			name:      "wins over a freeze, even at a weekend",
			exception: release.Exception{Tag: date(t, "2014-08-09"), Push: date(t, "2014-08-10")},
			freezes:   []release.Freeze{freeze(t, "2014-08-01", "2014-08-15", "", true)},
			tag:       "2014-08-09", push: "2014-08-10",
			notes: []string{"tag set to Sat 2014-08-09: exception", "push set to Sun 2014-08-10: exception"},
		},
		{
			name:      "tag and push on one day, if that is what somebody wants",
			exception: release.Exception{Push: date(t, "2014-08-05"), Reason: "embargo"},
			tag:       "2014-08-05", push: "2014-08-05",
			notes: []string{"push set to Tue 2014-08-05: exception (embargo)"},
		},
		{
			name:      "a push that the moved tag overtakes",
			exception: release.Exception{Push: date(t, "2014-08-07")},
			freezes:   []release.Freeze{freeze(t, "2014-08-05", "2014-08-07", "", true)},
			notes: []string{
				"tag moved from Tue 2014-08-05 to Fri 2014-08-08: freeze 2014-08-05 to 2014-08-07",
				"push set to Thu 2014-08-07: exception",
				"skipped: the push on Thu 2014-08-07 would come before the tag on Fri 2014-08-08",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schedule := loop(t)
			test.exception.Cycle = date(t, "2014-08-05")
			schedule.Exceptions = []release.Exception{test.exception}
			schedule.Freezes = test.freezes
			checkCycle(t, schedule, "2014-08-05", test.tag, test.push, test.tests, test.notes)
			checkCycle(t, loop(t), "2014-08-19", "2014-08-19", "2014-08-25", "19 20 21 22", nil)
		})
	}
}

// TestNextTagBroughtForward: what moves stays before the next cycle's real tag.
func TestNextTagBroughtForward(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{{Cycle: date(t, "2014-08-19"), Tag: date(t, "2014-08-14")}}
	schedule.Freezes = []release.Freeze{freeze(t, "2014-08-11", "2014-08-12", "", false)}
	checkCycle(t, schedule, "2014-08-05", "2014-08-05", "2014-08-13", "5 6 7 8",
		[]string{"push moved from Mon 2014-08-11 to Wed 2014-08-13: freeze 2014-08-11 to 2014-08-12"})
	schedule.Freezes = []release.Freeze{freeze(t, "2014-08-11", "2014-08-13", "", false)}
	checkCycle(t, schedule, "2014-08-05", "", "", "",
		[]string{"skipped: no day to push from Mon 2014-08-11 to the next tagging day: freeze 2014-08-11 to 2014-08-13"})
}

func checkCycle(t *testing.T, schedule release.Schedule, planned, tag, push, tests string, notes []string) {
	t.Helper()
	cycle, ok := calendar.New(schedule, time.UTC).ByPlanned(date(t, planned))
	if !ok {
		t.Fatalf("no cycle is planned for %s", planned)
	}
	if cycle.Planned.String() != planned || cycle.Tag.String() != tag || cycle.Push.String() != push {
		t.Errorf("cycle of %s: tag %q, push %q, want %q, %q", planned, cycle.Tag, cycle.Push, tag, push)
	}
	if cycle.Skipped != (tag == "") {
		t.Errorf("cycle of %s: skipped is %v", planned, cycle.Skipped)
	}
	var days []string
	for _, day := range cycle.Test {
		days = append(days, strings.TrimPrefix(day.String()[8:], "0"))
	}
	if got := strings.Join(days, " "); got != tests {
		t.Errorf("cycle of %s is tested on %q, want %q", planned, got, tests)
	}
	if !slices.Equal(cycle.Notes, notes) {
		t.Errorf("cycle of %s has notes\n%s\nwant\n%s", planned, strings.Join(cycle.Notes, "\n"), strings.Join(notes, "\n"))
	}
}
