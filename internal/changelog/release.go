package changelog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mozilla-services/looprel/internal/release"
)

// Additions are changes that a release may add to what people wrote.
type Additions struct {
	// WhenEmpty become the text of a section that is missing or empty.
	WhenEmpty []Change
	// Append are added to a section that has text.
	Append []Change
}

// Release makes the unreleased section the one of the version: its heading gets
// version and date, and an underline that had the heading's length gets the new
// one. A section of that very version is preferred over the topmost unreleased
// one; when it has its date already, its heading stays. Without either, a section
// is inserted by version order. In Keep a Changelog the link reference follows.
//
// Nothing else changes, apart from the additions.
func (f *File) Release(version release.Version, date release.Date, additions Additions) *File {
	at, found := f.find(version)
	if !found {
		at, found = f.unreleased()
	}
	if !found {
		text := f.headingFor(version, date.String())
		return f.inserted(version, text, f.withEntries(nil, additions.WhenEmpty)).withVersionLink(version)
	}
	filled := f.filled(at, additions)
	old := f.sections[at].heading
	if !old.unreleased {
		return filled
	}
	dated := filled.retitled(at, filled.releasedHeading(old, version, date))
	dated.opened = &opening{heading: old}
	reference, ok := f.link(old.label())
	if !ok {
		return dated
	}
	dated.opened.label = reference.label
	return dated.withReleasedLink(reference, version)
}

// filled is the file with the additions in the section.
func (f *File) filled(at int, additions Additions) *File {
	s := f.sections[at]
	content, _ := cutTrailingBlank(f.lines[s.body:s.end])
	end := s.body + len(content)
	switch empty := isEmpty(content, f.blocks(content)); {
	case empty && len(additions.WhenEmpty) > 0:
		rest, _ := cutTrailingBlank(f.withoutPlaceholders(content))
		content = f.withEntries(rest, additions.WhenEmpty)
	case !empty:
		content = f.withEntries(content, additions.Append)
	}
	return f.replace(s.body, end, content)
}

// retitled is the file with another text in the section's heading.
func (f *File) retitled(at int, text string) *File {
	s := f.sections[at]
	lines := slices.Clone(f.lines[s.start:s.body])
	if f.style == StyleKeepAChangelog {
		lines[0].text = strings.Replace(lines[0].text, s.heading.text, text, 1)
		return f.replace(s.start, s.body, lines)
	}
	lines[0].text = text
	old := underlineFor(s.marker, s.heading.text)
	if lines[1].text == old && utf8.RuneCountInString(text) != len(old) {
		lines[1].text = underlineFor(s.marker, text)
	}
	return f.replace(s.start, s.body, lines)
}

// openPlaceholder is the text of a new section in the Loop style, where a
// heading is never left without text.
const openPlaceholder = "- No changes yet."

// Open puts a new unreleased section on top ("Back to development"), written as
// the one that Release dated, or else in the file's own shape. The section of an
// unreleased version that is on top already is renamed instead. A zero version
// makes a heading without one.
func (f *File) Open(next release.Version) *File {
	// One further down belongs to another line.
	if at, ok := f.unreleased(); ok && at == 0 {
		return f.renamed(at, next)
	}
	var content []line
	if f.style == StyleLoop {
		content = slices.Concat(f.blankLines(f.headGap()), f.newLines(openPlaceholder))
	}
	top := 0
	if len(f.sections) > 0 {
		top = f.sections[0].start
	}
	text := f.openHeading(next)
	return f.insertedAt(top, len(f.sections) == 0, text, content).withOpenLink(parseHeading(text).label())
}

// renamed gives the unreleased section another version, if its heading has one.
func (f *File) renamed(at int, next release.Version) *File {
	h := f.sections[at].heading
	if next.IsZero() || h.versionAt.isEmpty() || h.version == next {
		return f
	}
	return f.retitled(at, h.text[:h.versionAt.start]+next.String()+h.text[h.versionAt.end:])
}
