package changelog

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// Insert adds a section from another branch's changelog at its place by version,
// with the spacing of this file and its text to the byte (line ends apart). A
// version that has a released section already is left as it is.
func (f *File) Insert(s Section) *File {
	released := func(own section) bool { return own.heading.names(s.Version) && !own.heading.unreleased }
	if slices.ContainsFunc(f.sections, released) {
		return f
	}
	text := s.Heading
	if s.style != f.style && !s.Version.IsZero() && !s.Date.IsZero() {
		text = f.headingFor(s.Version, s.Date.String())
	}
	var content []line
	if s.Body != "" {
		content = slices.Concat(f.blankLines(f.headGap()), f.newLines(strings.Split(s.Body, "\n")...))
	}
	return f.inserted(s.Version, text, content).withVersionLink(s.Version)
}

// inserted adds a section above the first one of a lower version, or below all.
func (f *File) inserted(version release.Version, text string, content []line) *File {
	for _, s := range f.sections {
		if !s.heading.version.IsZero() && s.heading.version.Compare(version) < 0 {
			return f.insertedAt(s.start, false, text, content)
		}
	}
	return f.insertedAt(0, true, text, content)
}

// insertedAt adds a section above the line, or below the last section.
func (f *File) insertedAt(at int, last bool, text string, content []line) *File {
	added := slices.Concat(f.headingLines(text), content)
	if !last {
		return f.replace(at, at, slices.Concat(added, f.blankLines(f.sectionGap())))
	}
	bottom, gap := f.links, 1
	if n := len(f.sections); n > 0 {
		bottom, gap = f.sections[n-1].end, f.sectionGap()
	}
	above, _ := cutTrailingBlank(f.lines[:bottom])
	if len(above) > 0 {
		added = slices.Concat(f.blankLines(gap), added)
	}
	if bottom < len(f.lines) && len(above) == bottom {
		added = slices.Concat(added, f.blankLines(gap))
	}
	return f.replace(len(above), len(above), added)
}

// Subtract puts a release that was made from an earlier commit into the head's
// changelog: the released section gets its place, and the head's unreleased
// section, renamed to the next version, keeps what the release does not have.
// Entries and paragraphs are the same when their text is, apart from the space
// around it; one that stands twice is taken away as often as it was released. A
// zero next version leaves no unreleased section when nothing is left for it.
func (f *File) Subtract(released Section, next release.Version) *File {
	at, ok := f.unreleased()
	if !ok {
		if next.IsZero() {
			return f.Insert(released)
		}
		return f.Insert(released).Open(next)
	}
	s := f.sections[at]
	content, _ := cutTrailingBlank(f.lines[s.body:s.end])
	left := f.without(content, f.blockTexts(released))
	empty := isEmpty(left, f.blocks(left))
	if empty && next.IsZero() {
		// Inserted first, so that the section still counts for the spacing.
		inserted := f.Insert(released)
		at, _ := inserted.unreleased()
		return inserted.replace(inserted.sections[at].start, inserted.sections[at].end, nil)
	}
	if f.style == StyleLoop && len(f.blocks(left)) == 0 {
		left = slices.Concat(f.blankLines(f.headGap()), f.newLines(openPlaceholder))
	}
	changed := f.replace(s.body, s.body+len(content), left)
	if next.IsZero() && s.heading.names(released.Version) {
		return changed.retitled(at, "Unreleased").Insert(released)
	}
	return changed.renamed(at, next).Insert(released)
}

// blockTexts counts the texts that a section consists of.
func (f *File) blockTexts(s Section) map[string]int {
	counts := map[string]int{}
	lines := splitLines(s.Body)
	for _, b := range f.blocks(lines) {
		if b.kind != blockGroup {
			counts[strings.TrimSpace(joinLines(b.of(lines)))]++
		}
	}
	return counts
}

// without is a section's body without the texts, and without titles of groups
// that lost all they had.
func (f *File) without(content []line, texts map[string]int) []line {
	blocks := f.blocks(content)
	gone := make([]bool, len(blocks))
	for i, b := range blocks {
		text := strings.TrimSpace(joinLines(b.of(content)))
		if b.kind != blockGroup && texts[text] > 0 {
			texts[text]--
			gone[i] = true
		}
	}
	for i, b := range blocks {
		gone[i] = gone[i] || b.kind == blockGroup && lostAll(blocks[i+1:], gone[i+1:])
	}
	return remaining(content, blocks, gone)
}

// lostAll reports whether the group before the blocks had some and has none left.
func lostAll(blocks []block, gone []bool) bool {
	for i, b := range blocks {
		if b.kind == blockGroup {
			return i > 0
		}
		if !gone[i] {
			return false
		}
	}
	return len(blocks) > 0
}

// remaining is the body without the blocks that are gone. The blank lines after
// such a block go too, except that entries that stay are not run together.
func remaining(content []line, blocks []block, gone []bool) []line {
	kept := slices.Clone(content)
	for i, b := range slices.Backward(blocks) {
		if !gone[i] {
			continue
		}
		end := b.end
		if i+1 < len(blocks) && (i == 0 || blocks[i-1].end < b.start) {
			end = blocks[i+1].start
		}
		kept = slices.Delete(kept, b.start, end)
	}
	kept, _ = cutTrailingBlank(kept)
	return kept
}
