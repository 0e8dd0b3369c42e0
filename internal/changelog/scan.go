package changelog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// title is a heading of any kind where it stands in the file.
type title struct {
	heading heading
	start   int // its line
	body    int // the line after it
	// level counts from the highest: the number of hashes, or of kinds of
	// underlines seen up to the first of its kind.
	level int
	// marker is the hashes, or one character of the underline.
	marker string
}

// section is a title with the lines up to the next title of its level.
type section struct {
	title
	end int
}

// scan finds the sections and the link references at the end.
func (f *File) scan() {
	f.links = len(f.lines)
	var titles []title
	// Below a section's level are titles within it.
	lowest := 0
	if f.style == StyleKeepAChangelog {
		titles = hashedHeadings(f.lines)
		f.links = linksStart(f.lines)
		// Some tools write minor releases as "#" and patches as "##".
		lowest = 2
	} else {
		titles = underlinedHeadings(f.lines)
	}
	if first := slices.IndexFunc(titles, func(t title) bool { return t.heading.isSection }); first >= 0 {
		lowest = max(lowest, titles[first].level)
	}
	f.sections = nil
	for i, t := range titles {
		if t.heading.isSection && t.level <= lowest {
			f.sections = append(f.sections, section{title: t, end: f.sectionEnd(titles[i:], lowest)})
		}
	}
}

// sectionEnd is where the section of the first title ends.
func (f *File) sectionEnd(titles []title, lowest int) int {
	for _, t := range titles[1:] {
		if t.level <= titles[0].level || t.heading.isSection && t.level <= lowest {
			return t.start
		}
	}
	return max(f.links, titles[0].body)
}

// underlineCharacters are those that reStructuredText recommends for titles.
const underlineCharacters = "=-`:.'\"~^_*+#"

// underlinedHeadings finds titles in the manner of reStructuredText: a line, not
// indented, and below it a line of one repeated character.
func underlinedHeadings(lines []line) []title {
	var titles []title
	levels := ""
	for i := 1; i < len(lines); i++ {
		marker := underline(lines[i].text)
		text := lines[i-1].text
		if marker == "" || lines[i-1].isBlank() || strings.TrimLeft(text, " \t") != text || bulletIndent(text) >= 0 || underline(text) != "" {
			continue
		}
		level := strings.Index(levels, marker)
		if level < 0 {
			level = len(levels)
			levels += marker
		}
		titles = append(titles, title{heading: parseHeading(text), start: i - 1, body: i + 1, level: level, marker: marker})
	}
	return titles
}

// underline returns the character that the line repeats three times or more.
func underline(text string) string {
	text = strings.TrimRight(text, " \t")
	if len(text) < 3 || !strings.Contains(underlineCharacters, text[:1]) || strings.Trim(text, text[:1]) != "" {
		return ""
	}
	return text[:1]
}

// underlineFor is the line that belongs below a heading.
func underlineFor(marker, text string) string {
	return strings.Repeat(marker, max(3, utf8.RuneCountInString(text)))
}

var hashed = lazyregexp.New(`^(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$`)

// hashedHeadings finds Markdown's titles, passing over code and comments.
func hashedHeadings(lines []line) []title {
	var titles []title
	var inside markdownBlock
	for i, l := range lines {
		if inside.covers(l.text) {
			continue
		}
		if parts := hashed.FindStringSubmatch(l.text); parts != nil {
			titles = append(titles, title{heading: parseHeading(parts[2]), start: i, body: i + 1, level: len(parts[1]), marker: parts[1]})
		}
	}
	return titles
}

// markdownBlock follows fenced code and HTML comments from line to line.
type markdownBlock struct {
	fence   string
	comment bool
}

// covers reports whether the line belongs to code or a comment.
func (b *markdownBlock) covers(text string) bool {
	trimmed := strings.TrimSpace(text)
	switch {
	case b.comment:
		b.comment = !strings.Contains(trimmed, "-->")
		return true
	case b.fence != "":
		if strings.HasPrefix(trimmed, b.fence) && strings.Trim(trimmed, b.fence[:1]) == "" {
			b.fence = ""
		}
		return true
	case strings.HasPrefix(trimmed, "<!--"):
		b.comment = !strings.Contains(trimmed, "-->")
		return true
	case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
		info := strings.TrimLeft(trimmed, trimmed[:1])
		if trimmed[0] == '`' && strings.Contains(info, "`") {
			return false // code within the line
		}
		b.fence = trimmed[:len(trimmed)-len(info)]
		return true
	}
	return false
}
