package main

import (
	"bufio"
	"fmt"
	"maps"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// stream writes what git fast-import reads. Errors of writing show at its end.
type stream struct {
	out *bufio.Writer
	// marks is how many commits have been numbered.
	marks int
}

// commit is one commit of a stream.
type commit struct {
	branch    string // full reference name
	author    object.Signature
	committer object.Signature
	message   string
	// parents are marks; none continues the branch.
	parents []int
	// files are contents by path.
	files map[string]string
}

// commit writes a commit and returns its mark.
func (s *stream) commit(c commit) int {
	s.marks++
	s.printf("commit %s\nmark :%d\nauthor %s\ncommitter %s\n", c.branch, s.marks, c.author, c.committer)
	s.data(c.message)
	for i, parent := range c.parents {
		verb := "merge"
		if i == 0 {
			verb = "from"
		}
		s.printf("%s :%d\n", verb, parent)
	}
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		s.printf("M 100644 inline %s\n", path)
		s.data(c.files[path])
	}
	return s.marks
}

// tag writes an annotated tag.
func (s *stream) tag(name string, mark int, tagger object.Signature) {
	s.printf("tag %s\nfrom :%d\ntagger %s\n", name, mark, tagger)
	s.data("Release " + name + "\n")
}

// branch puts a branch on a commit.
func (s *stream) branch(name string, mark int) {
	s.printf("reset %s\nfrom :%d\n\n", name, mark)
}

func (s *stream) data(text string) { s.printf("data %d\n%s\n", len(text), text) }

// printf leaves errors to Flush, which returns the first one.
func (s *stream) printf(format string, values ...any) { _, _ = fmt.Fprintf(s.out, format, values...) }

// end tells fast-import that the stream is whole.
func (s *stream) end() error {
	s.printf("done\n")
	return s.out.Flush()
}
