package fixes

import (
	"regexp"
	"slices"
	"testing"
)

// What lines name is what this expression finds; asking it of every commit of a long
// history would take longer than reading them.
var pickedFromForm = regexp.MustCompile(`(?m)^[ \t]*\(cherry[- ]picked from commit ([0-9a-fA-F]{7,40})`)

func FuzzPickedFrom(f *testing.F) {
	for _, body := range []string{
		"", "(cherry picked from commit 0123456)", "Text\n\n (cherry-picked from commit ABCDEF0123456789abcdef0123456789abcdef01)\nSigned-off-by: A <a@example.org>",
		"(cherry picked from commit 012345)", "(cherrypicked from commit 0123456)", "x (cherry picked from commit 0123456)",
		"(cherry picked from commit 0123456789abcdef0123456789abcdef0123456789)\r\n\t(cherry picked from commit 89abcdef and more",
		"(cherry", "(cherry ", "(cherry-", "\n(cherry picked from commit ", "(cherry picked from commit 0123456\n(cherry picked from commit 0123456",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var want []string
		for _, found := range pickedFromForm.FindAllStringSubmatch(body, -1) {
			want = append(want, found[1])
		}
		if got := slices.Collect(pickedFrom(body)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, expected %q", body, got, want)
		}
	})
}
