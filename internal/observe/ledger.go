package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
)

// readLedger fetches the ledger's tip if it is new, and reads its state.
func (s *Session) readLedger(ctx context.Context) (*ledger.State, error) {
	ref := s.source.Train.LedgerRef
	if err := s.checkNotMovedBack(ctx, ref); err != nil {
		return nil, err
	}
	tip, exists := s.shown.Refs[ref]
	if !exists {
		return ledger.Empty(), nil
	}
	if err := s.fetchLedger(ctx, ref, tip, 1); err != nil {
		return nil, err
	}
	return s.stateAt(ref, tip)
}

// stateAt reads the state at an entry that the store has.
func (s *Session) stateAt(ref string, tip object.ID) (*ledger.State, error) {
	commit, err := s.store.Commit(tip)
	if err != nil {
		return nil, &LedgerError{Ref: ref, Remote: s.remoteName(), Cause: err}
	}
	state, err := ledger.At(tip, commit.Tree, s.objects)
	if err != nil {
		return nil, &LedgerError{Ref: ref, Remote: s.remoteName(), Cause: err}
	}
	return state, nil
}

// LedgerError is a ledger that cannot be read.
type LedgerError struct {
	Ref    string
	Remote string
	Cause  error
}

func (e *LedgerError) Error() string {
	return fmt.Sprintf("the ledger %s on %s cannot be read: %v", e.Ref, e.Remote, e.Cause)
}

// Unwrap gives the cause.
func (e *LedgerError) Unwrap() error { return e.Cause }

// Hint says what to do.
func (e *LedgerError) Hint() string {
	var newer *ledger.NewerError
	if errors.As(e.Cause, &newer) {
		return "update looprel"
	}
	return fmt.Sprintf("find out who wrote it: git fetch %s %s && git log FETCH_HEAD", e.Remote, e.Ref)
}

// fetchLedger brings the ledger's tip, or more of its history, into the store.
func (s *Session) fetchLedger(ctx context.Context, ref string, tip object.ID, depth int) error {
	before, err := s.store.Tip(ref)
	if err != nil {
		return err
	}
	has, err := s.store.Has(tip)
	if err != nil {
		return err
	}
	if !has || depth > 1 {
		request := gitrepo.FetchRequest{Wants: []object.ID{tip}, Depth: depth}
		if !before.IsZero() {
			request.Haves = []object.ID{before}
		}
		if err := s.fetch(ctx, "the ledger", s.store.Objects, request); err != nil {
			return err
		}
		defer s.store.Tidy(ctx) // once the new tip is set, which keeps its objects
	}
	if before == tip {
		return nil
	}
	// Another looprel of this clone may set it at the same time; what counts is
	// what the remote shows.
	if err := s.store.SetTip(ctx, ref, before, tip); err != nil && !errors.Is(err, gitrepo.ErrRefMoved) && !errors.Is(err, gitrepo.ErrLocked) {
		return fmt.Errorf("keep the ledger's tip: %w", err)
	}
	return nil
}

// ledgerObjects reads the ledger's store. One plan asks for the same few directories
// and files over and over, and the next state shares most of them.
type ledgerObjects struct {
	store *gitrepo.LedgerStore

	mutex sync.Mutex
	trees map[object.ID]object.Tree
	blobs map[object.ID][]byte
	// kept is the size of all that is kept, in bytes.
	kept int
}

const (
	// maxStateFile bounds a file of the state, in bytes. The largest is that of a set that
	// is being tagged: like its entry, it holds all that is to be pushed elsewhere.
	maxStateFile = 20 << 20
	// maxKept bounds what is kept of the state, in bytes.
	maxKept = 4 << 20
	// treeEntrySize is about what an entry of a directory takes, in bytes.
	treeEntrySize = 80
)

func newLedgerObjects(store *gitrepo.LedgerStore) *ledgerObjects {
	l := &ledgerObjects{store: store}
	l.forget()
	return l
}

func (l *ledgerObjects) forget() {
	l.trees, l.blobs, l.kept = map[object.ID]object.Tree{}, map[object.ID][]byte{}, 0
}

func (l *ledgerObjects) Tree(id object.ID) (object.Tree, error) {
	return kept(l, func() map[object.ID]object.Tree { return l.trees }, id, func(tree object.Tree) int { return len(tree) * treeEntrySize }, l.store.Tree)
}

func (l *ledgerObjects) Blob(id object.ID) ([]byte, error) {
	return kept(l, func() map[object.ID][]byte { return l.blobs }, id, func(text []byte) int { return len(text) },
		func(id object.ID) ([]byte, error) { return l.store.Blob(id, maxStateFile) })
}

// kept reads an object unless it is at hand. Whoever gets it must not change it.
func kept[T any](l *ledgerObjects, known func() map[object.ID]T, id object.ID, size func(T) int, read func(object.ID) (T, error)) (T, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if value, ok := known()[id]; ok {
		return value, nil
	}
	value, err := read(id)
	if err != nil {
		return value, err
	}
	if l.kept += size(value); l.kept > maxKept {
		l.forget()
		l.kept = size(value)
	}
	known()[id] = value
	return value, nil
}
