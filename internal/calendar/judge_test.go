package calendar_test

import (
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// local reads a time of a test's table in a zone, "" as no time.
func local(t *testing.T, text string, in *time.Location) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, in)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// judgement is a row of a test's table; times are the train's.
type judgement struct {
	now           string
	verdict       calendar.Verdict
	cycle, late   int
	opens, closes string
	ends          string
	reason        string
}

func (want judgement) check(t *testing.T, got calendar.Judgement, in *time.Location) {
	t.Helper()
	if got.Verdict != want.verdict || got.Cycle.Number != want.cycle || got.DaysLate != want.late {
		t.Errorf("at %s: %q for cycle %d, %d days late; want %q, %d, %d",
			want.now, got.Verdict, got.Cycle.Number, got.DaysLate, want.verdict, want.cycle, want.late)
	}
	if !got.Opens.Equal(local(t, want.opens, in)) || !got.Closes.Equal(local(t, want.closes, in)) {
		t.Errorf("at %s: from %v to %v, want %q to %q", want.now, got.Opens, got.Closes, want.opens, want.closes)
	}
	if got.Ends.String() != want.ends {
		t.Errorf("at %s: ends on %q, want %q", want.now, got.Ends, want.ends)
	}
	if got.Reason != want.reason {
		t.Errorf("at %s: reason\n%s\nwant\n%s", want.now, got.Reason, want.reason)
	}
}

func TestJudgeTag(t *testing.T) {
	t.Parallel()
	in := zone(t, pacific)
	schedule := loop(t)
	schedule.Freezes = []release.Freeze{
		freeze(t, "2014-09-04", "2014-09-05", "audit", true),
		freeze(t, "2014-12-22", "2015-01-05", "end of year", false),
	}
	train := calendar.New(schedule, in)
	for _, want := range []judgement{
		{"2014-07-01 09:00", calendar.Early, 1, 0, "2014-07-08 00:00", "2014-07-09 00:00", "2014-07-22",
			"too early by 7 days: the tagging day of cycle 1 is Tue 2014-07-08"},
		{"2014-07-07 23:59", calendar.Early, 1, 0, "2014-07-08 00:00", "2014-07-09 00:00", "2014-07-22",
			"too early by 1 day: the tagging day of cycle 1 is Tue 2014-07-08"},
		{"2014-07-08 00:00", calendar.OnTime, 1, 0, "2014-07-08 00:00", "2014-07-09 00:00", "2014-07-22",
			"Tue 2014-07-08 is the tagging day of cycle 1"},
		{"2014-07-09 00:00", calendar.Late, 1, 1, "2014-07-09 00:00", "2014-07-10 00:00", "2014-07-22",
			"1 day late: the tagging day of cycle 1 was Tue 2014-07-08; allowed until Mon 2014-07-21"},
		{"2014-07-21 23:59", calendar.Late, 1, 13, "2014-07-21 00:00", "2014-07-22 00:00", "2014-07-22",
			"13 days late: the tagging day of cycle 1 was Tue 2014-07-08; allowed until Mon 2014-07-21"},
		{"2014-07-22 00:00", calendar.OnTime, 2, 0, "2014-07-22 00:00", "2014-07-23 00:00", "2014-08-05",
			"Tue 2014-07-22 is the tagging day of cycle 2"},
		{"2014-09-04 12:00", calendar.Frozen, 5, 2, "2014-09-06 00:00", "2014-09-07 00:00", "2014-09-16",
			"no tag on Thu 2014-09-04: freeze 2014-09-04 to 2014-09-05 (audit); the next chance is from Sat 2014-09-06 00:00 PDT"},
		{"2014-12-22 12:00", calendar.Late, 12, 13, "2014-12-22 00:00", "2014-12-23 00:00", "2014-12-23",
			"13 days late: the tagging day of cycle 12 was Tue 2014-12-09; allowed until Mon 2014-12-22"},
		{"2014-12-23 12:00", calendar.Skipped, 13, 0, "2015-01-06 00:00", "2015-01-07 00:00", "2015-01-06",
			"cycle 13 (planned for Tue 2014-12-23) is skipped: no day to push from Mon 2014-12-29 to the next tagging day: " +
				"freeze 2014-12-22 to 2015-01-05 (end of year); the next tagging day is Tue 2015-01-06"},
	} {
		want.check(t, train.JudgeTag(local(t, want.now, in)), in)
	}
}

