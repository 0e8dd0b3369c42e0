package release_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

func mustVersion(t *testing.T, text string) release.Version {
	t.Helper()
	version, err := release.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0.0.0", "0.10.0", "1.2.3", "999999999.999999999.999999999"} {
		version, err := release.ParseVersion(text)
		if err != nil || version.String() != text || version.IsZero() {
			t.Errorf("%q: %v, %v", text, version, err)
		}
		var again release.Version
		written, err := version.MarshalText()
		if err != nil || again.UnmarshalText(written) != nil || again != version {
			t.Errorf("%q: written as %q, read as %v, %v", text, written, again, err)
		}
	}
	for _, text := range []string{"", "0.2", "0.2.0.1", "v0.2.0", "0.02.0", "00.2.0", "0.2.0-dev", "0.2.0+1", " 0.2.0", "0.2.0\n", "-1.0.0", "1.0.x", "0.2.1000000000", "٠.٢.٠"} {
		if version, err := release.ParseVersion(text); err == nil || !version.IsZero() {
			t.Errorf("%q is read as %v", text, version)
		}
	}
	var none release.Version
	if text, err := none.MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("no version is written as %q, %v", text, err)
	}
	none = mustVersion(t, "1.0.0")
	if err := none.UnmarshalText(nil); err != nil || !none.IsZero() {
		t.Errorf("nothing is read as %v, %v", none, err)
	}
	if err := none.UnmarshalText([]byte("1.0")); err == nil {
		t.Error("1.0 is read as a version")
	}
}

// Versions are ordered by their numbers; 0.10.0 once came before 0.9.3.
func TestVersionOrder(t *testing.T) {
	t.Parallel()
	ordered := []release.Version{
		{}, mustVersion(t, "0.0.0"), mustVersion(t, "0.0.10"), mustVersion(t, "0.9.3"), mustVersion(t, "0.10.0"),
		mustVersion(t, "0.10.1"), mustVersion(t, "1.0.0"), mustVersion(t, "10.0.0"),
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%q against %q is %d, want %d", a, b, got, want)
			}
		}
	}
	if (release.Version{}) == release.NewVersion(0, 0, 0) {
		t.Error("0.0.0 is no version")
	}
}

func TestBump(t *testing.T) {
	t.Parallel()
	for part, want := range map[release.Bump]string{release.BumpMajor: "1.0.0", release.BumpMinor: "0.10.0", release.BumpPatch: "0.9.4", "": "0.10.0"} {
		if got := mustVersion(t, "0.9.3").Bump(part).String(); got != want {
			t.Errorf("0.9.3 with its %q raised is %s, want %s", part, got, want)
		}
	}
	for _, text := range []string{"major", "minor", "patch"} {
		if part, err := release.ParseBump(text); err != nil || string(part) != text {
			t.Errorf("%q: %q, %v", text, part, err)
		}
	}
	for _, text := range []string{"", "Minor", "huge"} {
		if part, err := release.ParseBump(text); err == nil {
			t.Errorf("%q is read as %q", text, part)
		}
	}
}

func TestFileVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		version, prerelease string
		ok                  bool
	}{
		"0.10.0":                 {"0.10.0", "", true},
		"0.10.0-dev":             {"0.10.0", "dev", true},
		"0.13.0-DEV":             {"0.13.0", "DEV", true},
		"1.0.0-alpha.1":          {"1.0.0", "alpha.1", true},
		"1.0.0-rc.1+build":       {"1.0.0", "rc.1", true},
		"1.0.0+build":            {"1.0.0", "", true},
		"1.0":                    {},
		"v1.0.0":                 {},
		"1.0.0-":                 {},
		"":                       {},
		"20140805110000.0.0-dev": {},
	}
	for text, want := range cases {
		got, ok := release.ParseFileVersion(text)
		if ok != want.ok || got.Version.String() != want.version || got.Prerelease != want.prerelease || ok && got.Text != text {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0.9.x": "0.9.x", "0.16.X": "0.16.x"} {
		line, err := release.ParseLine(text)
		if err != nil || line.String() != want {
			t.Errorf("%q: %s, %v", text, line, err)
		}
	}
	for _, text := range []string{"", "0.9", "0.9.0", "0.x", "v0.9.x", "0.09.x"} {
		if line, err := release.ParseLine(text); err == nil {
			t.Errorf("%q is read as %s", text, line)
		}
	}
	line := mustVersion(t, "0.9.3").Line()
	if !line.Contains(mustVersion(t, "0.9.0")) || line.Contains(mustVersion(t, "0.10.0")) || line.Compare(release.Line{Minor: 10}) >= 0 {
		t.Errorf("line %s", line)
	}
	if mustVersion(t, "0.9.0").IsPatch() || !mustVersion(t, "0.9.1").IsPatch() {
		t.Error("a patch is a release whose last number is above zero")
	}
}

// A tag is the release's only if it is exactly what the pattern gives.
func TestParseTag(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern release.Pattern
		name    string
		want    string // "": not a release
	}{
		{"{version}", "0.9.0", "0.9.0"},
		{"{version}", "v0.9.0", ""},
		{"{version}", "0.2", ""},
		{"{version}", "0.9.0-rc.1", ""},
		{"{version}", "0.9.0\n", ""},
		{"v{version}", "v0.9.0", "0.9.0"},
		{"v{version}", "V0.9.0", ""},
		{"v{version}", "0.9.0", ""},
		{"server/{version}-final", "server/0.9.0-final", "0.9.0"},
		{"server/{version}-final", "server/0.9.0", ""},
		{"aa{version}aa", "aaa", ""},
		{"{major}_{minor}_{patch}", "0_9_10", "0.9.10"},
		{"{major}_{minor}_{patch}", "0.9.10", ""},
		{"{major}_{minor}_{patch}", "0_09_10", ""},
		{"r{major}.{minor}.{patch}", "r0.9.1", "0.9.1"},
		{"r{major}.{minor}.{patch}", "r0x9x1", ""},
		{"r{major}.{minor}.{patch}", "R0.9.1", ""},
	}
	for _, c := range cases {
		version, ok := c.pattern.ParseTag(c.name)
		if ok != (c.want != "") || version.String() != c.want {
			t.Errorf("%q by %q: %s, %v; want %q", c.name, c.pattern, version, ok, c.want)
		}
		if ok && c.pattern.Tag(version) != c.name {
			t.Errorf("%q by %q is written as %q", c.name, c.pattern, c.pattern.Tag(version))
		}
	}
}

// Branches of lines are recognised in either case: 0.16.X and 0.18.x have been
// seen side by side.
func TestParseBranch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern release.Pattern
		name    string
		want    string
	}{
		{"{major}.{minor}.x", "0.18.x", "0.18.x"},
		{"{major}.{minor}.x", "0.16.X", "0.16.x"},
		{"{major}.{minor}.x", "0.16.1", ""},
		{"{major}.{minor}.x", "0.16.xx", ""},
		{"{major}.{minor}.x", "0116.x", ""},
		{"{major}.{minor}.x", "master", ""},
		{"release/{major}.{minor}", "Release/1.2", "1.2.x"},
		{"release/{major}.{minor}", "release/1.2.3", ""},
	}
	for _, c := range cases {
		line, ok := c.pattern.ParseBranch(c.name)
		if ok != (c.want != "") || ok && line.String() != c.want {
			t.Errorf("%q by %q: %s, %v; want %q", c.name, c.pattern, line, ok, c.want)
		}
	}
	if got := release.Pattern("release/{major}.{minor}").Branch(release.Line{Major: 1, Minor: 2}); got != "release/1.2" {
		t.Errorf("the branch is %q", got)
	}
}
