package terminal

import (
	"strings"

	"github.com/rivo/uniseg"
)

// ellipsis marks where text was left out; it is one column wide.
const ellipsis = "…"

// DisplayWidth is the number of columns that the text takes: two for wide
// characters and emoji, none for combining marks. The text must be safe already
// (see Sanitize).
func DisplayWidth(text string) int { return uniseg.StringWidth(text) }

// Truncate cuts the text to at most width columns; what was cut is marked by
// "…", which counts. Characters are cut as a whole, with their marks.
func Truncate(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if DisplayWidth(text) <= width {
		return text
	}
	head, _ := cutColumns(text, width-1)
	return strings.TrimRight(head, " ") + ellipsis
}

// Wrap breaks the text into lines of at most width columns, at spaces where
// possible; a word that is wider than a line is broken. The result has at least
// one line; a width of 0 or less is no limit.
func Wrap(text string, width int) []string {
	if width <= 0 {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && DisplayWidth(line)+1+DisplayWidth(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for DisplayWidth(word) > width {
			head, rest := cutColumns(word, width)
			if head == "" {
				// A character wider than the whole line stands alone.
				head, rest, _, _ = uniseg.FirstGraphemeClusterInString(word, -1)
			}
			lines = append(lines, head)
			word = rest
		}
		line = word
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cutColumns parts the text after the last character that fits into the width.
func cutColumns(text string, width int) (head, rest string) {
	at, state := 0, -1
	for at < len(text) {
		cluster, _, columns, next := uniseg.FirstGraphemeClusterInString(text[at:], state)
		if columns > width {
			break
		}
		width -= columns
		at += len(cluster)
		state = next
	}
	return text[:at], text[at:]
}
