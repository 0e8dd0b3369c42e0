// Package extract makes the history of a component out of a part of another
// repository's: for each upstream commit that changes what the mappings name, a
// commit whose tree is what they give at that commit.
//
//	Layout    the mappings, compiled               (layout.go, except.go)
//	composer  an upstream tree ─▶ the mapped tree  (select.go, ahead.go, compose.go)
//	local     what the branch has of its own       (local.go, overlay.go)
//	Rewriter  upstream commits, oldest first ─▶ commits of the component
//	          (rewrite.go, find.go, squash.go; which of them need none: simplify.go)
//	Absence   a path that is not there, and where it went (moved.go)
//	Borrowing what a pack of the commits needs             (borrow.go)
//
// A mapping gives the files below its source, at the same places below its target.
// Where targets nest, the file of the more specific mapping (the one with the deeper
// target) wins, path by path; what is in its way, be it a file where a directory is
// wanted or the reverse, goes with it. Two mappings with the same target that give
// the same path are a ClashError. A source may be a file, a symbolic link or a
// submodule; what it is stays as it is. A source that is not there gives nothing.
//
// A commit has the author, the dates, the committer and the message of the upstream
// commit, with a trailer that names it: nothing of the person or the machine that
// makes it, so that two people make the same commits. The trailer is also how a
// later run finds out where the last one stopped. Files of the branch that no
// mapping gives are carried along; a Conflict is one that differs from what a mapping
// gives.
//
// History is the line of first parents, or all of it, simplified as "git subtree
// split" does it: a commit that has the mapped tree of a parent is that parent,
// unless another parent has commits that it lacks. Where everything that is mapped
// vanishes, there is a commit with the empty tree (there, git continues with the
// upstream commit itself, and all its history).
//
// The package is pure. It is given trees and commits by small interfaces, reads a
// tree only where a mapping, a pattern or a local file leads into it, and hands the
// objects that it makes to a function. It must not import anything that reads
// repositories.
package extract

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// Trees gives the content of trees, upstream's and the branch's.
type Trees interface {
	// TreeData returns a tree object's content, which is not changed.
	TreeData(id object.ID) ([]byte, error)
}

// Commits gives upstream's commits.
type Commits interface {
	// Commit returns the commit of that id.
	Commit(id object.ID) (object.Commit, error)
}

// Node is what the order of history needs of an upstream commit.
type Node struct {
	ID, Tree object.ID
	Parents  []object.ID
}

// Existing is a commit of the component's branch.
type Existing struct{ ID, Tree object.ID }

// Made is a commit that an extraction makes.
type Made struct {
	ID, Tree object.ID
	Parents  []object.ID
	// Source is the upstream commit; of a squashed one, the last.
	Source  object.ID
	Subject string
}

// ClashError is a path that two mappings give, neither of which is more specific.
type ClashError struct {
	Path string
	// First and Second are the mappings, as "FROM to TO".
	First, Second string
	// Commit is the upstream commit where they do, zero if that is not known.
	Commit object.ID
}

func (e *ClashError) Error() string {
	text := fmt.Sprintf("two mappings give %s: %s, and %s", e.Path, e.First, e.Second)
	if !e.Commit.IsZero() {
		text += ", in upstream commit " + e.Commit.Short()
	}
	return text
}

// Hint says what to change.
func (e *ClashError) Hint() string {
	return "leave it out of one of them with except, or give one of them a deeper target"
}

// Conflict is a path of the branch that is not what a mapping gives.
type Conflict struct {
	Path string `json:"path"`
	// Why is what is the matter, for people.
	Why string `json:"why"`
	// Commit is the upstream commit that gives the path, zero for the one that the
	// branch was extracted at.
	Commit object.ID `json:"commit,omitzero"`
}

// ConflictError are the conflicts that an upstream commit meets.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	const most = 8
	var lines []string
	for i, conflict := range e.Conflicts {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Conflicts)-i))
			break
		}
		lines = append(lines, conflict.Path+" "+conflict.Why)
	}
	return strings.Join(lines, "; ")
}
