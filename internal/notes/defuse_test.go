package notes_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/notes"
)

func TestDefuse(t *testing.T) {
	t.Parallel()
	const joiner = "\u2060"
	for _, c := range []struct{ name, text, inline, title string }{
		{"plain", "Keep calls (#12)", "Keep calls (#12)", "Keep calls (#12)"},
		{"mention", "Ask @everyone and @acme/ops", "Ask `@everyone` and `@acme/ops`", "Ask `@everyone` and `@acme/ops`"},
		{"closing", "Fixes #12, closed: acme/loop#3", "Fixes" + joiner + " #12, closed" + joiner + ": acme/loop#3", "Fixes" + joiner + " #12, closed" + joiner + ": acme/loop#3"},
		{"closing by address", "resolve https://forge.example.org/1", "resolve" + joiner + " https://forge.example.org/1", "resolve" + joiner + " https://forge.example.org/1"},
		{"not closing", "The prefix #12 and fixes for 12", "The prefix #12 and fixes for 12", "The prefix #12 and fixes for 12"},
		{"control characters", "Wipe\x1b[2J the\nscreen", "Wipe\\[2J the screen", "Wipe[2J the screen"},
		{"markup", "# a <b> [c](d) *e*", "\\# a &lt;b&gt; \\[c\\](d) \\*e\\*", "# a <b> [c](d) *e*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := notes.Inline(c.text); got != c.inline {
				t.Errorf("inline %q, want %q", got, c.inline)
			}
			if got := notes.PlainTitle(c.text); got != c.title {
				t.Errorf("title %q, want %q", got, c.title)
			}
		})
	}
}

func TestNumberedMachinery(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]bool{
		"Release 0.10.0 (#12)": true, "Back to development (#13)": true, "Release 0.10.0": true, "Release the hounds (#12)": false, "Keep calls (#12)": false,
	} {
		if got := notes.MentionOf(notes.Commit{Subject: subject}).Machinery; got != want {
			t.Errorf("%q: %v", subject, got)
		}
	}
}
