package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// packedRefsFixture has names that are beginnings of others, and tags.
func packedRefsFixture(t testing.TB) (*gittest.Repo, []byte) {
	t.Helper()
	repo := gittest.New(t)
	repo.Commit("first", gittest.Files{"README": "x\n"})
	for n := range 40 {
		repo.Git("update-ref", fmt.Sprintf("refs/heads/topic%02d", n), "HEAD")
	}
	for _, name := range []string{"topic", "topic-", "topic0", "topic/a", "topic/b/c"} {
		repo.Git("update-ref", "refs/other/"+strings.ReplaceAll(name, "topic/", "below/"), "HEAD")
	}
	repo.Tag("0.1.0")
	repo.Tag("0.10.0")
	repo.Git("tag", "light")
	repo.Git("pack-refs", "--all")
	content, err := os.ReadFile(filepath.Join(repo.Dir, ".git", "packed-refs"))
	if err != nil {
		t.Fatal(err)
	}
	return repo, content
}

// writePacked makes a store of references that has nothing but the file.
func writePacked(t testing.TB, content []byte) refStore {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "packed-refs"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return refStore{gitDir: dir, commonDir: dir}
}

// Names are found whether the file says that it is sorted, keeps silent, or is in
// no order at all.
func TestPackedRefsAreGits(t *testing.T) {
	t.Parallel()
	repo, content := packedRefsFixture(t)
	want := map[string]string{}
	peeled := map[string]string{}
	for line := range strings.Lines(repo.Git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")) {
		fields := strings.Fields(line)
		want[fields[0]] = fields[1]
		if len(fields) > 2 {
			peeled[fields[0]] = fields[2]
		}
	}
	header, rest, _ := bytes.Cut(content, []byte("\n"))
	if !bytes.Contains(header, []byte(" sorted")) {
		t.Fatalf("git writes %q", header)
	}
	groups := strings.SplitAfter(string(rest), "\n")
	var reversed []string
	for i := len(groups) - 1; i >= 0; i-- {
		if strings.HasPrefix(groups[i], "^") {
			i--
			reversed = append(reversed, groups[i], groups[i+1])
			continue
		}
		reversed = append(reversed, groups[i])
	}
	for name, file := range map[string][]byte{
		"sorted": content, "no header": rest,
		"unsorted": []byte("# pack-refs with: peeled fully-peeled \n" + strings.Join(reversed, "")),
		"crlf":     bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")),
	} {
		store := writePacked(t, file)
		for ref, id := range want {
			if got, err := store.readPacked(ref); err != nil || got.String() != id {
				t.Errorf("%s: %s is %s, %v", name, ref, got, err)
			}
		}
		for _, absent := range []string{"refs/heads/topi", "refs/heads/topic000", "refs/a", "refs/zzz", "refs/other/below"} {
			if _, err := store.readPacked(absent); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %s: %v", name, absent, err)
			}
		}
		for _, prefix := range []string{"", "refs/", "refs/heads/topic1", "refs/tags/", "refs/tags/0.1", "refs/zzz", "refs/other/topic"} {
			checkPackedList(t, name, store, prefix, want, peeled)
		}
	}
}

func checkPackedList(t *testing.T, name string, store refStore, prefix string, want, peeled map[string]string) {
	t.Helper()
	refs, targets, err := store.list(prefix)
	if err != nil {
		t.Errorf("%s: below %q: %v", name, prefix, err)
	}
	for ref, id := range want {
		if strings.HasPrefix(ref, prefix) && (refs[ref].String() != id || peeled[ref] != "" && targets[ref].String() != peeled[ref]) {
			t.Errorf("%s: below %q: %s is %s, %s", name, prefix, ref, refs[ref], targets[ref])
		}
	}
	expected := slices.DeleteFunc(slices.Collect(maps.Keys(want)), func(ref string) bool { return !strings.HasPrefix(ref, prefix) })
	if len(refs) != len(expected) {
		t.Errorf("%s: below %q: %d references, expected %d", name, prefix, len(refs), len(expected))
	}
}

// Each byte changed, and the file cut after each: an answer, or an error that names
// the file and the place.
func TestDamagedPackedRefs(t *testing.T) {
	t.Parallel()
	_, content := packedRefsFixture(t)
	for place := range content {
		changed := bytes.Clone(content)
		changed[place] ^= 1 << (place % 8)
		for _, file := range [][]byte{changed, content[:place]} {
			readPackedRefs(t, writePacked(t, file))
		}
	}
}

func readPackedRefs(t testing.TB, store refStore) {
	t.Helper()
	_, _, err := store.list("refs/")
	_, one := store.readPacked("refs/tags/0.1.0")
	for _, err := range []error{err, one} {
		var damage *filemap.Error
		if err != nil && !errors.Is(err, ErrNotFound) && (!errors.As(err, &damage) || !errors.Is(err, ErrDamaged) || filepath.Base(damage.File) != "packed-refs") {
			t.Errorf("the error is %v", err)
		}
	}
}

func FuzzPackedRefs(f *testing.F) {
	_, content := packedRefsFixture(f)
	f.Add(content)
	f.Add([]byte("# pack-refs with: sorted \n^" + (object.ID{}).String() + "\n"))
	f.Fuzz(func(t *testing.T, file []byte) { readPackedRefs(t, writePacked(t, file)) })
}
