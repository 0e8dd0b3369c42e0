// Package fixes tells which change is where: whether a release, a release line or
// a branch has a fix, under whichever commit, and which fixes a release lost.
//
//	Point      a release, a line's tip or a branch's head
//	Survey     the commits between the points, read once, and what they change
//	Standing   commit + point ─▶ present, equivalent, missing, reverted, lost, unclear
//	Table      the fixes of all release lines × lines, and the losses among them
//
// A fix is a commit that a line's releases after the first, or its branch's tip,
// have and its first release has not; merges stand for the commits that they
// bring. What sets the version and writes the changelog is set aside
// (pick.Residual), so that a release commit is no fix, unless a fix was slipped
// into it.
//
// # Standing
//
// Two questions are asked, of the history and of the content, and neither is
// believed alone: a commit may be in the history and its content undone, and
// content may be there under another commit.
//
// The history (kinship.go, origins.go) has the change when it has the commit, or one
// that is of the same change:
//
//	trailer     "(cherry picked from commit X)", in either direction or from the
//	            same origin: whoever made the pick said so, also where conflicts
//	            made it differ. A commit with several origins that do not name each
//	            other is several changes in one, and needs all of them.
//	author      the same author at the same second, in commits that touch a common
//	            path: git keeps both on a cherry-pick, a rebase and an amendment.
//	            Where one history has two such commits (made by a script) the titles
//	            must agree as well.
//	pull request  both titles name the same pull request, or one is the commits of
//	            its merge and the other its squash: a forge counts them once. Where
//	            one history has several commits of it, the titles must agree. A bug
//	            number is not enough: one bug may take several commits.
//	patch       the same lines for the same lines, white space aside (patchid.go),
//	            asked last and only of commits that touch the same paths.
//
// The content (content.go) is the three-way pick of the change onto the point's
// tree: empty (the content is there), clean (it would change something: it is not
// there) or in conflict (which says nothing: the code has moved on).
//
//	history has it   pick       standing
//	yes              empty      present, or equivalent
//	yes              conflict   the same, unless a later revert says otherwise
//	yes              clean      undone: by a commit between (undone.go): release
//	                            machinery or a merge lost it, any other commit
//	                            reverted it; adapted where its own commit never had
//	                            this content, and then as if empty
//	no               empty      equivalent, by content
//	no               clean      missing, or undone if an earlier release had it
//	no               conflict   unclear, or there if an earlier release had it
//
// # Losses
//
// A fix first released in version v at time t is owed by every release of a higher
// version that was tagged later, and by the next one. A release that lacks it
// (missing, lost) while an earlier one has it is a loss, unless the last release of
// the fix's own line took it back. What took it back is no fix itself, whether it says
// so or its patch is the opposite (inverse.go).
//
// The package is pure: it reads commits through History and trees through
// merge.Objects, and must not import anything that reads repositories.
package fixes

import (
	"errors"
	"time"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Commit is what is read of a commit.
type Commit struct {
	notes.Commit
	Tree object.ID
}

// History gives commits.
type History interface {
	// Range lists the commits that are reachable from include and not from exclude, the
	// youngest first as far as clocks can be trusted. complete is false where the
	// clone's history ends early; what could be found is listed then.
	Range(include, exclude []object.ID) (commits []Commit, complete bool, err error)
	// TreeOf is the tree of a commit.
	TreeOf(commit object.ID) (object.ID, error)
}

// ErrMissing is in the error of an object that this clone lacks, as a partial
// clone does. What cannot be read makes a standing unclear; any other error ends
// the survey.
var ErrMissing = errors.New("the object is not in this clone")

// Point is a commit that is asked about.
type Point struct {
	// Name is for people: a version, or a branch's short name.
	Name   string
	Commit object.ID
	// Version is set for a release.
	Version release.Version
	// Line is set for a release and for the tip of a line's branch.
	Line *release.Line
	// At is when a release was tagged.
	At time.Time
}

// IsRelease reports whether the point is a release, and not a branch's head.
func (p Point) IsRelease() bool { return !p.Version.IsZero() }

// State says whether a point has a change.
type State string

// The states.
const (
	// Present: the commit is in its history, and nothing undid it.
	Present State = "present"
	// Equivalent: the change is there under another commit.
	Equivalent State = "equivalent"
	// Missing: the change is not there, and could be picked without a conflict.
	Missing State = "missing"
	// Reverted: an ordinary commit took it back.
	Reverted State = "reverted"
	// Lost: it was there, and release machinery or a merge undid it.
	Lost State = "lost"
	// Unclear: nothing tells.
	Unclear State = "unclear"
)

// Has reports whether the change is there.
func (s State) Has() bool { return s == Present || s == Equivalent }

// Lacks reports whether the change is not there, although nobody took it back.
func (s State) Lacks() bool { return s == Missing || s == Lost }

// Rule says by what two changes were found to be the same.
type Rule string

// The rules, see the package comment.
const (
	ByTrailer     Rule = "trailer"
	ByAuthor      Rule = "author and date"
	ByPullRequest Rule = "pull request"
	ByPatch       Rule = "patch id"
	ByContent     Rule = "content"
)

// Standing is how a point stands to a change.
type Standing struct {
	State State
	// Rule is set for Equivalent.
	Rule Rule
	// By is the commit that brought the equivalent, or that undid the change; zero
	// where it was not looked for, as with ByContent.
	By object.ID
	// Reason says in words why it is unclear.
	Reason string
}
