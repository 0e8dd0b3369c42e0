package changelog

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/release"
)

// An unreleased section further down is of another line, and stays as it is.
func TestOpenLeavesLowerSectionsAlone(t *testing.T) {
	t.Parallel()
	file, err := Parse(StyleLoop, []byte("0.10.0 (2014-08-05)\n-------------------\n\n- A\n\n\n0.9.1 (unreleased)\n------------------\n\n- B\n"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := release.ParseVersion("0.11.0")
	if err != nil {
		t.Fatal(err)
	}
	got := file.Open(next).String()
	if !strings.HasPrefix(got, "0.11.0 (unreleased)\n") || !strings.Contains(got, "\n0.9.1 (unreleased)\n") {
		t.Errorf("got:\n%s", got)
	}
}
