package ics

import (
	"strings"
	"unicode"
)

// printable makes any text fit for a TEXT value: valid UTF-8 without control
// characters but line feeds. The library escapes the rest, but would let a
// carriage return end the line.
func printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, text)
}
