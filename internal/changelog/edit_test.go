package changelog_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/release"
)

func some() changelog.Additions {
	return changelog.Additions{
		WhenEmpty: []changelog.Change{
			{Kind: changelog.KindFix, Text: "Read the type from the body.", Bugs: []string{"1048426"}, PullRequests: []int{170}},
			{Kind: changelog.KindFeature, Text: "Echo messages", PullRequests: []int{155}},
		},
		Append: []changelog.Change{{Kind: changelog.KindFix, Text: "Count seconds", PullRequests: []int{154}}},
	}
}

func TestReleaseChangesOneLine(t *testing.T) {
	t.Parallel()
	none := changelog.Additions{}
	for name, test := range map[string]struct{ text, old, new string }{
		"Loop":             {loopText, "0.10.0 (unreleased)", "0.10.0 (2014-08-05)"},
		"word in capitals": {strings.Replace(loopText, "unreleased", "Unreleased", 1), "0.10.0 (Unreleased)", "0.10.0 (2014-08-05)"},
		"other version":    {strings.Replace(loopText, "0.10.0 (", "0.11.0 (", 1), "0.11.0 (unreleased)", "0.10.0 (2014-08-05)"},
		"other underline": {
			strings.Replace(loopText, "-------------------\n", "------\n", 1), "0.10.0 (unreleased)", "0.10.0 (2014-08-05)",
		},
		"length of the underline": {
			"9.0.0 (unreleased)\n------------------\n\n- A\n",
			"9.0.0 (unreleased)\n------------------", "0.10.0 (2014-08-05)\n-------------------",
		},
		"CRLF, mark, no last line break": {
			"\uFEFF0.10.0 (unreleased)\r\n===================\r\n\r\n- A \r\n\t- B", "unreleased", "2014-08-05",
		},
		"Markdown with closing hashes": {"## 0.10.0 (unreleased) ##\n- A\n", "unreleased", "2014-08-05"},
		"Markdown, no version":         {"## Unreleased\n\n- A\n\n## v0.9.0 / 2014-07-01\n\n- B\n", "Unreleased", "v0.10.0 / 2014-08-05"},
		"comparison in the heading": {
			"## [Unreleased]\n\n- A\n\n## [0.9.1](https://e.org/v0.9.0...v0.9.1) (2014-07-01)\n\n- B\n",
			"[Unreleased]", "[0.10.0](https://e.org/v0.9.1...v0.10.0) (2014-08-05)",
		},
		"written and dated by hand": {"## 0.10.0 (2014-08-01)\n\n- A\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, test.text).Release(version(t, "0.10.0"), date(t, "2014-08-05"), none)
			check(t, got.String(), strings.Replace(test.text, test.old, test.new, 1))
		})
	}
}

func TestReleaseMovesTheLink(t *testing.T) {
	t.Parallel()
	got := parse(t, keptText).Release(version(t, "1.1.0"), date(t, "2017-07-04"), changelog.Additions{})
	want := strings.Replace(keptText, "[Unreleased]", "[1.1.0] - 2017-07-04", 1)
	want = strings.Replace(want, "[unreleased]: https://forge.example.org/loop/compare/v1.0.0...HEAD",
		"[1.1.0]: https://forge.example.org/loop/compare/v1.0.0...v1.1.0", 1)
	check(t, got.String(), want)

	want = strings.Replace(want, "## [1.1.0]", "## [Unreleased]\n\n## [1.1.0]", 1)
	want = strings.Replace(want, "[1.1.0]: ", "[unreleased]: https://forge.example.org/loop/compare/v1.1.0...HEAD\n[1.1.0]: ", 1)
	check(t, got.Open(version(t, "1.2.0")).String(), want)
	check(t, parse(t, got.String()).Open(version(t, "1.2.0")).String(), want)
}

func TestReleaseMovesTheLinkOfAVersion(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://e.org/compare/v0.9.0...HEAD":    "https://e.org/compare/v0.9.0...v1.0.0",
		"https://e.org/compare/v0.9.0..main":     "https://e.org/compare/v0.9.0..v1.0.0",
		"https://e.org/compare/first...HEAD":     "https://e.org/compare/first...HEAD",
		"https://e.org/compare/v0.9.0...v0.10.0": "https://e.org/compare/v0.9.0...v0.10.0",
		"https://e.org/commits":                  "https://e.org/commits",
	} {
		label := "1.1.0"
		if address != want {
			label = "1.0.0"
		}
		text := "## [1.1.0] - Unreleased\n\n- A\n\n[1.1.0]: " + address + "\n"
		got := parse(t, text).Release(version(t, "1.0.0"), date(t, "2017-06-20"), changelog.Additions{})
		if !strings.HasSuffix(got.String(), "["+label+"]: "+want+"\n") {
			t.Errorf("%s:\n%s", address, got)
		}
	}
}

