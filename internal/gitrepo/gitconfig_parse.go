package gitrepo

import (
	"bytes"
	"fmt"
	"strings"
)

// parseConfig reads one configuration file, in the order of its lines: the
// grammar is that of git-config(1), "Syntax". A configuration file is read here
// and not by go-git, whose decoder joins the sections of one name and so loses
// at which place a file is included.
func parseConfig(data []byte, origin string) ([]setting, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	parser := configParser{data: data, line: 1, origin: origin}
	if err := parser.file(); err != nil {
		return nil, &Error{
			Kind:   ErrConfig,
			What:   fmt.Sprintf("%s:%d: %v", origin, parser.line, err),
			Advice: "correct the file; git cannot read it either",
		}
	}
	return parser.settings, nil
}

type configParser struct {
	data                []byte
	at, line            int
	origin              string
	section, subsection string
	settings            []setting
}

// next returns the next byte; the end of the file reads as a line break.
func (p *configParser) next() byte {
	if p.at >= len(p.data) {
		p.at++
		return '\n'
	}
	c := p.data[p.at]
	p.at++
	return c
}

func (p *configParser) atEnd() bool { return p.at >= len(p.data) }

func (p *configParser) file() error {
	for !p.atEnd() {
		c := p.next()
		var err error
		switch {
		case c == '\n':
			p.line++
		case isConfigSpace(c):
		case c == '#' || c == ';':
			p.skipComment()
		case c == '[':
			err = p.header()
		case isLetter(c):
			err = p.variable(c)
		default:
			err = fmt.Errorf("unexpected character %q", c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// skipComment stops before the line break.
func (p *configParser) skipComment() {
	for !p.atEnd() && p.data[p.at] != '\n' {
		p.at++
	}
}

// header reads [section], [section "subsection"] or the old [section.subsection],
// after its bracket.
func (p *configParser) header() error {
	var name strings.Builder
	for {
		c := p.next()
		switch {
		case c == ']':
			// In the old form the subsection's case does not count either.
			p.section, p.subsection, _ = strings.Cut(strings.ToLower(name.String()), ".")
			return nil
		case c == ' ' || c == '\t':
			p.section = strings.ToLower(name.String())
			return p.quotedSubsection()
		case isLetter(c) || isDigit(c) || c == '-' || c == '.':
			name.WriteByte(c)
		default:
			return fmt.Errorf("unexpected character %q in a section's name", c)
		}
	}
}

func (p *configParser) quotedSubsection() error {
	c := p.next()
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	if c != '"' {
		return fmt.Errorf("expected a quoted subsection, got %q", c)
	}
	var name strings.Builder
	for {
		c = p.next()
		if c == '"' {
			break
		}
		if c == '\\' {
			c = p.next()
		}
		if c == '\n' {
			return fmt.Errorf("the subsection's name does not end")
		}
		name.WriteByte(c)
	}
	if c = p.next(); c != ']' {
		return fmt.Errorf("expected ], got %q", c)
	}
	p.subsection = name.String()
	return nil
}

func (p *configParser) variable(first byte) error {
	key := strings.Builder{}
	key.WriteByte(first)
	c := p.next()
	for isLetter(c) || isDigit(c) || c == '-' {
		key.WriteByte(c)
		c = p.next()
	}
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	found := setting{
		section: p.section, subsection: p.subsection,
		key: strings.ToLower(key.String()), origin: p.origin,
	}
	switch c {
	case '\n':
		found.bare = true
	case '=':
		value, err := p.value()
		if err != nil {
			return err
		}
		found.value = value
	default:
		return fmt.Errorf("unexpected character %q after the variable %s", c, found.key)
	}
	p.line++
	p.settings = append(p.settings, found)
	return nil
}

// value reads up to the end of the line: quotes protect spaces and comment
// signs, spaces around the value do not belong to it.
func (p *configParser) value() (string, error) {
	var value, spaces []byte
	quoted := false
	for {
		c := p.next()
		switch {
		case c == '\n' && quoted:
			return "", fmt.Errorf("a quoted value does not end")
		case c == '\n':
			return string(value), nil
		case isConfigSpace(c) && !quoted:
			if len(value) > 0 {
				spaces = append(spaces, c)
			}
			continue
		case (c == '#' || c == ';') && !quoted:
			p.skipComment()
			continue
		}
		value = append(value, spaces...)
		spaces = nil
		switch c {
		case '"':
			quoted = !quoted
		case '\\':
			escaped, err := p.escape()
			if err != nil {
				return "", err
			}
			value = append(value, escaped...)
		default:
			value = append(value, c)
		}
	}
}

// escape reads what follows a backslash; a line break continues the value.
func (p *configParser) escape() (string, error) {
	switch c := p.next(); c {
	case '\n':
		p.line++
		return "", nil
	case 't':
		return "\t", nil
	case 'b':
		return "\b", nil
	case 'n':
		return "\n", nil
	case '\\', '"':
		return string(c), nil
	default:
		return "", fmt.Errorf("unknown escape \\%c", c)
	}
}

func isConfigSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }
func isLetter(c byte) bool      { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool       { return '0' <= c && c <= '9' }
