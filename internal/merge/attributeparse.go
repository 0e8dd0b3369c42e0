package merge

import (
	"strings"
)

const (
	// attributeLineLimit is the length in bytes from which git ignores a line.
	attributeLineLimit = 2048
	// attributeFileLimit is the size in bytes from which git ignores a file.
	attributeFileLimit = 100 << 20
	// blanks separate the words of a line.
	blanks = " \t\r\n"
	// macroPrefix begins a line that defines a macro.
	macroPrefix = "[attr]"
)

// attributeFile is the lines of a .gitattributes file that mean something.
type attributeFile []attributeLine

// attributeLine says what attributes the files that match a pattern have, or
// what an attribute stands for.
type attributeLine struct {
	macro       string // the name that is defined, "" for a pattern
	pattern     pathPattern
	assignments []assignment
}

// assignment is what a line makes of one attribute.
type assignment struct {
	name string
	attribute
}

// parseAttributes reads a .gitattributes file. As in git, lines that it cannot
// read are ignored, and macros are defined at the root only.
func parseAttributes(content []byte, macros bool) attributeFile {
	if len(content) >= attributeFileLimit {
		return nil
	}
	text := strings.TrimPrefix(string(content), "\ufeff")
	var file attributeFile
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
		if parsed, ok := parseAttributeLine(line); ok && (macros || parsed.macro == "") {
			file = append(file, parsed)
		}
	}
	return file
}

func parseAttributeLine(line string) (attributeLine, bool) {
	line = strings.TrimLeft(line, blanks)
	if line == "" || line[0] == '#' || len(line) >= attributeLineLimit {
		return attributeLine{}, false
	}
	first, rest, quoted := firstWord(line)
	parsed := attributeLine{}
	if name, isMacro := strings.CutPrefix(first, macroPrefix); isMacro && len(first) > len(macroPrefix) {
		if name == "" || quoted {
			return attributeLine{}, false
		}
		if !isAttributeName(name) {
			return attributeLine{}, false
		}
		parsed.macro = name
	} else if parsed.pattern = newPathPattern(first); parsed.pattern.negative {
		return attributeLine{}, false // git has no negative patterns here
	}
	for word := range strings.FieldsFuncSeq(rest, func(c rune) bool { return strings.ContainsRune(blanks, c) }) {
		one, ok := parseAssignment(word)
		if !ok {
			return attributeLine{}, false
		}
		parsed.assignments = append(parsed.assignments, one)
	}
	return parsed, true
}

// firstWord cuts a line after its first word, which may be quoted.
func firstWord(line string) (word, rest string, quoted bool) {
	if line[0] == '"' {
		if word, rest, ok := unquote(line); ok {
			return word, rest, true
		}
	}
	end := strings.IndexAny(line, blanks)
	if end < 0 {
		return line, "", false
	}
	return line[:end], line[end:], false
}

// parseAssignment reads "name", "-name", "!name" or "name=value".
func parseAssignment(word string) (assignment, bool) {
	name, value, hasValue := strings.Cut(word, "=")
	one := assignment{name: name, attribute: attribute{state: attributeSet}}
	switch {
	case name != "" && name[0] == '-':
		one = assignment{name: name[1:], attribute: attribute{state: attributeUnset}}
	case name != "" && name[0] == '!':
		one = assignment{name: name[1:]}
	case hasValue:
		one.state, one.value = attributeValue, value
	}
	return one, isAttributeName(one.name)
}

// unquote reads a C string between double quotes, as git writes paths, and gives
// what follows it.
func unquote(text string) (content, rest string, ok bool) {
	var result strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return result.String(), text[i+1:], true
		case '\\':
			decoded, length, ok := unescape(text[i+1:])
			if !ok {
				return "", "", false
			}
			result.WriteByte(decoded)
			i += length
		default:
			result.WriteByte(c)
		}
	}
	return "", "", false
}

// unescape reads what follows a backslash: a letter or three octal digits.
func unescape(text string) (decoded byte, length int, ok bool) {
	const letters, meanings = "abfnrtv\\\"", "\a\b\f\n\r\t\v\\\""
	if text == "" {
		return 0, 0, false
	}
	if i := strings.IndexByte(letters, text[0]); i >= 0 {
		return meanings[i], 1, true
	}
	const octalDigits = 3
	if len(text) < octalDigits || text[0] > '3' {
		return 0, 0, false
	}
	for i := range octalDigits {
		if text[i] < '0' || text[i] > '7' {
			return 0, 0, false
		}
		decoded = decoded<<octalDigits | (text[i] - '0')
	}
	return decoded, octalDigits, true
}
