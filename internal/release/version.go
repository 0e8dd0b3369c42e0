package release

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/semver"
)

// Version is a released version: exactly MAJOR.MINOR.PATCH. The zero value is
// "no version".
type Version struct {
	Major, Minor, Patch uint64
	set                 bool
}

// maxDigits bounds each number of a version.
const maxDigits = 9

// ParseVersion reads MAJOR.MINOR.PATCH and nothing else: no "v", no leading
// zeros, no pre-release. Other spellings (0.2 beside 0.2.0) are not releases.
func ParseVersion(text string) (Version, error) {
	var numbers [3]uint64
	rest := text
	for i := range numbers {
		part, after, more := strings.Cut(rest, ".")
		rest = after
		number, ok := parseNumber(part)
		if !ok || more != (i < len(numbers)-1) {
			return Version{}, fmt.Errorf("%q is not a version: expected MAJOR.MINOR.PATCH, such as 0.10.0", text)
		}
		numbers[i] = number
	}
	return NewVersion(numbers[0], numbers[1], numbers[2]), nil
}

// parseNumber reads a number without leading zeros.
func parseNumber(text string) (number uint64, ok bool) {
	if text == "" || len(text) > maxDigits || strings.Trim(text, "0123456789") != "" || len(text) > 1 && text[0] == '0' {
		return 0, false
	}
	number, err := strconv.ParseUint(text, 10, 64)
	return number, err == nil
}

// NewVersion makes a version of its three numbers.
func NewVersion(major, minor, patch uint64) Version {
	return Version{Major: major, Minor: minor, Patch: patch, set: true}
}

