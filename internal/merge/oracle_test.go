package merge_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
)

// mergeText merges by the package under test.
func mergeText(m gittest.TextMerge) gittest.TextOutcome {
	options := merge.TextOptions{Ours: "ours", Theirs: "theirs", Added: m.Added}
	for _, attribute := range strings.Fields(m.Attributes) {
		switch name, value, _ := strings.Cut(attribute, "="); {
		case attribute == "merge=union":
			options.Union = true
		case attribute == "-merge", attribute == "merge=binary", attribute == "binary":
			options.Binary = true
		case name == "conflict-marker-size":
			// What is no number is 0, which means the default.
			options.MarkerSize, _ = strconv.Atoi(value)
		}
	}
	result := merge.Text([]byte(m.Base), []byte(m.Ours), []byte(m.Theirs), options)
	return gittest.TextOutcome{Text: string(result.Text), Conflict: !result.Clean()}
}

// disagreements gives the positions of the merges in which git and the package
// do not come to the same.
func disagreements(git *gittest.TextMerger, merges []gittest.TextMerge) []int {
	var found []int
	for i, want := range git.Merge(merges) {
		if mergeText(merges[i]) != want {
			found = append(found, i)
		}
	}
	return found
}

// describe prints a merge as a case of the table in cases_test.go.
func describe(git *gittest.TextMerger, m gittest.TextMerge) string {
	var text strings.Builder
	fmt.Fprintf(&text, "{\n\tbase:   %q,\n\tours:   %q,\n\ttheirs: %q,\n", m.Base, m.Ours, m.Theirs)
	if m.Attributes != "" {
		fmt.Fprintf(&text, "\tattributes: %q,\n", m.Attributes)
	}
	if m.Added {
		text.WriteString("\tadded: true,\n")
	}
	want := git.Merge([]gittest.TextMerge{m})[0]
	fmt.Fprintf(&text, "\twant:   %q,\n\tconflict: %t,\n},\ngot: %q\n", want.Text, want.Conflict, mergeText(m).Text)
	return text.String()
}
