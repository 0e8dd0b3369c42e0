package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// maxHolderSize bounds what the holder of a lock writes about itself, in bytes.
const maxHolderSize = 4 << 10

// Lock is a lock that lasts as long as its process: the kernel drops it when the
// process ends, however it ends.
type Lock struct {
	flock  *flock.Flock
	holder string // path of the file that says who holds the lock
}

// Lock takes the lock of that name, without waiting, and leaves content (such as
// an attempt's id) for others to read. When another process of this clone, in
// whatever worktree, has it, lock is nil and holder is what that one left; it
// may be empty, since taking the lock and leaving the content are two steps.
func (r *Repository) Lock(name, content string) (lock *Lock, holder string, err error) {
	if name == "" || strings.ContainsAny(name, `/\.`) {
		return nil, "", fmt.Errorf("%q is not a name for a lock", name)
	}
	directory := toolDir(r.layout.commonDir)
	if err := makeDirectory(directory); err != nil {
		return nil, "", fmt.Errorf("cannot lock %s: %w", name, err)
	}
	path := filepath.Join(directory, name)
	// The content has a file of its own because Windows does not let others read
	// a file that is locked.
	lock = &Lock{flock: flock.New(path + ".lock"), holder: path + ".holder"}
	taken, err := lock.flock.TryLock()
	if err != nil {
		return nil, "", fmt.Errorf("cannot lock %s: %w", name, err)
	}
	if !taken {
		left, err := readBounded(lock.holder, maxHolderSize)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return nil, string(left), err
	}
	if err := writeAtomic(lock.holder, []byte(content), 0o644); err != nil {
		return nil, "", errors.Join(fmt.Errorf("cannot lock %s: %w", name, err), lock.flock.Unlock())
	}
	return lock, "", nil
}

// Release gives the lock up.
func (l *Lock) Release() error {
	err := os.Remove(l.holder)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	// The lock file itself stays: another process may have it open already.
	return errors.Join(err, l.flock.Unlock())
}

// toolDir is the directory of looprel's own below the one that worktrees share.
func toolDir(commonDir string) string { return filepath.Join(commonDir, "looprel") }

// LeftBehind is the content of the lock of that name that a process left behind
// when it ended without giving the lock up: it was killed, or the machine
// stopped. It is empty while a process holds the lock, and when none was left.
func (r *Repository) LeftBehind(name string) (string, error) {
	path := filepath.Join(toolDir(r.layout.commonDir), name)
	left, err := readBounded(path+".holder", maxHolderSize)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot look at lock %s: %w", name, err)
	}
	probe := flock.New(path + ".lock")
	free, err := probe.TryLock()
	if err != nil {
		return "", fmt.Errorf("cannot look at lock %s: %w", name, err)
	}
	if !free {
		return "", nil
	}
	return string(left), probe.Unlock()
}
