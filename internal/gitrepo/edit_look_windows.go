package gitrepo

import (
	"io/fs"
	"os"
	"syscall"

	"github.com/mozilla-services/looprel/internal/index"
)

// lookAt asks the file system about a path; a link is not followed. As git for
// Windows does, the time of making stands for the one of the last change, and what
// Windows does not have is zero.
func lookAt(path string) (sight, error) {
	info, err := os.Lstat(path)
	if err != nil {
		if isMissing(err) {
			return sight{}, nil
		}
		return sight{}, err
	}
	found := sight{kind: otherKind, size: info.Size()}
	switch {
	case info.Mode().IsRegular():
		found.kind = regularKind
	case info.Mode()&fs.ModeSymlink != 0:
		found.kind = linkKind
	case info.IsDir():
		found.kind = directoryKind
	}
	found.stat = index.Stat{Size: uint32(info.Size())} //nolint:gosec // git keeps the lower 32 bits
	if data, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		found.stat.Changed = windowsTime(data.CreationTime)
		found.stat.Modified = windowsTime(data.LastWriteTime)
	}
	return found, nil
}

func windowsTime(t syscall.Filetime) index.Time {
	const second = 1_000_000_000
	nanoseconds := t.Nanoseconds()
	return index.Time{Seconds: uint32(nanoseconds / second), Nanoseconds: uint32(nanoseconds % second)} //nolint:gosec // git keeps the lower 32 bits
}

// isNotDirectory is always false: Windows says that the path does not exist.
func isNotDirectory(error) bool { return false }
