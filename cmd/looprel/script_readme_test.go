package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// changing are what differs from run to run in an output: ids of objects.
var changing = regexp.MustCompile(`\b(?:[0-9a-f]{40}|[0-9a-f]{7})\b`)

// plainText is an output in one line, whatever its width, without what differs from
// run to run.
func plainText(text string) string {
	return changing.ReplaceAllString(strings.Join(strings.Fields(text), " "), "ID")
}

// readme holds the examples of a section of the README to what a program prints: each
// piece of them, between the marks of what was left out, is in it, in that order:
// readme HEADING PROGRAM ARGUMENT...
func readme(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "readme HEADING PROGRAM ARGUMENT...")
	c := command(ts, args[1:])
	output, err := c.CombinedOutput()
	if err != nil {
		ts.Fatalf("%s: %v\n%s", strings.Join(args[1:], " "), err, output)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	ts.Check(err)
	_, section, found := strings.Cut(string(text), "\n## "+args[0]+"\n")
	if !found {
		ts.Fatalf("the README has no section %q", args[0])
	}
	section, _, _ = strings.Cut(section, "\n## ")
	examples := strings.Split(section, "```")
	if len(examples) < 3 {
		ts.Fatalf("the section %q has no examples", args[0])
	}
	rest := plainText(string(output))
	for i := 1; i < len(examples); i += 2 {
		_, example, _ := strings.Cut(examples[i], "\n") // without the language
		for piece := range strings.SplitSeq(example, "…") {
			wanted := plainText(piece)
			at := strings.Index(rest, wanted)
			if at < 0 {
				ts.Fatalf("the README shows what is not printed, or not in that order:\n%s\n%s", piece, output)
			}
			rest = rest[at+len(wanted):]
		}
	}
}