func TestReleaseFillsAnEmptySection(t *testing.T) {
	t.Parallel()
	entries := "- [bugfix] 1048426 — Read the type from the body.\n- [feature] #155 — Echo messages.\n"
	older := "\n\n0.9.0 (2014-07-09)\n------------------\n\n- [feature] 1003170 — Adds metrics.\n"
	head := "0.10.0 (2014-08-05)\n-------------------\n\n"
	for name, test := range map[string]struct{ text, want string }{
		"placeholder":      {"0.10.0 (unreleased)\n-------------------\n\n- No changes yet.\n" + older, head + entries + older},
		"no text":          {"0.10.0 (unreleased)\n-------------------\n" + older, head + entries + older},
		"missing":          {older[2:], head + entries + older},
		"missing, no file": {"", head + entries},
		"missing, below a title": {
			"Changes\n=======\n\nProse.\n", "Changes\n=======\n\nProse.\n\n" + head + entries,
		},
		"missing, no last line break": {"Changes\n=======", "Changes\n=======\n\n" + head + strings.TrimSuffix(entries, "\n")},
		"text: additions below it": {
			"0.10.0 (unreleased)\n-------------------\n\n- [change] Text.\n" + older,
			head + "- [change] Text.\n- [bugfix] #154 — Count seconds.\n" + older,
		},
		"CRLF": {
			"0.10.0 (unreleased)\r\n-------------------\r\n\r\n- [change] Text.",
			strings.ReplaceAll(head+"- [change] Text.\n- [bugfix] #154 — Count seconds.", "\n", "\r\n"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, test.text).Release(version(t, "0.10.0"), date(t, "2014-08-05"), some())
			check(t, got.String(), test.want)
		})
	}
}

