package objectstore

import (
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// ErrNotFound says that there is no such object.
var ErrNotFound = errors.New("object not found")

// What is wrong with a file, as the cause of a filemap.Error.
var (
	errOtherID     = errors.New("the object's content does not have its id")
	errNotPack     = errors.New("it is no pack of version 2 or 3")
	errOtherPack   = errors.New("the pack is not the one that its index describes")
	errNotIndex    = errors.New("it is no pack index of version 1 or 2")
	errIndexSize   = errors.New("the index is not as long as its tables are")
	errOffset      = errors.New("the index points outside the pack")
	errHeader      = errors.New("the object's header makes no sense")
	errBase        = errors.New("the delta's base is not in the pack")
	errChain       = errors.New("the chain of deltas does not end")
	errDelta       = errors.New("the delta makes no sense")
	errLooseHeader = errors.New("it is no loose object")
	errNoEntry     = errors.New("no packed object begins here, by the index")
	errCheck       = errors.New("the packed object's checksum is wrong")
	errTooMuch     = errors.New("the compressed data cannot hold what the header announces")
)

// TooLargeError is an object that is larger than the caller allows.
type TooLargeError struct {
	ID          object.ID
	Kind        object.Kind
	Size, Limit int64 // in bytes
}

// Error says how large the object is, and what is allowed.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s %s has %d bytes, more than the %d that are allowed", e.Kind, e.ID, e.Size, e.Limit)
}
