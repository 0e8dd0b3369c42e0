package merge_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

func (g *treeGenerator) symlink() file { return file{object.ModeSymlink, g.path()} }

func (g *treeGenerator) submodule() file {
	return file{object.ModeSubmodule, fmt.Sprintf("%040x", 1+g.IntN(4))}
}

func (g *treeGenerator) file() file {
	switch g.IntN(30) {
	case 0:
		return g.symlink()
	case 1:
		return g.submodule()
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
	for i := range g.length(family) {
		text.WriteString(g.line(family, i) + end)
	}
	if g.chance(40) {
		return g.edit(text.String())
	}
	return text.String()
}

// length is the number of lines of a family's files. Few families have long ones.
func (g *treeGenerator) length(family int) int {
	const longFamily, longFile = 11, 3000
	if family == longFamily && g.chance(30) {
		return longFile
	}
	return 3 + 3*(family%5)
}

// line gives a line of a family: most have lines that are unique, some repeat
// a few lines, and some have lines longer than the chunks by which files are
// compared.
func (g *treeGenerator) line(family, number int) string {
	switch family % 6 {
	case 3:
		return []string{"}", "", "\treturn err", "{"}[number*(family+1)%4]
	case 4:
		return strings.Repeat(fmt.Sprintf("family %d goes on with %d and ", family, number), 5)
	}
	return fmt.Sprintf("family %d has the line %d", family, number)
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
