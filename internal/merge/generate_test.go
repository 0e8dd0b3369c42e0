package merge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// generator makes merges of one file: a base, and two sides that differ from it
// by random edits.
type generator struct {
	*rand.Rand

	// word makes a line's text without its line break; the fewer different ones
	// it makes, the more ambiguous is what changed.
	word func() string
	// fresh counts the lines that occur once.
	fresh int
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
}

// merge makes one merge.
func (g *generator) merge() gittest.TextMerge {
	if g.IntN(16) == 0 {
		return g.crowd(62+g.IntN(6), 1+g.IntN(12))
	}
	g.chooseVocabulary()
	base := g.words(g.size())
	ours, theirs := g.sides(base)
	endings := g.endings()
	merge := gittest.TextMerge{
		Base:   g.text(base, endings[0]),
		Ours:   g.text(ours, endings[1]),
		Theirs: g.text(theirs, endings[2]),
	}
	switch g.IntN(40) {
	case 0:
		merge.Added, merge.Base = true, ""
		if g.IntN(4) == 0 {
			merge.Attributes = "-merge"
		}
	case 1, 2:
		merge.Attributes = "merge=union"
	case 3:
		merge.Attributes = fmt.Sprintf("conflict-marker-size=%d", g.IntN(12)-1)
	case 4:
		merge.Attributes = []string{"-merge", "merge=binary", "binary", "merge", "merge=text"}[g.IntN(5)]
	case 5:
		g.addNUL(&merge)
		merge.Added = g.IntN(4) == 0
	}
	return merge
}

// crowd makes a merge in which hardly a line is rare, so that histogram gives way
// to Myers: about so many copies of so many words, with lines between them that
// are on one side only, in one mixture for each stretch of the file.
func (g *generator) crowd(copies, words int) gittest.TextMerge {
	var base []string
	for word := range words {
		for range copies + g.IntN(1+g.IntN(40)) {
			base = append(base, fmt.Sprintf("w%d", word))
		}
	}
	if g.IntN(4) > 0 {
		g.Shuffle(len(base), func(i, j int) { base[i], base[j] = base[j], base[i] })
	}
	g.word = func() string { return fmt.Sprintf("w%d", g.IntN(words)) }
	texts := [3]string{}
	for i := range texts {
		texts[i] = g.text(g.disturb(base), inLF)
	}
	return gittest.TextMerge{Base: texts[0], Ours: texts[1], Theirs: texts[2]}
}

// disturb puts lines in, takes lines out and replaces them, all over the file and
// in each stretch as often as chance has it.
func (g *generator) disturb(lines []string) []string {
	var disturbed []string
	stretch, often, alien := 0, 0.0, 0.0
	for _, line := range lines {
		if stretch == 0 {
			stretch, often, alien = 1+g.IntN(300), g.Float64()*g.Float64(), g.Float64()
		}
		stretch--
		switch {
		case g.Float64() >= often:
			disturbed = append(disturbed, line)
		case g.Float64() < alien:
			g.fresh++
			disturbed = append(disturbed, fmt.Sprintf("line %d", g.fresh), line)
		case g.IntN(2) == 0:
			disturbed = append(disturbed, g.word(), line)
		}
	}
	return disturbed
}

// chooseVocabulary chooses the words of one merge.
func (g *generator) chooseVocabulary() {
	unique := func() string { g.fresh++; return fmt.Sprintf("line %d", g.fresh) }
	few := 1 + g.IntN(4)
	some := 5 + g.IntN(40)
	code := []string{"", "", "}", "}", "\t}", "\treturn err", "end", "// ünïcödé 世界", "{", "  x := 1", "  y()", "if a {"}
	share := g.Float64()
	g.word = []func() string{
		unique,
		func() string { return string(rune('a' + g.IntN(few))) },
		func() string { return fmt.Sprintf("w%d", g.IntN(some)) },
		func() string { return code[g.IntN(len(code))] },
		func() string {
			if g.Float64() < share {
				return unique()
			}
			return code[g.IntN(len(code))]
		},
	}[g.IntN(5)]
}

// size is a number of lines: mostly few, sometimes enough to make lines frequent.
func (g *generator) size() int {
	switch chance := g.IntN(100); {
	case chance < 60:
		return g.IntN(15)
	case chance < 90:
		return g.IntN(80)
	case chance < 99:
		return g.IntN(500)
	default:
		return g.IntN(3000)
	}
}

