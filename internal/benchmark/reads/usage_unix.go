//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the largest resident set that the process, or one that it waited
// for, has had, in bytes. Linux counts in it what the process was before it became
// another program: no less than the benchmark itself can be seen.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss) //nolint:unconvert // of another type on some systems
	}
	const kibibyte = 1024
	return int64(usage.Maxrss) * kibibyte //nolint:unconvert // of another type on some systems
}
