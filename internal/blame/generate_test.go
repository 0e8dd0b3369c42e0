package blame_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// generator makes histories in which lines never repeat in a file and never
// change their order, so that there is one way only to see what a commit changed,
// whatever the algorithm. Every line has a place, by which files are sorted.
type generator struct {
	*rand.Rand

	next int
}

// line is one line of a generated file.
type line struct {
	place float64
	text  string
}

// version is a generated file.
type version struct {
	path  string
	lines []line
	// open: the last line has no line break.
	open bool
}

func (v version) content() string {
	var text strings.Builder
	for _, l := range v.lines {
		text.WriteString(l.text)
	}
	if v.open {
		return strings.TrimRight(text.String(), "\r\n")
	}
	return text.String()
}

// snapshot is what a generated commit has, by a number that a file keeps when it
// is renamed.
type snapshot map[int]version

func (s snapshot) files() gittest.Files {
	files := gittest.Files{}
	for _, v := range s {
		files[v.path] = v.content()
	}
	return files
}

func (g *generator) fresh(place float64) line {
	g.next++
	ending := "\n"
	if g.IntN(3) == 0 {
		ending = "\r\n"
	}
	return line{place, fmt.Sprintf("line %d of %d%s", g.next, g.IntN(1000), ending)}
}

func (g *generator) file() version {
	g.next++
	v := version{path: fmt.Sprintf("dir%d/file%d.txt", g.IntN(3), g.next)}
	for range 5 + g.IntN(20) {
		v.lines = append(v.lines, g.fresh(g.Float64()))
	}
	sortLines(v.lines)
	return v
}

func sortLines(lines []line) {
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.place, b.place) })
}

// history is a random graph of commits with up to three parents, some of them
// merged crosswise.
func (g *generator) history(length int) ([]gittest.Commit, []snapshot) {
	var commits []gittest.Commit
	var snapshots []snapshot
	for i := range length {
		var parents []int
		if i > 0 {
			for range 1 + g.IntN(8)/5 + g.IntN(12)/11 {
				parents = append(parents, max(0, i-1-g.IntN(4)))
			}
			slices.Sort(parents)
			parents = slices.Compact(parents)
			g.Shuffle(len(parents), func(a, b int) { parents[a], parents[b] = parents[b], parents[a] })
		}
		made := g.merge(parents, snapshots)
		if len(parents) < 2 || g.IntN(2) == 0 {
			g.edit(made)
		}
		commit := gittest.Commit{Parents: parents, Files: made.files()}
		if len(parents) > 0 {
			for path := range snapshots[parents[0]].files() {
				if _, kept := commit.Files[path]; !kept {
					commit.Files[path] = ""
				}
			}
		}
		commits, snapshots = append(commits, commit), append(snapshots, made)
	}
	return commits, snapshots
}

// merge takes each file from one of the parents, or some lines from each.
func (g *generator) merge(parents []int, snapshots []snapshot) snapshot {
	made := snapshot{}
	if len(parents) == 0 {
		for i := range 3 {
			made[i] = g.file()
		}
		return made
	}
	numbers := map[int]bool{}
	for _, parent := range parents {
		for number := range snapshots[parent] {
			numbers[number] = true
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		var versions []version
		for _, parent := range parents {
			if v, ok := snapshots[parent][number]; ok {
				versions = append(versions, v)
			}
		}
		chosen := versions[g.IntN(len(versions))]
		if len(versions) > 1 && g.IntN(3) > 0 {
			chosen.lines = g.blend(versions)
		}
		made[number] = chosen
	}
	return made
}

// blend takes lines of all versions, and of those at one place a single one.
func (g *generator) blend(versions []version) []line {
	places := map[float64][]line{}
	for _, v := range versions {
		for _, l := range v.lines {
			places[l.place] = append(places[l.place], l)
		}
	}
	var lines []line
	for _, place := range slices.Sorted(maps.Keys(places)) {
		if g.IntN(10) > 0 {
			lines = append(lines, places[place][g.IntN(len(places[place]))])
		}
	}
	if len(lines) == 0 {
		lines = append(lines, g.fresh(g.Float64()))
	}
	return lines
}

// edit changes, renames, removes and adds files.
func (g *generator) edit(s snapshot) {
	for _, number := range slices.Sorted(maps.Keys(s)) {
		v := s[number]
		v.lines = slices.Clone(v.lines)
		if g.IntN(2) == 0 {
			g.change(&v)
		}
		switch g.IntN(12) {
		case 0:
			g.next++
			v.path = fmt.Sprintf("dir%d/renamed%d.txt", g.IntN(3), g.next)
		case 1:
			g.next++
			v.path = fmt.Sprintf("moved%d/%s", g.next, v.path[strings.LastIndex(v.path, "/")+1:])
		}
		s[number] = v
		if g.IntN(25) == 0 && len(s) > 2 {
			delete(s, number)
		}
	}
	if g.IntN(6) == 0 {
		g.next++
		s[g.next] = g.file()
	}
}

func (g *generator) change(v *version) {
	for range 1 + g.IntN(4) {
		at := g.IntN(len(v.lines))
		switch g.IntN(4) {
		case 0:
			v.lines = append(v.lines, g.fresh(g.Float64()))
		case 1:
			if len(v.lines) > 3 {
				v.lines = slices.Delete(v.lines, at, at+1)
			}
		case 2:
			v.lines[at] = g.fresh(v.lines[at].place)
		case 3:
			v.open = !v.open
		}
	}
	sortLines(v.lines)
}
