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
	data, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE) //nolint:gosec // descriptors are small
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EACCES) {
		// Not every file system can map its files.
		return nil, errors.ErrUnsupported
	}
	return data, err
}

func unmapFile(data []byte) error { return unix.Munmap(data) }
