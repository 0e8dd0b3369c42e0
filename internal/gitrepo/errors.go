package gitrepo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// What an Error is about, for errors.Is; the command line maps these to exit
// codes.
var (
	// ErrNotRepository: the directory is in no git repository.
	ErrNotRepository = errors.New("not a git repository")
	// ErrUnsupported: the repository uses a format that looprel cannot read.
	ErrUnsupported = errors.New("unsupported repository format")
	// ErrConfig: git's configuration cannot be read or makes no sense.
	ErrConfig = errors.New("bad git configuration")
	// ErrIdentity: git's configuration does not say who the user is.
	ErrIdentity = errors.New("identity unknown")
	// ErrNotFound: no such reference, path or object name.
	ErrNotFound = errors.New("not found")
	// ErrWrongKind: the object exists and is of another kind than asked for.
	ErrWrongKind = errors.New("object of another kind")
	// ErrTooLarge: a file is larger than the caller allows.
	ErrTooLarge = errors.New("too large")
	// ErrDamaged: an object or file of the repository does not decode.
	ErrDamaged = errors.New("damaged repository")
	// ErrMissing: an object is not in this clone; errors.As finds a MissingError.
	ErrMissing = errors.New("object missing")
	// ErrShallow: history ends before the answer; errors.As finds a ShallowError.
	ErrShallow = errors.New("shallow history")
	// ErrAmbiguous: a name means several things; errors.As finds an AmbiguousError.
	ErrAmbiguous = errors.New("ambiguous name")
	// ErrRefMoved: a reference is not where it was expected; errors.As finds a
	// RefMovedError.
	ErrRefMoved = errors.New("reference moved")
	// ErrLocked: another process holds a lock.
	ErrLocked = errors.New("locked")
	// ErrSigning: something could not be signed.
	ErrSigning = errors.New("signing failed")
)

// Error is a failure with a way out: what happened, and what to do about it.
type Error struct {
	Kind   error  // one of the Err variables above
	What   string // what happened, with the value it happened to
	Advice string // what to do next; empty when there is nothing to advise
	Cause  error  // may be nil
}

// Error says what happened.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.What
	}
	return e.What + ": " + e.Cause.Error()
}

// Hint says what to do next, "" when there is nothing to advise.
func (e *Error) Hint() string { return e.Advice }

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// MissingError is an object that this clone does not have.
type MissingError struct {
	ID object.ID
	// Partial says that the clone left objects out on purpose (a filter); only
	// git can fetch them.
	Partial bool
	// Shallow says that the clone's history is cut.
	Shallow bool
}

// Error names the object.
func (e *MissingError) Error() string {
	return fmt.Sprintf("object %s is not in this clone", e.ID)
}

// Hint says which command brings the object.
func (e *MissingError) Hint() string {
	switch {
	case e.Partial:
		return "the clone is partial; bring the object in: git cat-file -t " + e.ID.String()
	case e.Shallow:
		return "the clone is shallow; bring the rest of its history in: git fetch --unshallow"
	default:
		return "the repository may be damaged; look: git fsck"
	}
}

// Is makes the error an ErrMissing.
func (e *MissingError) Is(target error) bool { return target == ErrMissing }

// ShallowError is a question about history that a shallow clone cannot answer.
type ShallowError struct {
	// Boundary are the commits whose parents would have been needed.
	Boundary []object.ID
}

// Error names the boundary.
func (e *ShallowError) Error() string {
	if len(e.Boundary) == 0 {
		return "this clone is shallow and its history ends too early"
	}
	return fmt.Sprintf("this clone is shallow: its history ends at %s", e.Boundary[0].Short())
}

// Hint says which command brings the rest; a caller that knows the remote can
// do better.
func (e *ShallowError) Hint() string {
	return "bring the rest of the history in: git fetch --unshallow"
}

// Is makes the error an ErrShallow.
func (e *ShallowError) Is(target error) bool { return target == ErrShallow }

// AmbiguousError is a name that means several things.
type AmbiguousError struct {
	Text string
	// Candidates are full reference names, or object ids with their kinds.
	Candidates []string
}

// Error lists what the name could mean.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q could be %s", e.Text, strings.Join(e.Candidates, " or "))
}

// Hint says how to be clear.
func (e *AmbiguousError) Hint() string {
	return "give one of them in full"
}

// Is makes the error an ErrAmbiguous.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }

// RefMovedError is a reference that was not where it was expected; nothing was
// changed.
type RefMovedError struct {
	Name       string
	Want, Have object.ID // zero: must not exist, does not exist
}

// Error says where the reference is and where it was expected.
func (e *RefMovedError) Error() string {
	return fmt.Sprintf("%s is %s, expected %s", e.Name, orAbsent(e.Have), orAbsent(e.Want))
}

// Hint says what to do.
func (e *RefMovedError) Hint() string {
	return "somebody else changed it meanwhile; run the command again"
}

// Is makes the error an ErrRefMoved.
func (e *RefMovedError) Is(target error) bool { return target == ErrRefMoved }

func orAbsent(id object.ID) string {
	if id.IsZero() {
		return "absent"
	}
	return "at " + id.Short()
}
