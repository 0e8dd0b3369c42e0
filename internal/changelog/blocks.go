package changelog

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// blockKind says what a piece of a section's body is.
type blockKind int

const (
	blockEntry   blockKind = iota // a list item with its further lines
	blockGroup                    // a title within the section
	blockComment                  // an HTML comment
	blockText                     // a paragraph, code and all else
)

// block is a run of lines that belong together; blank lines are between blocks.
type block struct {
	kind       blockKind
	start, end int
}

func (b block) of(lines []line) []line { return lines[b.start:b.end] }

var bullet = lazyregexp.New(`^([ \t]*)([-*+•])[ \t]+\S`)

// bulletIndent is the indentation of a list item's first line, -1 for any other
// line.
func bulletIndent(text string) int {
	parts := bullet.FindStringSubmatch(text)
	if parts == nil {
		return -1
	}
	return len(parts[1])
}

// blocks takes a section's body apart.
func (f *File) blocks(lines []line) []block {
	var blocks []block
	for i := 0; i < len(lines); {
		if lines[i].isBlank() {
			i++
			continue
		}
		b := f.blockAt(lines, i)
		blocks = append(blocks, b)
		i = b.end
	}
	return blocks
}

func (f *File) blockAt(lines []line, start int) block {
	if size := f.groupSize(lines, start); size > 0 {
		return block{blockGroup, start, start + size}
	}
	if indent := bulletIndent(lines[start].text); indent >= 0 {
		return block{blockEntry, start, f.entryEnd(lines, start, indent)}
	}
	if f.style == StyleKeepAChangelog {
		var inside markdownBlock
		if inside.covers(lines[start].text) {
			return opaqueBlock(lines, start)
		}
	}
	end := start + 1
	for end < len(lines) && !lines[end].isBlank() && f.groupSize(lines, end) == 0 && bulletIndent(lines[end].text) < 0 {
		end++
	}
	return block{blockText, start, end}
}

// opaqueBlock is a comment or fenced code, whatever it contains.
func opaqueBlock(lines []line, start int) block {
	var inside markdownBlock
	inside.covers(lines[start].text)
	kind := blockText
	if strings.HasPrefix(strings.TrimSpace(lines[start].text), "<!--") {
		kind = blockComment
	}
	end := start + 1
	for end < len(lines) && (inside.comment || inside.fence != "") {
		inside.covers(lines[end].text)
		end++
	}
	return block{kind, start, end}
}

// groupSize is the number of lines of the title that begins at the line, 0 when
// none does.
func (f *File) groupSize(lines []line, at int) int {
	if f.style == StyleKeepAChangelog {
		if hashed.MatchString(lines[at].text) {
			return 1
		}
		return 0
	}
	if at+1 < len(lines) && len(underlinedHeadings(lines[at:at+2])) == 1 {
		return 2
	}
	return 0
}

// entryEnd is where the list item ends: at the next item of its own depth, at a
// title, or at a blank line that no deeper text follows.
func (f *File) entryEnd(lines []line, start, indent int) int {
	end := start + 1
	for i := end; i < len(lines); i++ {
		if lines[i].isBlank() {
			continue
		}
		afterBlank := i > end
		depth := len(lines[i].text) - len(strings.TrimLeft(lines[i].text, " \t"))
		switch next := bulletIndent(lines[i].text); {
		case next >= 0 && next <= indent,
			f.groupSize(lines, i) > 0,
			afterBlank && depth <= indent:
			return end
		}
		end = i + 1
	}
	return end
}

// placeholder is what people and tools write into a section that has no changes
// yet.
var placeholder = lazyregexp.New(`(?i)^[-*+•_ \t]*(?:` +
	`(?:no|none|nothing)(?:\s+(?:significant|notable|user-visible))?(?:\s+changed?|\s+changes)?(?:\s+(?:yet|so far|here))?` +
	`|x{3}|tb[ad]|n/a|to be (?:done|determined|announced))?[.!…_* \t]*$`)

func isPlaceholder(lines []line) bool {
	return len(lines) == 1 && placeholder.MatchString(lines[0].text)
}

// isEmpty reports whether the blocks say nothing.
func isEmpty(lines []line, blocks []block) bool {
	return !slices.ContainsFunc(blocks, func(b block) bool { return b.isContent(lines) })
}

func (b block) isContent(lines []line) bool {
	switch b.kind {
	case blockGroup, blockComment:
		return false
	default:
		return !isPlaceholder(b.of(lines))
	}
}

// withoutPlaceholders is the body without the lines that stand for "nothing".
func (f *File) withoutPlaceholders(lines []line) []line {
	kept := slices.Clone(lines)
	for _, b := range slices.Backward(f.blocks(lines)) {
		if (b.kind == blockEntry || b.kind == blockText) && isPlaceholder(b.of(lines)) {
			kept = slices.Delete(kept, b.start, b.end)
		}
	}
	return kept
}

// cutTrailingBlank separates the blank lines at the end, which belong to the
// space between two sections.
func cutTrailingBlank(lines []line) (content, blank []line) {
	end := len(lines)
	for end > 0 && lines[end-1].isBlank() {
		end--
	}
	return lines[:end], lines[end:]
}
