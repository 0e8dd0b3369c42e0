package gittest_test

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

func TestTextMerger(t *testing.T) {
	t.Parallel()
	merger := gittest.NewTextMerger(t)
	merges := []gittest.TextMerge{
		{Base: "a\nb\nc\n", Ours: "A\nb\nc\n", Theirs: "a\nb\nC\n"},
		{Base: "a\n", Ours: "b\n", Theirs: "c\n"},
		{Base: "a\n", Ours: "b\n", Theirs: "c\n", Attributes: "merge=union"},
		{Ours: "b\n", Theirs: "c\n", Added: true},
		{Base: "a\n", Ours: "", Theirs: "a\n"},
	}
	want := []gittest.TextOutcome{
		{Text: "A\nb\nC\n"},
		{Text: "<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n", Conflict: true},
		{Text: "b\nc\n"},
		{Text: "<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n", Conflict: true},
		{Text: ""},
	}
	if got := merger.Merge(merges); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	// The same repository serves again.
	if got := merger.For(t).Merge(merges[1:2]); !slices.Equal(got, want[1:2]) {
		t.Errorf("got %+v, want %+v", got, want[1:2])
	}
}
