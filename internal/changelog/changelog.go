// Package changelog edits lists of changes as text: it dates the unreleased
// section for a release, opens the next one, and carries sections from one branch
// to another. What people wrote is kept to the byte.
//
// Two styles are known. In the Loop service's style a section is a line such as
// "0.10.0 (unreleased)" with an underline; in the style of Keep a Changelog 1.1
// it is a Markdown heading such as "## [Unreleased]", with groups ("### Added")
// and link references at the end. Both are read tolerantly (any common way to
// write the heading) and written in the file's own manner: its spacing, its
// heading shape, its way to write an entry.
//
//	File     the lines with their exact ends, and where the sections are
//	heading  a section's title: version, date or "unreleased", and their places
//	block    a piece of a section's body: an entry, a group's title, a paragraph
//
// A File never changes; each edit returns another one. An edit replaces whole
// lines, so everything it does not name stays the same bytes.
//
// The package is pure: bytes in, bytes out, and the date is given. It imports
// the release vocabulary only, and knows nothing of commits (package notes turns
// them into Change values).
package changelog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// MaxSize is the largest changelog that is read, in bytes.
const MaxSize = 8 << 20

// Style is a way to write a changelog; the values are those of
// environments.yaml.
type Style string

// The styles. StyleAsFound is the style that Detect sees in the file.
const (
	StyleAsFound        Style = ""
	StyleLoop           Style = "loop"
	StyleKeepAChangelog Style = "keep-a-changelog"
)

// File is a changelog. It never changes: edits return a new File.
type File struct {
	style Style
	mark  string // the byte order mark, or nothing
	lines []line
	// lineBreak ends the lines that an edit adds.
	lineBreak string
	// unended says that the last line has no line break.
	unended  bool
	sections []section
	// links is the line at which the link references at the end begin, or the
	// number of lines.
	links int
	// opened is how the unreleased section was written before Release dated it,
	// so that Open writes the next one likewise. It is nil in a file just parsed.
	opened *opening
}

type line struct{ text, end string }

func (l line) isBlank() bool { return strings.TrimSpace(l.text) == "" }

// opening is the heading of an unreleased section and its link reference's label.
type opening struct {
	heading heading
	label   string
}

// Parse reads a changelog in the style, or in the one that it shows.
func Parse(style Style, data []byte) (*File, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("the changelog has %d bytes: looprel reads at most %d", len(data), MaxSize)
	}
	switch style {
	case StyleLoop, StyleKeepAChangelog:
	case StyleAsFound:
		style = Detect(data)
	default:
		return nil, fmt.Errorf("%q is not a style of changelog: expected %s or %s", style, StyleLoop, StyleKeepAChangelog)
	}
	text := string(data)
	file := &File{style: style}
	if rest, found := strings.CutPrefix(text, "\uFEFF"); found {
		file.mark, text = "\uFEFF", rest
	}
	file.lines = splitLines(text)
	file.lineBreak = usualBreak(file.lines)
	file.unended = len(file.lines) > 0 && file.lines[len(file.lines)-1].end == ""
	file.scan()
	return file, nil
}

