package merge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// treeGenerator makes merges of trees: a base, and two sides that differ from it
// by what people do to files and directories.
type treeGenerator struct {
	*rand.Rand

	names    []string // of files
	dirs     []string // of directories
	families int      // how many kinds of content there are
	fresh    int
}

func newTreeGenerator(seed uint64) *treeGenerator {
	return &treeGenerator{Rand: rand.New(rand.NewPCG(seed, 1))}
}

func (g *treeGenerator) pick(from []string) string { return from[g.IntN(len(from))] }

func (g *treeGenerator) chance(percent int) bool { return g.IntN(100) < percent }

// merge makes one merge.
func (g *treeGenerator) merge() treeCase {
	g.chooseNames()
	base := files{}
	count := 1 + g.IntN(1+g.IntN(30))
	if g.chance(2) {
		count = 300 // more candidates for each rename than are kept
	}
	for range count {
		g.add(base)
	}
	shared := maps.Clone(base)
	for range g.IntN(3) * g.IntN(2) {
		g.change(shared)
	}
	ours, theirs := maps.Clone(shared), maps.Clone(shared)
	for range g.IntN(1 + g.IntN(9)) {
		g.change(ours)
	}
	for range g.IntN(1 + g.IntN(9)) {
		g.change(theirs)
	}
	return treeCase{base: base, ours: ours, theirs: theirs}
}

// chooseNames chooses how alike the paths of one merge are.
func (g *treeGenerator) chooseNames() {
	g.names = []string{"a", "b", "c", "a.b", "a-b", "Makefile", "x.c"}
	g.dirs = []string{"a", "b", "d", "e"}
	switch g.IntN(5) {
	case 0:
		g.names = append(g.names, "é", "sp ace", `quo"te`, "世界", "~", "a~b")
		g.dirs = append(g.dirs, "ü", "d.d", "d-d")
	case 1:
		g.names = nil
		for i := range 20 {
			g.names = append(g.names, fmt.Sprintf("file%d", i))
		}
	case 2:
		g.names = []string{"x", "y"}
	case 3:
		g.names = append(g.names, g.dirs...)
	}
	g.families = 1 + g.IntN(12)
}

func (g *treeGenerator) dir() string {
	depth := []int{0, 1, 1, 1, 2, 2, 3, 5}[g.IntN(8)]
	dir := ""
	for range depth {
		dir += g.pick(g.dirs) + "/"
	}
	return dir
}

func (g *treeGenerator) path() string { return g.dir() + g.pick(g.names) }

// add adds a file, mostly a regular one.
func (g *treeGenerator) add(tree files) {
	path := g.path()
	if g.chance(40) && len(tree) > 0 {
		path = directoryOf(g.any(tree)) + g.pick(g.names)
	}
	g.put(tree, path, g.file())
}

func (g *treeGenerator) file() file {
	switch g.IntN(30) {
	case 0:
		return file{object.ModeSymlink, g.path()}
	case 1:
		return file{object.ModeSubmodule, fmt.Sprintf("%040x", 1+g.IntN(4))}
	case 2:
		return file{object.ModeFile, ""}
	case 3:
		return file{object.ModeFile, "\x00binary\n" + g.text()}
	case 4:
		return file{object.ModeExecutable, g.text()}
	}
	return file{object.ModeFile, g.text()}
}

// text makes content of one of the families, which share most of their lines.
func (g *treeGenerator) text() string {
	family := g.IntN(g.families)
	var text strings.Builder
	end := "\n"
	if g.chance(5) {
		end = "\r\n"
	}
	for i := range 3 + 3*(family%5) {
		fmt.Fprintf(&text, "family %d has the line %d%s", family, i, end)
	}
	if g.chance(40) {
		return g.edit(text.String())
	}
	return text.String()
}

