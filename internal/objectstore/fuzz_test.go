package objectstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// fuzzFile replaces a file of a directory of objects by what the fuzzer makes, and
// reads everything with verification: right content or an error, whatever it is.
func fuzzFile(f *testing.F, lay func(testing.TB, *gittest.Repo), pattern string, repair func(made, original []byte) []byte) {
	f.Helper()
	repo := small(f)
	lay(f, repo)
	want, template := everyObject(f, repo), copyObjects(f, repo)
	_, content := damagedFile(f, template, pattern)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, made []byte) {
		dir := filepath.Join(t.TempDir(), "objects")
		if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		file, _ := damagedFile(t, dir, pattern)
		if repair != nil {
			made = repair(made, content)
		}
		replace(t, file, made)
		for _, options := range []objectstore.Options{{Verify: true}, {Unmapped: true}} {
			readDamaged(t, "fuzzed", dir, options, want)
		}
	})
}

// sameTrailer gives what was made the original's last bytes, without which nothing
// of a pack is looked at.
func sameTrailer(made, original []byte) []byte {
	const trailer = 20
	if len(made) < trailer {
		return made
	}
	return append(bytes.Clone(made[:len(made)-trailer]), original[len(original)-trailer:]...)
}

func FuzzPack(f *testing.F)           { fuzzFile(f, packSmall, "pack/*.pack", sameTrailer) }
func FuzzPackIndex(f *testing.F)      { fuzzFile(f, packLong, "pack/*.idx", nil) }
func FuzzPackIndex1(f *testing.F)     { fuzzFile(f, packVersion1, "pack/*.idx", nil) }
func FuzzMultiPackIndex(f *testing.F) { fuzzFile(f, packMany, "pack/multi-pack-index", nil) }
func FuzzLooseObject(f *testing.F) {
	fuzzFile(f, func(testing.TB, *gittest.Repo) {}, "??/*", nil)
}

// FuzzAlternates makes sure that no file of that name ends in anything but a list
// or an error.
func FuzzAlternates(f *testing.F) {
	f.Add("# comment\n../other/objects\n\"quo\\164ed\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := filepath.Join(t.TempDir(), "objects")
		if err := os.MkdirAll(filepath.Join(dir, "info"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "info", "alternates"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := objectstore.Open(dir, objectstore.Options{})
		if err != nil {
			if err.Error() == "" || !strings.Contains(err.Error(), "alternates") {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
}
