// Package announcement words what people are told of the train: subject, text,
// HTML, and the days as an iCalendar object where they are others than was told.
//
// It is pure: Facts in, Message out. What is told when, and to whom, is decided by
// package plan; mail and webhook send it.
//
//	Facts ─Render▶ Message     by the templates of this package, or the train's own
//	Facts ─Payload▶ JSON       for webhooks
//
// Facts are untrusted: commits, names and reasons come from anybody. They are made
// printable before a template sees them, HTML is escaped by html/template, and what
// comes out is one line where it is a subject, and free of control characters
// everywhere, whatever a template of the train's own does.
package announcement

import (
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Facts are what templates may tell. Texts are in one line; what is not known, or
// does not belong to the event, is empty.
type Facts struct {
	Event     ledger.Event
	Component string
	// Version is the release that it is about, Previous the one that it is compared
	// with.
	Version, Previous string
	// Environment is where it came to or went from, Instead what ran there before.
	Environment, Instead string
	Tag, Commit          string
	// Page is where the tag is to be looked at.
	Page string
	// By is who did it, At when, in the train's zone.
	By, At string
	Reason string
	// OffCycle: it was made off the calendar.
	OffCycle bool
	// Changes are what the release brings, More how many are left out.
	Changes []Group
	More    int
	// Cycle is the one that the release belongs to, or the coming one; nil without.
	Cycle *Cycle
	// Coming are the next cycles, the current one first.
	Coming []Cycle
	// DatesChanged: some of their days are others than was told.
	DatesChanged bool
	// Turn is what a reminder says.
	Turn *Turn
}

// Group is the changes of one kind.
type Group struct {
	Title   string
	Changes []Change
}

// Change is one change of a release.
type Change struct {
	Text    string
	Authors string
	Commit  string // short
	URL     string
	Numbers []Number
}

// Number is a bug, a pull request or an issue.
type Number struct {
	Text string
	URL  string
}

// Cycle is a cycle's days.
type Cycle struct {
	Number  int
	Tag     string // "Tue 2014-08-05"; "" when it is skipped
	Push    string
	Test    string // the last day of the load tests
	Skipped bool
	// Notes say why its days are not the planned ones.
	Notes []string
}

// Turn is what is due.
type Turn struct{ What, Who, Command, Reason string }

// maxChanges is how many changes an announcement lists.
const maxChanges = 200

// maxText bounds a text of one line, in bytes.
const maxText = 500

// line makes an untrusted text fit for a line.
func line(text string) string { return printable.Bounded(text, maxText) }

// SetChanges fills in what the release brings.
func (f *Facts) SetChanges(report notes.Report) {
	f.Changes, f.More = nil, 0
	left := maxChanges
	for _, group := range report.Groups {
		shown := min(left, len(group.Changes))
		f.More += len(group.Changes) - shown
		left -= shown
		if shown == 0 {
			continue
		}
		one := Group{Title: group.Title}
		for _, change := range group.Changes[:shown] {
			one.Changes = append(one.Changes, changeOf(change))
		}
		f.Changes = append(f.Changes, one)
	}
}

func changeOf(change notes.ReportChange) Change {
	text := change.Text
	if change.Scope != "" {
		text = change.Scope + ": " + text
	}
	one := Change{Text: line(text), Authors: line(strings.Join(change.Authors, ", ")), Commit: change.Commit.Short(), URL: change.URL}
	for _, bug := range change.Bugs {
		one.Numbers = append(one.Numbers, Number{line("bug " + bug.ID), bug.URL})
	}
	for _, pull := range change.PullRequests {
		one.Numbers = append(one.Numbers, Number{number(pull.Number), pull.URL})
	}
	for _, issue := range change.Issues {
		one.Numbers = append(one.Numbers, Number{"closes " + number(issue.Number), issue.URL})
	}
	return one
}

// SetCycles fills in the coming days; current is the planned tagging day of the
// cycle that the announcement belongs to.
func (f *Facts) SetCycles(cycles []calendar.Cycle, current release.Date) {
	f.Cycle, f.Coming = nil, nil
	for _, cycle := range cycles {
		one := Cycle{Number: cycle.Number, Skipped: cycle.Skipped}
		if !cycle.Skipped {
			one.Tag, one.Push = calendar.Day(cycle.Tag), calendar.Day(cycle.Push)
		}
		if days := cycle.Test; len(days) > 0 {
			one.Test = calendar.Day(days[len(days)-1])
		}
		for _, note := range cycle.Notes {
			one.Notes = append(one.Notes, line(note))
		}
		f.Coming = append(f.Coming, one)
		if cycle.Planned == current {
			f.Cycle = &one
		}
	}
}

// clean makes all texts printable that come from outside.
func (f Facts) clean() Facts {
	for _, text := range []*string{&f.By, &f.Reason, &f.Tag, &f.Page, &f.Component, &f.Environment} {
		*text = line(*text)
	}
	if f.Turn != nil {
		turn := *f.Turn
		for _, text := range []*string{&turn.What, &turn.Who, &turn.Command, &turn.Reason} {
			*text = line(*text)
		}
		f.Turn = &turn
	}
	return f
}

// When writes a moment of the train.
func When(at time.Time, zone *time.Location) string { return calendar.Local(at, zone, zone) }