// TestJudgeTagOf judges tags of cycle 3 (Tue 2014-08-05) at times of others.
func TestJudgeTagOf(t *testing.T) {
	t.Parallel()
	in := zone(t, pacific)
	train := calendar.New(loop(t), in)
	cycle, _ := train.ByPlanned(date(t, "2014-08-05"))
	for _, want := range []judgement{
		{"2014-08-01 12:00", calendar.Early, 3, 0, "2014-08-05 00:00", "2014-08-06 00:00", "2014-08-19",
			"too early by 4 days: the tagging day of cycle 3 is Tue 2014-08-05"},
		{"2014-08-19 00:00", calendar.Closed, 3, 14, "", "", "2014-08-19",
			"too late: the tagging day of cycle 3 was Tue 2014-08-05, and the next cycle has begun on Tue 2014-08-19"},
	} {
		want.check(t, train.JudgeTagOf(cycle, local(t, want.now, in)), in)
	}
}

func TestJudgePush(t *testing.T) {
	t.Parallel()
	in := zone(t, pacific)
	schedule := loop(t)
	schedule.Freezes = []release.Freeze{
		freeze(t, "2014-08-13", "2014-08-14", "audit", false),
		freeze(t, "2014-08-18", "2014-08-18", "", false),
		freeze(t, "2014-12-22", "2015-01-05", "end of year", false),
	}
	train := calendar.New(schedule, in)
	for _, test := range []struct {
		planned string
		judgement
	}{
		{"2014-08-05", judgement{"2014-08-08 12:00", calendar.Early, 3, 0, "2014-08-11 10:00", "2014-08-11 17:00", "2014-08-19",
			"too early by 3 days: the pushing day of cycle 3 (tag Tue 2014-08-05) is Mon 2014-08-11, 10:00 to 17:00 America/Los_Angeles"}},
		{"2014-08-05", judgement{"2014-08-11 09:59", calendar.OutsideHours, 3, 0, "2014-08-11 10:00", "2014-08-11 17:00", "2014-08-19",
			"outside the hours of a push, 10:00 to 17:00 America/Los_Angeles: it is Mon 2014-08-11 09:59 PDT; " +
				"the next chance is from Mon 2014-08-11 10:00 PDT"}},
		{"2014-08-05", judgement{"2014-08-11 10:00", calendar.OnTime, 3, 0, "2014-08-11 10:00", "2014-08-11 17:00", "2014-08-19",
			"Mon 2014-08-11 is the pushing day of cycle 3 (tag Tue 2014-08-05)"}},
		{"2014-08-05", judgement{"2014-08-11 17:00", calendar.OutsideHours, 3, 0, "2014-08-12 10:00", "2014-08-12 17:00", "2014-08-19",
			"outside the hours of a push, 10:00 to 17:00 America/Los_Angeles: it is Mon 2014-08-11 17:00 PDT; " +
				"the next chance is from Tue 2014-08-12 10:00 PDT"}},
		{"2014-08-05", judgement{"2014-08-12 16:59", calendar.Late, 3, 1, "2014-08-12 10:00", "2014-08-12 17:00", "2014-08-19",
			"1 day late: the pushing day of cycle 3 (tag Tue 2014-08-05) was Mon 2014-08-11; allowed until Mon 2014-08-18"}},
		{"2014-08-05", judgement{"2014-08-13 12:00", calendar.Frozen, 3, 2, "2014-08-15 10:00", "2014-08-15 17:00", "2014-08-19",
			"no push on Wed 2014-08-13: freeze 2014-08-13 to 2014-08-14 (audit); the next chance is from Fri 2014-08-15 10:00 PDT"}},
		{"2014-08-05", judgement{"2014-08-17 12:00", calendar.Late, 3, 6, "2014-08-17 10:00", "2014-08-17 17:00", "2014-08-19",
			"6 days late: the pushing day of cycle 3 (tag Tue 2014-08-05) was Mon 2014-08-11; allowed until Mon 2014-08-18"}},
		{"2014-08-05", judgement{"2014-08-17 18:00", calendar.OutsideHours, 3, 6, "", "", "2014-08-19",
			"outside the hours of a push, 10:00 to 17:00 America/Los_Angeles: it is Sun 2014-08-17 18:00 PDT; " +
				"there is no other time before the next tagging day, Tue 2014-08-19"}},
		{"2014-08-05", judgement{"2014-08-18 12:00", calendar.Frozen, 3, 7, "", "", "2014-08-19",
			"no push on Mon 2014-08-18: freeze 2014-08-18 to 2014-08-18; there is no other time before the next tagging day, Tue 2014-08-19"}},
		{"2014-08-05", judgement{"2014-08-19 00:00", calendar.Closed, 3, 8, "", "", "2014-08-19",
			"too late: the pushing day of cycle 3 (tag Tue 2014-08-05) was Mon 2014-08-11, and the next cycle has begun on Tue 2014-08-19"}},
		// A skipped cycle does not close the pushes of the one before.
		{"2014-12-09", judgement{"2014-12-23 12:00", calendar.Frozen, 12, 8, "", "", "2015-01-06",
			"no push on Tue 2014-12-23: freeze 2014-12-22 to 2015-01-05 (end of year); there is no other time before the next tagging day, Tue 2015-01-06"}},
		{"2014-12-23", judgement{"2014-12-29 12:00", calendar.Skipped, 13, 0, "", "", "2015-01-06",
			"cycle 13 (planned for Tue 2014-12-23) is skipped: no day to push from Mon 2014-12-29 to the next tagging day: " +
				"freeze 2014-12-22 to 2015-01-05 (end of year); the next tagging day is Tue 2015-01-06"}},
	} {
		cycle, ok := train.ByPlanned(date(t, test.planned))
		if !ok {
			t.Fatalf("no cycle is planned for %s", test.planned)
		}
		test.check(t, train.JudgePush(cycle, local(t, test.now, in)), in)
	}
}

