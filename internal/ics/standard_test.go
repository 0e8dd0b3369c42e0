package ics_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// checkStandard holds a feed against what RFC 5545 demands, without the library
// that wrote it. The numbers are the RFC's sections.
func checkStandard(t testing.TB, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Errorf("not UTF-8:\n%q", text)
	}
	checkLines(t, text)
	lines := unfold(text)
	// 3.4, 3.6: one calendar with version, product and a component.
	if lines[0] != "BEGIN:VCALENDAR" || lines[len(lines)-1] != "END:VCALENDAR" {
		t.Errorf("not one calendar: from %q to %q", lines[0], lines[len(lines)-1])
	}
	for _, line := range []string{"VERSION:2.0", "METHOD:PUBLISH", "CALSCALE:GREGORIAN", "PRODID:-//looprel//release calendar//EN"} {
		if count(lines, line) != 1 {
			t.Errorf("%s is there %d times", line, count(lines, line))
		}
	}
	checkEvents(t, lines)
	checkTimezone(t, lines)
}

// checkLines: 3.1, lines end with CRLF, have no other control characters, and are
// at most 75 octets long without their end.
func checkLines(t testing.TB, text []byte) {
	t.Helper()
	if !bytes.HasSuffix(text, []byte("\r\n")) {
		t.Error("the last line has no end")
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 75 || len(line) == 0 || !utf8.Valid(line) {
			t.Errorf("%d octets in line %q", len(line), line)
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("control character in line %q", line)
		}
	}
}

func unfold(text []byte) []string {
	whole := strings.ReplaceAll(string(text), "\r\n ", "")
	return strings.Split(strings.TrimSuffix(whole, "\r\n"), "\r\n")
}

func count(lines []string, wanted string) int {
	n := 0
	for _, line := range lines {
		if line == wanted {
			n++
		}
	}
	return n
}

// components are the lines of each component of that name.
func components(lines []string, name string) [][]string {
	var found [][]string
	for i, line := range lines {
		if line == "BEGIN:"+name {
			found = append(found, lines[i+1:i+slices.Index(lines[i:], "END:"+name)])
		}
	}
	return found
}

// property returns the rest of the only line that has that name.
func property(t testing.TB, lines []string, name string) string {
	t.Helper()
	var found []string
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, name); ok && (strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, ";")) {
			found = append(found, rest)
		}
	}
	if len(found) != 1 {
		t.Errorf("%s is there %d times in %q", name, len(found), lines)
		return ""
	}
	return found[0]
}

var (
	utcTime   = regexp.MustCompile(`^:\d{8}T\d{6}Z$`)
	wholeDay  = regexp.MustCompile(`^;VALUE=DATE:(\d{8})$`)
	localTime = regexp.MustCompile(`^;TZID=([^:;]+):(\d{8}T\d{6})$`)
)

// checkEvents: 3.6.1 and the properties that it names.
func checkEvents(t testing.TB, lines []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, event := range components(lines, "VEVENT") {
		uid := property(t, event, "UID")
		if seen[uid] {
			t.Errorf("UID%s is there twice", uid)
		}
		seen[uid] = true
		if stamp := property(t, event, "DTSTAMP"); !utcTime.MatchString(stamp) {
			t.Errorf("DTSTAMP%s is not in UTC", stamp)
		}
		for _, name := range []string{"SEQUENCE", "SUMMARY", "DESCRIPTION", "CATEGORIES", "TRANSP"} {
			property(t, event, name)
		}
		if status := property(t, event, "STATUS"); status != ":CONFIRMED" && status != ":CANCELLED" {
			t.Errorf("STATUS%s", status)
		}
		checkTimes(t, property(t, event, "DTSTART"), property(t, event, "DTEND"), lines)
	}
}

// checkTimes: 3.8.2.2, start and end are of one type and in order; 3.2.19, a zone
// that is named is described.
func checkTimes(t testing.TB, start, end string, lines []string) {
	t.Helper()
	if from, to := wholeDay.FindStringSubmatch(start), wholeDay.FindStringSubmatch(end); from != nil && to != nil {
		if from[1] >= to[1] {
			t.Errorf("from %s to %s", from[1], to[1])
		}
		return
	}
	from, to := localTime.FindStringSubmatch(start), localTime.FindStringSubmatch(end)
	if from == nil || to == nil || from[1] != to[1] || from[2] >= to[2] {
		t.Errorf("from %s to %s", start, end)
		return
	}
	if count(lines, "TZID:"+from[1]) != 1 {
		t.Errorf("zone %s is not described", from[1])
	}
}

// checkTimezone: 3.6.5, one or more observances, each with an onset in local time
// and both offsets, the onsets in order.
func checkTimezone(t testing.TB, lines []string) {
	t.Helper()
	zones := components(lines, "VTIMEZONE")
	if len(zones) != 1 {
		t.Fatalf("%d zones", len(zones))
	}
	observances := append(components(zones[0], "STANDARD"), components(zones[0], "DAYLIGHT")...)
	if len(observances) == 0 {
		t.Error("a zone without observances")
	}
	offset := regexp.MustCompile(`^:[+-]\d{4}(\d{2})?$`)
	for _, observance := range observances {
		if _, err := time.Parse(":20060102T150405", property(t, observance, "DTSTART")); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"TZOFFSETFROM", "TZOFFSETTO"} {
			if got := property(t, observance, name); !offset.MatchString(got) || got == ":-0000" {
				t.Errorf("%s%s", name, got)
			}
		}
	}
}
