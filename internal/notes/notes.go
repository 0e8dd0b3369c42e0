// Package notes turns commits into release notes: which changes a release has,
// of what kind, with which bug and pull request numbers, by whom.
//
//	Commit   what git says
//	bundle   a commit, or a merged pull request with the commits it brought (fold)
//	subject  what a title says: kind, numbers, text without prefixes (subject)
//	Change   a bundle as one change; a change that the same release reverted is
//	         set apart, release machinery is left out
//	Notes    the changes, newest first; printed as Markdown, plain text or Report
//
// The package is pure. It imports the vocabulary (object, release) and package
// changelog, whose kinds of changes it shares, and must not import anything that
// reads repositories or talks to a forge.
//
// Commit messages are untrusted: texts are bounded, in one line and free of
// control characters, and what is printed as Markdown can neither leave its list
// item nor notify anybody.
package notes

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/object"
)

// Commit is what the notes need of a commit.
type Commit struct {
	ID      object.ID
	Parents []object.ID
	// Subject is the first paragraph in one line, Body what follows it.
	Subject, Body string
	// Author and Email are the author's; the address serves to recognise people
	// and is never printed.
	Author, Email string
	When          time.Time
}

// FromObject makes a Commit of a commit object.
func FromObject(id object.ID, commit object.Commit) Commit {
	return Commit{
		ID: id, Parents: commit.Parents, Subject: commit.Subject(), Body: commit.Body(),
		Author: commit.Author.Name, Email: commit.Author.Email, When: commit.Author.When,
	}
}

// Change is one change of a release.
type Change struct {
	Kind changelog.Kind
	// Text is the title without prefixes and numbers that the fields hold.
	Text string
	// Scope is the part that a conventional commit names: "feat(scope): …".
	Scope string
	// BreakingNote is what a "BREAKING CHANGE" footer says.
	BreakingNote string
	Bugs         []string
	PullRequests []int
	// Issues are those that the commits say they close.
	Issues []int
	// Authors are the names of authors and co-authors, the first to work on the
	// change first.
	Authors []string
	// Reviewers are the names in the titles' review marks.
	Reviewers []string
	// ID is the commit on the branch: the merge, or the change itself.
	ID object.ID
	// Commits are all of the change's commits, ID first.
	Commits []object.ID
	When    time.Time
	// Reverts are the commits that the change reverts.
	Reverts []object.ID
	// RevertedBy is the commit that reverted the change, zero for one that stands.
	RevertedBy object.ID
}

// Notes are the changes of a release, newest first.
type Notes struct {
	Changes []Change
	// Reverted are changes that did not outlive the release.
	Reverted []Change
	// LeftOut are commits that are no changes: release machinery and merges of
	// branches whose commits stand for themselves.
	LeftOut []object.ID
}

// Collect makes notes of the commits of a release, which are given newest first,
// as by "git log LAST..HEAD".
//
// A merged pull request is one change, with the commits that it brought; merges
// of other branches are passed over. A change and its revert cancel out.
func Collect(commits []Commit) Notes {
	var notes Notes
	bundles, passed := fold(commits)
	var changes []collected
	for _, b := range bundles {
		change, ok := collect(commits, b)
		if !ok {
			passed = append(passed, b.all()...)
			continue
		}
		changes = append(changes, change)
	}
	slices.Sort(passed)
	for _, i := range passed {
		notes.LeftOut = append(notes.LeftOut, commits[i].ID)
	}
	cancelReverted(commits, changes)
	for _, c := range changes {
		switch {
		case !c.RevertedBy.IsZero():
			notes.Reverted = append(notes.Reverted, c.Change)
		case !c.undone:
			notes.Changes = append(notes.Changes, c.Change)
		}
	}
	return notes
}

// IsEmpty reports whether the release has no change that stands.
func (n Notes) IsEmpty() bool { return len(n.Changes) == 0 }

// Authors are the names of all who worked on changes that stand, sorted.
func (n Notes) Authors() []string {
	var names []string
	for _, c := range n.Changes {
		names = append(names, c.Authors...)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	return slices.Compact(names)
}

// ForChangelog are the changes as package changelog takes them. Numbers of closed
// issues stand among the pull requests, whose numbers they share.
func (n Notes) ForChangelog() []changelog.Change {
	changes := make([]changelog.Change, len(n.Changes))
	for i, c := range n.Changes {
		changes[i] = changelog.Change{
			Kind: c.Kind, Text: c.Text, Bugs: c.Bugs, PullRequests: slices.Concat(c.PullRequests, c.Issues),
		}
	}
	return changes
}
