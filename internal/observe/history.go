package observe

import (
	"context"

	"github.com/mozilla-services/looprel/internal/gitrepo"
)

// History lists the ledger's newest entries, at most so many (0: all), newest
// first. Entries that are not on this machine yet are fetched. complete says
// that the list reaches the first entry.
func (s *Session) History(ctx context.Context, limit int) (entries []gitrepo.CommitInfo, complete bool, err error) {
	tip := s.snapshot.Ledger.Tip()
	if tip.IsZero() {
		return nil, true, nil
	}
	entries, complete, err = s.store.History(ctx, tip, limit)
	if err != nil || complete || limit > 0 && len(entries) == limit {
		return entries, complete, err
	}
	depth := limit
	if depth == 0 {
		depth = gitrepo.Unlimited
	}
	if err := s.fetchLedger(ctx, s.source.Train.LedgerRef, tip, depth); err != nil {
		return nil, false, err
	}
	return s.store.History(ctx, tip, limit)
}
