package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// lockTries and lockPause bound the wait for another process that has the
	// reference locked: about a second.
	lockTries = 50
	lockPause = 20 * time.Millisecond
)

// SetRef moves a reference from one object to another. A zero was means that
// it must not exist. It is a RefMovedError when the reference is somewhere
// else by then, and an ErrLocked when another process keeps it locked. The lock
// is git's own (NAME.lock), so git and looprel exclude each other; go-git's is
// not, and its writes can be seen half done.
//
// Local branches are refused in a clone with a worktree: the checkout would no
// longer fit. No reflog is written, and references are never deleted.
func (r *Repository) SetRef(ctx context.Context, name string, was, want object.ID) error {
	if !r.IsBare() && (strings.HasPrefix(name, "refs/heads/") || !strings.HasPrefix(name, "refs/")) {
		return &Error{Kind: ErrUnsupported, What: fmt.Sprintf("%s belongs to the worktree and is not moved", name)}
	}
	return r.refs().set(ctx, name, was, want)
}

func (s refStore) set(ctx context.Context, name string, was, want object.ID) (err error) {
	if err := checkRefName(name); err != nil {
		return err
	}
	if want.IsZero() {
		return &Error{Kind: ErrUnsupported, What: fmt.Sprintf("%s is not deleted", name)}
	}
	path := s.path(name)
	lock, err := lockRef(ctx, name, path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Close(), os.Remove(lock.Name()))
		}
	}()
	if err := s.compare(name, was); err != nil {
		return err
	}
	_, err = fmt.Fprintf(lock, "%s\n", want)
	if err == nil {
		err = lock.Sync()
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return commitRef(lock, path)
}

// commitRef puts the lock file in the place of the reference.
func commitRef(lock *os.File, path string) error {
	if err := lock.Close(); err != nil {
		return err
	}
	if isDirectory(path) {
		// Empty directories are left behind by references that were packed.
		removeEmpty(path)
	}
	if err := os.Rename(lock.Name(), path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// compare checks, under the lock, that the reference is where it is expected.
func (s refStore) compare(name string, was object.ID) error {
	have, target, err := s.read(name)
	if errors.Is(err, ErrNotFound) {
		have, err = object.ID{}, nil
	}
	switch {
	case err != nil:
		return err
	case target != "":
		return &Error{Kind: ErrUnsupported, What: fmt.Sprintf("%s is a symbolic reference to %s and is not moved", name, target)}
	case have != was:
		return &RefMovedError{Name: name, Want: was, Have: have}
	case have.IsZero():
		return s.checkFree(name)
	default:
		return nil
	}
}

// checkFree makes sure that no packed reference is in the way of a new one, as
// a file would be in the way of a directory. Loose ones are seen to by the file
// system.
func (s refStore) checkFree(name string) error {
	blocking := ""
	err := s.withPacked(func(refs packedRefs) error {
		for i, c := range name {
			if c != '/' {
				continue
			}
			_, found, err := refs.find(name[:i])
			if err != nil {
				return err
			}
			if found {
				blocking = name[:i]
			}
		}
		return refs.below(name+"/", func(ref packedRef) bool {
			blocking = string(ref.name)
			return false
		})
	})
	if err != nil {
		return err
	}
	if blocking != "" {
		return inTheWay(name, blocking)
	}
	return nil
}

func inTheWay(name, blocking string) error {
	return &Error{Kind: ErrRefMoved, What: fmt.Sprintf("%s cannot be made: %s exists", name, blocking),
		Advice: "remove or rename that reference"}
}

// lockRef makes the reference's lock file.
func lockRef(ctx context.Context, name, path string) (*os.File, error) {
	var failure error
	for range lockTries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := makeDirectory(filepath.Dir(path)); err != nil {
			if blocked := fileAbove(path); blocked != "" {
				return nil, inTheWay(name, blocked)
			}
			return nil, fmt.Errorf("cannot write %s: %w", name, err)
		}
		file, err := os.OpenFile(path+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // as git makes them: the umask decides
		if err == nil {
			return file, nil
		}
		// git may just have removed an empty directory: that is tried again, too.
		if failure = err; !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot write %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPause):
		}
	}
	return nil, &Error{Kind: ErrLocked, What: fmt.Sprintf("%s is locked by another process", name), Cause: failure,
		Advice: "try again; if no git or looprel runs here, remove " + path + ".lock"}
}

// fileAbove is the file that stands where a directory of the path should be.
func fileAbove(path string) string {
	for directory := filepath.Dir(path); directory != filepath.Dir(directory); directory = filepath.Dir(directory) {
		if info, err := os.Stat(directory); err == nil && !info.IsDir() {
			return directory
		}
	}
	return ""
}

// removeEmpty removes a directory that has nothing but empty directories in it.
// What cannot be removed stays, and the caller's next step fails.
func removeEmpty(directory string) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() {
			removeEmpty(filepath.Join(directory, entry.Name()))
		}
	}
	_ = os.Remove(directory)
}
