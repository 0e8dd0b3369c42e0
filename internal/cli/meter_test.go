package cli

import (
	"testing"
	"time"
)

// A long piece of work shows how far it is, how fast, and how long it will take.
func TestMeter(t *testing.T) {
	t.Parallel()
	env, _, _ := testEnv(t)
	now := time.Date(2014, 8, 5, 18, 0, 0, 0, time.UTC)
	env.Now = func() time.Time { return now }
	var shown string
	meter := (&app{env: env}).meter(func(text string) { shown = text })
	steps := []struct {
		passed      time.Duration
		what        string
		done, total int
		want        string
	}{
		{0, "extracting", 0, 100_000, "extracting: 0 of 100000"},
		{time.Second / 2, "extracting", 20_000, 100_000, "extracting: 20000 of 100000"},
		{2 * time.Second, "extracting", 50_000, 100_000, "extracting: 50000 of 100000, 20000 a second, 3s left"},
		{0, "packing", 512, 1024, "packing: 512 of 1024"},
		{2 * time.Second, "packing", 1024, 1024, "packing: 1024 of 1024, 512 a second, 0s left"},
	}
	for _, step := range steps {
		now = now.Add(step.passed)
		if meter(step.what, step.done, step.total); shown != step.want {
			t.Errorf("shows %q, want %q", shown, step.want)
		}
	}
}