// edit changes some lines of a text.
func (g *treeGenerator) edit(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for range 1 + g.IntN(1+g.IntN(6)) {
		at := g.IntN(len(lines))
		g.fresh++
		line := fmt.Sprintf("fresh line %d\n", g.fresh%50)
		switch g.IntN(4) {
		case 0:
			lines = slices.Insert(lines, at, line)
		case 1:
			lines[at] = line
		case 2:
			if len(lines) > 1 {
				lines = slices.Delete(lines, at, at+1)
			}
		case 3:
			lines = append(lines, line)
		}
	}
	text = strings.Join(lines, "")
	if g.chance(5) {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

// put places a file, and removes what cannot stay beside it.
func (g *treeGenerator) put(tree files, path string, f file) {
	for other := range tree {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			delete(tree, other)
		}
	}
	tree[path] = f
}

func (g *treeGenerator) any(tree files) string { return g.pick(slices.Sorted(maps.Keys(tree))) }

// change does to a tree one of the things that people do.
func (g *treeGenerator) change(tree files) {
	if len(tree) == 0 {
		g.add(tree)
		return
	}
	path := g.any(tree)
	f := tree[path]
	switch g.IntN(16) {
	case 0, 1, 2:
		g.modify(tree, path)
	case 3:
		delete(tree, path)
	case 4, 5:
		g.add(tree)
	case 6:
		g.put(tree, g.path(), f) // a copy
	case 7:
		delete(tree, path)
		g.put(tree, g.dir()+path[strings.LastIndex(path, "/")+1:], g.perhapsEdited(f))
	case 8, 9:
		delete(tree, path)
		g.put(tree, g.path(), g.perhapsEdited(f))
	case 10, 11, 12:
		g.moveDirectory(tree, path)
	case 13:
		g.chmod(tree, path)
	case 14:
		g.put(tree, path, g.file())
	case 15:
		g.swap(tree, path)
	}
}

func (g *treeGenerator) modify(tree files, path string) {
	f := tree[path]
	switch f.mode {
	case object.ModeSymlink:
		f.content = g.path()
	case object.ModeSubmodule:
		f.content = fmt.Sprintf("%040x", 1+g.IntN(4))
	default:
		f.content = g.edit(f.content)
	}
	tree[path] = f
}

func (g *treeGenerator) perhapsEdited(f file) file {
	if f.mode.IsFile() && g.chance(50) {
		f.content = g.edit(f.content)
	}
	return f
}

func (g *treeGenerator) chmod(tree files, path string) {
	f := tree[path]
	if f.mode.IsFile() {
		f.mode ^= object.ModeFile ^ object.ModeExecutable
	}
	tree[path] = f
}

// moveDirectory moves a directory, or most of it.
func (g *treeGenerator) moveDirectory(tree files, path string) {
	from := directoryOf(path)
	if from == "" {
		return
	}
	if up := directoryOf(strings.TrimSuffix(from, "/")); up != "" && g.chance(40) {
		from = up
	}
	to := g.dir()
	if g.chance(50) {
		g.fresh++
		to = fmt.Sprintf("%snew%d/", to, g.fresh%5)
	}
	if strings.HasPrefix(to, from) {
		return
	}
	stay := []int{0, 0, 0, 20, 50}[g.IntN(5)]
	for _, path := range slices.Sorted(maps.Keys(tree)) {
		rest, inside := strings.CutPrefix(path, from)
		f, exists := tree[path]
		if !inside || !exists || g.chance(stay) {
			continue
		}
		delete(tree, path)
		if g.chance(30) {
			f = g.perhapsEdited(f)
		}
		g.put(tree, to+rest, f)
	}
}

// swap makes a directory of a file, or the other way round.
func (g *treeGenerator) swap(tree files, path string) {
	if g.chance(50) {
		f := tree[path]
		delete(tree, path)
		g.put(tree, path+"/"+g.pick(g.names), g.perhapsEdited(f))
		return
	}
	if dir := strings.TrimSuffix(directoryOf(path), "/"); dir != "" {
		g.put(tree, dir, g.file())
	}
}

func directoryOf(path string) string { return path[:strings.LastIndex(path, "/")+1] }
