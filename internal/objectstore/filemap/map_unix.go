//go:build unix

package filemap

import (
	"errors"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxMapped bounds what is mapped where addresses are scarce.
const maxMapped = 256 << 20

func mapFile(file *os.File, size int64) ([]byte, error) {
	if size > math.MaxInt || strconv.IntSize == 32 && size > maxMapped {
		return nil, errors.ErrUnsupported
	}
	data, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EACCES) {
		// Not every file system can map its files.
		return nil, errors.ErrUnsupported
	}
	return data, err
}

func unmapFile(data []byte) error { return unix.Munmap(data) }

// giveBack lets the system take the pages of a mapping; they come back when they are
// read. That it may fail changes nothing but how much memory is held.
func giveBack(data []byte) {
	if len(data) > 0 {
		_ = unix.Madvise(data, unix.MADV_DONTNEED)
	}
}
