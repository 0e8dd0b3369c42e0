package changelog

import (
	"slices"
	"strings"
)

// groupOrder are the groups of Keep a Changelog, in its order.
func groupOrder() []string {
	return []string{groupAdded, groupChanged, groupDeprecated, groupRemoved, groupFixed, groupSecurity}
}

// mostFrequent is the number seen most often, the larger one of equals, or the
// fallback.
func mostFrequent(numbers []int, fallback int) int {
	counts := map[int]int{}
	best := fallback
	for _, n := range numbers {
		counts[n]++
		if counts[n] > counts[best] || counts[n] == counts[best] && n > best {
			best = n
		}
	}
	return best
}

// sectionGap is the number of blank lines between sections.
func (f *File) sectionGap() int {
	var gaps []int
	for i := range f.sections {
		if i == 0 {
			continue
		}
		_, blank := cutTrailingBlank(f.lines[:f.sections[i].start])
		gaps = append(gaps, len(blank))
	}
	if f.style == StyleLoop {
		return mostFrequent(gaps, 2)
	}
	return mostFrequent(gaps, 1)
}

// headGap is the number of blank lines below a section's heading.
func (f *File) headGap() int {
	var gaps []int
	for _, s := range f.sections {
		if gap, ok := leadingBlank(f.lines[s.body:s.end]); ok {
			gaps = append(gaps, gap)
		}
	}
	return mostFrequent(gaps, 1)
}

// groupGap is the number of blank lines below a group's title.
func (f *File) groupGap() int {
	var gaps []int
	for _, s := range f.sections {
		lines := f.lines[s.body:s.end]
		for _, b := range f.blocks(lines) {
			if b.kind != blockGroup {
				continue
			}
			if gap, ok := leadingBlank(lines[b.end:]); ok {
				gaps = append(gaps, gap)
			}
		}
	}
	return mostFrequent(gaps, 1)
}

// leadingBlank counts the blank lines before the first text; ok is false when
// there is no text.
func leadingBlank(lines []line) (n int, ok bool) {
	n = slices.IndexFunc(lines, func(l line) bool { return !l.isBlank() })
	return n, n >= 0
}

// isGrouped reports whether entries stand in groups: as in the file's other
// sections, and in Keep a Changelog when there is none to go by.
func (f *File) isGrouped() bool {
	if f.style != StyleKeepAChangelog {
		return false
	}
	hasEntries := false
	for _, s := range f.sections {
		for _, b := range f.blocks(f.lines[s.body:s.end]) {
			if b.kind == blockGroup {
				return true
			}
			hasEntries = hasEntries || b.kind == blockEntry
		}
	}
	return !hasEntries
}

// headingLines are the lines of a new section's heading.
func (f *File) headingLines(text string) []line {
	marker := "-"
	if f.style == StyleKeepAChangelog {
		marker = "##"
	}
	if len(f.sections) > 0 {
		marker = f.sections[0].marker
	}
	if f.style == StyleKeepAChangelog {
		return f.newLines(marker + " " + text)
	}
	return f.newLines(text, underlineFor(marker, text))
}

// withEntries is a section's body, without blank lines at its end, with entries
// for the changes added.
func (f *File) withEntries(content []line, changes []Change) []line {
	if len(changes) == 0 {
		return content
	}
	if _, hasText := leadingBlank(content); !hasText {
		content = nil
	}
	flat := len(content) > 0 && !slices.ContainsFunc(f.blocks(content), func(b block) bool { return b.kind == blockGroup })
	if flat || !f.isGrouped() {
		return f.appended(content, f.entryLines(changes))
	}
	for _, group := range groupOrder() {
		of := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Kind.group() != group })
		if len(of) > 0 {
			content = f.withGroup(content, group, f.entryLines(of))
		}
	}
	return content
}

func (f *File) entryLines(changes []Change) []line {
	conventions := f.conventions()
	texts := make([]string, len(changes))
	for i, change := range changes {
		texts[i] = conventions.entry(change)
	}
	return f.newLines(texts...)
}

// appended adds entries below the content: right below another entry, otherwise
// after a blank line.
func (f *File) appended(content, entries []line) []line {
	gap := 1
	if blocks := f.blocks(content); len(blocks) == 0 {
		gap = f.headGap()
	} else if blocks[len(blocks)-1].kind == blockEntry {
		gap = 0
	}
	return slices.Concat(content, f.blankLines(gap), entries)
}

// withGroup adds entries to the group of that name, which is added at the end
// when there is none.
func (f *File) withGroup(content []line, name string, entries []line) []line {
	blocks := f.blocks(content)
	at := slices.IndexFunc(blocks, func(b block) bool {
		return b.kind == blockGroup && strings.EqualFold(strings.Trim(content[b.start].text, "# \t:"), name)
	})
	if at < 0 {
		marker := "###"
		if len(f.sections) > 0 {
			marker = f.sections[0].marker + "#"
		}
		gap := 1
		if len(blocks) == 0 {
			gap = f.headGap()
		}
		title := f.newLines(marker + " " + name)
		return slices.Concat(content, f.blankLines(gap), title, f.blankLines(f.groupGap()), entries)
	}
	last := at
	for last+1 < len(blocks) && blocks[last+1].kind != blockGroup {
		last++
	}
	end := blocks[last].end
	switch blocks[last].kind {
	case blockGroup:
		entries = slices.Concat(f.blankLines(f.groupGap()), entries)
	case blockText, blockComment:
		entries = slices.Concat(f.blankLines(1), entries)
	case blockEntry:
	}
	return slices.Insert(slices.Clone(content), end, entries...)
}
