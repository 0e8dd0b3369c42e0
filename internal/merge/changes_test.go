package merge_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/merge"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		old, new string
		want     []merge.Change
	}{
		{"nothing", "a\nb\n", "a\nb\n", []merge.Change{}},
		{"both empty", "", "", []merge.Change{}},
		{"added", "a\nc\n", "a\nb\nc\n", []merge.Change{{Old: merge.LineRange{Start: 1}, New: merge.LineRange{Start: 1, Count: 1}}}},
		{"removed", "a\nb\nc\n", "a\nc\n", []merge.Change{{Old: merge.LineRange{Start: 1, Count: 1}, New: merge.LineRange{Start: 1}}}},
		{"no line break at the end", "a\nb", "a\nb\n", []merge.Change{
			{Old: merge.LineRange{Start: 1, Count: 1}, New: merge.LineRange{Start: 1, Count: 1}},
		}},
		{"a whole file", "", "a\nb\n", []merge.Change{{New: merge.LineRange{Count: 2}}}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, merge.Changes([]byte(c.old), []byte(c.new))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestChangesLeadFromOldToNew applies the changes of random files.
func TestChangesLeadFromOldToNew(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func() []byte {
		var lines []byte
		for range random.IntN(30) {
			lines = append(lines, byte('a'+random.IntN(6)), '\n')
		}
		return append(lines, "x\n"[:random.IntN(3)]...)
	}
	for range 2000 {
		before, after := text(), text()
		old, new := merge.Lines(before), merge.Lines(after)
		var made [][]byte
		at := 0
		for _, change := range merge.Changes(before, after) {
			made = append(made, old[at:change.Old.Start]...)
			made = append(made, new[change.New.Start:change.New.End()]...)
			at = change.Old.End()
		}
		made = append(made, old[at:]...)
		if !bytes.Equal(bytes.Join(made, nil), after) || !bytes.Equal(bytes.Join(slices.Clone(old), nil), before) {
			t.Fatalf("the changes from %q do not lead to %q, but to %q", before, after, bytes.Join(made, nil))
		}
	}
}

func TestOldRange(t *testing.T) {
	t.Parallel()
	lines := func(start, count int) merge.LineRange { return merge.LineRange{Start: start, Count: count} }
	// Two lines added before line 3, and lines 10 and 11 replaced by one.
	changes := []merge.Change{{Old: lines(3, 0), New: lines(3, 2)}, {Old: lines(10, 2), New: lines(12, 1)}}
	cases := []struct{ new, want merge.LineRange }{
		{lines(0, 2), lines(0, 2)},
		{lines(3, 2), lines(3, 0)},
		{lines(2, 4), lines(2, 2)},
		{lines(6, 2), lines(4, 2)},
		{lines(12, 1), lines(10, 2)},
		{lines(11, 3), lines(9, 4)},
		{lines(14, 2), lines(13, 2)},
		{lines(20, 0), lines(19, 0)},
	}
	for _, c := range cases {
		if got := merge.OldRange(changes, c.new); got != c.want {
			t.Errorf("%+v of the new file is %+v of the old one, expected %+v", c.new, got, c.want)
		}
	}
}
