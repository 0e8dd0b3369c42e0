package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// The versions in files are those of Semantic Versioning 2.0.0, as another reader of
// it sees them, as far as their numbers are ones that a release can have.
func FuzzParseFileVersion(f *testing.F) {
	for _, text := range []string{
		"0.10.0", "0.10.0-dev", "0.10.0-rc.1+build.5", "1.2.3+20261126", "0.10", "v0.10.0", "0.10.0-", "0.10.0+",
		"0.10.0-01", "0.10.0-0a", "0.10.0-a..b", "01.2.3", "1.2.3.4", "1.2-3.4", "1000000000.0.0", "1.2.3-é", " 1.2.3", "",
		"1.2.3--", "1.2.3-+b", "1.2.3+b-a", "1.2.3+01", "0.0.0-0",
		"0.0.0-" + strings.Repeat("a", 250), "0.0.0-" + strings.Repeat("a", 251),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := release.ParseFileVersion(text)
		want, err := semver.StrictNewVersion(text)
		numbers := release.Version{}
		if err == nil {
			numbers, err = release.ParseVersion(fmt.Sprintf("%d.%d.%d", want.Major(), want.Minor(), want.Patch()))
		}
		if ok != (err == nil) {
			t.Fatalf("%q: %v, but %v", text, ok, err)
		}
		if !ok {
			return
		}
		if got.Version != numbers || got.Prerelease != want.Prerelease() || got.Text != text {
			t.Errorf("%q is %+v, but %s with %q", text, got, numbers, want.Prerelease())
		}
	})
}
