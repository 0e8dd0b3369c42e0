package merge_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// feature is something that a merge has or has not.
type feature[M any] struct {
	name string
	// least is how many of a thousand generated merges have it at least.
	least int
	in    func(M) bool
}

// holdFeatures makes sure that generated merges do not lack what is to be tested.
func holdFeatures[M any](t *testing.T, features []feature[M], merges []M) {
	t.Helper()
	for _, f := range features {
		count := 0
		for _, m := range merges {
			if f.in(m) {
				count++
			}
		}
		t.Logf("%s: %d of %d", f.name, count, len(merges))
		if 1000*count < f.least*len(merges) {
			t.Errorf("%s: %d of %d generated merges, want %d in a thousand", f.name, count, len(merges), f.least)
		}
	}
}

func TestGeneratedTextsHaveEverything(t *testing.T) {
	t.Parallel()
	var merges []gittest.TextMerge
	for seed := range uint64(6) {
		generator := newGenerator(seed)
		for range batchSize {
			merges = append(merges, generator.merge())
		}
	}
	attribute := func(text string) func(gittest.TextMerge) bool {
		return func(m gittest.TextMerge) bool { return strings.Contains(m.Attributes, text) }
	}
	any := func(in func(string) bool) func(gittest.TextMerge) bool {
		return func(m gittest.TextMerge) bool { return slices.ContainsFunc([]string{m.Base, m.Ours, m.Theirs}, in) }
	}
	holdFeatures(t, []feature[gittest.TextMerge]{
		{"both sides changed", 300, func(m gittest.TextMerge) bool { return m.Base != m.Ours && m.Base != m.Theirs && m.Ours != m.Theirs }},
		{"no base", 10, func(m gittest.TextMerge) bool { return m.Added }},
		{"CRLF", 150, any(func(text string) bool { return strings.Contains(text, "\r\n") })},
		{"CRLF and LF in one file", 50, any(func(text string) bool {
			crlf := strings.Count(text, "\r\n")
			return crlf > 0 && crlf < strings.Count(text, "\n")
		})},
		{"no newline at the end", 100, any(func(text string) bool { return text != "" && !strings.HasSuffix(text, "\n") })},
		{"binary", 10, any(func(text string) bool { return strings.Contains(text, "\x00") })},
		{"lines that repeat", 300, any(repeatsLines)},
		{"a line beyond the limit of frequency", 50, any(func(text string) bool { return mostFrequent(text) > 64 })},
		{"more than a thousand lines", 5, any(func(text string) bool { return strings.Count(text, "\n") > 1000 })},
		{"merge=union", 20, attribute("merge=union")},
		{"-merge", 2, attribute("-merge")},
		{"merge=binary", 2, attribute("merge=binary")},
		{"conflict-marker-size", 10, attribute("conflict-marker-size")},
	}, merges)
}

func TestGeneratedTreesHaveEverything(t *testing.T) {
	t.Parallel()
	var merges []treeCase
	for seed := range uint64(6) {
		generator := newTreeGenerator(seed)
		for range batchSize {
			merges = append(merges, generator.merge())
		}
	}
	holdFeatures(t, []feature[treeCase]{
		{"both sides changed", 400, func(c treeCase) bool { return !maps.Equal(c.base, c.ours) && !maps.Equal(c.base, c.theirs) }},
		{"a file edited on both sides", 100, func(c treeCase) bool {
			return slices.ContainsFunc(slices.Collect(maps.Keys(c.base)), func(path string) bool {
				base, ours, theirs := c.base[path], c.ours[path], c.theirs[path]
				return ours.mode.IsFile() && theirs.mode.IsFile() && base.content != ours.content && base.content != theirs.content
			})
		}},
		{"a file moved", 200, bySide(func(base, side files) bool { return len(moves(base, side)) > 0 })},
		{"a file moved, and edited by the other side", 50, func(c treeCase) bool {
			return movedAndEdited(c.base, c.ours, c.theirs) || movedAndEdited(c.base, c.theirs, c.ours)
		}},
		{"a directory moved", 80, bySide(movesDirectory)},
		{"a directory moved, and a file added to it by the other side", 20, func(c treeCase) bool {
			return movedAndAddedTo(c.base, c.ours, c.theirs) || movedAndAddedTo(c.base, c.theirs, c.ours)
		}},
		{"a file copied", 50, bySide(func(base, side files) bool {
			return slices.ContainsFunc(added(base, side), func(to string) bool {
				return slices.ContainsFunc(slices.Collect(maps.Keys(base)), func(from string) bool {
					return base[from] == side[to] && side[from] == base[from]
				})
			})
		})},
		{"a mode changed", 50, byPair(func(base, side file) bool {
			return base.mode != side.mode && base.mode.IsFile() && side.mode.IsFile()
		})},
		{"a file becomes a link or the other way round", 50, byPair(func(base, side file) bool {
			return base.mode.IsFile() && side.mode == object.ModeSymlink || base.mode == object.ModeSymlink && side.mode.IsFile()
		})},
		{"a submodule comes or goes in place of something", 20, byPair(func(base, side file) bool {
			return base.mode != side.mode && (base.mode == object.ModeSubmodule || side.mode == object.ModeSubmodule)
		})},
		{"a submodule or link changed", 20, byPair(func(base, side file) bool {
			return base.mode == side.mode && !base.mode.IsFile() && base.content != side.content
		})},
		{"a file becomes a directory or the other way round", 50, bySide(func(base, side files) bool {
			return standsInWay(base, side) || standsInWay(side, base)
		})},
		{"an executable", 200, byFile(func(_ string, f file) bool { return f.mode == object.ModeExecutable })},
		{"CRLF", 200, byFile(func(_ string, f file) bool { return strings.Contains(f.content, "\r\n") })},
		{"line breaks converted", 50, byPair(func(base, side file) bool {
			return base.content != side.content && strings.ReplaceAll(base.content, "\r", "") == strings.ReplaceAll(side.content, "\r", "")
		})},
		{"no newline at the end", 100, byFile(func(_ string, f file) bool {
			return f.mode.IsFile() && f.content != "" && !strings.HasSuffix(f.content, "\n")
		})},
		{"binary", 200, byFile(func(_ string, f file) bool { return strings.Contains(f.content, "\x00") })},
		{"an empty file", 200, byFile(func(_ string, f file) bool { return f.mode.IsFile() && f.content == "" })},
		{"paths that are not ASCII", 100, byFile(func(path string, _ file) bool {
			return strings.ContainsFunc(path, func(r rune) bool { return r > '~' })
		})},
		{"paths that git quotes", 50, byFile(func(path string, _ file) bool { return strings.ContainsAny(path, "\"\\\t\n") })},
		{"six directories deep or more", 100, byFile(func(path string, _ file) bool { return strings.Count(path, "/") >= 6 })},
		{"lines that repeat", 300, byFile(func(_ string, f file) bool { return repeatsLines(f.content) })},
		{"lines longer than a chunk", 200, byFile(func(_ string, f file) bool {
			return slices.ContainsFunc(strings.Split(f.content, "\n"), func(line string) bool { return len(line) > 64 })
		})},
		{"files of more than 50,000 bytes", 10, byFile(func(_ string, f file) bool { return len(f.content) > 50000 })},
		{"more than a hundred paths", 5, func(c treeCase) bool { return len(c.base) > 100 }},
	}, merges)
}