func TestReleaseFillsGroups(t *testing.T) {
	t.Parallel()
	links := "\n\n[1.0.0]: https://e.org/compare/v0.9.0...v1.0.0\n"
	rest := "## [1.0.0] - 2017-06-20\n\n### Added\n\n- Rooms" + links
	for name, test := range map[string]struct{ text, want string }{
		"no text": {
			"## [Unreleased]\n\n" + rest,
			"## [1.1.0] - 2017-07-04\n\n### Added\n\n- Echo messages (#155)\n\n### Fixed\n\n- Read the type from the body (#170)\n\n" + rest,
		},
		"empty groups and a comment": {
			"## [Unreleased]\n\n<!-- keep sorted -->\n\n### Fixed\n\n### Added\n\n" + rest,
			"## [1.1.0] - 2017-07-04\n\n<!-- keep sorted -->\n\n### Fixed\n\n- Read the type from the body (#170)\n\n### Added\n\n- Echo messages (#155)\n\n" + rest,
		},
		"additions to a group": {
			"## [Unreleased]\n\n### Fixed\n\n- One\n  of two lines\n\n### Security\n\n- Two\n\n" + rest,
			"## [1.1.0] - 2017-07-04\n\n### Fixed\n\n- One\n  of two lines\n- Count seconds (#154)\n\n### Security\n\n- Two\n\n" + rest,
		},
		"missing": {
			"# Changes\n\n" + rest,
			"# Changes\n\n## [1.1.0] - 2017-07-04\n\n### Added\n\n- Echo messages (#155)\n\n### Fixed\n\n- Read the type from the body (#170)\n\n" +
				strings.Replace(rest, "[1.0.0]:", "[1.1.0]: https://e.org/compare/v1.0.0...v1.1.0\n[1.0.0]:", 1),
		},
		"file without groups": {
			"## 1.1.0 (unreleased)\n\n- No changes yet.\n\n## 1.0.0 (2017-06-20)\n\n* Rooms.\n",
			"## 1.1.0 (2017-07-04)\n\n* Read the type from the body. (#170)\n* Echo messages. (#155)\n\n## 1.0.0 (2017-06-20)\n\n* Rooms.\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := parse(t, test.text).Release(version(t, "1.1.0"), date(t, "2017-07-04"), some())
			check(t, got.String(), test.want)
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	released := strings.Replace(loopText, "unreleased", "2014-08-05", 1)
	opened := strings.Replace(released, "0.10.0 (", "0.11.0 (unreleased)\n-------------------\n\n- No changes yet.\n\n\n0.10.0 (", 1)
	check(t, parse(t, released).Open(version(t, "0.11.0")).String(), opened)
	check(t, parse(t, opened).Open(version(t, "0.12.0")).String(), strings.Replace(opened, "0.11.0", "0.12.0", 1))

	capital := parse(t, strings.Replace(loopText, "unreleased", "Unreleased", 1)).
		Release(version(t, "0.10.0"), date(t, "2014-08-05"), changelog.Additions{}).Open(version(t, "0.11.0"))
	check(t, capital.String(), strings.Replace(opened, "unreleased", "Unreleased", 1))

	markdown := parse(t, "## 1.0.0 (unreleased)\n\n- A\n").
		Release(version(t, "1.0.0"), date(t, "2014-08-05"), changelog.Additions{}).Open(version(t, "1.1.0"))
	check(t, markdown.String(), "## 1.1.0 (unreleased)\n\n## 1.0.0 (2014-08-05)\n\n- A\n")
}

func TestInsertKeepsTheOrder(t *testing.T) {
	t.Parallel()
	branch := parse(t, "0.9.2 (2014-07-23)\n------------------\n- [config] Two\n  lines.\n")
	section, _ := branch.Section(version(t, "0.9.2"))
	added := "0.9.2 (2014-07-23)\n------------------\n\n- [config] Two\n  lines.\n"
	got := parse(t, loopText).Insert(section)
	check(t, got.String(), strings.Replace(loopText, "0.9.1 (", added+"\n\n0.9.1 (", 1))
	check(t, got.Insert(section).String(), got.String())

	oldest, _ := parse(t, strings.ReplaceAll(branch.String(), "0.9.2", "0.1.0")).Section(version(t, "0.1.0"))
	got = parse(t, loopText).Insert(oldest)
	check(t, got.String(), strings.Replace(loopText, "How to", strings.ReplaceAll(added, "0.9.2", "0.1.0")+"\n\nHow to", 1))

	kept := parse(t, keptText).Insert(section)
	want := strings.Replace(keptText, "## [0.9.0]", "## [0.9.2] - 2014-07-23\n\n- [config] Two\n  lines.\n\n## [0.9.0]", 1)
	want = strings.Replace(want, "[0.9.0]: ", "[0.9.2]: https://forge.example.org/loop/compare/v0.9.0...v0.9.2\n[0.9.0]: ", 1)
	check(t, kept.String(), want)
}

func TestSubtractKeepsWhatWasNotReleased(t *testing.T) {
	t.Parallel()
	early := strings.Replace(loopText, "- [bugfix] 1048426 — Read the type from the request body.\n", "", 1)
	released, _ := parse(t, early).
		Release(version(t, "0.10.0"), date(t, "2014-08-05"), changelog.Additions{}).Section(version(t, "0.10.0"))

	got := parse(t, loopText).Subtract(released, version(t, "0.11.0"))
	want := "0.11.0 (unreleased)\n-------------------\n\n- [bugfix] 1048426 — Read the type from the request body.\n\n\n0.10.0 (2014-08-05)"
	check(t, got.String(), strings.Replace(early, "0.10.0 (unreleased)", want, 1))

	nothingLeft := parse(t, early).Subtract(released, version(t, "0.11.0"))
	want = "0.11.0 (unreleased)\n-------------------\n\n- No changes yet.\n\n\n0.10.0 (2014-08-05)"
	check(t, nothingLeft.String(), strings.Replace(early, "0.10.0 (unreleased)", want, 1))

	check(t, parse(t, early).Subtract(released, release.Version{}).String(),
		strings.Replace(early, "unreleased", "2014-08-05", 1))
	want = "Unreleased\n----------\n\n- [bugfix] 1048426 — Read the type from the request body.\n\n\n0.10.0 (2014-08-05)"
	check(t, parse(t, loopText).Subtract(released, release.Version{}).String(),
		strings.Replace(early, "0.10.0 (unreleased)", want, 1))
}

func TestSubtractInGroups(t *testing.T) {
	t.Parallel()
	early := strings.Replace(keptText, "\n\n### Fixed\n\n- Time stamps", "", 1)
	at := parse(t, early).Release(version(t, "1.1.0"), date(t, "2017-07-04"), changelog.Additions{})
	released, _ := at.Section(version(t, "1.1.0"))
	got := parse(t, keptText).Subtract(released, version(t, "1.2.0"))
	want := strings.Replace(at.Open(version(t, "1.2.0")).String(), "## [Unreleased]", "## [Unreleased]\n\n### Fixed\n\n- Time stamps", 1)
	check(t, got.String(), want)
}
