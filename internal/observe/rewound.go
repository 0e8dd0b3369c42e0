package observe

import (
	"context"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
)

// MovedBackError is a ledger that has lost entries which this clone has seen.
type MovedBackError struct {
	Ref    string
	Remote string
	// Seen is the newest entry that this clone has seen; Now is where the remote
	// has the ledger, zero if it is gone.
	Seen, Now object.ID
	// Store is where this clone keeps it.
	Store string
}

func (e *MovedBackError) Error() string {
	now := "is gone"
	if !e.Now.IsZero() {
		now = "was moved back to " + e.Now.Short()
	}
	return fmt.Sprintf("the ledger %s on %s %s; this clone has seen it at %s, so entries are lost there", e.Ref, e.Remote, now, e.Seen.Short())
}

// Hint says how to go on.
func (e *MovedBackError) Hint() string {
	return fmt.Sprintf("find out who did it, and push %s back to %s; if it is meant, remove %s", e.Seen, e.Ref, e.Store)
}

// checkNotMovedBack compares the ledger with what this clone has seen of it. A
// push of this very moment, by another looprel of this clone, is no loss: then
// the remote, asked again, shows it.
func (s *Session) checkNotMovedBack(ctx context.Context, ref string) error {
	for again := false; ; again = true {
		seen, now, err := s.lost(ctx, ref)
		if err != nil || seen.IsZero() {
			return err
		}
		if again {
			return &MovedBackError{Ref: ref, Remote: s.remoteName(), Seen: seen, Now: now, Store: s.store.Dir()}
		}
		if err := s.list(ctx); err != nil {
			return err
		}
		s.snapshot.Refs = refsOf(s.shown)
	}
}

// lost returns the newest entry that this clone has seen if the remote's ledger
// ends before it; the zero id if nothing is missing, or if this clone has not
// seen what the remote has, which is then newer, or another ledger.
func (s *Session) lost(ctx context.Context, ref string) (seen, now object.ID, err error) {
	now = s.shown.Refs[ref]
	seen, err = s.store.Tip(ref)
	if err != nil || seen.IsZero() || seen == now {
		return object.ID{}, now, err
	}
	if now.IsZero() {
		return seen, now, nil
	}
	known, err := s.store.Has(now)
	if err != nil || !known {
		return object.ID{}, now, err
	}
	entries, _, err := s.store.History(ctx, seen, 0)
	if err != nil || !slices.ContainsFunc(entries, func(entry gitrepo.CommitInfo) bool { return entry.ID == now }) {
		return object.ID{}, now, err
	}
	return seen, now, nil
}
