package changelog

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// Missing returns the changes that the section does not mention, in their order.
// A change is mentioned when one of its bug or pull request numbers stands in
// the section, or when the significant words of its text do, in their order and
// together within one entry (or paragraph). Case, punctuation and small words do
// not count. A text of a single significant word mentions nothing but an entry
// that consists of it.
func Missing(s Section, changes []Change) []Change {
	written := readMentions(s)
	var missing []Change
	for _, change := range changes {
		if !written.mention(change) {
			missing = append(missing, change)
		}
	}
	return missing
}

// mentions is what a section mentions.
type mentions struct {
	bugs, pulls map[string]bool
	// words are the significant words of each entry and paragraph, with a space
	// around each.
	words []string
}

// A bare number is taken for a bug from five digits on; a shorter one may be
// anything and wants "bug" before it.
var (
	bareBug    = lazyregexp.New(`(?:^|[^\d#.])(\d{5,})\b`)
	namedBug   = lazyregexp.New(`(?i)\bbug[\s#-]*(\d+)\b`)
	pullNumber = lazyregexp.New(`(?i)(?:#|\bgh-|/pull/|/issues/)(\d+)\b`)
)

func readMentions(s Section) mentions {
	written := mentions{bugs: map[string]bool{}, pulls: map[string]bool{}}
	for _, expression := range []lazyregexp.Regexp{bareBug, namedBug} {
		for _, found := range expression.FindAllStringSubmatch(s.Body, -1) {
			written.bugs[found[1]] = true
		}
	}
	for _, found := range pullNumber.FindAllStringSubmatch(s.Body, -1) {
		written.pulls[found[1]] = true
	}
	file := File{style: s.style}
	lines := splitLines(s.Body)
	for _, b := range file.blocks(lines) {
		if b.kind == blockEntry || b.kind == blockText {
			written.words = append(written.words, significant(joinLines(b.of(lines))))
		}
	}
	return written
}

func (m mentions) mention(change Change) bool {
	for _, bug := range change.Bugs {
		if m.bugs[bug] {
			return true
		}
	}
	for _, pull := range change.PullRequests {
		if m.pulls[fmt.Sprint(pull)] {
			return true
		}
	}
	text := significant(change.Text)
	single := strings.Count(text, " ") <= 2
	for _, words := range m.words {
		if text == words && text != " " || !single && strings.Contains(words, text) {
			return true
		}
	}
	return false
}

// smallWords do not tell one change from another.
const smallWords = " a an and are as at be by for from in into is it its of on or so that the this to was when with "

// significant is the text's words in lower case, without small words, with a
// space before, between and after them.
func significant(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	var kept strings.Builder
	kept.WriteByte(' ')
	for _, word := range words {
		if !strings.Contains(smallWords, " "+word+" ") {
			kept.WriteString(word + " ")
		}
	}
	return kept.String()
}