func (g *generator) words(count int) []string {
	words := make([]string, count)
	for i := range words {
		words[i] = g.word()
	}
	return words
}

// sides edits the base twice; some of the edits are made on both sides.
func (g *generator) sides(base []string) (ours, theirs []string) {
	ours = slices.Clone(base)
	for range g.IntN(3) * g.IntN(2) {
		ours = g.edit(ours, g.place(ours))
	}
	theirs = slices.Clone(ours)
	near := g.place(base)
	for range g.IntN(1 + g.IntN(8)) {
		ours = g.edit(ours, g.near(near, ours))
	}
	for range g.IntN(1 + g.IntN(8)) {
		theirs = g.edit(theirs, g.near(near, theirs))
	}
	return ours, theirs
}

func (g *generator) place(lines []string) int { return g.IntN(len(lines) + 1) }

// near gives a place that is often close to the given one, so that the edits of
// the two sides meet.
func (g *generator) near(place int, lines []string) int {
	if g.IntN(2) == 0 {
		return g.place(lines)
	}
	return min(max(place+g.IntN(13)-6, 0), len(lines))
}

// edit changes the lines from a place on.
func (g *generator) edit(lines []string, place int) []string {
	end := min(place+g.run(), len(lines))
	switch g.IntN(8) {
	case 0, 1:
		return slices.Concat(lines[:place], g.words(1+g.run()), lines[place:])
	case 2, 3:
		return slices.Concat(lines[:place], lines[end:])
	case 4, 5:
		return slices.Concat(lines[:place], g.words(1+g.run()), lines[end:])
	case 6:
		// Copy lines to another place.
		to := g.near(place, lines)
		return slices.Concat(lines[:to], lines[place:end], lines[to:])
	default:
		// Move lines to another place.
		rest := slices.Concat(lines[:place], lines[end:])
		to := g.near(place, rest)
		return slices.Concat(rest[:to], lines[place:end], rest[to:])
	}
}

func (g *generator) run() int {
	if g.IntN(20) == 0 {
		return g.IntN(120)
	}
	return g.IntN(6)
}

// ending gives the line break after a word.
type ending func(word string) string

func inLF(string) string   { return "\n" }
func inCRLF(string) string { return "\r\n" }

// endings says how the lines of base, ours and theirs end.
func (g *generator) endings() [3]ending {
	switch g.IntN(20) {
	case 0, 1, 2:
		return [3]ending{inCRLF, inCRLF, inCRLF}
	case 3:
		return [3]ending{inLF, inCRLF, inLF}
	case 4:
		return [3]ending{inCRLF, inLF, inCRLF}
	case 5, 6:
		mixed := g.mixed()
		return [3]ending{mixed, mixed, mixed}
	default:
		return [3]ending{inLF, inLF, inLF}
	}
}

// mixed ends some lines in one way and some in the other, a word always alike.
func (g *generator) mixed() ending {
	salt, share := g.IntN(100), 1+g.IntN(4)
	return func(word string) string {
		sum := salt
		for i := range len(word) {
			sum = 31*sum + int(word[i])
		}
		if sum%5 < share {
			return "\r\n"
		}
		return "\n"
	}
}

func (g *generator) text(words []string, end ending) string {
	var text strings.Builder
	for i, word := range words {
		text.WriteString(word)
		if i == len(words)-1 && g.IntN(10) == 0 {
			break
		}
		text.WriteString(end(word))
	}
	return text.String()
}

// addNUL makes one of the three a binary file, or puts the NUL where git no
// longer looks.
func (g *generator) addNUL(merge *gittest.TextMerge) {
	text := []*string{&merge.Base, &merge.Ours, &merge.Theirs}[g.IntN(3)]
	if g.IntN(2) == 0 {
		*text += "\x00"
		return
	}
	filler := strings.Repeat("filler\n", 8000/7+1)
	merge.Base, merge.Ours, merge.Theirs = filler+merge.Base, filler+merge.Ours, filler+merge.Theirs
	*text = (*text)[:7998] + []string{"\x00\n", "x\x00", "xx\x00"}[g.IntN(3)] + (*text)[7998:]
}