func TestJudgePushAtAnyHour(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.PushFrom, schedule.PushTo = 0, 0
	train := calendar.New(schedule, time.UTC)
	cycle, _ := train.ByPlanned(date(t, "2014-08-05"))
	for _, want := range []judgement{
		{"2014-08-10 23:59", calendar.Early, 3, 0, "2014-08-11 00:00", "2014-08-12 00:00", "2014-08-19",
			"too early by 1 day: the pushing day of cycle 3 (tag Tue 2014-08-05) is Mon 2014-08-11"},
		{"2014-08-11 23:59", calendar.OnTime, 3, 0, "2014-08-11 00:00", "2014-08-12 00:00", "2014-08-19",
			"Mon 2014-08-11 is the pushing day of cycle 3 (tag Tue 2014-08-05)"},
	} {
		want.check(t, train.JudgePush(cycle, local(t, want.now, time.UTC)), time.UTC)
	}
}

// TestPushingDayIsNeverClosed: an exception may tag the next cycle on this one's
// pushing day, and may push within a freeze.
func TestPushingDayIsNeverClosed(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{
		{Cycle: date(t, "2014-08-05"), Push: date(t, "2014-08-12")},
		{Cycle: date(t, "2014-08-19"), Tag: date(t, "2014-08-12")},
	}
	schedule.Freezes = []release.Freeze{freeze(t, "2014-08-12", "2014-08-12", "", true)}
	train := calendar.New(schedule, time.UTC)
	cycle, _ := train.ByPlanned(date(t, "2014-08-05"))
	if j := train.JudgePush(cycle, local(t, "2014-08-12 12:00", time.UTC)); j.Verdict != calendar.OnTime {
		t.Errorf("on its day the push is %q: %s", j.Verdict, j.Reason)
	}
	if j := train.JudgePush(cycle, local(t, "2014-08-13 12:00", time.UTC)); j.Verdict != calendar.Closed {
		t.Errorf("on the day after the push is %q: %s", j.Verdict, j.Reason)
	}
	if j := train.JudgeTag(local(t, "2014-08-12 12:00", time.UTC)); j.Verdict != calendar.OnTime || j.Cycle.Number != 4 {
		t.Errorf("the tag is %q for cycle %d: %s", j.Verdict, j.Cycle.Number, j.Reason)
	}
}

