package gitrepo

import (
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// openStore opens a directory of objects.
func openStore(objectsDir string, env environ) (*objectstore.Store, error) {
	store, err := objectstore.Open(objectsDir, objectstore.Options{Verify: env.get(verifyReads) == "1"})
	var alternate *objectstore.AlternateError
	switch {
	case err == nil:
		return store, nil
	case errors.As(err, &alternate):
		return nil, &Error{Kind: ErrDamaged, What: alternate.Error(), Advice: "bring that directory back, or correct the file"}
	default:
		return nil, &Error{Kind: ErrDamaged, What: "cannot read the objects of " + objectsDir, Cause: err, Advice: "make them readable"}
	}
}

// verifyReads is the environment variable that, set to 1, has every index and
// commit-graph compared with its checksum when it is opened. Objects are compared with
// their ids always.
const verifyReads = "LOOPREL_VERIFY_READS"

// readFailed makes the package's error of the store's.
func (o *Objects) readFailed(id object.ID, doing string, err error) error {
	var large *objectstore.TooLargeError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, objectstore.ErrNotFound):
		return &MissingError{ID: id, Partial: o.partial || o.store.Promised(), Shallow: o.isCut()}
	case errors.As(err, &large):
		return &Error{Kind: ErrTooLarge, What: large.Error()}
	default:
		return damaged(fmt.Sprintf("cannot %s object %s", doing, id), err)
	}
}

// withPrefix lists the objects whose id begins with the bytes.
func (o *Objects) withPrefix(prefix []byte) ([]object.ID, error) {
	ids, err := o.store.WithPrefix(prefix)
	if err != nil {
		return nil, damaged("cannot search the objects of "+o.dir, err)
	}
	return ids, nil
}

func (o *Objects) close() error { return o.store.Close() }
