package versionfile

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

func TestPatternTakesTheWholeVersion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ pattern, text, want string }{
		"one line":              {"^(.*)", "0.10.0-dev\n", "0.10.0-dev"},
		"without a line break":  {"^(.*)$", "0.10.0", "0.10.0"},
		"a suffix left out":     {`version = ([0-9.]+)`, "version = 0.10.0-dev\n", `leaves out "-dev"`},
		"another one":           {`version = ([0-9.]+)`, "version = 0.10.0-RC1\n", `leaves out "-RC1"`},
		"text that is no part":  {`app-([0-9.]+)`, "app-0.10.0-alpine\n", "0.10.0"},
		"text that begins like": {`app-([0-9.]+)`, "app-0.10.0-debian\n", "0.10.0"},
	}
	for name, c := range cases {
		version, err := Read(release.VersionFile{Path: "VERSION", Pattern: c.pattern}, []byte(c.text))
		got := version.Text
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || (err == nil && got != c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
