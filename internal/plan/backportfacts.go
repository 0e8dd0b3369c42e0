package plan

import (
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Asked is a commit that a backport was asked for.
type Asked struct {
	ID      object.ID `json:"commit"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	// Stray: neither the commit nor an equivalent of it is on the train's branch.
	Stray bool `json:"not_on_branch,omitempty"`
	// Mainline is the parent that a merge's change is seen against, 0 for what is none.
	Mainline int `json:"-"`
}

// Present is a commit that a line has already, in whatever form.
type Present struct {
	ID object.ID `json:"commit"`
	// By is the commit of the line that has the change; zero if the line just has
	// the content.
	By object.ID `json:"by,omitzero"`
	// How says how that is known.
	How string `json:"how"`
	// Release is the first release of the line with it; none while it is not
	// released.
	Release release.Version `json:"release,omitzero"`
	// ByContent: it is the files alone that tell.
	ByContent bool `json:"-"`
}

// Undone is a commit that a line had before, until another one of its commits took it
// back.
type Undone struct{ ID, By object.ID }

// Lacking is a release on its way to production that lacks a commit.
type Lacking struct {
	Version release.Version `json:"version"`
	State   ReleaseState    `json:"state"`
	Commits []object.ID     `json:"commits"`
	// Command brings the commits there.
	Command string `json:"command"`
}

// BackportFacts are what a backport rests on.
type BackportFacts struct {
	Asked []Asked
	Lines []*LineFacts
	// Lacking are the releases on their way that lack a commit, without commands.
	Lacking []Lacking
	// Pulls are the pull requests that the commits are of, as far as they are of any.
	Pulls []PullFacts
	// LeftOut are those that a line does not get.
	LeftOut []LeftOut
}

// LineFacts are what is known of one line and the commits.
type LineFacts struct {
	Choice LineChoice
	// Branch has the picks on it. It is nil with a Conflict.
	Branch  *Branch
	Present []Present
	// Undone are those that the line gets once more.
	Undone   []Undone
	Conflict *PickConflict
	// Pulls are the numbers of the pull requests whose commits the line gets, or has.
	Pulls []int
	// Proposed brings the commits without a release; nil: nothing does.
	Proposed *Pending
}

// PickConflict is a commit that does not apply to a line.
type PickConflict struct {
	Commit  object.ID      `json:"commit"`
	Subject string         `json:"subject"`
	Files   []ConflictFile `json:"files"`
	// Needs are commits of the train's branch that the commit seems to build on,
	// oldest first: they last touched the lines in conflict.
	Needs []NeededCommit `json:"needs"`
	// Resolved: with the commits of Needs before it, the commit applies.
	Resolved bool `json:"resolved_by_needs"`
}

// ConflictFile is a file in conflict.
type ConflictFile struct {
	Path string `json:"path"`
	// Why is the conflict in words.
	Why string `json:"why"`
	// Hunks are the lines in conflict, with their markers.
	Hunks []string `json:"hunks"`
}

// NeededCommit is a commit that another one seems to build on.
type NeededCommit struct {
	ID      object.ID `json:"commit"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	When    time.Time `json:"when"`
}
