package release

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestAt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, zone, date, clock, want string }{
		{"ordinary", "America/Los_Angeles", "2014-08-11", "10:00", "2014-08-11T10:00:00-07:00"},
		{"end of the day", "America/Los_Angeles", "2014-08-11", "24:00", "2014-08-12T00:00:00-07:00"},
		{"left out in spring", "America/Los_Angeles", "2014-03-09", "02:30", "2014-03-09T03:00:00-07:00"},
		{"just before the gap", "America/Los_Angeles", "2014-03-09", "01:59", "2014-03-09T01:59:00-08:00"},
		{"just after the gap", "America/Los_Angeles", "2014-03-09", "03:00", "2014-03-09T03:00:00-07:00"},
		{"twice in autumn", "America/Los_Angeles", "2014-11-02", "01:30", "2014-11-02T01:30:00-07:00"},
		{"after the repeated hour", "America/Los_Angeles", "2014-11-02", "02:00", "2014-11-02T02:00:00-08:00"},
		{"east of Greenwich, left out", "Europe/London", "2014-03-30", "01:15", "2014-03-30T02:00:00+01:00"},
		{"east of Greenwich, twice", "Europe/London", "2014-10-26", "01:15", "2014-10-26T01:15:00+01:00"},
		{"midnight left out", "America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T01:00:00-02:00"},
		{"midnight left out, as the end of a day", "America/Sao_Paulo", "2018-11-03", "24:00", "2018-11-04T01:00:00-02:00"},
		{"half an hour left out", "Australia/Lord_Howe", "2014-10-05", "02:15", "2014-10-05T02:30:00+11:00"},
		{"half an hour twice", "Australia/Lord_Howe", "2014-04-06", "01:45", "2014-04-06T01:45:00+11:00"},
		{"a day left out", "Pacific/Apia", "2011-12-30", "10:00", "2011-12-31T00:00:00+14:00"},
		{"the end of the day before it", "Pacific/Apia", "2011-12-29", "24:00", "2011-12-31T00:00:00+14:00"},
		{"a day twice", "America/Juneau", "1867-10-18", "12:00", "1867-10-18T12:00:00+15:02"},
		{"no changes ever", "UTC", "0001-01-01", "00:00", "0001-01-01T00:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			date, err := ParseDate(test.date)
			if err != nil {
				t.Fatal(err)
			}
			clock, err := ParseTimeOfDay(test.clock)
			if err != nil {
				t.Fatal(err)
			}
			if got := date.At(clock, zone).Format(time.RFC3339); got != test.want {
				t.Errorf("%s %s in %s is %s, want %s", test.date, test.clock, test.zone, got, test.want)
			}
		})
	}
}

func TestDaysSince(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, to string
		want     int
	}{
		{"2014-07-08", "2014-07-08", 0},
		{"2014-07-08", "2014-07-22", 14},
		{"2014-07-22", "2014-07-08", -14},
		{"2012-02-28", "2012-03-01", 2},
		{"1900-02-28", "1900-03-01", 1},
		{"0001-01-01", "9999-12-31", 3652058},
		{"9999-12-31", "0001-01-01", -3652058},
	} {
		from, err := ParseDate(test.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := ParseDate(test.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := to.DaysSince(from); got != test.want {
			t.Errorf("from %s to %s are %d days, want %d", test.from, test.to, got, test.want)
		}
		if got := from.AddDays(test.want); got != to {
			t.Errorf("%d days after %s is %s, want %s", test.want, test.from, got, test.to)
		}
	}
}
