package gitrepo

import (
	"errors"
	"fmt"
)

// What can be wrong with an edit, for errors.Is.
var (
	// ErrEditExists: there is an edit of that name already.
	ErrEditExists = errors.New("edit exists")
	// ErrEditIncomplete: an edit was not made to the end, or is removed in part.
	ErrEditIncomplete = errors.New("edit incomplete")
	// ErrUnresolved: a person has more to do before there is a result.
	ErrUnresolved = errors.New("conflicts remain")
	// ErrPathName: a path cannot or must not be written on this system.
	ErrPathName = errors.New("path cannot be written")
)

// abortCommand removes an edit, and what is left of one.
const abortCommand = "looprel backport --abort"

// MarkersError says that files still have conflict markers.
type MarkersError struct {
	// Places are where, in the order of the paths.
	Places []MarkerPlace
}

// MarkerPlace is a line with a conflict marker, counted from 1.
type MarkerPlace struct {
	Path string
	Line int
}

// Error names the first place.
func (e *MarkersError) Error() string {
	first := fmt.Sprintf("%s:%d is a conflict marker", e.Places[0].Path, e.Places[0].Line)
	if more := len(e.Places) - 1; more > 0 {
		return fmt.Sprintf("%s, and there are %d more", first, more)
	}
	return first
}

// Hint says what to do.
func (e *MarkersError) Hint() string {
	return "resolve the conflict, take the markers out, and continue again"
}

// Is makes the error an ErrUnresolved.
func (e *MarkersError) Is(target error) bool { return target == ErrUnresolved }
