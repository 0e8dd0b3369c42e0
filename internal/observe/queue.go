package observe

import (
	"context"
	"fmt"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// QueueLock is the name of the lock that whoever fills or empties the queue of entries
// holds: one that is being written is not pushed.
const QueueLock = "queue"

// Waiting is an entry that this clone has made and the ledger does not have.
type Waiting struct {
	ledger.Entry
	// Name is that of the queue.
	Name string
	// Recorded: the ledger has it after all; it is in the queue because looprel was
	// killed before it could take it out.
	Recorded bool
}

// QueueError is an entry of the queue that cannot be read.
type QueueError struct {
	Path  string
	Cause error
}

func (e *QueueError) Error() string {
	return fmt.Sprintf("an entry that waits to be recorded cannot be read: %v", e.Cause)
}

// Unwrap gives the cause.
func (e *QueueError) Unwrap() error { return e.Cause }

// Hint says what to do.
func (e *QueueError) Hint() string {
	return "look at it, and move it away if it is of no use: " + e.Path
}

// CountQueue is how many entries wait in a clone, as far as that can be told without
// its remote.
func CountQueue(ctx context.Context, options Options) int {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		return 0
	}
	defer repository.Close() //nolint:errcheck // it was only read
	items, err := repository.Queue().List()
	if err != nil {
		return 0
	}
	return len(items)
}

// Queue lists what waits to be recorded, the oldest first.
func (s *Session) Queue() ([]Waiting, error) {
	queue := s.repository.Queue()
	items, err := queue.List()
	if err != nil {
		return nil, err
	}
	var list []Waiting
	for _, item := range items {
		one, err := s.waiting(item)
		if err != nil {
			return nil, &QueueError{Path: queue.Path(item.Name), Cause: err}
		}
		list = append(list, one)
	}
	return list, nil
}

// WaitingEntries are those of the queue that the ledger does not have, for people and
// programs.
func (s *Session) WaitingEntries() ([]plan.WaitingEntry, error) {
	queue, err := s.Queue()
	var list []plan.WaitingEntry
	for _, one := range queue {
		if !one.Recorded {
			list = append(list, plan.WaitingEntry{ID: one.ID, Kind: one.Kind, Subject: one.Subject(), At: one.At})
		}
	}
	return list, err
}

func (s *Session) waiting(item gitrepo.Queued) (Waiting, error) {
	entry, err := ledger.Decode(string(item.Content))
	if err != nil {
		return Waiting{}, err
	}
	known, err := s.snapshot.Ledger.HasRollback(entry.Component, entry.ID)
	return Waiting{Entry: entry, Name: item.Name, Recorded: known}, err
}

// withQueue is the ledger as it will be once all that waits is recorded.
func (s *Session) withQueue(state *ledger.State) (*ledger.State, error) {
	s.snapshot.Ledger = state
	waiting, err := s.Queue()
	if err != nil {
		return nil, err
	}
	for _, one := range waiting {
		if one.Recorded {
			continue
		}
		commit, objects, err := ledger.Append(state, one.Entry)
		if err != nil {
			return nil, &QueueError{Path: s.repository.Queue().Path(one.Name), Cause: err}
		}
		state = state.After(commit.Object().ID(), commit.Tree, objects)
	}
	return state, nil
}
