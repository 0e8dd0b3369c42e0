package gitrepo

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// IsPartial reports whether the clone left objects out on purpose (a filter).
func (o *Objects) IsPartial() bool { return o.partial || o.store.Promised() }

// Lacking are those of the objects that are not here, in the same order.
func (o *Objects) Lacking(ids []object.ID) ([]object.ID, error) {
	if err := o.store.Rescan(); err != nil {
		return nil, damaged("cannot search the objects of "+o.dir, err)
	}
	var lacking []object.ID
	for _, id := range ids {
		here, err := o.store.HasNow(id)
		if err != nil {
			return nil, o.readFailed(id, "look for", err)
		}
		if !here {
			lacking = append(lacking, id)
		}
	}
	return lacking, nil
}

// Borrow has objects that are not here read from another repository, as long as this
// one is open. Nothing is written.
func (o *Objects) Borrow(from *Objects) error {
	if err := o.store.Borrow(from.store.Directories()); err != nil {
		return damaged("cannot read the objects of "+from.dir, err)
	}
	return nil
}

// OpenPromisor returns the remote that has what a partial clone left out. It is an
// ErrMissing when the clone names none.
func (r *Repository) OpenPromisor(options RemoteOptions) (*Remote, error) {
	name, known := r.promisor()
	if !known {
		return nil, &Error{Kind: ErrMissing, What: fmt.Sprintf("%s lacks objects, and names no remote that has them", r.layout.commonDir)}
	}
	return r.OpenRemote(name, options)
}

// promisor is the name of that remote.
func (r *Repository) promisor() (name string, known bool) {
	if name = r.config.Get("extensions.partialClone"); name != "" {
		return name, true
	}
	for _, remote := range r.config.Remotes() {
		if promised, set, err := r.config.Bool("remote." + remote.Name + ".promisor"); err == nil && set && promised {
			return remote.Name, true
		}
	}
	return "", false
}