// Detect says which style the changelog shows: that of most of its sections, or
// of its title when it has no section; StyleLoop when it shows nothing.
func Detect(data []byte) Style {
	lines := splitLines(string(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	underlined, hashed := underlinedHeadings(lines), hashedHeadings(lines)
	versions := func(titles []title) int {
		return len(slices.DeleteFunc(slices.Clone(titles), func(t title) bool { return !t.heading.isSection }))
	}
	switch u, h := versions(underlined), versions(hashed); {
	case h > u, h == u && len(hashed) > len(underlined):
		return StyleKeepAChangelog
	default:
		return StyleLoop
	}
}

// Style is the style that the file is read and written in.
func (f *File) Style() Style { return f.style }

// String is the file's content: of a file just parsed, exactly what was parsed.
func (f *File) String() string {
	var text strings.Builder
	text.WriteString(f.mark)
	for _, l := range f.lines {
		text.WriteString(l.text + l.end)
	}
	return text.String()
}

// with is the file with other lines.
func (f *File) with(lines []line) *File {
	changed := *f
	changed.lines = slices.Clone(lines)
	for i := range changed.lines {
		if changed.lines[i].end == "" {
			changed.lines[i].end = f.lineBreak
		}
	}
	if f.unended && len(changed.lines) > 0 {
		changed.lines[len(changed.lines)-1].end = ""
	}
	changed.scan()
	return &changed
}

// replace is the file with other lines in place of those from start to end.
func (f *File) replace(start, end int, lines []line) *File {
	return f.with(slices.Concat(f.lines[:start], lines, f.lines[end:]))
}

// newLines makes lines of texts.
func (f *File) newLines(texts ...string) []line {
	lines := make([]line, len(texts))
	for i, text := range texts {
		lines[i] = line{text, f.lineBreak}
	}
	return lines
}

func (f *File) blankLines(n int) []line { return f.newLines(make([]string, n)...) }

func splitLines(text string) []line {
	var lines []line
	for piece := range strings.Lines(text) {
		content := strings.TrimSuffix(piece, "\n")
		if content != piece {
			content = strings.TrimSuffix(content, "\r")
		}
		lines = append(lines, line{content, piece[len(content):]})
	}
	return lines
}

// usualBreak is how most lines end.
func usualBreak(lines []line) string {
	crlf, lf := 0, 0
	for _, l := range lines {
		switch l.end {
		case "\r\n":
			crlf++
		case "\n":
			lf++
		}
	}
	if crlf > lf {
		return "\r\n"
	}
	return "\n"
}

// Section is what the changelog says about one version.
type Section struct {
	// Heading is the title as it stands, without underline or hashes.
	Heading string
	// Version is zero in a heading that names none, or none that is
	// MAJOR.MINOR.PATCH. Of "0.12.7 / 0.12.6" it is the first.
	Version release.Version
	// Date is zero in an unreleased or undated heading.
	Date       release.Date
	Unreleased bool
	// Body is the text below the heading without surrounding blank lines; its
	// lines end in "\n" whatever the file's do.
	Body string
	// Entries are the body's list items, each with its bullet and its further
	// lines, without surrounding space.
	Entries []string

	style Style
	empty bool
}

// IsEmpty reports whether the section says nothing: placeholders ("No changes
// yet."), titles of groups without entries and comments do not count.
func (s Section) IsEmpty() bool { return s.empty }

// Sections are the file's sections from top to bottom.
func (f *File) Sections() []Section {
	sections := make([]Section, len(f.sections))
	for i := range f.sections {
		sections[i] = f.export(i)
	}
	return sections
}

// Section returns the section of that version; ok is false when there is none.
// Of two, the unreleased one counts, then the upper one.
func (f *File) Section(version release.Version) (s Section, ok bool) {
	at, ok := f.find(version)
	if !ok {
		return Section{}, false
	}
	return f.export(at), true
}

// Unreleased returns the topmost unreleased section; ok is false when there is
// none.
func (f *File) Unreleased() (s Section, ok bool) {
	at, ok := f.unreleased()
	if !ok {
		return Section{}, false
	}
	return f.export(at), true
}

func (f *File) find(version release.Version) (int, bool) {
	found, ok := 0, false
	for i, s := range f.sections {
		if s.heading.names(version) && (!ok || s.heading.unreleased && !f.sections[found].heading.unreleased) {
			found, ok = i, true
		}
	}
	return found, ok
}

func (f *File) unreleased() (int, bool) {
	at := slices.IndexFunc(f.sections, func(s section) bool { return s.heading.unreleased })
	return at, at >= 0
}

func (f *File) export(i int) Section {
	s := f.sections[i]
	content, _ := cutTrailingBlank(f.lines[s.body:s.end])
	blocks := f.blocks(content)
	exported := Section{
		Heading: s.heading.text, Version: s.heading.version, Date: s.heading.date, Unreleased: s.heading.unreleased,
		Body:  strings.Trim(joinLines(content), "\n"),
		style: f.style,
		empty: isEmpty(content, blocks),
	}
	for _, b := range blocks {
		if b.kind == blockEntry {
			exported.Entries = append(exported.Entries, strings.TrimSpace(joinLines(b.of(content))))
		}
	}
	return exported
}

// joinLines gives the lines' text with "\n" between them, blank lines empty.
func joinLines(lines []line) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		if !l.isBlank() {
			texts[i] = l.text
		}
	}
	return strings.Join(texts, "\n")
}
