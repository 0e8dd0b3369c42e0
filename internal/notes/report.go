package notes

import (
	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/object"
)

// Report is the notes as JSON. Lists are never null; texts are those of the
// commits, in one line, not escaped for any format.
type Report struct {
	// Groups are the changes that stand, by kind, in the order of the notes.
	Groups []ReportGroup `json:"groups"`
	// Reverted are changes that the same release took back.
	Reverted []ReportChange `json:"reverted"`
	// Authors are all names, sorted.
	Authors []string `json:"authors"`
}

// ReportGroup is the changes of one kind.
type ReportGroup struct {
	// Kind is breaking, security, feature, fix, performance, other, documentation
	// or maintenance.
	Kind    changelog.Kind `json:"kind"`
	Title   string         `json:"title"`
	Changes []ReportChange `json:"changes"`
}

// ReportChange is one change.
type ReportChange struct {
	Text string `json:"text"`
	// Scope is the part of the program that the commit names, if it does.
	Scope        string         `json:"scope,omitempty"`
	BreakingNote string         `json:"breaking_note,omitempty"`
	Bugs         []ReportBug    `json:"bugs"`
	PullRequests []ReportNumber `json:"pull_requests"`
	Issues       []ReportNumber `json:"issues"`
	Authors      []string       `json:"authors"`
	Reviewers    []string       `json:"reviewers,omitempty"`
	// Commit is the commit on the branch, Commits all that belong to the change.
	Commit  object.ID   `json:"commit"`
	Commits []object.ID `json:"commits"`
	// URL is the commit's page, if the forge is known.
	URL string `json:"url,omitempty"`
	// RevertedBy is the commit that took the change back.
	RevertedBy *object.ID `json:"reverted_by,omitempty"`
}

// ReportBug is a number of the bug tracker.
type ReportBug struct {
	ID  string `json:"id"`
	URL string `json:"url,omitempty"`
}

// ReportNumber is a number of the forge.
type ReportNumber struct {
	Number int    `json:"number"`
	URL    string `json:"url,omitempty"`
}

// Report makes the notes ready for JSON, with addresses where the web knows any.
func (n Notes) Report(web Web) Report {
	report := Report{
		Groups:   []ReportGroup{},
		Reverted: reportChanges(n.Reverted, web),
		Authors:  append([]string{}, n.Authors()...),
	}
	for _, kind := range groups() {
		if changes := n.of(kind); len(changes) > 0 {
			report.Groups = append(report.Groups, ReportGroup{kind, groupTitle(kind), reportChanges(changes, web)})
		}
	}
	return report
}

func reportChanges(changes []Change, web Web) []ReportChange {
	reported := make([]ReportChange, len(changes))
	for i, c := range changes {
		reported[i] = ReportChange{
			Text: c.Text, Scope: c.Scope, BreakingNote: c.BreakingNote,
			Bugs: []ReportBug{}, PullRequests: reportNumbers(c.PullRequests, web.pullRequest), Issues: reportNumbers(c.Issues, web.issue),
			Authors: append([]string{}, c.Authors...), Reviewers: c.Reviewers,
			Commit: c.ID, Commits: append([]object.ID{}, c.Commits...), URL: web.commit(c.ID),
		}
		for _, bug := range c.Bugs {
			reported[i].Bugs = append(reported[i].Bugs, ReportBug{bug, web.bug(bug)})
		}
		if !c.RevertedBy.IsZero() {
			reported[i].RevertedBy = &c.RevertedBy
		}
	}
	return reported
}

func reportNumbers(numbers []int, address func(int) string) []ReportNumber {
	reported := make([]ReportNumber, len(numbers))
	for i, n := range numbers {
		reported[i] = ReportNumber{n, address(n)}
	}
	return reported
}
