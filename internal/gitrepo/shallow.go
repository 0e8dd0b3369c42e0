package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// maxShallowSize bounds the file that lists where history is cut, in bytes.
	maxShallowSize = 64 << 20
	// lockPoll is how often a lock that another process holds for a moment is
	// tried again.
	lockPoll = 10 * time.Millisecond
)

// readShallow reads which commits have their parents cut off.
func (o *Objects) readShallow() error {
	o.shallow = map[object.ID]bool{}
	file := filepath.Join(o.dir, "shallow")
	data, err := readBounded(file, maxShallowSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return damaged("cannot read "+file, err)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		id, err := object.ParseID(line)
		if err != nil {
			return damaged("cannot read "+file, err)
		}
		o.shallow[id] = true
	}
	return nil
}

// Shallow lists the commits whose parents are cut off, in order of their ids; it
// is empty in a complete clone.
func (o *Objects) Shallow() []object.ID {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	ids := make([]object.ID, 0, len(o.shallow))
	for id := range o.shallow {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareIDs)
	return ids
}

// isCut reports whether there are such commits.
func (o *Objects) isCut() bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return len(o.shallow) > 0
}

// isShallow reports whether the commit's parents are cut off.
func (o *Objects) isShallow(id object.ID) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.shallow[id]
}

func compareIDs(a, b object.ID) int { return slices.Compare(a[:], b[:]) }

// changeShallow adds commits to the list of those whose parents are cut off, and
// removes others from it, under a lock and seen by others as one change.
func (o *Objects) changeShallow(ctx context.Context, add, remove []object.ID) (err error) {
	lock := flock.New(filepath.Join(o.dir, "looprel.lock"))
	taken, err := lock.TryLockContext(ctx, lockPoll)
	if err != nil {
		return fmt.Errorf("cannot lock the list of shallow commits: %w", err)
	}
	if !taken {
		return &Error{Kind: ErrLocked, What: "the list of shallow commits is locked by another process", Advice: "run the command again"}
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()

	o.mutex.Lock()
	defer o.mutex.Unlock()
	if err := o.readShallow(); err != nil {
		return err
	}
	for _, id := range remove {
		delete(o.shallow, id)
	}
	for _, id := range add {
		o.shallow[id] = true
		o.graph.unused.Store(true)
	}
	return o.writeShallow()
}

// writeShallow writes the list as git wants it; git takes an empty file for a
// shallow repository, so none is left.
func (o *Objects) writeShallow() error {
	file := filepath.Join(o.dir, "shallow")
	if len(o.shallow) == 0 {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return syncDirectory(o.dir)
	}
	var lines []string
	for id := range o.shallow {
		lines = append(lines, id.String()+"\n")
	}
	slices.Sort(lines)
	if err := writeAtomic(file, []byte(strings.Join(lines, "")), 0o644); err != nil {
		return err
	}
	return syncDirectory(o.dir)
}