func TestGeneratedAttributesHaveEverything(t *testing.T) {
	t.Parallel()
	var sets []files
	for seed := range uint64(100) {
		sets = append(sets, newTreeGenerator(seed).attributes())
	}
	var features []feature[files]
	for _, text := range []string{
		"merge=union", "-merge", "!merge", "merge=binary", "merge=unknown", " binary", "[attr]", "conflict-marker-size=12", "text=auto", "eol=crlf", "-diff",
	} {
		features = append(features, feature[files]{text, 100, func(set files) bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(set)), func(f file) bool { return strings.Contains(f.content, text) })
		}})
	}
	features = append(features, feature[files]{"below the root", 300, func(set files) bool { return len(set) > 1 }})
	holdFeatures(t, features, sets)
}

func bySide(in func(base, side files) bool) func(treeCase) bool {
	return func(c treeCase) bool { return in(c.base, c.ours) || in(c.base, c.theirs) }
}

func byPair(in func(base, side file) bool) func(treeCase) bool {
	return bySide(func(base, side files) bool {
		for path, before := range base {
			if after, stays := side[path]; stays && in(before, after) {
				return true
			}
		}
		return false
	})
}

func byFile(in func(path string, f file) bool) func(treeCase) bool {
	return func(c treeCase) bool {
		for _, tree := range c.trees() {
			for path, f := range tree {
				if in(path, f) {
					return true
				}
			}
		}
		return false
	}
}

// added are the paths that a side has and the base has not.
func added(base, side files) []string {
	var paths []string
	for path := range side {
		if _, known := base[path]; !known {
			paths = append(paths, path)
		}
	}
	return paths
}

// moves gives new paths by old ones: of files whose content a side has under
// another name instead.
func moves(base, side files) map[string]string {
	found := map[string]string{}
	for _, to := range added(base, side) {
		for _, from := range added(side, base) {
			if side[to].content == base[from].content && base[from].content != "" {
				found[from] = to
			}
		}
	}
	return found
}

func movedAndEdited(base, mover, editor files) bool {
	for from := range moves(base, mover) {
		if edited, stays := editor[from]; stays && edited.content != base[from].content {
			return true
		}
	}
	return false
}

func movesDirectory(base, side files) bool { return len(movedDirectories(base, side)) > 0 }

// movedDirectories are the directories of which nothing is left and of which two
// files at least went to one other.
func movedDirectories(base, side files) map[string]bool {
	went := map[string]map[string]int{}
	for from, to := range moves(base, side) {
		if path.Base(from) == path.Base(to) && path.Dir(from) != path.Dir(to) {
			if went[path.Dir(from)] == nil {
				went[path.Dir(from)] = map[string]int{}
			}
			went[path.Dir(from)][path.Dir(to)]++
		}
	}
	moved := map[string]bool{}
	for from, counts := range went {
		left := slices.ContainsFunc(slices.Collect(maps.Keys(side)), func(one string) bool { return strings.HasPrefix(one, from+"/") })
		if !left && slices.Max(slices.Collect(maps.Values(counts))) > 1 {
			moved[from] = true
		}
	}
	return moved
}

func movedAndAddedTo(base, mover, adder files) bool {
	moved := movedDirectories(base, mover)
	return slices.ContainsFunc(added(base, adder), func(one string) bool { return moved[path.Dir(one)] })
}

// standsInWay reports whether one tree has a file where the other has a directory.
func standsInWay(one, other files) bool {
	for file := range one {
		for path := range other {
			if strings.HasPrefix(path, file+"/") {
				return true
			}
		}
	}
	return false
}

func repeatsLines(text string) bool { return mostFrequent(text) > 1 }

// mostFrequent is how often the most frequent line occurs.
func mostFrequent(text string) int {
	counts, most := map[string]int{}, 0
	for line := range strings.Lines(text) {
		counts[line]++
		most = max(most, counts[line])
	}
	return most
}
