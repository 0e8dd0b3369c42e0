package calendar_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/holiday"
	"github.com/mozilla-services/looprel/internal/release"
)

// randomSchedule is a timetable that the configuration would accept.
func randomSchedule(t testing.TB, random *rand.Rand) release.Schedule {
	t.Helper()
	first := release.Date{Year: 1 + random.IntN(9990), Month: time.January, Day: 1}.AddDays(random.IntN(366))
	schedule := release.Schedule{
		FirstTag:  first,
		Every:     7 * (1 + random.IntN(8)),
		TagDay:    first.Weekday(),
		TestUntil: time.Weekday(random.IntN(7)),
		HasTest:   random.IntN(2) == 0,
		PushDay:   time.Weekday(random.IntN(7)),
	}
	if schedule.Every == 7 && schedule.PushDay == schedule.TagDay {
		schedule.PushDay = (schedule.TagDay + 1) % 7
	}
	if random.IntN(2) == 0 {
		schedule.PushFrom = release.TimeOfDay(random.IntN(23 * 60))
		schedule.PushTo = schedule.PushFrom + 60
	}
	for range random.IntN(6) {
		from := first.AddDays(random.IntN(400) - 50)
		schedule.Freezes = append(schedule.Freezes, release.Freeze{
			From: from, To: from.AddDays(random.IntN(30)), StopsTags: random.IntN(2) == 0,
		})
	}
	countries := holiday.Countries()
	for range random.IntN(3) {
		schedule.Holidays = append(schedule.Holidays, countries[random.IntN(len(countries))])
	}
	return schedule
}

// FuzzCycles holds what must be true of any timetable without exceptions.
func FuzzCycles(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	zones := []*time.Location{time.UTC, zone(f, pacific), zone(f, "Australia/Lord_Howe"), zone(f, "America/Sao_Paulo"), zone(f, "Pacific/Apia")}
	f.Fuzz(func(t *testing.T, seed uint64) {
		t.Parallel()
		random := rand.New(rand.NewPCG(seed, 0))
		schedule := randomSchedule(t, random)
		train := calendar.New(schedule, zones[random.IntN(len(zones))])
		from := schedule.FirstTag.AddDays(random.IntN(400) - 100)
		cycles, err := train.Cycles(from, from.AddDays(random.IntN(500)))
		if err != nil {
			t.Fatal(err)
		}
		for i, cycle := range cycles {
			if i > 0 && cycle.Number != cycles[i-1].Number+1 {
				t.Errorf("cycle %d comes after %d", cycle.Number, cycles[i-1].Number)
			}
			checkCount(t, train, schedule, cycle)
			checkDays(t, train, schedule, cycle)
			checkJudgements(t, train, cycle, random)
		}
	})
}

// checkCount: a cycle is known by its number and its planned day, skipped or not.
func checkCount(t *testing.T, train *calendar.Calendar, schedule release.Schedule, cycle calendar.Cycle) {
	t.Helper()
	if cycle.Planned != schedule.FirstTag.AddDays((cycle.Number-1)*schedule.Every) || cycle.Planned.Weekday() != schedule.TagDay {
		t.Errorf("cycle %d is planned for %s", cycle.Number, cycle.Planned)
	}
	if same, ok := train.ByPlanned(cycle.Planned); !ok || same.Number != cycle.Number {
		t.Errorf("cycle %d is not found by %s", cycle.Number, cycle.Planned)
	}
	begins := cycle.Tag
	if cycle.Skipped {
		begins = cycle.Planned
	}
	if current, ok := train.Current(begins); !ok || current.Number != cycle.Number {
		t.Errorf("on %s the cycle is %d, want %d", begins, current.Number, cycle.Number)
	}
	if next, ok := train.Next(begins); ok && (next.Skipped || next.Number <= cycle.Number || !next.Tag.After(begins)) {
		t.Errorf("after %s comes cycle %d on %s", begins, next.Number, next.Tag)
	}
}

