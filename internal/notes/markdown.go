package notes

import (
	"strings"
	"unicode"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// markdown makes untrusted text safe within a line of Markdown: nothing in it is
// a link, an image, emphasis, HTML, an entity, a table or the beginning of a
// block. Code spans stay when every backtick has its partner. A mention ("@name")
// becomes a code span, which every forge shows as it is and notifies nobody for.
func markdown(text string) string {
	text = changelog.OneLine(text, maxText)
	if !balanced(text) {
		return blockStart.ReplaceAllString(escaped(strings.ReplaceAll(text, "`", "'")), `$1\$2`)
	}
	var safe strings.Builder
	for i, piece := range strings.Split(text, "`") {
		if i%2 == 1 {
			safe.WriteString("`" + piece + "`")
		} else {
			safe.WriteString(escaped(piece))
		}
	}
	return blockStart.ReplaceAllString(safe.String(), `$1\$2`)
}

// balanced reports whether the text's backticks make code spans of one backtick
// each. Longer runs have rules of their own and are given up.
func balanced(text string) bool {
	return strings.Count(text, "`")%2 == 0 && !strings.Contains(text, "``")
}

// blockStart is what begins a title, a list item or a rule in a list item.
var blockStart = lazyregexp.New(`^(\d{0,9})([#+=.)-])`)

var (
	mention = lazyregexp.New(`(^|[^\w@])(@[A-Za-z0-9][\w-]*(?:/[\w-]+)?)`)
	entity  = lazyregexp.New(`&(#?\w+;)`)
)

// escaped escapes text that has no backticks.
func escaped(text string) string {
	var safe strings.Builder
	last := 0
	for _, at := range mention.FindAllStringSubmatchIndex(text, -1) {
		safe.WriteString(escapedPlain(text[last:at[4]]) + "`" + text[at[4]:at[5]] + "`")
		last = at[5]
	}
	safe.WriteString(escapedPlain(text[last:]))
	return safe.String()
}

func escapedPlain(text string) string {
	text = entity.ReplaceAllString(text, "&amp;$1")
	var safe strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		switch r {
		case '<':
			safe.WriteString("&lt;")
			continue
		case '>':
			safe.WriteString("&gt;")
			continue
		case '\\', '*', '[', ']', '|', '~':
			safe.WriteByte('\\')
		case '_':
			// Within a word it is no emphasis, and names are full of it.
			if !isWord(runes, i-1) || !isWord(runes, i+1) {
				safe.WriteByte('\\')
			}
		}
		safe.WriteRune(r)
	}
	return safe.String()
}

func isWord(runes []rune, i int) bool {
	return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
}

// link is a link in Markdown; text is trusted. Without an address it is the text.
func link(text, address string) string {
	if address == "" {
		return text
	}
	return "[" + text + "](" + strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\n", "", "\r", "").Replace(address) + ")"
}
