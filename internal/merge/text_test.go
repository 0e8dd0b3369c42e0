package merge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
)

// textCase is a merge with its outcome.
type textCase struct {
	name               string
	base, ours, theirs string
	attributes         string
	added              bool
	want               string
	conflict           bool
}

func (c textCase) merge() gittest.TextMerge {
	return gittest.TextMerge{
		Base: c.base, Ours: c.ours, Theirs: c.theirs, Attributes: c.attributes, Added: c.added,
	}
}

// lines makes a text of lines separated by bars.
func lines(text string) string { return strings.ReplaceAll(text, "|", "\n") + "\n" }

// TestTextCases holds the cases against both their written outcome and git.
func TestTextCases(t *testing.T) {
	t.Parallel()
	git := gittest.NewTextMerger(t)
	for group, cases := range map[string][]textCase{
		"hunks": hunkCases(), "line breaks": lineBreakCases(), "attributes": attributeCases(),
		"comparison": comparisonCases(), "frequent lines": frequentLineCases(),
	} {
		var merges []gittest.TextMerge
		for _, c := range cases {
			merges = append(merges, c.merge())
		}
		outcomes := git.Merge(merges)
		for i, c := range cases {
			t.Run(group+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				want := gittest.TextOutcome{Text: c.want, Conflict: c.conflict}
				if got := mergeText(c.merge()); got != want {
					t.Errorf("got %t %q, want %t %q", got.Conflict, got.Text, want.Conflict, want.Text)
				}
				if outcomes[i] != want {
					t.Errorf("git has %t %q, not %t %q", outcomes[i].Conflict, outcomes[i].Text, want.Conflict, want.Text)
				}
			})
		}
	}
}

// TestTextConflicts holds the reported hunks against what stands between the
// markers.
func TestTextConflicts(t *testing.T) {
	t.Parallel()
	result := merge.Text([]byte(lines("a|b|c|d|e|f|g")), []byte(lines("a|B|B|c|d|e|f")), []byte(lines("a|x|c|d|e|f|g|h")),
		merge.TextOptions{})
	want := []merge.Conflict{
		{Ours: merge.LineRange{Start: 1, Count: 2}, Theirs: merge.LineRange{Start: 1, Count: 1}},
		{Ours: merge.LineRange{Start: 7}, Theirs: merge.LineRange{Start: 6, Count: 2}},
	}
	if !slices.Equal(result.Conflicts, want) {
		t.Errorf("got %v, want %v", result.Conflicts, want)
	}
	text := lines("a|<<<<<<<|B|B|=======|x|>>>>>>>|c|d|e|f|<<<<<<<|=======|g|h|>>>>>>>")
	if string(result.Text) != text {
		t.Errorf("without labels: got %q, want %q", result.Text, text)
	}
}

// hunkCases are about what is in conflict and how much of it.
func hunkCases() []textCase {
	return []textCase{
		{
			name:   "apart",
			base:   lines("a|b|c|d|e"),
			ours:   lines("a|B|c|d|e"),
			theirs: lines("a|b|c|D|e"),
			want:   lines("a|B|c|D|e"),
		},
		{
			name:   "one line between changes",
			base:   lines("a|b|c"),
			ours:   lines("A|b|c"),
			theirs: lines("a|b|C"),
			want:   lines("A|b|C"),
		},
		{
			name:     "changes that touch",
			base:     lines("a|b|c"),
			ours:     lines("A|b|c"),
			theirs:   lines("a|B|c"),
			want:     lines("<<<<<<< ours|A|b|=======|a|B|>>>>>>> theirs|c"),
			conflict: true,
		},
		{
			name:   "the same change",
			base:   lines("a|b|c"),
			ours:   lines("a|x|y|c"),
			theirs: lines("a|x|y|c|d"),
			want:   lines("a|x|y|c|d"),
		},
		{
			name:     "a removal beside a change",
			base:     lines("a|b|c|d"),
			ours:     lines("a|c|d"),
			theirs:   lines("a|b|C|d"),
			want:     lines("a|<<<<<<< ours|c|=======|b|C|>>>>>>> theirs|d"),
			conflict: true,
		},
		{
			name:     "removed and changed",
			base:     lines("a|b|c"),
			ours:     lines("a|c"),
			theirs:   lines("a|B|c"),
			want:     lines("a|<<<<<<< ours|=======|B|>>>>>>> theirs|c"),
			conflict: true,
		},
		{
			name:     "a longer change covers two of the other side",
			base:     lines("1|2|3|4|5|6"),
			ours:     lines("1|x|3|4|y|6"),
			theirs:   lines("1|2|L|M|N|6"),
			want:     lines("1|<<<<<<< ours|x|3|4|y|=======|2|L|M|N|>>>>>>> theirs|6"),
			conflict: true,
		},
		{
			name:     "a conflict loses its equal ends",
			base:     lines("a|b"),
			ours:     lines("a|same|ours|end|b"),
			theirs:   lines("a|same|theirs|end|b"),
			want:     lines("a|same|<<<<<<< ours|ours|=======|theirs|>>>>>>> theirs|end|b"),
			conflict: true,
		},
		{
			name:     "a conflict is taken apart at four equal lines",
			base:     lines("a|b"),
			ours:     lines("a|ours|1|2|3|4|ours too|b"),
			theirs:   lines("a|theirs|1|2|3|4|theirs too|b"),
			want:     lines("a|<<<<<<< ours|ours|=======|theirs|>>>>>>> theirs|1|2|3|4|<<<<<<< ours|ours too|=======|theirs too|>>>>>>> theirs|b"),
			conflict: true,
		},
		{
			name:     "a conflict stays whole over three equal lines",
			base:     lines("a|b"),
			ours:     lines("a|ours|1|2|3|ours too|b"),
			theirs:   lines("a|theirs|1|2|3|theirs too|b"),
			want:     lines("a|<<<<<<< ours|ours|1|2|3|ours too|=======|theirs|1|2|3|theirs too|>>>>>>> theirs|b"),
			conflict: true,
		},
		{
			name:     "lines without letters keep conflicts apart as others do",
			base:     lines("a|}|}|}|}|}|b"),
			ours:     lines("A|}|}|}|}|}|B"),
			theirs:   lines("x|}|}|}|}|}|y"),
			want:     lines("<<<<<<< ours|A|=======|x|>>>>>>> theirs|}|}|}|}|}|<<<<<<< ours|B|=======|y|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "both add",
			ours:     lines("a|b"),
			theirs:   lines("a|c"),
			added:    true,
			want:     lines("a|<<<<<<< ours|b|=======|c|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "an empty base",
			ours:     lines("a|b"),
			theirs:   lines("c"),
			want:     lines("<<<<<<< ours|a|b|=======|c|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "one side empties the file",
			base:     lines("a|b|c"),
			theirs:   lines("a|B|c"),
			want:     lines("<<<<<<< ours|=======|a|B|c|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "both empty most of it",
			base:     lines("a|b|c"),
			ours:     lines("a"),
			theirs:   lines("c"),
			want:     lines("<<<<<<< ours|a|=======|c|>>>>>>> theirs"),
			conflict: true,
		},
	}
}
