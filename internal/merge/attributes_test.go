package merge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// TestAttributesEqualGit holds generated .gitattributes files against git
// check-attr.
func TestAttributesEqualGit(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 2))
		attributes := files{}
		for _, dir := range []string{"", "src/", "src/lib/", "docs/"} {
			text := ""
			if dir == "" || random.IntN(2) == 0 {
				text = randomAttributes(random)
			}
			attributes[dir+".gitattributes"] = file{object.ModeFile, text}
		}
		compareAttributes(t, repo, fmt.Sprintf("seed %d", seed), attributes)
	}
}

// TestAttributeLines are lines that are easy to read wrongly.
func TestAttributeLines(t *testing.T) {
	t.Parallel()
	lines := []string{
		"*.c merge=union", "a.c -merge", "src/** merge=ours", "/a.c merge=x", "*.C merge", "src/ merge",
		"!a.c merge", `\!a merge`, "#a merge", `"sp ace" merge`, `"a.c" merge=union`, `"\141.c" merge=octal`, `"a.c merge`,
		"a.c merge=a merge=b", "a.c !merge", "a.c binary", "a.c -binary", "a.c binary merge=text", "a.c merge=text binary",
		"[attr]own merge=own\na.c own", "[attr]own merge=1\n[attr]own merge=2\na.c own", "[attr]binary merge=3\na.c binary",
		"[attr]x y\n[attr]y merge=4\na.c x", "[attr]x x merge=5\na.c x", "a.c own\n[attr]own merge=late",
		"a.c bad/name merge=6", "a.c -=x merge=7", "a.c merge=", "a.c =merge", "a.c -merge=x", "*.c merge=a\r", "\ta.c\tmerge=tab",
		"\ufeffa.c merge=bom", "a.c " + strings.Repeat("x", 2048) + " merge", "*/a.c merge=8", "**/a.c merge=9", "src/*/a.c merge=10",
		"src/**/a.c merge=11", "src**a.c merge=12", "[a-c].c merge=13", "[!a].c merge=14", "[[:alpha:]].c merge=15", "[]a].c merge=16",
		`[\a].c merge=17`, "[a merge=18", "?.c merge=19", "a.c/ merge=20", "* merge=21", "** merge=22", "/** merge=23", "**/ merge=24",
		"src merge=25", "src/lib merge=26", "lib/a.c merge=27", "a\\.c merge=28", "a.c\\ merge=29", "*a*.*c* merge=30", ". merge=31",
		"a.c conflict-marker-size=10", "a.c conflict-marker-size=-1", "a.c conflict-marker-size", "[attr] merge", "[attr]-x merge",
		"[z-a].c merge=32", "[a-].c merge=33", "[^a].c merge=34", "[[:nope:]a].c merge=35", "src/[!x]ib/a.c merge=36", "src?lib/a.c merge=37",
		"src[/]lib/a.c merge=38", "a.c merge\x00=39", "é.c merge=40", "*é* merge=41", "src/lib/** merge=42", "src/lib/**/a.c merge=43",
	}
	root, below := gittest.New(t), gittest.New(t)
	for _, line := range lines {
		compareAttributes(t, root, fmt.Sprintf("%q", line), files{".gitattributes": {object.ModeFile, line + "\n"}})
		compareAttributes(t, below, fmt.Sprintf("%q in a directory", line), files{"src/.gitattributes": {object.ModeFile, line + "\n"}})
	}
}

var attributePaths = []string{
	"a.c", "b.c", "a", "ab.c", "Makefile", "sp ace", "é.c", "src/a.c", "src/b.h", "src/lib/a.c", "src/lib/x.y.c", "src/lib/deep/er/a.c",
	"docs/a.md", "docs/src/a.c", "docs/lib/a.c", "lib/a.c", "-", "[a].c", "!a", "#a", "a.c ", "]a.c",
}

func randomAttributes(random *rand.Rand) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	part := func() string {
		return pick("a", "b", "*", "?", "**", "[ab]", "[!b]", "[[:alpha:]]", ".c", ".h", "*.c", "src", "lib", "deep", "/", "/", "**/", "/**", "\\a", "é")
	}
	var text strings.Builder
	for range 1 + random.IntN(8) {
		switch random.IntN(8) {
		case 0:
			text.WriteString("[attr]" + pick("own", "binary", "x"))
		case 1:
			text.WriteString(pick("# ", "!", "\""))
			fallthrough
		default:
			for range 1 + random.IntN(5) {
				text.WriteString(part())
			}
		}
		for range 1 + random.IntN(3) {
			text.WriteString(" " + pick("", "", "-", "!") + pick("merge", "merge", "diff", "own", "binary", "x", "text", "conflict-marker-size=12", "merge=union", "diff=c", "+"))
		}
		text.WriteString(pick("\n", "\n", "\n\n", "\r\n"))
	}
	return text.String()
}

func compareAttributes(t *testing.T, repo *gittest.Repo, name string, attributes files) {
	t.Helper()
	for path, f := range attributes {
		repo.Write(path, f.content)
	}
	memory := newMemory()
	root := memory.add(attributes)
	names := []string{"merge", "conflict-marker-size", "diff"}
	input := strings.Join(attributePaths, "\x00") + "\x00"
	answers := strings.Split(repo.GitInput(input, append([]string{"check-attr", "-z", "--stdin"}, names...)...), "\x00")
	for i, attribute := range names {
		got, err := merge.LookupAttributes(memory, root, attribute, attributePaths)
		if err != nil {
			t.Fatal(err)
		}
		for j, path := range attributePaths {
			// Path, attribute, value: for each path its attributes in their order.
			if want := answers[3*(len(names)*j+i)+2]; got[j] != want {
				t.Errorf("%s: %s of %q is %q, git says %q: %s", name, attribute, path, got[j], want, fmt.Sprint(attributes))
			}
		}
	}
}
