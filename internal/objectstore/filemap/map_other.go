//go:build !unix

package filemap

import (
	"errors"
	"os"
)

// mapFile maps nothing: on Windows a mapped file cannot be replaced, so that a
// repack would fail.
func mapFile(*os.File, int64) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapFile([]byte) error { return nil }

func giveBack([]byte) {}