// TestWindow: hours are read off the train's clock, whatever daylight saving does.
func TestWindow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, day     string
		from, to      release.TimeOfDay
		opens, closes string
	}{
		{pacific, "2014-03-09", 2*60 + 30, 17 * 60, "2014-03-09T03:00:00-07:00", "2014-03-09T17:00:00-07:00"},
		{pacific, "2014-03-09", 10 * 60, 17 * 60, "2014-03-09T10:00:00-07:00", "2014-03-09T17:00:00-07:00"},
		{pacific, "2014-11-02", 60 + 30, 3 * 60, "2014-11-02T01:30:00-07:00", "2014-11-02T03:00:00-08:00"},
		{"Europe/London", "2014-03-30", 60, 120, "2014-03-30T02:00:00+01:00", "2014-03-30T02:00:00+01:00"},
		{"America/Sao_Paulo", "2018-11-04", 0, 0, "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
		{"America/Sao_Paulo", "2018-11-03", 0, 0, "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		{"Australia/Lord_Howe", "2014-10-05", 2*60 + 10, 3 * 60, "2014-10-05T02:30:00+11:00", "2014-10-05T03:00:00+11:00"},
		{"Pacific/Apia", "2011-12-30", 10 * 60, 17 * 60, "2011-12-31T00:00:00+14:00", "2011-12-31T00:00:00+14:00"},
		{"UTC", "2014-08-11", 9 * 60, 0, "2014-08-11T09:00:00Z", "2014-08-12T00:00:00Z"},
	} {
		schedule := loop(t)
		schedule.PushFrom, schedule.PushTo = test.from, test.to
		opens, closes := calendar.New(schedule, zone(t, test.zone)).Window(date(t, test.day))
		if got := opens.Format(time.RFC3339); got != test.opens {
			t.Errorf("%s in %s opens %s, want %s", test.day, test.zone, got, test.opens)
		}
		if got := closes.Format(time.RFC3339); got != test.closes {
			t.Errorf("%s in %s closes %s, want %s", test.day, test.zone, got, test.closes)
		}
	}
}

// TestEmptyWindow: where daylight saving leaves out all of the hours, the next
// day's are the next ones.
func TestEmptyWindow(t *testing.T) {
	t.Parallel()
	in := zone(t, pacific)
	schedule := loop(t)
	schedule.FirstTag, schedule.PushDay = date(t, "2014-03-04"), time.Sunday
	schedule.PushFrom, schedule.PushTo = 2*60, 3*60
	train := calendar.New(schedule, in)
	cycle, _ := train.ByPlanned(date(t, "2014-03-04"))
	j := train.JudgePush(cycle, local(t, "2014-03-09 03:00", in))
	if j.Verdict != calendar.OutsideHours || !j.Opens.Equal(local(t, "2014-03-10 02:00", in)) {
		t.Errorf("judged %q, opens %v", j.Verdict, j.Opens)
	}
}

// TestDaysAreTheTrains: the operator's date does not count.
func TestDaysAreTheTrains(t *testing.T) {
	t.Parallel()
	train := calendar.New(loop(t), zone(t, pacific))
	tokyo := zone(t, "Asia/Tokyo")
	if j := train.JudgeTag(local(t, "2014-08-05 09:00", tokyo)); j.Verdict != calendar.Late || j.Cycle.Number != 2 {
		t.Errorf("on Monday evening there: %q for cycle %d", j.Verdict, j.Cycle.Number)
	}
	if j := train.JudgeTag(local(t, "2014-08-06 09:00", tokyo)); j.Verdict != calendar.OnTime || j.Cycle.Number != 3 {
		t.Errorf("on Tuesday evening there: %q for cycle %d", j.Verdict, j.Cycle.Number)
	}
}

// TestJudgeTheLastCycle: with no next cycle there is no end to lateness, but to
// freezes there may be none either.
func TestJudgeTheLastCycle(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.FirstTag, schedule.PushTo = date(t, "9999-12-07"), 0
	schedule.Freezes = []release.Freeze{freeze(t, "9999-12-20", "9999-12-31", "the end", true)}
	train := calendar.New(schedule, time.UTC)
	cycle, _ := train.ByPlanned(date(t, "9999-12-07"))
	for _, want := range []judgement{
		{"9999-12-12 12:00", calendar.Early, 1, 0, "9999-12-13 10:00", "9999-12-14 00:00", "",
			"too early by 1 day: the pushing day of cycle 1 (tag Tue 9999-12-07) is Mon 9999-12-13, 10:00 to 24:00 UTC"},
		{"9999-12-14 12:00", calendar.Late, 1, 1, "9999-12-14 10:00", "9999-12-15 00:00", "",
			"1 day late: the pushing day of cycle 1 (tag Tue 9999-12-07) was Mon 9999-12-13"},
		{"9999-12-20 12:00", calendar.Frozen, 1, 7, "", "", "",
			"no push on Mon 9999-12-20: freeze 9999-12-20 to 9999-12-31 (the end); there is no other time"},
	} {
		want.check(t, train.JudgePush(cycle, local(t, want.now, time.UTC)), time.UTC)
	}
	judgement{"9999-12-08 12:00", calendar.Late, 1, 1, "9999-12-08 00:00", "9999-12-09 00:00", "",
		"1 day late: the tagging day of cycle 1 was Tue 9999-12-07"}.check(t, train.JudgeTag(local(t, "9999-12-08 12:00", time.UTC)), time.UTC)

	schedule.Exceptions = []release.Exception{{Cycle: date(t, "9999-12-07"), Skip: true}}
	train = calendar.New(schedule, time.UTC)
	judgement{"9999-12-08 12:00", calendar.Skipped, 1, 0, "", "", "",
		"cycle 1 (planned for Tue 9999-12-07) is skipped: exception; no tagging day lies ahead"}.check(t, train.JudgeTag(local(t, "9999-12-08 12:00", time.UTC)), time.UTC)
}

func BenchmarkCyclesOfAYear(b *testing.B) {
	schedule := loop(b)
	schedule.Holidays = []string{"US", "DE"}
	train := calendar.New(schedule, time.UTC)
	from, until := date(b, "2014-07-08"), date(b, "2015-07-08")
	for b.Loop() {
		if _, err := train.Cycles(from, until); err != nil {
			b.Fatal(err)
		}
	}
}
