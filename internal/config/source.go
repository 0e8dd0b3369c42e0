package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maximumSize bounds the file, in bytes.
const maximumSize = 1 << 20

// byteOrderMark may begin a UTF-8 file; it is no part of the first line.
const byteOrderMark = "\uFEFF"

// place is a position in the text, both parts from 1, columns in characters.
type place struct{ line, column int }

// placeOf is where the character stands that the byte at the offset is part of.
func placeOf(text []byte, offset int) place {
	offset = min(offset, len(text))
	for offset > 0 && offset < len(text) && !utf8.RuneStart(text[offset]) {
		offset--
	}
	before := text[:offset]
	line := 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return place{line: line, column: 1 + utf8.RuneCount(before[start:])}
}

// checkText reports what keeps the bytes from being read as YAML at all, and
// reports whether they can be.
func (d *decoder) checkText(text []byte) bool {
	if len(text) > maximumSize {
		d.reportAt(place{1, 1}, "the file has %d bytes, expected at most %d", len(text), maximumSize)
		return false
	}
	if at := invalidUTF8(text); at >= 0 {
		d.reportAt(placeOf(text, at), "the byte 0x%02x is not UTF-8, expected text in UTF-8", text[at])
		return false
	}
	readable := true
	number := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		number++
		if column, message := checkLine(strings.TrimSuffix(line, "\r")); message != "" {
			d.reportAt(place{number, column}, "%s", message)
			readable = false
		}
	}
	return readable
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, -1 for none.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// checkLine finds the first character of a line that may not stand there.
func checkLine(line string) (column int, message string) {
	indentation := true
	for _, r := range line {
		column++
		switch {
		case r == '\t' && indentation:
			return column, "a tab in the indentation, expected spaces"
		case r == '\t':
		case unprintable(r):
			return column, fmt.Sprintf("the character U+%04X, expected printable text", r)
		case r != ' ':
			indentation = false
		}
	}
	return 0, ""
}

// unprintable reports characters that YAML refuses, that it takes for the end of
// a line where editors do not, or that change the order in which text is shown.
func unprintable(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\uFEFF', r == '\uFFFE', r == '\uFFFF':
		return true
	case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}
