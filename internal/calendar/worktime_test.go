package calendar_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/release"
)

func workCalendar(t *testing.T, zone string) (*calendar.Calendar, func(text string) time.Time) {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return calendar.New(release.Schedule{Every: 14, Holidays: []string{"US"}}, location), func(text string) time.Time {
		t.Helper()
		at, err := time.ParseInLocation("2006-01-02 15:04", text, location)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
}

// Weekends and holidays do not count; the hours of a working day all do.
func TestWorkTime(t *testing.T) {
	t.Parallel()
	c, at := workCalendar(t, "America/Los_Angeles")
	cases := map[string]struct {
		from, to string
		want     time.Duration
	}{
		"within a day":          {"2014-08-05 11:00", "2014-08-05 15:30", 4*time.Hour + 30*time.Minute},
		"overnight":             {"2014-08-05 11:00", "2014-08-06 11:00", 24 * time.Hour},
		"over a weekend":        {"2014-08-08 12:00", "2014-08-11 12:00", 24 * time.Hour},
		"at a weekend":          {"2014-08-09 00:00", "2014-08-11 00:00", 0},
		"over a public holiday": {"2014-08-29 12:00", "2014-09-02 12:00", 24 * time.Hour},
		"into daylight time":    {"2014-03-07 12:00", "2014-03-10 12:00", 24 * time.Hour},
		"out of daylight":       {"2014-10-31 12:00", "2014-11-03 12:00", 24 * time.Hour},
		"nothing":               {"2014-08-05 11:00", "2014-08-05 11:00", 0},
		"backwards":             {"2014-08-06 11:00", "2014-08-05 11:00", 0},
		"two weeks of a soak":   {"2014-08-05 00:00", "2014-08-19 00:00", 10 * 24 * time.Hour},
	}
	for name, test := range cases {
		if got := c.WorkTime(at(test.from), at(test.to)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Whatever time is wanted has just passed when it is said to have passed.
func TestAfterWorkTime(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, zone := range []string{"America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"} {
		c, at := workCalendar(t, zone)
		begin := at("2011-01-01 00:00")
		for range 300 {
			from := begin.Add(time.Duration(random.Int64N(int64(5 * 365 * 24 * time.Hour)))).Truncate(time.Minute)
			wanted := time.Duration(1+random.Int64N(20*24*60)) * time.Minute
			end, ok := c.AfterWorkTime(from, wanted)
			if got := c.WorkTime(from, end); !ok || got != wanted {
				t.Fatalf("%s: %s of work time from %s ends at %s, which is %s", zone, wanted, from, end, got)
			}
			if c.WorkTime(from, end.Add(-time.Minute)) >= wanted {
				t.Fatalf("%s: %s of work time from %s has passed before %s", zone, wanted, from, end)
			}
		}
	}
}
