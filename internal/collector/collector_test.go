package collector

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The collector is patient at first, and as usual once much is kept.
func TestRelax(t *testing.T) { //nolint:paralleltest // it changes the process
	before := debug.SetGCPercent(usual)
	defer debug.SetGCPercent(before)
	Relax()
	if now := debug.SetGCPercent(patient); now != patient {
		t.Errorf("the collector is at %d", now)
	}
	kept := make([][]byte, 0, 64)
	for range 64 {
		kept = append(kept, make([]byte, much/32))
	}
	for range 500 {
		runtime.GC()
		now := debug.SetGCPercent(patient)
		if now == usual {
			debug.SetGCPercent(usual)
			runtime.KeepAlive(kept)
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the collector stays patient though much is kept")
}
