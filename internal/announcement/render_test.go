package announcement_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/mozilla-services/looprel/internal/announcement"
	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
)

var events = []ledger.Event{
	ledger.EventTagged, ledger.EventPushed, ledger.EventBackedOff, ledger.EventReinstated,
	ledger.EventRolledBack, ledger.EventReminder, ledger.EventDates,
}

// sample are facts with everything in them.
func sample(event ledger.Event) announcement.Facts {
	facts := announcement.Facts{
		Event: event, Component: "loop-server", Version: "0.10.0", Previous: "0.9.0", Environment: "production", Instead: "0.9.0",
		Tag: "0.10.0", Page: "https://forge.example.org/loop-server/releases/tag/0.10.0",
		By: "Release Manager", At: "Tue 2014-08-05 11:00 PDT", Reason: "it is time", DatesChanged: true,
		Turn: &announcement.Turn{What: "tag the release of this cycle", Who: "release manager", Command: "looprel tag", Reason: "the cycle has begun"},
	}
	facts.SetChanges(notes.Collect([]notes.Commit{
		{Subject: "Bug 1048426 - Read callType from the request body (#12)", Author: "Developer"},
		{Subject: "Tweak the README", Author: "Developer"},
	}).Report(notes.Web{Forge: "https://forge.example.org/loop-server"}))
	facts.SetCycles([]calendar.Cycle{
		{Number: 3, Planned: day("2014-08-05"), Tag: day("2014-08-05"), Push: day("2014-08-11"), Test: []release.Date{day("2014-08-08")}},
		{Number: 4, Planned: day("2014-08-19"), Skipped: true, Notes: []string{"skipped: exception (conference)"}},
	}, day("2014-08-05"))
	return facts
}

func day(text string) release.Date {
	date, err := release.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

// Each event has words, which tell what is known of it.
func TestEachEventHasWords(t *testing.T) {
	t.Parallel()
	want := map[ledger.Event][]string{
		ledger.EventTagged:     {"loop-server 0.10.0 is tagged", "Load tests until Fri 2014-08-08", "Mon 2014-08-11", "Read callType from the request body", "bug 1048426", "#12", "cycle 4: skipped", "conference"},
		ledger.EventPushed:     {"loop-server 0.10.0 is on production", "0.9.0", "Tweak the README"},
		ledger.EventBackedOff:  {"loop-server 0.10.0 is backed off", "it is time", "Release Manager"},
		ledger.EventReinstated: {"may go on after all", "it is time"},
		ledger.EventRolledBack: {"production is rolled back", "0.9.0", "0.10.0", "it is time"},
		ledger.EventReminder:   {"tag the release of this cycle", "release manager", "looprel tag", "the cycle has begun"},
		ledger.EventDates:      {"cycle 3", "Tue 2014-08-05", "cycle 4: skipped"},
	}
	for _, event := range events {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			message, err := announcement.Render(sample(event), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range want[event] {
				if !strings.Contains(message.Text, text) {
					t.Errorf("the text lacks %q:\n%s", text, message.Text)
				}
				if !strings.Contains(message.HTML, text) {
					t.Errorf("the HTML lacks %q:\n%s", text, message.HTML)
				}
			}
			if message.Subject == "" || strings.Contains(message.Text, "\n\n\n") || strings.Contains(message.Text, "<no value>") {
				t.Errorf("subject %q, text:\n%s", message.Subject, message.Text)
			}
		})
	}
}

// Whatever a commit, a name or a reason holds: the subject is one line, HTML is
// escaped, and nothing controls a terminal or hides.
func TestUntrustedTextIsHarmless(t *testing.T) {
	t.Parallel()
	const hostile = "x\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>\x1b[2J\u202e\u0000&"
	for _, event := range events {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			facts := sample(event)
			facts.By, facts.Reason, facts.Environment, facts.Tag = hostile, hostile, hostile, hostile
			facts.Turn = &announcement.Turn{What: hostile, Who: hostile, Command: hostile, Reason: hostile}
			facts.Page = "javascript:alert(1)//" + hostile
			facts.SetChanges(notes.Collect([]notes.Commit{{Subject: hostile, Author: hostile}}).Report(notes.Web{Forge: "javascript:alert(1)//"}))
			message, err := announcement.Render(facts, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkPrintable(t, "subject", message.Subject, "")
			checkPrintable(t, "text", message.Text, "\n\t")
			checkPrintable(t, "HTML", message.HTML, "\n\t")
			if strings.Contains(message.HTML, "<script") || strings.Contains(message.HTML, `href="javascript:`) {
				t.Errorf("the HTML runs what a commit says:\n%s", message.HTML)
			}
		})
	}
}

func checkPrintable(t *testing.T, what, text, allowed string) {
	t.Helper()
	for _, r := range text {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) || unicode.Is(unicode.Cf, r) {
			t.Errorf("the %s has %U: %q", what, r, text)
		}
	}
}

// The train's own templates win, block by block.
func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	built, err := announcement.Render(sample(ledger.EventTagged), nil)
	if err != nil {
		t.Fatal(err)
	}
	message, err := announcement.Render(sample(ledger.EventTagged), announcement.Templates{
		"tagged.txt":  `{{define "subject"}}[train] {{.Version}}` + "\nBcc: x" + `{{end}}`,
		"tagged.html": `<p>{{.Reason}}</p>`,
		"pushed.txt":  "not this one",
	})
	if err != nil {
		t.Fatal(err)
	}
	if message.Subject != "[train] 0.10.0 Bcc: x" {
		t.Errorf("subject %q", message.Subject)
	}
	if message.Text != built.Text || message.HTML != "<p>it is time</p>\n" {
		t.Errorf("text:\n%s\nHTML:\n%s", message.Text, message.HTML)
	}
}

// A template that cannot be used is named.
func TestBadTemplates(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"syntax":   "{{",
		"field":    "{{.Nobody}}",
		"endless":  "{{range 100000000}}for ever{{end}}",
		"no title": `{{define "subject"}}{{""}}{{end}}text`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := announcement.Render(sample(ledger.EventTagged), announcement.Templates{"tagged.txt": text})
			if err == nil || !strings.Contains(err.Error(), "tagged.txt") {
				t.Errorf("%v", err)
			}
		})
	}
}

// The payload is the same announcement for programs.
func TestPayload(t *testing.T) {
	t.Parallel()
	facts := sample(ledger.EventTagged)
	message, err := announcement.Render(facts, nil)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := announcement.Payload("id-1", facts, message)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"id":"id-1"`, `"event":"tagged"`, `"version":"0.10.0"`, `"subject":"loop-server 0.10.0 is tagged"`, `"text":"loop-server 0.10.0 is tagged.\n\n`} {
		if !strings.Contains(string(encoded), part) {
			t.Errorf("no %s in %s", part, encoded)
		}
	}
}

// The days are told as a calendar whose revision rises with time.
func TestCalendar(t *testing.T) {
	t.Parallel()
	train := &release.Train{Zone: time.UTC, Components: []release.Component{{Name: "loop-server"}}, Schedule: release.Schedule{FirstTag: day("2014-07-08"), Every: 14}}
	cycles := []calendar.Cycle{{Number: 3, Planned: day("2014-08-05"), Tag: day("2014-08-06"), Push: day("2014-08-11"), PlannedPush: day("2014-08-11")}}
	text, err := announcement.Calendar(train, cycles, time.Date(2014, 8, 5, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"METHOD:PUBLISH\r\n", "DTSTART;VALUE=DATE:20140806\r\n", "SEQUENCE:18662400\r\n"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}
