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
	deep     bool     // some of the directories are far down
	// focus is a directory in which much of what both sides do happens, so that it
	// meets; "" for none.
	focus string
	fresh int
}

func newTreeGenerator(seed uint64) *treeGenerator {
	return &treeGenerator{Rand: rand.New(rand.NewPCG(seed, 1))}
}

func (g *treeGenerator) pick(from []string) string { return from[g.IntN(len(from))] }

func (g *treeGenerator) chance(percent int) bool { return g.IntN(100) < percent }

// merge makes one merge.
func (g *treeGenerator) merge() treeCase {
	g.chooseNames()
	g.focus = ""
	base := files{}
	count := 1 + g.IntN(1+g.IntN(30))
	if g.chance(2) {
		count = 300 // more candidates for each rename than are kept
	}
	for range count {
		g.add(base)
	}
	if g.chance(60) {
		g.focus = directoryOf(g.any(base))
		for range g.IntN(5) {
			g.add(base)
		}
	}
	shared := maps.Clone(base)
	for range g.IntN(3) * g.IntN(2) {
		g.change(shared)
	}
	ours, theirs := maps.Clone(shared), maps.Clone(shared)
	if g.chance(20) {
		g.moveAgainstAddition(ours, theirs)
	}
	if path := g.any(base); g.chance(20) && ours[path] == theirs[path] && ours[path].mode != 0 {
		g.modify(ours, path)
		g.modify(theirs, path)
	}
	for range 1 + g.IntN(1+g.IntN(8)) {
		g.change(ours)
	}
	for range 1 + g.IntN(1+g.IntN(8)) {
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
		g.names = append(g.names, "é", "sp ace", `quo"te`, "世界", "~", "a~b", "tab\there", "new\nline", `back\slash`, "\xff")
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
	g.deep = g.chance(15)
}

func (g *treeGenerator) dir() string {
	depth := []int{0, 1, 1, 1, 2, 2, 3, 5}[g.IntN(8)]
	if g.deep && g.chance(40) {
		depth = 6 + g.IntN(7)
	}
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
	switch {
	case g.focus != "" && g.chance(50):
		path = g.focus + g.pick(g.names)
	case g.chance(40) && len(tree) > 0:
		path = directoryOf(g.any(tree)) + g.pick(g.names)
	}
	g.put(tree, path, g.file())
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

// any gives a path of a tree, often one in the focus.
func (g *treeGenerator) any(tree files) string {
	paths := slices.Sorted(maps.Keys(tree))
	if g.focus != "" && g.chance(60) {
		inside := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !strings.HasPrefix(path, g.focus) })
		if len(inside) > 0 {
			return g.pick(inside)
		}
	}
	return g.pick(paths)
}

// change does to a tree one of the things that people do.
func (g *treeGenerator) change(tree files) {
	if len(tree) == 0 {
		g.add(tree)
		return
	}
	path := g.any(tree)
	f := tree[path]
	switch g.IntN(18) {
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
	case 16:
		g.retype(tree, path)
	case 17:
		g.convert(tree, path)
	}
}

func (g *treeGenerator) modify(tree files, path string) {
	f := tree[path]
	switch f.mode {
	case object.ModeSymlink:
		f.content = g.path()
	case object.ModeSubmodule:
		f = g.submodule()
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

// retype makes something of another type of what is at a path.
func (g *treeGenerator) retype(tree files, path string) {
	switch f := tree[path]; f.mode {
	case object.ModeSymlink:
		tree[path] = g.submodule()
	case object.ModeSubmodule:
		tree[path] = file{object.ModeFile, g.text()}
	default:
		tree[path] = g.symlink()
	}
}

// convert gives a file's lines the other line break.
func (g *treeGenerator) convert(tree files, path string) {
	f := tree[path]
	if !f.mode.IsFile() {
		return
	}
	if lf := strings.ReplaceAll(f.content, "\r\n", "\n"); lf != f.content {
		f.content = lf
	} else {
		f.content = strings.ReplaceAll(f.content, "\n", "\r\n")
	}
	tree[path] = f
}

// moveAgainstAddition moves a directory on one side and adds to it on the other.
func (g *treeGenerator) moveAgainstAddition(one, other files) {
	if g.chance(50) {
		one, other = other, one
	}
	if len(one) == 0 {
		return
	}
	path := g.any(one)
	g.moveDirectory(one, path)
	name := g.pick(g.names)
	if g.chance(50) {
		g.fresh++
		name = fmt.Sprintf("added%d", g.fresh)
	}
	g.put(other, directoryOf(path)+name, g.file())
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
