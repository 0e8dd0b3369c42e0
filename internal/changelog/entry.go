package changelog

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// Change is a change to write an entry for.
type Change struct {
	Kind Kind
	// Text is what was changed, in one sentence.
	Text string
	// Bugs are numbers of the bug tracker.
	Bugs []string
	// PullRequests are numbers on the forge: pull requests and issues alike.
	PullRequests []int
}

// Kind says what sort of change it is.
type Kind string

// The kinds of changes.
const (
	KindBreaking      Kind = "breaking"
	KindFeature       Kind = "feature"
	KindFix           Kind = "fix"
	KindSecurity      Kind = "security"
	KindPerformance   Kind = "performance"
	KindDocumentation Kind = "documentation"
	KindMaintenance   Kind = "maintenance"
	KindOther         Kind = "other"
)

// marker is the kind's word in an entry such as "[bugfix] Text".
func (k Kind) marker() string {
	switch k {
	case KindBreaking:
		return "api-change"
	case KindFix:
		return "bugfix"
	case KindDocumentation:
		return "docs"
	case "", KindOther:
		return "change"
	default:
		return string(k)
	}
}

// The groups of Keep a Changelog.
const (
	groupAdded      = "Added"
	groupChanged    = "Changed"
	groupDeprecated = "Deprecated"
	groupRemoved    = "Removed"
	groupFixed      = "Fixed"
	groupSecurity   = "Security"
)

// group is the kind's group in Keep a Changelog.
func (k Kind) group() string {
	switch k {
	case KindFeature:
		return groupAdded
	case KindFix:
		return groupFixed
	case KindSecurity:
		return groupSecurity
	default:
		return groupChanged
	}
}

// numberPlace is where an entry has its bug or pull request number.
type numberPlace int

const (
	numberLast  numberPlace = iota // "Text. (#360)"
	numberFirst                    // "1048426 — Text."
)

// conventions is how a file's entries are written.
type conventions struct {
	bullet    string // with indentation and space: "- "
	marked    bool   // "[bugfix] …"
	numbers   numberPlace
	dash      string // between a number and the text: "—"
	bugWord   bool   // "Bug 1048426" rather than "1048426"
	pullFirst bool   // "#360" rather than a bug where a change has both
	period    bool   // the text ends in a full stop
	markdown  bool
}

// conventionSample is how many of the newest entries show the conventions.
const conventionSample = 20

var (
	entryMarker = lazyregexp.New(`^\[[a-z][a-z0-9 _/-]*\]\s+`)
	firstNumber = lazyregexp.New(`^((?:[Bb]ug )?)(#?)\d{1,9}(?:,\s*#?\d{1,9})*\s+([-–—:])\s+`)
	lastNumber  = lazyregexp.New(`\s*\(((?:[Bb]ug )?)(#?)\d{1,9}(?:,\s*#?\d{1,9})*\)[.;]?$`)
)

// conventions looks at the newest entries; the majority decides.
func (f *File) conventions() conventions {
	seen := f.tally()
	c := conventions{bullet: "- ", dash: "—", markdown: f.style == StyleKeepAChangelog}
	if seen.entries == 0 {
		isLoop := f.style == StyleLoop
		c.marked, c.period = isLoop, isLoop
	} else {
		c.bullet = seen.bullet
		c.marked = 2*seen.marked > seen.entries
		c.period = 2*seen.periods > seen.entries
	}
	if seen.first > seen.last || seen.first == seen.last && c.marked {
		c.numbers = numberFirst
	}
	if seen.dash != "" {
		c.dash = seen.dash
	}
	if numbered := seen.first + seen.last; numbered > 0 {
		c.pullFirst = 2*seen.pulls > numbered
		c.bugWord = seen.bugWords > 0 || c.pullFirst
	} else {
		c.pullFirst = f.style == StyleKeepAChangelog
		c.bugWord = c.numbers == numberLast
	}
	return c
}

// tally counts what the entries show.
type tally struct {
	entries, marked, first, last, pulls, bugWords, periods int
	bullet, dash                                           string
}

// tally counts over the newest entries, placeholders apart.
func (f *File) tally() tally {
	var seen tally
	for _, s := range f.sections {
		lines := f.lines[s.body:s.end]
		for _, b := range f.blocks(lines) {
			if seen.entries == conventionSample {
				return seen
			}
			if b.kind == blockEntry && !isPlaceholder(b.of(lines)) {
				seen.add(joinLines(b.of(lines)))
			}
		}
	}
	return seen
}

func (t *tally) add(entry string) {
	at := bullet.FindStringSubmatchIndex(entry)
	if t.entries == 0 {
		t.bullet = entry[:at[5]] + " "
	}
	t.entries++
	text := strings.Join(strings.Fields(entry[at[5]:]), " ")
	if marker := entryMarker.FindString(text); marker != "" {
		t.marked++
		text = text[len(marker):]
	}
	var number []string
	if number = firstNumber.FindStringSubmatch(text); number != nil {
		t.first++
		if t.dash == "" {
			t.dash = number[3]
		}
	} else if number = lastNumber.FindStringSubmatch(text); number != nil {
		t.last++
		text = strings.TrimSuffix(text, number[0])
	}
	if number != nil && number[1] != "" {
		t.bugWords++
	}
	if number != nil && number[2] != "" {
		t.pulls++
	}
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, ";") {
		t.periods++
	}
}

// Entry is the change as an entry of this file, in the manner of its newest
// entries: with or without a marker, the number before or after the text, with
// or without a full stop.
func (f *File) Entry(change Change) string { return f.conventions().entry(change) }

func (c conventions) entry(change Change) string {
	text := sentence(change.Text)
	if c.markdown {
		// A tag or the beginning of a comment would swallow what follows.
		text = strings.ReplaceAll(text, "<", `\<`)
		if strings.HasPrefix(text, "#") {
			text = `\` + text
		}
	}
	if c.period && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "!") {
		text += "."
	}
	marker := ""
	switch {
	case c.marked:
		marker = "[" + change.Kind.marker() + "] "
	case change.Kind == KindBreaking:
		marker = "Breaking: "
		if c.markdown {
			marker = "**Breaking:** "
		}
	}
	number := c.number(change)
	switch {
	case number == "":
	case c.numbers == numberFirst:
		text = number + " " + c.dash + " " + text
	default:
		text += " (" + number + ")"
	}
	return c.bullet + marker + text
}

// number is the change's bugs or pull requests, whichever the file prefers.
func (c conventions) number(change Change) string {
	pulls := make([]string, len(change.PullRequests))
	for i, pull := range change.PullRequests {
		pulls[i] = fmt.Sprintf("#%d", pull)
	}
	bugs := strings.Join(change.Bugs, ", ")
	if bugs != "" && c.bugWord {
		bugs = "Bug " + bugs
	}
	if bugs == "" || c.pullFirst && len(pulls) > 0 {
		return strings.Join(pulls, ", ")
	}
	return bugs
}

// maxSentence bounds an entry's text, in characters.
const maxSentence = 300

// sentence is a text in one line, without control characters and without the
// punctuation at its end.
func sentence(text string) string {
	text = OneLine(text, maxSentence)
	if strings.HasSuffix(text, "...") {
		return text
	}
	return strings.TrimRight(text, ".;,: ")
}

// OneLine is a text without line breaks, control characters and marks that turn
// the reading direction, of at most so many characters.
func OneLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
