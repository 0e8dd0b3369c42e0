package release_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

func TestPatternCheck(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern   release.Pattern
		tag, line bool // may name tags, may name release branches
	}{
		{"{version}", true, false},
		{"v{version}", true, false},
		{"{major}.{minor}.{patch}", true, false},
		{"{major}.{minor}.x", false, true},
		{"release/{major}.{minor}", false, true},
		{"", false, false},
		{"v", false, false},
		{"{version}-{major}", false, false},
		{"{version}{version}", false, false},
		{"{major}.{minor}.{minor}", false, false},
		{"{version} ", false, false},
		{"{version}.lock", false, false},
		{"{version}{build}", false, false},
	}
	for _, c := range cases {
		if err := c.pattern.Check(true); (err == nil) != c.tag {
			t.Errorf("%q for tags: %v, want valid %t", c.pattern, err, c.tag)
		}
		if err := c.pattern.Check(false); (err == nil) != c.line {
			t.Errorf("%q for branches: %v, want valid %t", c.pattern, err, c.line)
		}
	}
}
