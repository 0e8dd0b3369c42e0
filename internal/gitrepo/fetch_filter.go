package gitrepo

import (
	"context"
	"errors"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
)

// CanFilter reports whether the remote can leave the content of files out of what it
// sends, and gives it later by its id. The conversation stays open for a Fetch to
// follow in it.
func (r *Remote) CanFilter(ctx context.Context) (bool, error) {
	if r.open == nil {
		from, err := r.begin(ctx, r.config.URL, uploadPack, nil)
		if err != nil {
			return false, err
		}
		r.open = from
	}
	return r.open.canFilter(), nil
}

// canFilter is CanFilter of a session. In version 2 a service does not say which
// objects it gives by their ids; git's gives all that it has.
func (s *session) canFilter() bool {
	if s.features != nil {
		return s.features.has("fetch", "filter")
	}
	return s.capabilities.Supports(capability.Filter) && s.givesByID()
}

// givesByID reports whether a service that speaks version 0 announces to give objects
// that no reference names. git's announces both for uploadpack.allowAnySHA1InWant;
// one of them alone stands for commits.
func (s *session) givesByID() bool {
	return s.features == nil && s.capabilities.Supports(capability.AllowReachableSHA1InWant) && s.capabilities.Supports(capability.AllowTipSHA1InWant)
}

// saidInstead looks for what a service has said before it hung up in the middle of a
// request: it reads a long one no further than to the first object that it does not
// give.
func (s *session) saidInstead(op *operation, wanted FetchRequest, err error) error {
	if !errors.Is(err, errNotSent) || s.isStateless() {
		return err
	}
	var moved *MovedError
	if _, said := s.readAnswer(s.advertisement(op), wanted); errors.As(said, &moved) {
		return moved
	}
	return err
}
