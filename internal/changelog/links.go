package changelog

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/release"
)

// Keep a Changelog ends in link references that compare releases:
//
//	[unreleased]: https://forge.example.org/loop/compare/v1.0.0...HEAD
//	[1.0.0]: https://forge.example.org/loop/compare/v0.9.0...v1.0.0
//	[0.9.0]: https://forge.example.org/loop/releases/tag/v0.9.0
var (
	linkReference = lazyregexp.New(`^(\[)([^\[\]]+)(\]:[ \t]*<?)([^\s<>]+)(.*)$`)
	comparison    = lazyregexp.New(`^(.*/)([^/]+?)(\.{2,3})([^/]+)$`)
	tagAddress    = lazyregexp.New(`^(.*)/releases/tag/([^/]+)$`)
)

// link is a link reference, with the line's text around label and address.
type link struct {
	at                    int
	before, label, middle string
	address, after        string
}

func (l link) text() string { return l.before + l.label + l.middle + l.address + l.after }

// linksStart is the line at which the link references at the end begin, or the
// number of lines.
func linksStart(lines []line) int {
	start := len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		switch {
		case linkReference.MatchString(lines[i].text):
			start = i
		case !lines[i].isBlank():
			return start
		}
	}
	return start
}

func (f *File) linkAt(i int) (link, bool) {
	parts := linkReference.FindStringSubmatch(f.lines[i].text)
	if parts == nil {
		return link{}, false
	}
	return link{at: i, before: parts[1], label: parts[2], middle: parts[3], address: parts[4], after: parts[5]}, true
}

// link returns the reference with that label, in any case.
func (f *File) link(label string) (link, bool) {
	for i := f.links; i < len(f.lines); i++ {
		if l, ok := f.linkAt(i); ok && strings.EqualFold(l.label, label) {
			return l, true
		}
	}
	return link{}, false
}

// comparedTo makes of a comparison (or of the address of a release) the one
// between its newer side, called base, and head. ok is false when the address
// has another shape.
func comparedTo(address, head string) (compared, base string, ok bool) {
	if parts := comparison.FindStringSubmatch(address); parts != nil {
		return parts[1] + parts[4] + parts[3] + head, parts[4], true
	}
	if parts := tagAddress.FindStringSubmatch(address); parts != nil {
		return parts[1] + "/compare/" + parts[2] + "..." + head, parts[2], true
	}
	return "", "", false
}

// tagLike is what the version's tag is called when that of another version is
// the given one; ok is false when the name holds no version.
func tagLike(name string, version release.Version) (tag string, ok bool) {
	at := anyVersion.FindStringIndex(name)
	if at == nil {
		return "", false
	}
	return name[:at[0]] + version.String() + name[at[1]:], true
}

// withReleasedLink turns the reference of the unreleased section into the one of
// the released version. A reference of another shape stays.
func (f *File) withReleasedLink(open link, version release.Version) *File {
	if other, exists := f.link(version.String()); exists && other.at != open.at {
		return f
	}
	parts := comparison.FindStringSubmatch(open.address)
	if parts == nil || anyVersion.MatchString(parts[4]) {
		return f
	}
	tag, ok := tagLike(parts[2], version)
	if !ok {
		return f
	}
	open.label = version.String()
	open.address = parts[1] + parts[2] + parts[3] + tag
	return f.replace(open.at, open.at+1, f.newLines(open.text()))
}

// withOpenLink adds a reference for the unreleased section, from the newest
// release that has one.
func (f *File) withOpenLink(label string) *File {
	if _, exists := f.link(label); exists {
		return f
	}
	newest, ok := f.newestLink(func(release.Version) bool { return true })
	if !ok {
		return f
	}
	address, _, ok := comparedTo(newest.address, "HEAD")
	if !ok {
		return f
	}
	open := newest
	open.label, open.address = label, address
	if f.opened != nil && strings.EqualFold(f.opened.label, label) {
		open.label = f.opened.label
	}
	return f.replace(newest.at, newest.at, f.newLines(open.text()))
}

// withVersionLink adds a reference for a section that was just inserted, and
// moves the unreleased section's base up to it when it is the newest.
func (f *File) withVersionLink(version release.Version) *File {
	if _, exists := f.link(version.String()); exists {
		return f
	}
	below, ok := f.newestLink(func(v release.Version) bool { return v.Compare(version) < 0 })
	if !ok {
		return f
	}
	_, base, ok := comparedTo(below.address, "")
	if !ok {
		return f
	}
	tag, ok := tagLike(base, version)
	if !ok {
		return f
	}
	added := below
	added.label = version.String()
	added.address, _, _ = comparedTo(below.address, tag)
	f = f.replace(below.at, below.at, f.newLines(added.text()))
	return f.rebased(base, tag)
}

// rebased moves the unreleased section's comparison from one tag to another.
func (f *File) rebased(from, to string) *File {
	open, ok := f.link("unreleased")
	if !ok {
		return f
	}
	parts := comparison.FindStringSubmatch(open.address)
	if parts == nil || parts[2] != from {
		return f
	}
	open.address = parts[1] + to + parts[3] + parts[4]
	return f.replace(open.at, open.at+1, f.newLines(open.text()))
}

// newestLink is the reference of the highest version that is wanted.
func (f *File) newestLink(wanted func(release.Version) bool) (link, bool) {
	var found []link
	version := func(l link) release.Version {
		parsed, _ := release.ParseVersion(strings.TrimPrefix(l.label, "v"))
		return parsed
	}
	for i := f.links; i < len(f.lines); i++ {
		if l, ok := f.linkAt(i); ok && !version(l).IsZero() && wanted(version(l)) {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return link{}, false
	}
	return slices.MaxFunc(found, func(a, b link) int { return version(a).Compare(version(b)) }), true
}
