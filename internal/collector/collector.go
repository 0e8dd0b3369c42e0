// Package collector sets the garbage collector for a program that lives for a
// moment: what most commands allocate is less than it costs to look for garbage in
// it. Once a command turns out to keep much, the collector works as usual.
//
// It imports nothing of looprel.
package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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

// inUse is what the last collection found in use, in bytes.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return much + 1
	}
	return sample[0].Value.Uint64()
}
