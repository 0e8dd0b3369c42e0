package calendar_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

// winter is a timetable whose cycles 13 (2014-12-23) and 14 (2015-01-06) are
// skipped by a freeze.
func winter(t *testing.T) *calendar.Calendar {
	t.Helper()
	schedule := loop(t)
	schedule.Freezes = []release.Freeze{freeze(t, "2014-12-22", "2015-01-19", "winter", true)}
	return calendar.New(schedule, zone(t, pacific))
}

func TestCyclesOfARange(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, from, until string
		want              []int
	}{
		{"before the first", "2014-01-01", "2014-07-07", nil},
		{"long before the first", "0001-01-01", "0001-12-31", nil},
		{"the first tag", "2014-07-08", "2014-07-08", []int{1}},
		{"test days only", "2014-07-09", "2014-07-13", nil},
		{"the first push", "2014-07-14", "2014-07-14", []int{1}},
		{"a push and the next tag", "2014-07-14", "2014-07-22", []int{1, 2}},
		{"planned days of skipped cycles", "2014-12-22", "2015-01-19", []int{13, 14}},
		{"the last days of all", "9999-12-01", "9999-12-31", []int{208330, 208331}},
	} {
		cycles, err := winter(t).Cycles(date(t, test.from), date(t, test.until))
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, cycle := range cycles {
			got = append(got, cycle.Number)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got cycles %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCyclesShowMovedDays(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{{Cycle: date(t, "2014-07-08"), Tag: date(t, "2014-07-02"), Push: date(t, "2014-07-18")}}
	train := calendar.New(schedule, time.UTC)
	for _, day := range []string{"2014-07-02", "2014-07-08", "2014-07-14", "2014-07-18"} {
		cycles, err := train.Cycles(date(t, day), date(t, day))
		if err != nil || len(cycles) != 1 || cycles[0].Number != 1 {
			t.Errorf("on %s: got %v, %v", day, cycles, err)
		}
	}
}

func TestCyclesRefusesRange(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, until string }{
		{"2014-07-08", "2014-07-07"},
		{"2014-07-08", "2114-07-10"},
		{"0001-01-01", "9999-12-31"},
	} {
		if cycles, err := winter(t).Cycles(date(t, test.from), date(t, test.until)); err == nil {
			t.Errorf("from %s to %s: %d cycles and no error", test.from, test.until, len(cycles))
		}
	}
}

func TestCurrentAndNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		today         string
		current, next int // 0: none
	}{
		{"0001-01-01", 0, 1},
		{"2014-07-07", 0, 1},
		{"2014-07-08", 1, 2},
		{"2014-07-21", 1, 2},
		{"2014-07-22", 2, 3},
		{"2014-12-22", 12, 15},
		{"2014-12-23", 13, 15},
		{"2015-01-05", 13, 15},
		{"2015-01-06", 14, 15},
		{"2015-01-19", 14, 15},
		{"2015-01-20", 15, 16},
		{"9999-12-31", 208331, 0},
	} {
		train := winter(t)
		current, hasCurrent := train.Current(date(t, test.today))
		next, hasNext := train.Next(date(t, test.today))
		if current.Number != test.current || hasCurrent != (test.current != 0) {
			t.Errorf("on %s the cycle is %d, want %d", test.today, current.Number, test.current)
		}
		if next.Number != test.next || hasNext != (test.next != 0) {
			t.Errorf("on %s the next cycle is %d, want %d", test.today, next.Number, test.next)
		}
	}
}

// TestCurrentFollowsTheRealTag: a moved tag lengthens the cycle before, one
// brought forward shortens it.
func TestCurrentFollowsTheRealTag(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{
		{Cycle: date(t, "2014-07-08"), Tag: date(t, "2014-07-03")},
		{Cycle: date(t, "2014-07-22"), Tag: date(t, "2014-07-24")},
		{Cycle: date(t, "2014-08-05"), Tag: date(t, "2014-08-01")},
	}
	train := calendar.New(schedule, time.UTC)
	for _, test := range []struct {
		today         string
		current, next int
	}{
		{"2014-07-02", 0, 1},
		{"2014-07-03", 1, 2},
		{"2014-07-22", 1, 2},
		{"2014-07-23", 1, 2},
		{"2014-07-24", 2, 3},
		{"2014-07-31", 2, 3},
		{"2014-08-01", 3, 4},
		{"2014-08-05", 3, 4},
	} {
		current, _ := train.Current(date(t, test.today))
		next, _ := train.Next(date(t, test.today))
		if current.Number != test.current || next.Number != test.next {
			t.Errorf("on %s the cycle is %d, then %d, want %d, then %d", test.today, current.Number, next.Number, test.current, test.next)
		}
	}
}

func TestByPlanned(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		day  string
		want int
	}{
		{"2014-07-08", 1}, {"2014-07-09", 0}, {"2014-06-24", 0}, {"2014-12-23", 13}, {"9999-12-31", 0}, {"0001-01-01", 0},
	} {
		cycle, ok := winter(t).ByPlanned(date(t, test.day))
		if cycle.Number != test.want || ok != (test.want != 0) {
			t.Errorf("for %s: cycle %d, %v, want %d", test.day, cycle.Number, ok, test.want)
		}
	}
}

func TestNextGivesUp(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Freezes = []release.Freeze{freeze(t, "2014-07-01", "9999-12-31", "wound up", true)}
	train := calendar.New(schedule, time.UTC)
	if next, ok := train.Next(date(t, "2014-07-01")); ok {
		t.Errorf("next is %+v", next)
	}
	j := train.JudgeTag(time.Date(2014, 7, 1, 12, 0, 0, 0, time.UTC))
	if j.Verdict != calendar.Skipped || j.Reason != "the train has no tagging day ahead" {
		t.Errorf("judged %+v", j)
	}
}

func TestFrozen(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Freezes = []release.Freeze{
		freeze(t, "2014-08-01", "2014-08-03", "pushes", false),
		freeze(t, "2014-08-03", "2014-08-04", "both", true),
	}
	train := calendar.New(schedule, time.UTC)
	for _, test := range []struct{ day, pushes, tags string }{
		{"2014-07-31", "", ""}, {"2014-08-01", "pushes", ""}, {"2014-08-03", "pushes", "both"}, {"2014-08-04", "both", "both"}, {"2014-08-05", "", ""},
	} {
		pushes, frozen := train.Frozen(date(t, test.day))
		if pushes.Reason != test.pushes || frozen != (test.pushes != "") {
			t.Errorf("on %s pushes are stopped by %q", test.day, pushes.Reason)
		}
		tags, frozen := train.TagsFrozen(date(t, test.day))
		if tags.Reason != test.tags || frozen != (test.tags != "") {
			t.Errorf("on %s tags are stopped by %q", test.day, tags.Reason)
		}
	}
}
