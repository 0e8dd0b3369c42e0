package printable

import (
	"strings"
	"unicode"
)

// The characters that begin an escape sequence, by ECMA-48: ESC, and those of
// C1 that stand for ESC and one more character.
const (
	escape             = '\x1b'
	deviceControl      = '\u0090'
	startOfString      = '\u0098'
	controlSequence    = '\u009b'
	stringTerminator   = '\u009c'
	operatingSystem    = '\u009d'
	privacyMessage     = '\u009e'
	applicationCommand = '\u009f'
	bell               = '\a'
)

func isIntroducer(r rune) bool {
	switch r {
	case escape, deviceControl, startOfString, controlSequence, operatingSystem, privacyMessage, applicationCommand:
		return true
	}
	return false
}

// sequenceLength is the number of bytes of the escape sequence at the text's
// beginning, whose first character has the given size. Of a sequence that is
// not complete only the introducer counts: what follows is shown, so that an
// unfinished sequence cannot hide the rest of a text.
func sequenceLength(text string, size int) int {
	switch {
	case text[0] != escape && strings.HasPrefix(text, string(controlSequence)):
		return size + parametersLength(text[size:])
	case text[0] != escape:
		return size + stringLength(text[size:])
	case len(text) == 1:
		return 1
	case text[1] == '[':
		return 2 + parametersLength(text[2:])
	case strings.IndexByte("]PX^_", text[1]) >= 0:
		return 2 + stringLength(text[2:])
	}
	return 1 + shortLength(text[1:])
}

// shortLength is the length of what follows ESC in a sequence without
// parameters, such as the choice of a character set; 0 when it is not complete.
func shortLength(text string) int {
	at := span(text, 0x20, 0x2f)
	if at < len(text) && text[at] >= 0x30 && text[at] <= 0x7e {
		return at + 1
	}
	return 0
}

// parametersLength is the length of a control sequence after its introducer
// (parameters, intermediates, one final byte); 0 when it is not complete.
func parametersLength(text string) int {
	at := span(text, 0x30, 0x3f)
	at += span(text[at:], 0x20, 0x2f)
	if at < len(text) && text[at] >= 0x40 && text[at] <= 0x7e {
		return at + 1
	}
	return 0
}

// stringLength is the length of a control string after its introducer, with its
// terminator; 0 when it has none. Any other control character ends the search,
// as it ends the string in terminals; this also keeps the search linear.
func stringLength(text string) int {
	for at, r := range text {
		switch {
		case r == bell:
			return at + 1
		case r == stringTerminator:
			return at + len(string(stringTerminator))
		case r == escape && strings.HasPrefix(text[at:], "\x1b\\"):
			return at + 2
		case unicode.IsControl(r):
			return 0
		}
	}
	return 0
}

// span counts the bytes at the text's beginning that lie between low and high.
func span(text string, low, high byte) int {
	for at := range len(text) {
		if text[at] < low || text[at] > high {
			return at
		}
	}
	return len(text)
}
