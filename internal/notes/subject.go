package notes

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// subject is what a title says.
type subject struct {
	text   string
	scope  string
	kind   changelog.Kind
	stated bool // the kind stands in the title; otherwise its first word was taken for it
	bugs   []string
	pulls  []int
	// reviewers are those of "r=name", of other marks not.
	reviewers []string
	// isRevert and reverted are of `Revert "title"`.
	isRevert bool
	reverted string
}

// maxText bounds a title, in characters.
const maxText = 500

// Titles of thousands of commits are read at a time, and most have nothing of what the
// expressions look for: trying them was a third of what planning a release takes.
var (
	conventional = lazyregexp.New(`^([A-Za-z]+)(?:\(([^()]{1,60})\))?(!?):\s+`).Where(lazyregexp.Has(":"))
	marker       = lazyregexp.New(`^\[([A-Za-z][A-Za-z -]{1,30})\]:?\s*`).Where(lazyregexp.Begins("["))
	bugPrefix    = lazyregexp.New(`^\[?(?i:bug)[\s#]*(\d{1,9}(?:\s*,\s*\d{1,9})*)\]?\s*[-–—:.,]*\s*`).Where(lazyregexp.Begins("[", "b", "B"))
	bugAnywhere  = lazyregexp.New(`(?i)\bbug[\s#]*(\d{3,9})\b`).Where(lazyregexp.HasInAnyCase("bug"))
	pullSuffix   = lazyregexp.New(`\s*\((?:#|GH-)(\d{1,9})\)$`).Where(endsIn(")"))
	// Mozilla's review marks: "r=name,other", "sr=name", "a=name", "r?name"; "p=name"
	// before one is who wrote it. Others tell its machines what to do with the commit.
	reviewSuffix = lazyregexp.New(`[\s.;,(]+(?:p=[\w.@<>-]+[\s,;]+)?(?:r|sr|rs|a|f|ui-r)[=?][\w.@!#+<>-]+(?:\s*,\s*(?:(?:r|sr|rs|a|f|p|ui-r)[=?])?[\w.@!#+<>-]+)*\)?\.?$`).
			Where(lazyregexp.Has("=", "?"))
	machineSuffix = lazyregexp.New(`[\s.;,(]+(?:DONTBUILD|NPOTB|(?:ON A )?CLOSED TREE|IGNORE IDL)\)?\.?$`).Where(endsInCapital)
	revertTitle   = lazyregexp.New(`^Revert "(.*)"`).Where(lazyregexp.Begins(`Revert "`))
	digits        = lazyregexp.New(`\d+`)
)

// endsIn is a condition of expressions for the ends of titles: one of the characters is
// there.
func endsIn(characters string) func(text string) bool {
	return func(text string) bool { return text != "" && strings.IndexByte(characters, text[len(text)-1]) >= 0 }
}

// endsInCapital reports whether there is a capital letter at the end of a title, under
// punctuation.
func endsInCapital(title string) bool {
	end := strings.TrimRight(title, ".)")
	return end != "" && 'A' <= end[len(end)-1] && end[len(end)-1] <= 'Z'
}

// readSubject takes a title apart. Prefixes may follow each other in any order:
// "[bugfix] Bug 1048426 — Text".
func readSubject(title string) subject {
	s := subject{text: changelog.OneLine(title, maxText)}
	if parts := revertTitle.FindStringSubmatch(s.text); parts != nil {
		s.isRevert, s.reverted = true, parts[1]
		s.kind, s.stated = changelog.KindOther, true
		s.takeSuffixes()
		return s
	}
	whole := s.text
	for range 4 {
		before := len(s.text)
		if s.takePrefix(); len(s.text) == before {
			break
		}
	}
	s.takeSuffixes()
	for _, found := range bugAnywhere.FindAllStringSubmatch(s.text, -1) {
		s.bugs = addNew(s.bugs, found[1])
	}
	if !strings.HasSuffix(s.text, "..") {
		s.text = strings.TrimSuffix(s.text, ".")
	}
	if s.text == "" {
		s.text = whole
	}
	if !s.stated {
		s.kind = kindByWord(s.text)
	}
	return s
}

func (s *subject) takePrefix() {
	if parts := bugPrefix.FindStringSubmatch(s.text); parts != nil {
		for _, bug := range digits.FindAllString(parts[1], -1) {
			s.bugs = addNew(s.bugs, bug)
		}
		s.text = s.text[len(parts[0]):]
		return
	}
	if parts := marker.FindStringSubmatch(s.text); parts != nil {
		if kind, known := kindByMarker(parts[1]); known {
			s.kind, s.stated = kind, true
			s.text = s.text[len(parts[0]):]
		}
		return
	}
	parts := conventional.FindStringSubmatch(s.text)
	if parts == nil {
		return
	}
	kind, known := kindByType(parts[1])
	if !known {
		return
	}
	if parts[3] != "" {
		kind = changelog.KindBreaking
	}
	s.isRevert = strings.EqualFold(parts[1], "revert")
	s.kind, s.stated, s.scope = kind, true, parts[2]
	s.text = s.text[len(parts[0]):]
	if s.isRevert {
		s.reverted = s.text
	}
}

