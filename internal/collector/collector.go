// Package collector sets the garbage collector for a program that lives for a
// moment: what most commands allocate is less than it costs to look for garbage in
// it. Once a command turns out to keep much, the collector works as usual.
//
// It imports nothing of looprel.
package collector

import (
	"runtime"
	"runtime/debug"
)

const (
	// patient is how much is allocated between two collections, in per cent of what
	// is in use.
	patient = 400
	usual   = 100
	// much is how much may be in use for the collector to stay patient, in bytes.
	much = 16 << 20
)

// Relax makes the collector patient until much is in use. GOGC in the environment
// goes before it, which is for the caller to look at.
func Relax() {
	debug.SetGCPercent(patient)
	watch()
}

// watch looks, after each collection, whether much is in use by now.
func watch() {
	type sentinel struct{ _ [16]byte }
	runtime.SetFinalizer(new(sentinel), func(*sentinel) {
		if inUse() > much {
			debug.SetGCPercent(usual)
			return
		}
		watch()
	})
}

// inUse is what the last collection found in use, in bytes: the next one is due
// when patient per cent have come on top of it. (Package runtime/metrics says it
// directly, for an eighth of a millisecond at each start.)
func inUse() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.NextGC * 100 / (100 + patient)
}
