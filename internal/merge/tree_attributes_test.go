package merge_test

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// attributes makes .gitattributes files, at the root and in some directories.
func (g *treeGenerator) attributes() files {
	made := files{".gitattributes": g.attributesFile(true)}
	for _, dir := range []string{"a/", "b/", "d/", "d/a/", "e/b/"} {
		if g.chance(25) {
			made[dir+".gitattributes"] = g.attributesFile(false)
		}
	}
	return made
}

func (g *treeGenerator) attributesFile(macros bool) file {
	var text strings.Builder
	if macros && g.chance(40) {
		fmt.Fprintf(&text, "[attr]own %s\n", g.pick([]string{"merge=union", "-merge", "merge=binary conflict-marker-size=9", "binary"}))
	}
	for range 1 + g.IntN(5) {
		pattern := g.pick([]string{
			"*", "*", "*.c", "a*", "[ab]", "d/**", "/a/**", "**/x", "a/b", "b/*", "x", "y", "file1*", "Makefile", "a.b", `"sp ace"`, "é", "new?/*", "/e/",
		})
		fmt.Fprintf(&text, "%s %s\n", pattern, g.assignments())
	}
	return file{object.ModeFile, text.String()}
}

func (g *treeGenerator) assignments() string {
	words := make([]string, 1+g.IntN(2))
	for i := range words {
		words[i] = g.pick([]string{
			"merge=union", "merge=union", "-merge", "merge", "!merge", "merge=binary", "merge=text", "merge=unknown", "binary", "-binary", "own",
			"conflict-marker-size=12", "conflict-marker-size=3", "conflict-marker-size=x", "-conflict-marker-size",
			"text", "-text", "text=auto", "eol=crlf", "eol=lf", "crlf", "diff", "-diff", "diff=c", "ident", "working-tree-encoding=UTF-16",
		})
	}
	return strings.Join(words, " ")
}