// String gives MAJOR.MINOR.PATCH, nothing for no version.
func (v Version) String() string {
	if !v.set {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// IsZero reports whether this is "no version".
func (v Version) IsZero() bool { return !v.set }

// Compare orders versions; no version is below all others.
func (v Version) Compare(other Version) int {
	if v.set != other.set {
		if v.set {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor), cmp.Compare(v.Patch, other.Patch))
}

// Line is the release line that the version belongs to.
func (v Version) Line() Line { return Line{Major: v.Major, Minor: v.Minor} }

// IsPatch reports whether the version is a patch release (Z > 0), to which the
// calendar does not apply.
func (v Version) IsPatch() bool { return v.Patch > 0 }

// MarshalText writes the version as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Version{}
		return nil
	}
	parsed, err := ParseVersion(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// Bump is the part of a version that a release raises.
type Bump string

// The parts of a version.
const (
	BumpMajor Bump = "major"
	BumpMinor Bump = "minor"
	BumpPatch Bump = "patch"
)

// ParseBump reads the name of a part.
func ParseBump(text string) (Bump, error) {
	switch b := Bump(text); b {
	case BumpMajor, BumpMinor, BumpPatch:
		return b, nil
	}
	return "", fmt.Errorf("%q is not a part of a version: expected major, minor or patch", text)
}

// Bump returns the version with that part raised and those below it at zero.
func (v Version) Bump(part Bump) Version {
	switch part {
	case BumpMajor:
		return NewVersion(v.Major+1, 0, 0)
	case BumpPatch:
		return NewVersion(v.Major, v.Minor, v.Patch+1)
	default:
		return NewVersion(v.Major, v.Minor+1, 0)
	}
}

// FileVersion is a version as it stands in a file: it may carry a pre-release
// ("0.10.0-dev"), which says what the next release is meant to be.
type FileVersion struct {
	Version Version
	// Prerelease is what follows the hyphen, "" when nothing does.
	Prerelease string
	// Text is the version as it stands in the file.
	Text string
}

// maxFileVersion bounds a version in a file, in bytes, as other readers of versions do.
const maxFileVersion = 256

// ParseFileVersion reads a version in a file, by Semantic Versioning 2.0.0:
// MAJOR.MINOR.PATCH with an optional pre-release and build part. ok is false for
// anything else, and for numbers that no release can have.
func ParseFileVersion(text string) (version FileVersion, ok bool) {
	if len(text) > maxFileVersion || !semver.IsValid("v"+text) {
		return FileVersion{}, false
	}
	numbers := text
	if end := strings.IndexAny(text, "-+"); end >= 0 {
		numbers = text[:end]
	}
	released, err := ParseVersion(numbers)
	if err != nil {
		return FileVersion{}, false
	}
	prerelease := strings.TrimPrefix(semver.Prerelease("v"+text), "-")
	return FileVersion{Version: released, Prerelease: prerelease, Text: text}, true
}

// Line is a release line: all patch releases of one MAJOR.MINOR.
type Line struct{ Major, Minor uint64 }

// String gives the line as MAJOR.MINOR.x, its name in the ledger and in output,
// whatever its branch is called.
func (l Line) String() string { return fmt.Sprintf("%d.%d.x", l.Major, l.Minor) }

// ParseLine reads MAJOR.MINOR.x, in either case.
func ParseLine(text string) (Line, error) {
	first, rest, _ := strings.Cut(text, ".")
	second, last, _ := strings.Cut(rest, ".")
	major, majorOK := parseNumber(first)
	minor, minorOK := parseNumber(second)
	if !majorOK || !minorOK || !strings.EqualFold(last, "x") {
		return Line{}, fmt.Errorf("%q is not a release line: expected MAJOR.MINOR.x, such as 0.9.x", text)
	}
	return Line{Major: major, Minor: minor}, nil
}

// Compare orders lines.
func (l Line) Compare(other Line) int {
	return cmp.Or(cmp.Compare(l.Major, other.Major), cmp.Compare(l.Minor, other.Minor))
}

// Contains reports whether the version belongs to the line.
func (l Line) Contains(v Version) bool { return v.Line() == l }

// Pattern names tags ("v{version}") or release branches ("{major}.{minor}.x").
type Pattern string

// The patterns of a component that declares none.
const (
	DefaultTagPattern    Pattern = "{version}"
	DefaultBranchPattern Pattern = "{major}.{minor}.x"
)

// Check says what is wrong with a pattern for tags (tag) or release branches.
func (p Pattern) Check(tag bool) error {
	text := string(p)
	versions, patches := strings.Count(text, "{version}"), strings.Count(text, "{patch}")
	majors, minors := strings.Count(text, "{major}"), strings.Count(text, "{minor}")
	switch {
	case tag && versions == 1 && majors+minors+patches == 0:
	case tag && versions == 0 && majors == 1 && minors == 1 && patches == 1:
	case !tag && versions+patches == 0 && majors == 1 && minors == 1:
	case tag:
		return fmt.Errorf("%q names no version: expected {version} once, such as \"v{version}\"", text)
	default:
		return fmt.Errorf("%q names no line: expected {major} and {minor} once each, such as \"{major}.{minor}.x\"", text)
	}
	rest := strings.NewReplacer("{version}", "0.0.0", "{major}", "0", "{minor}", "0", "{patch}", "0").Replace(text)
	if !ValidRefName(rest) {
		return fmt.Errorf("%q does not make a valid reference name", text)
	}
	return nil
}

// ValidRefName reports whether git accepts the name for a branch or a tag, by the
// rules of git-check-ref-format.
func ValidRefName(name string) bool {
	if name == "" || name == "@" || strings.HasSuffix(name, ".") || strings.HasPrefix(name, "-") ||
		strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.ContainsAny(name, " ~^:?*[\\{}\x7f") {
		return false
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' })
}

// Tag is the short name of the version's tag.
func (p Pattern) Tag(v Version) string {
	return strings.NewReplacer(
		"{version}", v.String(),
		"{major}", strconv.FormatUint(v.Major, 10),
		"{minor}", strconv.FormatUint(v.Minor, 10),
		"{patch}", strconv.FormatUint(v.Patch, 10),
	).Replace(string(p))
}

// ParseTag reads the version out of a tag's short name; ok is false when the
// name is not exactly what the pattern gives for a version.
func (p Pattern) ParseTag(name string) (version Version, ok bool) {
	before, after, found := strings.Cut(string(p), "{version}")
	if found {
		rest, hasBefore := strings.CutPrefix(name, before)
		text, hasAfter := strings.CutSuffix(rest, after)
		if !hasBefore || !hasAfter {
			return Version{}, false
		}
		parsed, err := ParseVersion(text)
		return parsed, err == nil
	}
	numbers, ok := p.numbers(name, false)
	if !ok {
		return Version{}, false
	}
	return NewVersion(numbers["major"], numbers["minor"], numbers["patch"]), true
}

// Branch is the short name of the line's branch.
func (p Pattern) Branch(l Line) string {
	return strings.NewReplacer(
		"{major}", strconv.FormatUint(l.Major, 10),
		"{minor}", strconv.FormatUint(l.Minor, 10),
	).Replace(string(p))
}

// ParseBranch reads the line out of a branch's short name. The case of letters
// does not count: 0.16.X and 0.18.x have been seen side by side.
func (p Pattern) ParseBranch(name string) (line Line, ok bool) {
	numbers, ok := p.numbers(name, true)
	if !ok {
		return Line{}, false
	}
	return Line{Major: numbers["major"], Minor: numbers["minor"]}, true
}

// expressions has what patterns were compiled to: a repository has thousands of
// tags, and one pattern.
var expressions sync.Map // from patternKey to *regexp.Regexp

type patternKey struct {
	pattern  Pattern
	foldCase bool
}

// expression is the pattern as a regular expression, nil for one that makes none.
func (p Pattern) expression(foldCase bool) *regexp.Regexp {
	key := patternKey{p, foldCase}
	if known, ok := expressions.Load(key); ok {
		return known.(*regexp.Regexp)
	}
	text := regexp.QuoteMeta(string(p))
	for _, name := range []string{"major", "minor", "patch"} {
		text = strings.ReplaceAll(text, `\{`+name+`\}`, `(?P<`+name+`>0|[1-9][0-9]{0,8})`)
	}
	if foldCase {
		text = "(?i)" + text
	}
	expression, err := regexp.Compile(`^(?:` + text + `)$`)
	if err != nil {
		expression = nil
	}
	expressions.Store(key, expression)
	return expression
}

func (p Pattern) numbers(name string, foldCase bool) (map[string]uint64, bool) {
	expression := p.expression(foldCase)
	if expression == nil {
		return nil, false
	}
	found := expression.FindStringSubmatch(name)
	if found == nil {
		return nil, false
	}
	numbers := map[string]uint64{}
	for i, group := range expression.SubexpNames() {
		if group != "" {
			numbers[group], _ = strconv.ParseUint(found[i], 10, 64)
		}
	}
	return numbers, true
}
