package ics_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	ical "github.com/arran4/golang-ical"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ics"
	"github.com/mozilla-services/looprel/internal/release"
)

func date(t testing.TB, text string) release.Date {
	t.Helper()
	day, err := release.ParseDate(text)
	if err != nil {
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

// loop is the timetable of the Loop service.
func loop(t testing.TB) release.Schedule {
	t.Helper()
	return release.Schedule{
		FirstTag: date(t, "2014-07-08"), Every: 14, TagDay: time.Tuesday,
		TestUntil: time.Friday, HasTest: true,
		PushDay: time.Monday, PushFrom: 10 * 60, PushTo: 17 * 60,
	}
}

func cycles(t testing.TB, schedule release.Schedule, from, until string) []calendar.Cycle {
	t.Helper()
	found, err := calendar.New(schedule, time.UTC).Cycles(date(t, from), date(t, until))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func options() ics.Options {
	return ics.Options{
		Identity: "https://git.example.org/loop.git",
		Sequence: 7,
		Stamp:    time.Date(2014, 7, 1, 12, 0, 0, 0, time.FixedZone("", 2*60*60)),
		PushFrom: 10 * 60, PushTo: 17 * 60,
	}
}

func feed(t testing.TB, name string, found []calendar.Cycle, in string, with ics.Options) []byte {
	t.Helper()
	text, err := ics.Feed(name, found, zone(t, in), with)
	if err != nil {
		t.Fatal(err)
	}
	checkStandard(t, text)
	return text
}

var update = flag.Bool("update", false, "write the golden files anew")

// TestFeed holds the whole feed: two cycles, the second one skipped.
func TestFeed(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{
		{Cycle: date(t, "2014-10-28"), Tag: date(t, "2014-10-29"), Reason: "café; closed, all day"},
		{Cycle: date(t, "2014-11-11"), Skip: true},
	}
	got := feed(t, "Loop", cycles(t, schedule, "2014-10-28", "2014-11-11"), "America/Los_Angeles", options())
	golden := filepath.Join("testdata", "feed.ics")
	// Line ends are checked elsewhere; the file has whatever the checkout gave it.
	got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")); !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestUIDStaysWhenEventMoves: a subscriber's calendar moves the event instead of
// showing it twice.
func TestUIDStaysWhenEventMoves(t *testing.T) {
	t.Parallel()
	planned := events(t, feed(t, "Loop", cycles(t, loop(t), "2014-08-05", "2014-08-05"), "UTC", options()))
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{{Cycle: date(t, "2014-08-05"), Tag: date(t, "2014-08-07"), Push: date(t, "2014-08-13")}}
	later := options()
	later.Sequence++
	moved := events(t, feed(t, "Renamed", cycles(t, schedule, "2014-08-05", "2014-08-05"), "Europe/London", later))
	schedule.Exceptions[0].Skip = true
	skipped := events(t, feed(t, "Loop", cycles(t, schedule, "2014-08-05", "2014-08-05"), "UTC", later))
	if len(planned) != 3 || len(moved) != 3 || len(skipped) != 3 {
		t.Fatalf("there are %d, %d and %d events", len(planned), len(moved), len(skipped))
	}
	for uid, event := range planned {
		if moved[uid] == nil || skipped[uid] == nil {
			t.Fatalf("event %s is gone", uid)
		}
		if value(moved[uid], "DTSTART") == value(event, "DTSTART") || value(skipped[uid], "DTSTART") != value(event, "DTSTART") {
			t.Errorf("%s begins %s, moved %s, skipped %s", uid, value(event, "DTSTART"), value(moved[uid], "DTSTART"), value(skipped[uid], "DTSTART"))
		}
		if value(event, "SEQUENCE") != "7" || value(moved[uid], "SEQUENCE") != "8" {
			t.Errorf("%s has sequence %s, moved %s", uid, value(event, "SEQUENCE"), value(moved[uid], "SEQUENCE"))
		}
		if value(event, "STATUS") != "CONFIRMED" || value(moved[uid], "STATUS") != "CONFIRMED" || value(skipped[uid], "STATUS") != "CANCELLED" {
			t.Errorf("%s is %s, moved %s, skipped %s", uid, value(event, "STATUS"), value(moved[uid], "STATUS"), value(skipped[uid], "STATUS"))
		}
	}
}

func TestUIDsDifferBetweenTrains(t *testing.T) {
	t.Parallel()
	found := cycles(t, loop(t), "2014-08-05", "2014-08-05")
	other := options()
	other.Identity = "https://git.example.org/other.git"
	theirs := events(t, feed(t, "Loop", found, "UTC", other))
	for uid := range events(t, feed(t, "Loop", found, "UTC", options())) {
		if theirs[uid] != nil {
			t.Errorf("%s belongs to two trains", uid)
		}
	}
}

// TestTestsWithoutADay: load tests that a move has left no day are cancelled.
func TestTestsWithoutADay(t *testing.T) {
	t.Parallel()
	schedule := loop(t)
	schedule.Exceptions = []release.Exception{{Cycle: date(t, "2014-08-05"), Tag: date(t, "2014-08-09"), Push: date(t, "2014-08-10")}}
	for uid, event := range events(t, feed(t, "Loop", cycles(t, schedule, "2014-08-05", "2014-08-05"), "UTC", options())) {
		want := "CONFIRMED"
		if strings.Contains(uid, "-test-") {
			want = "CANCELLED"
		}
		if got := value(event, "STATUS"); got != want {
			t.Errorf("%s is %s, want %s", uid, got, want)
		}
	}
	schedule.HasTest = false
	if got := events(t, feed(t, "Loop", cycles(t, schedule, "2014-08-05", "2014-08-05"), "UTC", options())); len(got) != 2 {
		t.Errorf("without tests there are %d events", len(got))
	}
}

func TestPushHours(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, zone, planned string
		pushDay             time.Weekday
		from, to            release.TimeOfDay
		start, end          string
	}{
		{"hours", "America/Los_Angeles", "2014-08-05", time.Monday, 10 * 60, 17 * 60, "20140811T100000", "20140811T170000"},
		{"the whole day", "America/Los_Angeles", "2014-08-05", time.Monday, 0, 0, "20140811", "20140812"},
		{"from an hour on", "America/Los_Angeles", "2014-08-05", time.Monday, 10 * 60, 0, "20140811T100000", "20140812T000000"},
		{"a start that does not exist", "America/Los_Angeles", "2014-03-04", time.Sunday, 150, 240, "20140309T030000", "20140309T040000"},
		{"hours that do not exist", "America/Los_Angeles", "2014-03-04", time.Sunday, 120, 180, "20140309", "20140310"},
		{"midnight does not exist", "America/Sao_Paulo", "2018-10-30", time.Sunday, 0, 60 * 6, "20181104T010000", "20181104T060000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			schedule := loop(t)
			schedule.FirstTag, schedule.PushDay = date(t, test.planned), test.pushDay
			with := options()
			with.PushFrom, with.PushTo = test.from, test.to
			for uid, event := range events(t, feed(t, "Loop", cycles(t, schedule, test.planned, test.planned), test.zone, with)) {
				if strings.Contains(uid, "-push-") && (value(event, "DTSTART") != test.start || value(event, "DTEND") != test.end) {
					t.Errorf("push from %s to %s, want %s to %s", value(event, "DTSTART"), value(event, "DTEND"), test.start, test.end)
				}
			}
		})
	}
}

func TestFeedWithoutCycles(t *testing.T) {
	t.Parallel()
	text := feed(t, "Loop", nil, "Europe/London", options())
	if len(events(t, text)) != 0 || !bytes.Contains(text, []byte("TZOFFSETTO:+0100\r\n")) {
		t.Errorf("got\n%s", text)
	}
}

func TestFeedRefusesOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ics.Options){
		"no identity":       func(o *ics.Options) { o.Identity = "" },
		"no stamp":          func(o *ics.Options) { o.Stamp = time.Time{} },
		"negative sequence": func(o *ics.Options) { o.Sequence = -1 },
		"large sequence":    func(o *ics.Options) { o.Sequence = 1 << 31 },
	} {
		with := options()
		change(&with)
		if text, err := ics.Feed("Loop", nil, time.UTC, with); err == nil {
			t.Errorf("%s: no error but\n%s", name, text)
		}
	}
}

