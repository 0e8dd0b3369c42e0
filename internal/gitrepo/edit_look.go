package gitrepo

import (
	"errors"
	"io/fs"

	"github.com/mozilla-services/looprel/internal/index"
)

// fileKind is what there is at a path.
type fileKind int

const (
	nothing fileKind = iota
	regularKind
	linkKind
	directoryKind
	otherKind // a pipe, a socket, a device
)

// sight is what the file system says of a path.
type sight struct {
	kind       fileKind
	executable bool // by the owner
	size       int64
	stat       index.Stat
}

// isMissing reports whether a file system error says that there is nothing at a
// path.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) || isNotDirectory(err) }
