package objectstore_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// Whatever the layout, each of some objects is given once, as a pack has it or whole,
// and bases before what builds on them.
func TestEachForPack(t *testing.T) {
	t.Parallel()
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := layout(t, service(t))
			store, err := objectstore.Open(filepath.Join(repo.Git("rev-parse", "--absolute-git-dir"), "objects"), objectstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close() //nolint:errcheck // it was only read
			all, err := store.All()
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(1, 2))
			for _, share := range []float64{1, 0.5, 0.1, 0} {
				var wanted []object.ID
				for _, id := range all {
					if random.Float64() < share {
						wanted = append(wanted, id)
					}
				}
				checkForPack(t, store, wanted)
			}
		})
	}
}

func checkForPack(t *testing.T, store *objectstore.Store, wanted []object.ID) {
	t.Helper()
	given := map[object.ID]bool{}
	err := store.EachForPack(wanted, func(entry objectstore.PackedEntry) error {
		if given[entry.ID] {
			t.Errorf("%s is given twice", entry.ID)
		}
		given[entry.ID] = true
		content := entry.Content
		if entry.Deflated != nil {
			content = inflated(t, entry.Deflated)
		}
		if int64(len(content)) != entry.Size {
			t.Errorf("%s has %d bytes, and %d are said", entry.ID, len(content), entry.Size)
		}
		switch {
		case entry.Kind == "" && !given[entry.Base]:
			t.Errorf("%s is a delta of %s, which was not given before", entry.ID, entry.Base)
		case entry.Kind != "" && object.Object{Kind: entry.Kind, Data: content}.ID() != entry.ID:
			t.Errorf("%s is given with another content", entry.ID)
		}
		return nil
	})
	if err != nil || len(given) != len(wanted) {
		t.Errorf("%d of %d objects, %v", len(given), len(wanted), err)
	}
}

func inflated(t *testing.T, data []byte) []byte {
	t.Helper()
	source := bytes.NewReader(data)
	reader, err := zlib.NewReader(source)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(reader)
	if err != nil || source.Len() > 0 {
		t.Fatalf("%d bytes are left over, %v", source.Len(), err)
	}
	return content
}

// What a visitor fails with is returned as it is, and an object that is not there is
// an error.
func TestEachForPackFails(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("repack", "-adfq")
	store, err := objectstore.Open(filepath.Join(repo.Dir, ".git", "objects"), objectstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	failure := errors.New("enough")
	calls := 0
	err = store.EachForPack([]object.ID{repo.ID("HEAD"), repo.ID("HEAD^{tree}")}, func(objectstore.PackedEntry) error {
		calls++
		return failure
	})
	if !errors.Is(err, failure) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	absent := []object.ID{object.Blob([]byte("absent")).ID()}
	if err := store.EachForPack(absent, func(objectstore.PackedEntry) error { return nil }); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("an absent object: %v", err)
	}
}

// A damaged entry is not handed on: where there is another copy, that is given, and
// otherwise it is an error.
func TestDamageIsNotHandedOn(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("repack", "-adfq", "--depth=0")
	packs, err := filepath.Glob(filepath.Join(repo.Dir, ".git", "objects", "pack", "*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	data, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.Chmod(packs[0], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(packs[0], data, 0o644); err != nil {
		t.Fatal(err)
	}
	store, err := objectstore.Open(filepath.Join(repo.Dir, ".git", "objects"), objectstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	all, err := store.All()
	if err != nil {
		t.Fatal(err)
	}
	err = store.EachForPack(all, func(entry objectstore.PackedEntry) error {
		if entry.Deflated != nil && (object.Object{Kind: entry.Kind, Data: inflated(t, entry.Deflated)}).ID() != entry.ID {
			t.Errorf("%s is handed on damaged", entry.ID)
		}
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}