// FuzzText: no name and no note breaks the feed, and what can be shown of them
// comes back.
func FuzzText(f *testing.F) {
	f.Add("Loop", "all hands")
	f.Add("a;b,c\\d:e\"f", "BEGIN:VEVENT\r\nUID:1\n\nEND:VEVENT")
	f.Add(strings.Repeat("é", 200), strings.Repeat("<>", 100)+"\x00\x7f\u0085\xff")
	f.Add(strings.Repeat("a", 300), "\r\r \t"+strings.Repeat("日本 ", 60))
	f.Fuzz(func(t *testing.T, name, note string) {
		found := cycles(t, loop(t), "2014-08-05", "2014-08-05")
		found[0].Notes = []string{note}
		text := feed(t, name, found, "America/Los_Angeles", options())
		for uid, event := range events(t, text) {
			if !strings.HasSuffix(value(event, "SUMMARY"), " (cycle 3)") || !strings.HasPrefix(value(event, "DESCRIPTION"), "Cycle 3, planned") {
				t.Errorf("%s: summary %q, description %q", uid, value(event, "SUMMARY"), value(event, "DESCRIPTION"))
			}
		}
	})
}

// events reads the feed back, by UID.
func events(t testing.TB, text []byte) map[string]*ical.VEvent {
	t.Helper()
	parsed, err := ical.ParseCalendar(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	found := map[string]*ical.VEvent{}
	for _, event := range parsed.Events() {
		found[value(event, "UID")] = event
	}
	return found
}

// value is the property's value, "" where there is none.
func value(event *ical.VEvent, property string) string {
	if found := event.GetProperty(ical.ComponentProperty(property)); found != nil {
		return found.Value
	}
	return ""
}