// takeSuffixes takes "(#360)", review marks and words for machines off the end.
func (s *subject) takeSuffixes() {
	for range 4 {
		before := len(s.text)
		if parts := pullSuffix.FindStringSubmatch(s.text); parts != nil {
			s.pulls = addNew(s.pulls, number(parts[1]))
			s.text = strings.TrimSuffix(s.text, parts[0])
		}
		s.text = strings.TrimSuffix(s.text, machineSuffix.FindString(s.text))
		if mark := reviewSuffix.FindString(s.text); mark != "" {
			s.reviewers = addNew(s.reviewers, reviewersOf(mark)...)
			s.text = strings.TrimSpace(strings.TrimSuffix(s.text, mark))
		}
		if len(s.text) == before {
			break
		}
	}
	slices.Reverse(s.pulls)
}

// reviewersOf reads the names of a mark such as " r=name,other a=third": a name without
// a key has the key before it. What is asked for ("r?name") is no review.
func reviewersOf(mark string) []string {
	var names []string
	reviewed := false
	for _, word := range strings.FieldsFunc(mark, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;()", r) }) {
		if key, name, keyed := strings.Cut(word, "="); keyed {
			reviewed, word = slices.Contains([]string{"r", "sr", "rs", "ui-r"}, strings.TrimLeft(key, ".")), name
		} else if strings.Contains(word, "?") {
			reviewed = false
		}
		if word = strings.Trim(word, ".<>"); reviewed && word != "" {
			names = append(names, word)
		}
	}
	return names
}

// kindByType knows the types of conventional commits.
func kindByType(word string) (changelog.Kind, bool) {
	switch strings.ToLower(word) {
	case "feat", "feature":
		return changelog.KindFeature, true
	case "fix", "bugfix", "hotfix":
		return changelog.KindFix, true
	case "security", "sec":
		return changelog.KindSecurity, true
	case "perf":
		return changelog.KindPerformance, true
	case "docs", "doc":
		return changelog.KindDocumentation, true
	case "build", "chore", "ci", "deps", "maint", "refactor", "style", "test", "tests":
		return changelog.KindMaintenance, true
	case "revert":
		return changelog.KindOther, true
	}
	return "", false
}

// kindByMarker knows the markers of changelogs such as "[bugfix]".
func kindByMarker(word string) (changelog.Kind, bool) {
	switch word = strings.ToLower(word); word {
	case "api-change", "breaking":
		return changelog.KindBreaking, true
	case "bug":
		return changelog.KindFix, true
	case "performance":
		return changelog.KindPerformance, true
	case "documentation":
		return changelog.KindDocumentation, true
	case "config", "maintenance", "refactoring", "tooling", "tools":
		return changelog.KindMaintenance, true
	case "change", "logs", "metrics", "migration":
		return changelog.KindOther, true
	}
	return kindByType(word)
}

var securityNotice = lazyregexp.New(`\bCVE-\d{4}-\d{4,}\b`).Where(lazyregexp.Has("CVE-"))

// kindByWord goes by the first word of a title that states no kind.
func kindByWord(text string) changelog.Kind {
	if securityNotice.MatchString(text) {
		return changelog.KindSecurity
	}
	first := strings.ToLower(strings.TrimFunc(firstWord(text), func(r rune) bool { return !unicode.IsLetter(r) }))
	switch first {
	case "add", "adds", "added", "allow", "allows", "expose", "implement", "implements", "introduce", "support":
		return changelog.KindFeature
	case "fix", "fixed", "fixes", "fixing", "correct", "prevent":
		return changelog.KindFix
	case "document", "documentation", "readme":
		return changelog.KindDocumentation
	case "bump", "clean", "cleanup", "lint", "linting", "refactor", "test", "tests", "upgrade":
		return changelog.KindMaintenance
	}
	if isNoise(text) {
		return changelog.KindMaintenance
	}
	return changelog.KindOther
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// maxNumbers bounds the numbers and names that one change collects.
const maxNumbers = 50

func addNew[T comparable](list []T, items ...T) []T {
	for _, item := range items {
		if !slices.Contains(list, item) && len(list) < maxNumbers {
			list = append(list, item)
		}
	}
	return list
}
