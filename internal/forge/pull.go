package forge

import "github.com/mozilla-services/looprel/internal/object"

// PullState is where a pull request stands.
type PullState string

// The states of a pull request.
const (
	PullOpen   PullState = "open"
	PullMerged PullState = "merged"
	// PullClosed: it was closed and not merged.
	PullClosed PullState = "closed"
)

// Pull is a pull request within one repository.
type Pull struct {
	// Number is the forge's own; zero for one that is not there yet.
	Number int
	Title  string
	// Body is Markdown. The key of one that looprel opened stands in it, where people
	// do not see it.
	Body string
	// Head is the branch that it brings to Base, by short names. Commit is where Head
	// was last; zero where that is not known.
	Head, Base string
	Commit     object.ID
	State      PullState
	// Merged is the commit on Base by which it was merged: of several, the last.
	Merged object.ID
	// Author is a login, as Reviewers are: those who are asked for a review, and have
	// not given one.
	Author            string
	Labels, Reviewers []string
	Draft             bool
	// Page is its page.
	Page string
}
