package ics_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// onset is a change of a zone's offset, as the feed describes it.
type onset struct {
	at       string // local time before the change
	from, to int    // seconds east of Greenwich
}

// TestTimezoneGivesTheRightInstants reads each pushing time as a client would
// that knows nothing of zones but what the feed says.
func TestTimezoneGivesTheRightInstants(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"America/Los_Angeles", "Europe/London", "Europe/Dublin", "America/Sao_Paulo", "Australia/Lord_Howe",
		"Pacific/Apia", "Africa/Casablanca", "Asia/Tokyo", "Asia/Kathmandu", "Etc/GMT+5", "UTC",
	} {
		for _, span := range []struct{ first, until string }{
			{"2014-07-08", "2015-07-08"}, {"2011-01-04", "2012-12-31"}, {"1890-01-07", "1891-01-01"}, {"2090-01-03", "2091-01-01"},
		} {
			schedule := loop(t)
			schedule.FirstTag = date(t, span.first)
			text := feed(t, "Loop", cycles(t, schedule, span.first, span.until), name, options())
			checkInstants(t, unfold(text), zone(t, name))
		}
	}
}

func checkInstants(t *testing.T, lines []string, in *time.Location) {
	t.Helper()
	onsets := onsets(t, lines)
	pushes := 0
	for _, event := range components(lines, "VEVENT") {
		for _, name := range []string{"DTSTART", "DTEND"} {
			match := localTime.FindStringSubmatch(property(t, event, name))
			if match == nil {
				continue
			}
			pushes++
			reading, err := time.Parse("20060102T150405", match[2])
			if err != nil {
				t.Fatal(err)
			}
			hours := release.TimeOfDay(reading.Hour()*60 + reading.Minute())
			want := release.DateOf(reading).At(hours, in)
			if got := reading.Add(-time.Duration(offsetAt(t, onsets, match[2])) * time.Second); !got.Equal(want) {
				t.Errorf("%s in %s is %v by the feed, want %v", match[2], in, got, want.UTC())
			}
		}
	}
	if pushes == 0 {
		t.Error("no pushing hours in the feed")
	}
}

// onsets reads the changes of the only zone, in order.
func onsets(t *testing.T, lines []string) []onset {
	t.Helper()
	zone := components(lines, "VTIMEZONE")[0]
	var found []onset
	for _, observance := range append(components(zone, "STANDARD"), components(zone, "DAYLIGHT")...) {
		found = append(found, onset{
			at:   property(t, observance, "DTSTART")[1:],
			from: seconds(t, property(t, observance, "TZOFFSETFROM")),
			to:   seconds(t, property(t, observance, "TZOFFSETTO")),
		})
	}
	slices.SortFunc(found, func(a, b onset) int { return cmp.Compare(a.at, b.at) })
	for i := range found[1:] {
		if found[i].to != found[i+1].from {
			t.Errorf("offset %d, then %d before %s", found[i].to, found[i+1].from, found[i+1].at)
		}
	}
	return found
}

// seconds reads a UTC-OFFSET.
func seconds(t *testing.T, text string) int {
	t.Helper()
	layout := ":-0700"
	if len(text) > len(layout) {
		layout = ":-070000"
	}
	at, err := time.Parse(layout, text)
	if err != nil {
		t.Fatal(err)
	}
	_, offset := at.Zone()
	return offset
}

// offsetAt is the offset of the last onset before a local time.
func offsetAt(t *testing.T, onsets []onset, local string) int {
	t.Helper()
	if onsets[0].at > local {
		t.Fatalf("%s comes before the first onset, %s", local, onsets[0].at)
	}
	offset := onsets[0].to
	for _, change := range onsets {
		if change.at <= local {
			offset = change.to
		}
	}
	return offset
}
