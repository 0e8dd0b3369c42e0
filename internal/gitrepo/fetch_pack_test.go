package gitrepo

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// samplePack is a pack of objects of every kind, as git makes it, deltas included.
func samplePack(t testing.TB) []byte {
	t.Helper()
	repo := gittest.New(t)
	text := bytes.Repeat([]byte("a line\nanother one\n"), 20)
	for _, end := range []string{"1", "2", "3"} {
		repo.Commit("change "+end, gittest.Files{"file": string(text) + end + "\n"})
	}
	repo.Tag("0.1.0")
	repo.Git("repack", "-adq")
	names, err := filepath.Glob(filepath.Join(repo.Dir, ".git", "objects", "pack", "*.pack"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	pack, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// emptyObjects are those of a repository that has none yet.
func emptyObjects(t testing.TB) *Objects {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "objects", "pack"), 0o700); err != nil {
		t.Fatal(err)
	}
	objects, err := openObjects(dir, environ{verifyReads + "=1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.close() })
	return objects
}

// packFiles are what a directory of objects has in packs.
func packFiles(t testing.TB, objects *Objects) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(objects.dir, "objects", "pack", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDamagedPacksAreRefused: what a server sends is looked at before it is kept, and
// nothing is left of what is not.
func TestDamagedPacksAreRefused(t *testing.T) {
	t.Parallel()
	sound := samplePack(t)
	changed := func(place int, to byte) []byte {
		pack := bytes.Clone(sound)
		pack[place] = to
		return pack
	}
	for name, pack := range map[string][]byte{
		"no pack":                    []byte("no pack at all, but long enough to be one"),
		"more objects than it holds": binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), 0xfffffff0),
		"so many in a longer pack":   append(binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), 0xfffffff0), sound[12:]...),
		"version":                    changed(7, 9),
		"an object":                  changed(30, sound[30]^0x10),
		"the checksum":               changed(len(sound)-1, sound[len(sound)-1]^1),
		"cut short":                  sound[:len(sound)-30],
		"more behind it":             append(bytes.Clone(sound), sound...),
	} {
		objects := emptyObjects(t)
		if count, err := objects.receivePack(bytes.NewReader(pack), false); err == nil {
			t.Errorf("%s: %d objects were kept", name, count)
		}
		if left := packFiles(t, objects); len(left) > 0 {
			t.Errorf("%s: left behind: %q", name, left)
		}
	}
}

// FuzzReceivePack receives what no server sends. What is kept all the same is what git
// would keep: every object of it can be read.
func FuzzReceivePack(f *testing.F) {
	pack := samplePack(f)
	f.Add(pack)
	f.Add(pack[:len(pack)/2])
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		objects := emptyObjects(t)
		count, err := objects.receivePack(bytes.NewReader(repairedTrailer(content)), false)
		if err != nil {
			if left := packFiles(t, objects); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			return
		}
		ids, err := objects.store.All()
		if err != nil || len(ids) > count {
			t.Errorf("%d objects of %d: %v", len(ids), count, err)
		}
		for _, id := range ids {
			if _, err := objects.ReadUpTo(id, 1<<20); err != nil {
				t.Error(err)
			}
		}
	})
}

// repairedTrailer gives a pack the checksum that it should have, without which nothing
// else of it matters.
func repairedTrailer(pack []byte) []byte {
	if len(pack) < object.IDSize {
		return pack
	}
	body := pack[:len(pack)-object.IDSize]
	sum := sha1.Sum(body)
	return append(bytes.Clone(body), sum[:]...)
}
