package release_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

// A label asks for a backport to the line that it names where the pattern has one, and
// asks for nothing if it names none.
func TestBackportLabels(t *testing.T) {
	t.Parallel()
	cases := []struct{ pattern, label, want string }{
		{"backport {line}", "backport 0.9.x", "0.9.x"},
		{"backport {line}", "Backport 0.16.X", "0.16.x"},
		{"backport {line}", "backport candidate", ""},
		{"backport {line}", "backport 0.9.1", ""},
		{"backport {line}", "no backport 0.9.x", ""},
		{"backport {line}", "backport 0.9.x soon", ""},
		{"needs:{line}!", "needs:1.12.x!", "1.12.x"},
		{"{line}", "0.9.x", "0.9.x"},
		{"backport {line}", "backport", ""},
	}
	for _, c := range cases {
		line, ok := release.Backports{Label: c.pattern}.LineOf(c.label)
		if got := line.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%q by %q: %s, %v, want %q", c.label, c.pattern, got, ok, c.want)
		}
	}
	backports := release.Backports{Label: "backport {line}", Done: "has {line}"}
	line, _ := backports.LineOf("backport 0.9.x")
	if got := backports.DoneLabel(line); got != "has 0.9.x" {
		t.Errorf("label %q", got)
	}
	if !backports.Configured() || (release.Backports{Label: release.DefaultBackportLabel}).Configured() {
		t.Error("what the file says is taken for the defaults, or those for it")
	}
}
