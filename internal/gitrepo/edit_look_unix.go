//go:build !windows

package gitrepo

import (
	"errors"
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mozilla-services/looprel/internal/index"
)

// lookAt asks the file system about a path; a link is not followed.
func lookAt(path string) (sight, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		if isMissing(err) {
			return sight{}, nil
		}
		return sight{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	found := sight{kind: otherKind, executable: st.Mode&0o100 != 0, size: st.Size}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		found.kind = regularKind
	case unix.S_IFLNK:
		found.kind = linkKind
	case unix.S_IFDIR:
		found.kind = directoryKind
	}
	// git keeps the lower 32 bits of each number.
	found.stat = index.Stat{
		Changed:  index.Time{Seconds: uint32(st.Ctim.Sec), Nanoseconds: uint32(st.Ctim.Nsec)}, //nolint:gosec // see above
		Modified: index.Time{Seconds: uint32(st.Mtim.Sec), Nanoseconds: uint32(st.Mtim.Nsec)}, //nolint:gosec // see above
		Device:   uint32(st.Dev), Inode: uint32(st.Ino),                                       //nolint:gosec // see above
		User: st.Uid, Group: st.Gid, Size: uint32(st.Size), //nolint:gosec // see above
	}
	return found, nil
}

// isNotDirectory reports that a path leads through a file.
func isNotDirectory(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
