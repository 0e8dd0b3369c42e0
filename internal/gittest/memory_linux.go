package gittest

import (
	"os"

	"golang.org/x/sys/unix"
)

const (
	// sharedMemory is where Linux keeps files in memory.
	sharedMemory = "/dev/shm"
	// roomWanted is how much must be free there: the tests at work at one time take
	// a few hundred MiB. Containers often have no more than 64.
	roomWanted = 2 << 30
)

// The tests' directories are in memory where the system offers that and TMPDIR
// does not say otherwise: git makes some hundred thousand small files for them,
// which on disk takes half of the time of all tests.
func init() {
	var space unix.Statfs_t
	if os.Getenv("TMPDIR") != "" || unix.Statfs(sharedMemory, &space) != nil {
		return
	}
	// Hooks of repositories are programs.
	runs := space.Flags&unix.ST_NOEXEC == 0
	if runs && space.Bavail*uint64(space.Bsize) >= roomWanted && unix.Access(sharedMemory, unix.W_OK) == nil {
		_ = os.Setenv("TMPDIR", sharedMemory) // otherwise it takes longer
	}
}
