package notes

import (
	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// Inline makes untrusted text safe within a line of Markdown: nothing in it is more
// than text, and nobody is mentioned.
func Inline(text string) string { return WithoutClosing(markdown(text)) }

// maxTitle bounds a title at a forge, in characters: GitHub takes 256, and what is
// defused grows.
const maxTitle = 200

// PlainTitle makes untrusted text the title of something at a forge, which is no
// Markdown, and may become the subject of a commit: one line of bounded length, that
// mentions nobody and closes nothing.
func PlainTitle(text string) string {
	return WithoutClosing(mention.ReplaceAllString(changelog.OneLine(text, maxTitle), "$1`$2`"))
}

// closing is a word by which forges close an issue once the text is merged, where a
// reference to one follows.
var closing = lazyregexp.New(`(?i)\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(:?\s+\[?(?:[\w.-]+/[\w.-]+)?(?:#\d|GH-\d|https?://))`)

// wordJoiner is not seen, and makes another word of the one before it.
const wordJoiner = "\u2060"

// WithoutClosing makes text that says "fixes #1" close nothing. The reference stays.
func WithoutClosing(text string) string {
	return closing.ReplaceAllString(text, "$1"+wordJoiner+"$2")
}
