package changelog_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/release"
)

// loopText is in the manner of the Loop service's file.
const loopText = `Changelog
=========

This document describes changes between each past release.

0.10.0 (unreleased)
-------------------

- [api-change] Remove the old calls;
- [config] 1033575 — Base the keys on
           a channel;
- [bugfix] 1048426 — Read the type from the request body.


0.9.1 (2014-07-22)
------------------

- [bugfix] Prevent a failure when the address isn't valid.

0.9.0 (2014-07-09)
------------------

- [feature] 1003170 — Adds metrics reporting.


How to get more details?
------------------------

Use git::

    git diff 0.9.0...
`

// keptText is in the manner of Keep a Changelog.
const keptText = `# Changelog

All notable changes.

## [Unreleased]

### Added

- Echo messages (#150)

### Fixed

- Time stamps

## [1.0.0] - 2017-06-20

### Added

- Rooms

## [0.9.0] - 2017-05-01

### Added

- Calls

[unreleased]: https://forge.example.org/loop/compare/v1.0.0...HEAD
[1.0.0]: https://forge.example.org/loop/compare/v0.9.0...v1.0.0
[0.9.0]: https://forge.example.org/loop/releases/tag/v0.9.0
`

func TestParseReadsSections(t *testing.T) {
	t.Parallel()
	file := parse(t, loopText)
	var got []string
	for _, s := range file.Sections() {
		got = append(got, s.Heading+"|"+s.Version.String()+"|"+s.Date.String())
	}
	want := "0.10.0 (unreleased)|0.10.0|\n0.9.1 (2014-07-22)|0.9.1|2014-07-22\n0.9.0 (2014-07-09)|0.9.0|2014-07-09"
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
	open, ok := file.Unreleased()
	if !ok || open.IsEmpty() || len(open.Entries) != 3 {
		t.Fatalf("unreleased: %+v, %v", open, ok)
	}
	if want := "- [config] 1033575 — Base the keys on\n           a channel;"; open.Entries[1] != want {
		t.Errorf("entry %q", open.Entries[1])
	}
	last, _ := file.Section(version(t, "0.9.0"))
	if want := "- [feature] 1003170 — Adds metrics reporting."; last.Body != want {
		t.Errorf("body %q", last.Body)
	}
}

func TestHeadingsAreReadTolerantly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		version, date string
		unreleased    bool
	}{
		"## [Unreleased]":                                   {"", "", true},
		"## Unreleased":                                     {"", "", true},
		"## 1.0.0 (unreleased)":                             {"1.0.0", "", true},
		"## [1.0.0] - Unreleased":                           {"1.0.0", "", true},
		"## 1.0.0 (2017-06-20)":                             {"1.0.0", "2017-06-20", false},
		"# v1.0.0 - 2017-06-20":                             {"1.0.0", "2017-06-20", false},
		"## [1.0.0] - 2017-06-20 [YANKED]":                  {"1.0.0", "2017-06-20", false},
		"## [1.0.0](https://e.org/v0.9.0) (2017-06-20)":     {"1.0.0", "2017-06-20", false},
		"## Version 1.0.0":                                  {"1.0.0", "", false},
		"## 1.0":                                            {"", "", false},
		"1.0.0 / 2017-06-20\n=====":                         {"1.0.0", "2017-06-20", false},
		"1.0.0 / 0.9.9 (2017-06-20)\n-----------":           {"1.0.0", "2017-06-20", false},
		"0.13.0 (Unreleased)\n~~~~~~~~~~~~~~~~~~~":          {"0.13.0", "", true},
		"## 1.0.0 (2017-13-45)":                             {"1.0.0", "", false},
		"## 1.0.0-rc.1 (2017-06-20)":                        {"", "2017-06-20", false},
		"```\n## 9.9.9\n```\n<!--\n## 8.8.8\n-->\n## 1.0.0": {"1.0.0", "", false},
	} {
		sections := parse(t, text+"\n\n- Text\n").Sections()
		if len(sections) != 1 {
			t.Errorf("%q: %d sections", text, len(sections))
			continue
		}
		s := sections[0]
		if s.Version.String() != want.version || s.Date.String() != want.date || s.Unreleased != want.unreleased {
			t.Errorf("%q: %+v", text, s)
		}
	}
	if s, ok := parse(t, "0.12.7 / 0.12.6 (2014-10-30)\n-----\n\n- Text\n").Section(version(t, "0.12.6")); !ok || s.Version != version(t, "0.12.7") {
		t.Errorf("the second version of a heading: %+v, %v", s, ok)
	}
	for _, text := range []string{"## What is new", "Notes\n-----", "## 2.0ish", "#1.0.0", "1.0.0", "- 1.0.0\n------"} {
		if sections := parse(t, text+"\n").Sections(); len(sections) != 0 {
			t.Errorf("%q: %+v", text, sections)
		}
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]changelog.Style{
		"":                                 changelog.StyleLoop,
		loopText:                           changelog.StyleLoop,
		keptText:                           changelog.StyleKeepAChangelog,
		"# Changelog\n":                    changelog.StyleKeepAChangelog,
		"Changelog\n=========\n":           changelog.StyleLoop,
		"# Changelog\n\n1.0.0\n-----\n":    changelog.StyleLoop,
		"Changelog\n=====\n\n## 1.0.0\n":   changelog.StyleKeepAChangelog,
		"\uFEFF## [Unreleased]\r\n\r\n- A": changelog.StyleKeepAChangelog,
	} {
		if got := changelog.Detect([]byte(text)); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	if _, err := changelog.Parse("news", nil); err == nil || !strings.Contains(err.Error(), "expected loop or keep-a-changelog") {
		t.Errorf("style: %v", err)
	}
	if _, err := changelog.Parse("", make([]byte, changelog.MaxSize+1)); err == nil {
		t.Error("size: no error")
	}
}

func TestIsEmpty(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		"":                                   true,
		"- No changes yet.":                  true,
		"- No changes yet":                   true,
		"_Nothing yet._":                     true,
		"- Nothing changed yet.":             true,
		"- TBD":                              true,
		"None.":                              true,
		"### Added\n\n### Fixed":             true,
		"<!-- one entry\n- per change -->":   true,
		"- No changes to the old protocol.":  false,
		"- None of the calls fail any more.": false,
		"A paragraph.":                       false,
		"### Added\n\n- Rooms":               false,
		"- No changes yet.\n- Rooms":         false,
		"```\n# code\n```":                   false,
	} {
		s, _ := parse(t, "## [Unreleased]\n\n"+body+"\n\n## 1.0.0\n").Unreleased()
		if s.IsEmpty() != want {
			t.Errorf("%q: %v", body, s.IsEmpty())
		}
	}
}

func parse(t *testing.T, text string) *changelog.File {
	t.Helper()
	file, err := changelog.Parse(changelog.StyleAsFound, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if file.String() != text {
		t.Fatalf("%q was read as %q", text, file)
	}
	return file
}

func version(t *testing.T, text string) release.Version {
	t.Helper()
	v, err := release.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func date(t *testing.T, text string) release.Date {
	t.Helper()
	d, err := release.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// check compares texts line by line, which shows where they part.
func check(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	gotLines, wantLines := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("line %d is %q, want %q; whole:\n%s", i+1, gotLines[i], wantLines[i], got)
		}
	}
	t.Fatalf("%d lines, want %d; whole:\n%s", len(gotLines), len(wantLines), got)
}
