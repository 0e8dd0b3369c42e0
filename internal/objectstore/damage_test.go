package objectstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// small is a repository of few small objects, deltas and a large offset among them.
func small(t testing.TB) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	text := noise(100)
	for n := range 3 {
		repo.Commit("change "+strconv.Itoa(n), gittest.Files{"file": text + strconv.Itoa(n) + "\n"})
	}
	repo.Tag("0.1.0")
	return repo
}

// damaged are files that are damaged in turn, in clones that keep objects in
// different ways.
var damaged = map[string]struct {
	lay  func(t testing.TB, repo *gittest.Repo)
	file string // a pattern below the directory of objects
	// masks are what the byte at a place is changed by.
	masks func(place int) []byte
}{
	"pack":                            {packSmall, "pack/*.pack", everyBit},
	"pack with an index of version 1": {packVersion1, "pack/*.pack", oneBit},
	"pack of a multi-pack-index":      {packMany, "pack/*.pack", oneBit},
	"pack index":                      {packSmall, "pack/*.idx", oneBit},
	"index of version 1":              {packVersion1, "pack/*.idx", oneBit},
	"long offsets":                    {packLong, "pack/*.idx", oneBit},
	"multi-pack-index":                {packMany, "pack/multi-pack-index", oneBit},
	"loose object":                    {func(testing.TB, *gittest.Repo) {}, "??/*", everyBit},
}

func everyBit(int) []byte { return []byte{1, 2, 4, 8, 16, 32, 64, 128} }

// oneBit is another one for each place, as faults are.
func oneBit(place int) []byte { return []byte{1 << (place % 8)} }

func packSmall(_ testing.TB, repo *gittest.Repo) { repo.Git("repack", "-adq") }

func packVersion1(_ testing.TB, repo *gittest.Repo) {
	repo.Git("-c", "pack.indexVersion=1", "repack", "-adq")
}

func packLong(t testing.TB, repo *gittest.Repo) {
	t.Helper()
	repo.Git("repack", "-adq")
	pack := packs(t, repo)[0]
	if err := os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx"); err != nil {
		t.Fatal(err)
	}
	repo.Git("index-pack", "--index-version=2,0x40", pack)
}

func packMany(_ testing.TB, repo *gittest.Repo) {
	repo.Git("repack", "-adq")
	repo.Git("multi-pack-index", "write")
}

// copyObjects copies the files of a directory of objects, writable.
func copyObjects(t testing.TB, repo *gittest.Repo) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "objects")
	if err := os.CopyFS(dir, os.DirFS(objectsDir(repo))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func damagedFile(t testing.TB, dir, pattern string) (name string, content []byte) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil || len(found) == 0 {
		t.Fatal("no such file", pattern, err)
	}
	content, err = os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return found[0], content
}

// TestEveryByteChanged changes each byte of a file in turn. Every object is right or
// an error that names the file and a place in it, whether the checksums of indexes
// are compared at once or not.
func TestEveryByteChanged(t *testing.T) {
	t.Parallel()
	for name, test := range damaged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := small(t)
			test.lay(t, repo)
			want, dir := everyObject(t, repo), copyObjects(t, repo)
			file, content := damagedFile(t, dir, test.file)
			for place := range content {
				for _, mask := range test.masks(place) {
					changed := bytes.Clone(content)
					changed[place] ^= mask
					replace(t, file, changed)
					for _, options := range ways(place) {
						where := "byte " + strconv.Itoa(place) + " ^ " + strconv.Itoa(int(mask))
						readDamaged(t, where, dir, options, want)
					}
				}
			}
		})
	}
}

// ways are mapped and not in turn, and now and then with verification, which has less
// to find.
func ways(turn int) []objectstore.Options {
	options := []objectstore.Options{{Unmapped: turn%2 == 1}}
	if turn%8 == 0 {
		options = append(options, objectstore.Options{Verify: true, Unmapped: turn%16 == 0})
	}
	return options
}

