package merge_test

import (
	"fmt"
	"testing"

	"github.com/mozilla-services/looprel/internal/merge"
)

// BenchmarkTrees merges trees whose objects are in memory: what it shows is the
// engine's own cost.
func BenchmarkTrees(b *testing.B) {
	wide := files{}
	for i := range 3000 {
		wide[fmt.Sprintf("dir%d/sub%d/file%d", i%30, i%7, i)] = regular(fmt.Sprintf("file %d\n", i))
	}
	edited := numbered("line", 500)
	few := wide.with("dir1/sub1/edited", regular(edited))
	removed, others := few.without(), few.without()
	for i := range 40 {
		text := numbered(fmt.Sprintf("file %d has a line of the number", i), 200)
		removed[fmt.Sprintf("old/%d", i)] = regular(text)
		others[fmt.Sprintf("new/%d.go", i)] = regular(text + "more\n")
	}
	touched := removed.without()
	for i := range 40 {
		path := fmt.Sprintf("old/%d", i)
		touched[path] = regular("first\n" + removed[path].content)
	}
	for _, one := range []struct {
		name string
		treeCase
	}{
		{"a file edited on both sides", treeCase{few,
			few.with("dir1/sub1/edited", regular(numbered("line", 500, 3))), few.with("dir1/sub1/edited", regular(numbered("line", 500, 300)))}},
		{"a directory replaced by another", treeCase{few, few.without(), others.with("dir1/sub1/edited", regular(numbered("line", 500, 3)))}},
		{"forty files renamed and edited", treeCase{removed, others, touched}},
	} {
		b.Run(one.name, func(b *testing.B) {
			memory := newMemory()
			base, ours, theirs := memory.add(one.base), memory.add(one.ours), memory.add(one.theirs)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := merge.Trees(memory, base, ours, theirs, merge.Options{Ours: "ours", Theirs: "theirs"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
