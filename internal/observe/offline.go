package observe

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// OpenOffline observes the clone and the ledger as this clone has seen it last, with
// what this clone has done since. The remote is not spoken to, and environments.yaml is
// the worktree's, or that of --config.
func OpenOffline(ctx context.Context, options Options) (*Session, error) {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		return nil, err
	}
	s := newSession(options, repository)
	if err := s.openOffline(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) openOffline() error {
	var err error
	if s.source, err = s.localSource(); errors.Is(err, fs.ErrNotExist) {
		return missingSource("in the worktree, and the remote is not asked")
	} else if err != nil {
		return err
	}
	wanted := s.options.Remote
	if s.source.Train.Home != "" {
		wanted = s.source.Train.Home
	}
	name, err := s.homeRemote(wanted)
	if err != nil {
		return err
	}
	if s.remote, err = s.repository.OpenRemote(name, gitrepo.RemoteOptions{Interactive: s.options.Interactive}); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	return s.readLastSeen()
}

// readLastSeen reads the ledger's newest entry that this clone has.
func (s *Session) readLastSeen() error {
	ref := s.source.Train.LedgerRef
	tip, err := s.store.Tip(ref)
	if err != nil {
		return err
	}
	if tip.IsZero() {
		return &plan.Refusal{Reason: "this clone has not seen the ledger of " + s.remoteName() + " yet",
			Advice: "try it in the clone from which the train is run; each command there leaves the ledger behind"}
	}
	state, err := s.stateAt(ref, tip)
	if err != nil {
		return err
	}
	last, err := s.store.Commit(tip)
	if err != nil {
		return err
	}
	if state, err = s.withQueue(state); err != nil {
		return err
	}
	s.snapshot.Ledger = state
	s.snapshot.Offline = &plan.Offline{Seen: tip, At: last.Committer.When}
	if entry, err := ledger.Decode(last.Message); err == nil {
		s.snapshot.Offline.OtherConfig = entry.Config != "" && entry.Config != s.source.Digest
	}
	return nil
}

// onlinePatience bounds the wait for a remote that was out of reach a moment ago.
const onlinePatience = 15 * time.Second

// GoOnline asks the remote after all, and reads what it has.
func (s *Session) GoOnline(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, onlinePatience)
	defer cancel()
	if err := s.Refresh(bounded); err != nil {
		return err
	}
	s.snapshot.Offline = nil
	return nil
}
