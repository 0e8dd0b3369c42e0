package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
)

// The directories that are extracted from a repository that is made.
const (
	standalone = "browser/loop/standalone"
	shared     = "browser/loop/content/shared"
)

// generator writes a repository for git fast-import: every commit changes a few
// files, one in thirty those of the two directories, and one in ten merges a branch
// of a few commits.
type generator struct {
	*bufio.Writer
	random *rand.Rand
	paths  []string // of all files
	mapped int      // how many of them, the first, are to be extracted
	marks  int
}

// generate writes the repository; the same one each time.
func generate(to io.Writer, commits, files int) error {
	g := generator{Writer: bufio.NewWriterSize(to, 1<<20), random: rand.New(rand.NewPCG(1, 1))}
	g.name(files)
	g.first()
	tip := g.marks
	for g.marks < commits {
		if g.random.IntN(40) > 0 {
			tip = g.commit(tip, 0)
			continue
		}
		topic := tip
		for range 1 + g.random.IntN(4) {
			topic = g.commit(topic, 0)
		}
		tip = g.commit(tip, topic)
	}
	g.printf("reset refs/heads/master\nfrom :%d\n\ndone\n", tip)
	return g.Flush()
}

const (
	filesInDirectory = 40
	directoriesInTop = 25
)

func (g *generator) name(files int) {
	g.mapped = max(2, files/250)
	for i := range files {
		switch {
		case i < g.mapped/2:
			g.paths = append(g.paths, fmt.Sprintf("%s/part%d/file%d.js", standalone, i%5, i))
		case i < g.mapped:
			g.paths = append(g.paths, fmt.Sprintf("%s/js/file%d.js", shared, i))
		default:
			directory := i / filesInDirectory
			g.paths = append(g.paths, fmt.Sprintf("top%d/part%d/file%d.cpp", directory/directoriesInTop, directory%directoriesInTop, i))
		}
	}
}

// printf writes; the writer remembers a failure until it is flushed.
func (g *generator) printf(format string, values ...any) {
	_, _ = fmt.Fprintf(g.Writer, format, values...)
}

func (g *generator) header(message string) {
	g.marks++
	when := 1_000_000_000 + int64(g.marks)*600
	g.printf("commit refs/heads/import\nmark :%d\nauthor Developer %d <dev%d@example.org> %d +0100\ncommitter Sheriff <sheriff@example.org> %d +0000\ndata %d\n%s\n",
		g.marks, g.marks%97, g.marks%97, when, when+60, len(message), message)
}

func (g *generator) first() {
	g.header("Begin\n")
	for _, path := range g.paths {
		g.file(path)
	}
}

// commit changes a few files on top of one commit, and merges another unless that is
// 0.
func (g *generator) commit(parent, merged int) int {
	g.header(fmt.Sprintf("Bug %d - Keep a call when its connection is lost. r=reviewer%d\n\nAnd tell whoever waits for it.\n", 900_000+g.marks, g.marks%31))
	g.printf("from :%d\n", parent)
	if merged > 0 {
		g.printf("merge :%d\n", merged)
	}
	for range 1 + g.random.IntN(3) {
		at := g.random.IntN(len(g.paths))
		if g.random.IntN(60) == 0 {
			at = g.random.IntN(g.mapped)
		}
		g.file(g.paths[at])
	}
	return g.marks
}

func (g *generator) file(path string) {
	content := fmt.Sprintf("// %s\nvar settings = [%d, %d, %d];\n", path, g.random.IntN(1e9), g.random.IntN(1e9), g.random.IntN(1e9))
	g.printf("M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
}