// TestEveryLength cuts a file after each byte.
func TestEveryLength(t *testing.T) {
	t.Parallel()
	for name, test := range damaged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := small(t)
			test.lay(t, repo)
			want, dir := everyObject(t, repo), copyObjects(t, repo)
			file, content := damagedFile(t, dir, test.file)
			for length := range content {
				replace(t, file, content[:length])
				for _, options := range ways(length) {
					readDamaged(t, name+" cut to "+strconv.Itoa(length), dir, options, want)
				}
			}
		})
	}
}

// replace writes another file in a file's place, as nothing but a fault does.
func replace(t testing.TB, file string, content []byte) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readDamaged reads all objects. What cannot be read is damaged and not missing,
// however the damage hides it.
func readDamaged(t testing.TB, where, dir string, options objectstore.Options, want map[object.ID]object.Object) {
	t.Helper()
	store, err := objectstore.Open(dir, options)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	defer store.Close() //nolint:errcheck // only read
	for id, right := range want {
		got, err := store.Read(id, 1<<20)
		checkDamaged(t, where, dir, err)
		if err == nil && (got.Kind != right.Kind || !bytes.Equal(got.Data, right.Data)) {
			t.Errorf("%s: wrong content of %s %s, %+v", where, right.Kind, id, options)
		}
		_, err = store.Header(id)
		checkDamaged(t, where, dir, err)
	}
	_, err = store.WithPrefix([]byte{'x'})
	checkDamaged(t, where, dir, err)
}

// checkDamaged looks whether an error says where the damage is.
func checkDamaged(t testing.TB, where, dir string, err error) {
	t.Helper()
	var damage *filemap.Error
	if err != nil && (!errors.As(err, &damage) || !strings.HasPrefix(damage.File, dir) || damage.Offset < 0) {
		t.Errorf("%s: the error is %v", where, err)
	}
}

// A damaged copy does no harm when there is another one.
func TestOtherCopyIsRead(t *testing.T) {
	t.Parallel()
	repo := small(t)
	repo.Git("repack", "-aq") // the loose objects stay
	want, dir := everyObject(t, repo), copyObjects(t, repo)
	file, content := damagedFile(t, dir, "pack/*.pack")
	for _, place := range []int{0, 20, len(content) / 2, len(content) - 1} {
		changed := bytes.Clone(content)
		changed[place] ^= 0x10
		replace(t, file, changed)
		store, err := objectstore.Open(dir, objectstore.Options{Verify: true})
		if err != nil {
			t.Fatal(err)
		}
		for id, right := range want {
			if got, err := store.Read(id, noLimit); err != nil || !bytes.Equal(got.Data, right.Data) {
				t.Errorf("byte %d changed: %s: %v", place, id, err)
			}
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A pack that is cut short while it is mapped gives errors, and nothing worse.
func TestPackShrinksWhileMapped(t *testing.T) {
	t.Parallel()
	repo := small(t)
	repo.Commit("large", gittest.Files{"large": noise(200_000)})
	repo.Git("repack", "-adq")
	for _, pattern := range []string{"pack/*.pack", "pack/*.idx"} {
		for _, options := range []objectstore.Options{{}, {Unmapped: true}} {
			want, dir := everyObject(t, repo), copyObjects(t, repo)
			store, err := objectstore.Open(dir, options)
			if err != nil {
				t.Fatal(err)
			}
			for id := range want {
				if _, err := store.Header(id); err != nil {
					t.Fatal(err)
				}
			}
			file, content := damagedFile(t, dir, pattern)
			if err := os.Chmod(file, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(file, 0); err != nil {
				t.Fatal(err)
			}
			failures := 0
			for id, right := range want {
				got, err := store.Read(id, noLimit)
				checkDamaged(t, pattern, dir, err)
				if err == nil && !bytes.Equal(got.Data, right.Data) {
					t.Errorf("%s: wrong content of %s", pattern, id)
				}
				if err != nil {
					failures++
				}
			}
			if failures == 0 {
				t.Errorf("%s of %d bytes was cut to nothing, and everything was read", pattern, len(content))
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
