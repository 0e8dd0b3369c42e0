// Package printable makes text from outside (commit messages, answers of
// servers, output of commands) safe to show and to keep.
//
// Such text may carry escape sequences that move the cursor, change the window's
// title or the clipboard, bidirectional controls that show a line in another
// order than it has, and characters that cannot be seen. All of it is removed:
//
//	Line     one line: line breaks and tabs become spaces
//	Lines    several lines: line breaks and tabs stay
//	Bounded  one line of a limited length
//
// Each of them gives valid UTF-8 and changes nothing when it is applied again.
// The package is pure and imports the standard library only, so that every
// package may import it.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis stands for what Bounded leaves out.
const ellipsis = "…"

// Line returns the text as one line without anything that a terminal would
// interpret or that could not be seen: control characters, escape sequences,
// bidirectional controls, zero-width and other invisible characters. Line
// breaks and tabs become spaces; bytes that are not UTF-8 become U+FFFD.
func Line(text string) string { return clean(text, false) }

// Lines is Line for text of several lines: line breaks and tabs stay, and CR LF
// becomes a line break.
func Lines(text string) string { return clean(text, true) }

// Bounded is Line, cut to at most limit bytes; what was cut is marked by "…",
// which counts. A limit too small for the mark gives nothing.
func Bounded(text string, limit int) string {
	line := Line(text)
	if len(line) <= limit {
		return line
	}
	end := limit - len(ellipsis)
	if end < 0 {
		return ""
	}
	for end > 0 && !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end] + ellipsis
}

func clean(text string, keepLayout bool) string {
	var cleaned strings.Builder
	cleaned.Grow(len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case isIntroducer(r):
			size = sequenceLength(text, size)
		case r == '\r' && strings.HasPrefix(text, "\r\n"):
			// The line break that follows speaks for both.
		case keepLayout && (r == '\n' || r == '\t'):
			cleaned.WriteRune(r)
		case separates(r):
			cleaned.WriteByte(' ')
		case !isHidden(r):
			// An invalid byte decodes to U+FFFD, and is written as such.
			cleaned.WriteRune(r)
		}
		text = text[size:]
	}
	return cleaned.String()
}

// separates reports whether the character, though it must not be shown, parts
// the words around it.
func separates(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// isHidden reports whether the character controls or cannot be seen. The format
// characters of Unicode hold the bidirectional controls and the zero-width ones;
// the prepended marks among them are visible. All of plane 14 up to U+E0FFF is
// tags and selectors, which can carry a hidden text of any length.
func isHidden(r rune) bool {
	if unicode.IsControl(r) || (r >= 0xE0000 && r <= 0xE0FFF) {
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
