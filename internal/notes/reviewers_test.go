package notes_test

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/notes"
)

// Review marks at a title's end name the reviewers; approvals and requests do not.
func TestReviewers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want []string
	}{
		"Bug 974837 - Add the client. r=dmose":              {"Add the client", []string{"dmose"}},
		"Bug 974837 - Add the client, r=dmose,mhammond":     {"Add the client", []string{"dmose", "mhammond"}},
		"Bug 974837 - Add the client. r=dmose, r=mhammond.": {"Add the client", []string{"dmose", "mhammond"}},
		"Add the client (r=dmose, sr=abr)":                  {"Add the client", []string{"dmose", "abr"}},
		"Add the client r=dmose a=sylvestre":                {"Add the client", []string{"dmose"}},
		"Add the client. a=sylvestre":                       {"Add the client", nil},
		"Add the client. r?dmose":                           {"Add the client", nil},
		"Add the client ui-r=design r=Standard8":            {"Add the client", []string{"Standard8", "design"}},
		"Bug 1 - Add the client. r=dmose DONTBUILD (NPOTB)": {"Add the client", []string{"dmose"}},
		"Add the client, rs=bustage ON A CLOSED TREE":       {"Add the client", []string{"bustage"}},
		"Add the client. CLOSED TREE r=dmose":               {"Add the client", []string{"dmose"}},
		"Add the client. p=author,r=dmose":                  {"Add the client", []string{"dmose"}},
		"Add the client. r=<dmose@example.org>":             {"Add the client", []string{"dmose@example.org"}},
		"Stop at DONTBUILD where it stands":                 {"Stop at DONTBUILD where it stands", nil},
		"[Bug 12] Add the client (r=dmose)":                 {"Add the client", []string{"dmose"}},
		"Bug 12, add the client":                            {"add the client", nil},
		"Tune the filter with p=2":                          {"Tune the filter with p=2", nil},
		"Set timeout=5 where it was 4":                      {"Set timeout=5 where it was 4", nil},
		"Add the client":                                    {"Add the client", nil},
	}
	for title, c := range cases {
		changes := notes.Collect([]notes.Commit{{ID: id("one"), Subject: title, Author: "A", Email: "a@example.org"}}).Changes
		if len(changes) != 1 {
			t.Fatalf("%q gives %d changes", title, len(changes))
		}
		got := slices.Sorted(slices.Values(changes[0].Reviewers))
		want := slices.Sorted(slices.Values(c.want))
		if changes[0].Text != c.text || !slices.Equal(got, want) {
			t.Errorf("%q: %q by %v, want %q by %v", title, changes[0].Text, changes[0].Reviewers, c.text, c.want)
		}
	}
}