// checkDays: tag, tests and push follow each other before the next planned tag,
// and a day that was moved is a working day that nothing stops.
func checkDays(t *testing.T, train *calendar.Calendar, schedule release.Schedule, cycle calendar.Cycle) {
	t.Helper()
	if cycle.Skipped {
		if !cycle.Tag.IsZero() || !cycle.Push.IsZero() || cycle.Test != nil || len(cycle.Notes) == 0 {
			t.Errorf("skipped: %+v", cycle)
		}
		return
	}
	limit := cycle.Planned.AddDays(schedule.Every)
	if cycle.Tag.Before(cycle.Planned) || !cycle.Push.After(cycle.Tag) || cycle.Push.Before(cycle.PlannedPush) || !cycle.Push.Before(limit) {
		t.Errorf("planned %s, tag %s, push %s, next %s", cycle.Planned, cycle.Tag, cycle.Push, limit)
	}
	moved := cycle.Tag != cycle.Planned || cycle.Push != cycle.PlannedPush
	if moved != (len(cycle.Notes) > 0) {
		t.Errorf("moved is %v, notes are %q", moved, cycle.Notes)
	}
	if _, frozen := train.TagsFrozen(cycle.Tag); frozen {
		t.Errorf("tag on %s, which is frozen", cycle.Tag)
	}
	if _, frozen := train.Frozen(cycle.Push); frozen {
		t.Errorf("push on %s, which is frozen", cycle.Push)
	}
	checkWorkingDay(t, schedule, cycle.Tag, cycle.Planned)
	checkWorkingDay(t, schedule, cycle.Push, cycle.PlannedPush)
	for i, day := range cycle.Test {
		if day.Before(cycle.Tag) || !day.Before(cycle.Push) || i > 0 && !day.After(cycle.Test[i-1]) {
			t.Errorf("tested on %v, tag %s, push %s", cycle.Test, cycle.Tag, cycle.Push)
		}
		checkWorkingDay(t, schedule, day, release.Date{})
	}
}

func checkWorkingDay(t *testing.T, schedule release.Schedule, day, planned release.Date) {
	t.Helper()
	if weekday := day.Weekday(); day != planned && (weekday == time.Saturday || weekday == time.Sunday) {
		t.Errorf("%s is a %s", day, weekday)
	}
	for _, country := range schedule.Holidays {
		if name, ok := holiday.On(country, day); ok {
			t.Errorf("%s is %s in %s", day, name, country)
		}
	}
}

// checkJudgements: what is allowed lies within the window that is shown, and what
// is refused for now is allowed when the window opens.
func checkJudgements(t *testing.T, train *calendar.Calendar, cycle calendar.Cycle, random *rand.Rand) {
	t.Helper()
	opens, _ := train.Window(cycle.Planned.AddDays(random.IntN(30) - 5))
	now := opens.Add(time.Duration(random.IntN(24*60)-300) * time.Minute)
	for name, judge := range map[string]func(calendar.Cycle, time.Time) calendar.Judgement{
		"tag": train.JudgeTagOf, "push": train.JudgePush,
	} {
		j := judge(cycle, now)
		if j.Reason == "" || j.Cycle.Number != cycle.Number || cycle.Skipped != (j.Verdict == calendar.Skipped) {
			t.Errorf("%s of cycle %d at %v: %+v", name, cycle.Number, now, j)
		}
		within := !now.Before(j.Opens) && now.Before(j.Closes)
		if j.Verdict.Allows() != within {
			t.Errorf("%s at %v is %q within %v to %v", name, now, j.Verdict, j.Opens, j.Closes)
		}
		if j.Verdict.Allows() || j.Verdict == calendar.Skipped || j.Opens.IsZero() {
			continue
		}
		if later := judge(cycle, j.Opens); !later.Verdict.Allows() {
			t.Errorf("%s opens at %v, and then is %q", name, j.Opens, later.Verdict)
		}
	}
}
