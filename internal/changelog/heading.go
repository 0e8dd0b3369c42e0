package changelog

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// heading is a title, and what it says if it is a section's.
type heading struct {
	text      string
	isSection bool
	version   release.Version
	// others are further versions of a heading such as "0.12.7 / 0.12.6".
	others     []release.Version
	date       release.Date
	unreleased bool
	// versionAt is where the version stands in the text, and whenAt where the
	// date or the word "unreleased" does; both empty when they do not.
	versionAt, whenAt place
}

type place struct{ start, end int }

func (p place) isEmpty() bool { return p.start == p.end }

var (
	leadingVersion = lazyregexp.New(`(?i)^(?:version\s+|release\s+)?[\[*_]*v?(\d{1,9}\.\d{1,9}(?:\.\d{1,9})*(?:[-+][0-9a-z][0-9a-z.+-]*)?)(?:[\]*_\s:,;(/]|$)`)
	leadingWord    = lazyregexp.New(`(?i)^[\[(*_]*(unreleased)\b`)
	anyVersion     = lazyregexp.New(`\d{1,9}\.\d{1,9}\.\d{1,9}`)
	anyDate        = lazyregexp.New(`\b\d{4}-\d{2}-\d{2}\b`)
	anyUnreleased  = lazyregexp.New(`(?i)\bunreleased\b`)
)

// parseHeading reads a title: "0.10.0 (unreleased)", "0.9.1 (2014-07-22)",
// "[1.0.0] - 2017-06-20", "[Unreleased]", "v1.0", "[1.0.0](address) (date)".
func parseHeading(text string) heading {
	h := heading{text: text}
	if at := leadingWord.FindStringSubmatchIndex(text); at != nil {
		h.isSection, h.unreleased = true, true
		h.whenAt = place{at[2], at[3]}
		return h
	}
	at := leadingVersion.FindStringSubmatchIndex(text)
	if at == nil {
		return h
	}
	h.isSection = true
	h.versionAt = place{at[2], at[3]}
	h.version, _ = release.ParseVersion(text[at[2]:at[3]])
	h.readRest(at[3])
	return h
}

// readRest reads what follows the version.
func (h *heading) readRest(from int) {
	rest := h.text[from:]
	if at := anyUnreleased.FindStringIndex(rest); at != nil {
		h.unreleased = true
		h.whenAt = place{from + at[0], from + at[1]}
		rest = rest[:at[0]]
	} else if at := anyDate.FindStringIndex(rest); at != nil {
		date, err := release.ParseDate(rest[at[0]:at[1]])
		if err == nil {
			h.date, h.whenAt = date, place{from + at[0], from + at[1]}
		}
		rest = rest[:at[0]]
	}
	// Versions in an address are those of a comparison, not of the section.
	beforeAddress, _, _ := strings.Cut(rest, "](")
	for _, text := range anyVersion.FindAllString(beforeAddress, -1) {
		if other, err := release.ParseVersion(text); err == nil {
			h.others = append(h.others, other)
		}
	}
}

// names reports whether the section is about the version.
func (h heading) names(version release.Version) bool {
	return !version.IsZero() && (h.version == version || slices.Contains(h.others, version))
}

// label is the label of the link reference that belongs to the heading.
func (h heading) label() string {
	if h.versionAt.isEmpty() {
		return "unreleased"
	}
	return h.text[h.versionAt.start:h.versionAt.end]
}

// canShape reports whether other headings can be written like this one: it has
// one version, a date or "unreleased", and nothing special after that.
func (h heading) canShape() bool {
	return !h.version.IsZero() && len(h.others) == 0 && !h.whenAt.isEmpty() &&
		strings.Trim(h.text[h.whenAt.end:], ")]*_ ") == ""
}

// shaped is the heading's text with another version and another date (or
// "unreleased"). An address between them, the comparison of two releases, moves
// on by one release.
func (h heading) shaped(version release.Version, when string) string {
	between := anyVersion.ReplaceAllStringFunc(h.text[h.versionAt.end:h.whenAt.start], func(found string) string {
		if found == h.version.String() {
			return version.String()
		}
		return h.version.String()
	})
	return h.text[:h.versionAt.start] + version.String() + between + when + h.text[h.whenAt.end:]
}

// headingFor is the text of a section's heading in the file's own shape.
func (f *File) headingFor(version release.Version, when string) string {
	for _, s := range f.sections {
		if s.heading.canShape() {
			return s.heading.shaped(version, when)
		}
	}
	if f.style == StyleKeepAChangelog {
		if f.bracketed() {
			return "[" + version.String() + "] - " + when
		}
		return version.String() + " - " + when
	}
	return version.String() + " (" + when + ")"
}

// bracketed reports whether headings are written as references ("[1.0.0]"), as
// Keep a Changelog does unless the file shows otherwise.
func (f *File) bracketed() bool {
	if len(f.sections) > 0 {
		return strings.HasPrefix(f.sections[0].heading.text, "[")
	}
	return true
}

// openHeading is the text of a new unreleased section's heading: like the one
// that Release just dated, else in the shape of the file's other headings.
func (f *File) openHeading(next release.Version) string {
	word := "unreleased"
	if f.opened != nil {
		h := f.opened.heading
		word = h.text[h.whenAt.start:h.whenAt.end]
		switch {
		case h.versionAt.isEmpty():
			return h.text
		case !next.IsZero():
			return h.text[:h.versionAt.start] + next.String() + h.text[h.versionAt.end:]
		}
	}
	switch {
	case f.style == StyleKeepAChangelog && f.bracketed():
		return "[Unreleased]"
	case f.style == StyleKeepAChangelog || next.IsZero():
		return "Unreleased"
	}
	return f.headingFor(next, word)
}

// releasedHeading is the text that the unreleased heading becomes.
func (f *File) releasedHeading(h heading, version release.Version, date release.Date) string {
	if h.versionAt.isEmpty() {
		return f.headingFor(version, date.String())
	}
	return h.text[:h.versionAt.start] + version.String() + h.text[h.versionAt.end:h.whenAt.start] + date.String() + h.text[h.whenAt.end:]
}
