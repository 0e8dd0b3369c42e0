package changelog_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/changelog"
)

// FuzzParse: a changelog is given back to the byte.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, style := range []changelog.Style{changelog.StyleLoop, changelog.StyleKeepAChangelog} {
			file, err := changelog.Parse(style, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if file.String() != text {
				t.Fatalf("%q was read as %q", text, file)
			}
		}
	})
}

// FuzzRelease: a release without additions changes the section's heading (and
// its underline), and a link reference, or adds lines; all other lines stay.
func FuzzRelease(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := changelog.Parse(changelog.StyleAsFound, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, had := file.Unreleased()
		_, exists := file.Section(version(t, "0.10.0"))
		released := file.Release(version(t, "0.10.0"), date(t, "2014-08-05"), changelog.Additions{})
		before, after := strings.SplitAfter(text, "\n"), strings.SplitAfter(released.String(), "\n")
		if !had && !exists {
			checkOnlyAdded(t, text, released.String())
			return
		}
		if len(before) != len(after) {
			t.Fatalf("%q became %q", text, released)
		}
		changed := 0
		for i := range before {
			if before[i] != after[i] {
				changed++
			}
		}
		if changed > 3 {
			t.Fatalf("%d lines changed: %q became %q", changed, text, released)
		}
		for _, edited := range []*changelog.File{released.Open(version(t, "0.11.0")), released.Release(version(t, "0.9.0"), date(t, "2014-08-05"), some())} {
			if len(edited.String()) < len(text)-len("unreleased") {
				t.Fatalf("%q became %q", text, edited)
			}
		}
	})
}

// checkOnlyAdded wants every line of the old text in the new one, in order, but
// for the line break that the last one may have gained and a base of a
// comparison that may have moved.
func checkOnlyAdded(t *testing.T, before, after string) {
	t.Helper()
	rest := after
	for piece := range strings.Lines(strings.TrimPrefix(before, "\uFEFF")) {
		piece = strings.TrimRight(piece, "\r\n")
		_, following, found := strings.Cut(rest, piece)
		if !found && !strings.Contains(strings.ToLower(piece), "unreleased]") {
			t.Fatalf("%q lost %q and became %q", before, piece, after)
		}
		if found {
			rest = following
		}
	}
}

func seed(f *testing.F) {
	for _, text := range []string{
		loopText, keptText, "", "\uFEFF0.10.0 (unreleased)\r\n===\r\n- A", "## Unreleased\n~~~\n## 1.0.0",
		"[unreleased]: https://e.org/a...b\n", "0.9.0\n---\n", "\uFEFF0.0.0 \n===", "[0.9.0]: https://e.org/releases/tag/v0.9.0",
		"## [0.11.0] - Unreleased\n- a\n\n[0.11.0]: https://e.org/compare/0.9.0...HEAD\n",
	} {
		f.Add(text)
	}
}
