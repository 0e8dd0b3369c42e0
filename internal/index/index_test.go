package index_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/index"
	"github.com/mozilla-services/looprel/internal/object"
)

// sample is a worktree with paths of many lengths, of all modes, and in conflict.
func sample(t testing.TB) *gittest.Repo {
	t.Helper()
	repo := gittest.New(t)
	files := gittest.Files{"dir/ü": "x\n"}
	for i := range 20 {
		files["dir/"+strings.Repeat("n", i+1)] = fmt.Sprint(i)
	}
	repo.Commit("first", files)
	blob := repo.GitInput("content\n", "hash-object", "-w", "--stdin")
	long := strings.Repeat("long/", 1000) + "name"
	repo.GitInput("100755 "+blob+" 0\trun\n120000 "+blob+" 0\tlink\n160000 "+strings.Repeat("1", 40)+" 0\tsub\n"+
		"100644 "+blob+" 1\tconflict\n100644 "+blob+" 2\tconflict\n100755 "+blob+" 3\tconflict\n"+
		"100644 "+blob+" 0\t"+long+"\n", "update-index", "--index-info")
	repo.Git("update-index", "--assume-unchanged", "dir/n")
	repo.Git("update-index", "--skip-worktree", "dir/nn")
	repo.Write("intended", "")
	repo.Git("add", "--intent-to-add", "intended")
	return repo
}

func readIndex(t testing.TB, repo *gittest.Repo) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repo.Dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// listed is what git ls-files says of an index.
func listed(index index.Index) string {
	var text strings.Builder
	for _, entry := range index.Entries {
		fmt.Fprintf(&text, "%06o %s %d\t%s\x00", uint32(entry.Mode), entry.ID, entry.Stage, entry.Path)
	}
	return text.String()
}

// TestDecodeWhatGitWrites reads each version of the format, with and without the
// extensions that git writes.
func TestDecodeWhatGitWrites(t *testing.T) {
	t.Parallel()
	repo := sample(t)
	want := repo.Git("ls-files", "--stage", "-z")
	var entries []index.Entry
	for _, arguments := range [][]string{
		{"update-index", "--index-version", "2"},
		{"update-index", "--index-version", "3"},
		{"update-index", "--index-version", "4"},
		{"update-index", "--force-untracked-cache"},
		{"-c", "index.threads=2", "-c", "index.recordEndOfIndexEntries=true", "-c", "index.recordOffsetTable=true", "update-index", "--force-write-index"},
	} {
		repo.Git(arguments...)
		decoded, err := index.Decode(readIndex(t, repo))
		if err != nil {
			t.Fatalf("after git %s: %v", strings.Join(arguments, " "), err)
		}
		if diff := cmp.Diff(strings.Split(want, "\x00"), strings.Split(listed(decoded), "\x00")); diff != "" {
			t.Errorf("after git %s (-git +looprel):\n%s", strings.Join(arguments, " "), diff)
		}
		for i := range decoded.Entries {
			decoded.Entries[i].Stat = index.Stat{}
		}
		if entries == nil {
			entries = decoded.Entries
		}
		if diff := cmp.Diff(entries, decoded.Entries); diff != "" {
			t.Errorf("after git %s, the flags differ:\n%s", strings.Join(arguments, " "), diff)
		}
	}
	for _, entry := range entries {
		if entry.AssumeValid != (entry.Path == "dir/n") || entry.SkipWorktree != (entry.Path == "dir/nn") || entry.IntentToAdd != (entry.Path == "intended") {
			t.Errorf("%s has the flags %v, %v, %v", entry.Path, entry.AssumeValid, entry.SkipWorktree, entry.IntentToAdd)
		}
	}
}

// TestEncodeIsWhatGitReads lets git read what Encode writes, and Decode, too.
func TestEncodeIsWhatGitReads(t *testing.T) {
	t.Parallel()
	repo := sample(t)
	decoded, err := index.Decode(readIndex(t, repo))
	if err != nil {
		t.Fatal(err)
	}
	want := repo.Git("ls-files", "--stage", "--debug", "-v", "-z")
	data := decoded.Encode()
	if err := os.WriteFile(filepath.Join(repo.Dir, ".git", "index"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, repo.Git("ls-files", "--stage", "--debug", "-v", "-z")); diff != "" {
		t.Errorf("-git's own +after Encode:\n%s", diff)
	}
	again, err := index.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded.Entries, again.Entries); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("first", gittest.Files{"a": "a\n", "dir/b": "b\n", "other/c": "c\n"})
	plain := readIndex(t, repo)
	repo.Git("update-index", "--split-index")
	split := readIndex(t, repo)
	repo.Git("update-index", "--no-split-index")
	repo.Git("sparse-checkout", "set", "--cone", "--sparse-index", "dir")
	sparse := readIndex(t, repo)
	var unsupported *index.UnsupportedError
	for name, data := range map[string][]byte{"split": split, "sparse": sparse} {
		if _, err := index.Decode(data); !errors.As(err, &unsupported) || unsupported.Hint() == "" {
			t.Errorf("a %s index: %v", name, err)
		}
	}
	unsummed := slices.Concat(plain[:len(plain)-20], make([]byte, 20))
	if _, err := index.Decode(unsummed); err != nil {
		t.Errorf("an index without a checksum: %v", err)
	}
	damaged := bytes.Clone(plain)
	damaged[20]++
	for name, data := range map[string][]byte{
		"empty": nil, "cut": plain[:len(plain)/2], "damaged": damaged, "cut, without a checksum": slices.Concat(unsummed[:100], make([]byte, 20)),
		"of version 5": slices.Concat([]byte("DIRC\x00\x00\x00\x05"), unsummed[8:]),
	} {
		if _, err := index.Decode(data); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestSameFile(t *testing.T) {
	t.Parallel()
	known := index.Stat{Changed: index.Time{Seconds: 1}, Modified: index.Time{Seconds: 2}, Inode: 3, User: 4, Group: 5, Size: 6}
	later := known
	later.Modified.Nanoseconds, later.Device = 7, 8
	if !known.SameFile(later) {
		t.Error("the parts of a second and the device do not count")
	}
	larger, empty := known, index.Stat{}
	larger.Size++
	if known.SameFile(larger) || empty.SameFile(empty) {
		t.Error("a larger file, or no file, is the same")
	}
}

// FuzzDecode reads any bytes, and reads again what was made of them.
func FuzzDecode(f *testing.F) {
	repo := sample(f)
	for _, version := range []string{"2", "4"} {
		repo.Git("update-index", "--index-version", version)
		data := readIndex(f, repo)
		f.Add(slices.Concat(data[:len(data)-20], make([]byte, 20)))
	}
	f.Add(index.Index{Entries: []index.Entry{{Path: "a", Mode: object.ModeFile}}}.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		decoded, err := index.Decode(data)
		if err != nil {
			return
		}
		again, err := index.Decode(decoded.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded.Entries, again.Entries); diff != "" {
			t.Error(diff)
		}
	})
}
