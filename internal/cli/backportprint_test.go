package cli

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
)

func TestKeptText(t *testing.T) {
	t.Parallel()
	for want, commit := range map[string]plan.PlannedCommit{
		"": {Files: []string{"a"}},
		"; CHANGELOG conflicted and stays the line's own":        {Files: []string{"a"}, Kept: []string{"CHANGELOG"}},
		"; package.json conflicted and keeps the line's version": {Files: []string{"a", "package.json"}, Kept: []string{"package.json"}},
		"; CHANGELOG conflicted and stays the line's own; package.json conflicted and keeps the line's version": {
			Files: []string{"package.json"}, Kept: []string{"CHANGELOG", "package.json"},
		},
	} {
		if have := keptText(commit); have != want {
			t.Errorf("%q, want %q", have, want)
		}
	}
}
