package holiday_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	_ "time/tzdata"

	"github.com/mozilla-services/looprel/internal/holiday"
	"github.com/mozilla-services/looprel/internal/release"
)

func TestOn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ country, date, want string }{
		{"US", "2014-07-04", "Independence Day"},
		{"US", "2014-07-03", ""},
		{"US", "2014-11-27", "Thanksgiving Day"},
		{"US", "2015-07-03", "Independence Day (observed)"},
		{"US", "2015-07-04", "Independence Day"}, // a Saturday, kept on the Friday before
		{"US", "2021-12-31", "New Year's Day (observed)"},
		{"US", "2020-12-31", ""},
		{"GB", "2016-12-26", "Christmas Day (observed)"}, // and Boxing Day itself
		{"GB", "2016-12-27", "Boxing Day (observed)"},
		{"DE", "2014-10-03", "Tag der Deutschen Einheit"},
		{"FR", "2014-07-14", "Fête Nationale"},
		{"BG", "2017-12-26", "Коледа 2"}, // kept on the day after as well, since Sunday's needs a day
		{"BG", "2017-12-27", "Коледа 2 (observed)"},
		{"AU", "2014-01-27", "Australia Day (observed)"},
		{"JP", "2015-09-22", "National holiday between Respect for the Aged Day and Autumnal Equinox Day"},
		{"JP", "2016-09-21", ""},
		{"BR", "2004-11-02", "Finados"},
		{"XX", "2014-12-25", ""},
		{"us", "2014-12-25", ""},
		{"US", "0002-01-01", "New Year's Day"},
		{"US", "9999-12-31", "New Year's Day (observed)"},
	} {
		date, err := release.ParseDate(test.date)
		if err != nil {
			t.Fatal(err)
		}
		name, ok := holiday.On(test.country, date)
		if name != test.want || ok != (test.want != "") {
			t.Errorf("%s in %s is %q (%v), want %q", test.date, test.country, name, ok, test.want)
		}
	}
}

func TestCountriesAreKnown(t *testing.T) {
	t.Parallel()
	countries := holiday.Countries()
	if !slices.IsSorted(countries) || len(countries) < 30 {
		t.Errorf("countries are %v", countries)
	}
	for _, country := range countries {
		if !holiday.Known(country) {
			t.Errorf("%s is listed but not known", country)
		}
		days := 0
		for date := (release.Date{Year: 2014, Month: 1, Day: 1}); date.Year == 2014; date = date.AddDays(1) {
			name, ok := holiday.On(country, date)
			if ok && name == "" {
				t.Errorf("%s of %s has no name", date, country)
			}
			if ok {
				days++
			}
		}
		if days < 5 || days > 25 {
			t.Errorf("%s has %d holidays in 2014", country, days)
		}
	}
	for _, country := range []string{"", "us", "USA", "XX"} {
		if holiday.Known(country) {
			t.Errorf("%q is known", country)
		}
	}
}

// TestMachineZoneDoesNotCount runs TestOn where the midnight of a holiday in its
// table is left out by daylight saving.
func TestMachineZoneDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"America/Sao_Paulo", "Pacific/Apia", "Pacific/Honolulu"} {
		command := exec.Command(os.Args[0], "-test.run", "^TestOn$")
		command.Env = append(os.Environ(), "TZ="+zone)
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("in %s: %v\n%s", zone, err, output)
		}
	}
}
