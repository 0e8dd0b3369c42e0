package calendar_test

import (
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
)

func TestLocal(t *testing.T) {
	t.Parallel()
	at := time.Date(2014, 8, 11, 17, 0, 0, 0, time.UTC)
	for _, test := range []struct{ train, operator, want string }{
		{pacific, "Europe/Paris", "Mon 2014-08-11 10:00 PDT (19:00 CEST where you are)"},
		{pacific, "Asia/Tokyo", "Mon 2014-08-11 10:00 PDT (Tue 2014-08-12 02:00 JST where you are)"},
		{pacific, "America/Vancouver", "Mon 2014-08-11 10:00 PDT"},
		{pacific, pacific, "Mon 2014-08-11 10:00 PDT"},
		{"UTC", "America/Sao_Paulo", "Mon 2014-08-11 17:00 UTC (14:00 UTC-03 where you are)"},
	} {
		if got := calendar.Local(at, zone(t, test.train), zone(t, test.operator)); got != test.want {
			t.Errorf("for %s seen from %s: %q, want %q", test.train, test.operator, got, test.want)
		}
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	if got := calendar.Day(date(t, "2014-08-11")); got != "Mon 2014-08-11" {
		t.Errorf("got %q", got)
	}
}
