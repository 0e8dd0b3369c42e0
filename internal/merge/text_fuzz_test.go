package merge_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// FuzzText holds merges of three arbitrary files against git merge-tree.
func FuzzText(f *testing.F) {
	f.Add("", "", "")
	f.Add("a\nb\nc\n", "a\nB\nc\n", "a\nb\nC\n")
	f.Add("a\r\nb\r\n", "a\r\nB\r\n", "a\r\nC")
	f.Add("1\n2\n3\n4\n5\n6\n7\n", "1\nx\n3\n4\n5\ny\n7\n", "1\nX\n3\n4\n5\nY\n7\n")
	f.Add("}\n\n}\n\n}\n", "}\n\n}\n", "}\n\n}\n\n}\n\n}\n")
	f.Add("a\x00", "b", "c")
	f.Add("abcabba", "cbabac", "abcbabba")
	f.Add(strings.Repeat("ab", 70), strings.Repeat("ab", 35)+"x"+strings.Repeat("ba", 35), strings.Repeat("ba", 69))
	merger := gittest.NewTextMerger(f)
	f.Fuzz(func(t *testing.T, base, ours, theirs string) {
		git := merger.For(t)
		merges := variants(base, ours, theirs)
		for _, position := range disagreements(git, merges) {
			t.Errorf("git and the package disagree:\n%s", describe(git, minimise(git, merges[position])))
		}
	})
}

// variants are the merges that three files give in several orders, under several
// attributes, and with each byte on a line of its own, which makes many more ways
// to match them. Git merges all of them at little more than the cost of one.
func variants(base, ours, theirs string) []gittest.TextMerge {
	merges := []gittest.TextMerge{{Ours: ours, Theirs: theirs, Added: true}}
	for _, attributes := range []string{"", "merge=union", "conflict-marker-size=3", "merge=binary"} {
		merges = append(merges, orders(base, ours, theirs, attributes)...)
	}
	return append(merges, orders(spread(base), spread(ours), spread(theirs), "")...)
}

func orders(base, ours, theirs, attributes string) []gittest.TextMerge {
	return []gittest.TextMerge{
		{Base: base, Ours: ours, Theirs: theirs, Attributes: attributes},
		{Base: ours, Ours: base, Theirs: theirs, Attributes: attributes},
		{Base: theirs, Ours: ours, Theirs: base, Attributes: attributes},
	}
}

// spread puts each byte on a line.
func spread(text string) string {
	var spreadOut strings.Builder
	for i := range len(text) {
		spreadOut.WriteByte(text[i])
		spreadOut.WriteByte('\n')
	}
	return spreadOut.String()
}
