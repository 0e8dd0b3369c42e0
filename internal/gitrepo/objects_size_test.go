package gitrepo

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Sizes by the headers are git's, of loose objects, whole ones in packs, and
// deltas.
func TestSizeEqualsGit(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	text := strings.Repeat("a line that comes again and again\n", 200)
	for n := range 12 {
		repo.Commit("change "+strconv.Itoa(n), gittest.Files{"file": text + strconv.Itoa(n) + "\n", "empty": "", "dir/" + strconv.Itoa(n): text[:n*100]})
		if n == 8 {
			repo.Git("repack", "-adq", "--depth=50")
		}
	}
	repo.Tag("0.1.0")
	opened, err := Open(t.Context(), Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	deltas := 0
	for row := range strings.Lines(repo.Git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize) %(deltabase)")) {
		fields := strings.Fields(row)
		id, err := object.ParseID(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Trim(fields[2], "0") != "" {
			deltas++
		}
		if size, err := opened.Size(id); err != nil || strconv.FormatInt(size, 10) != fields[1] {
			t.Errorf("object %s has %d bytes, %v; git says %s", id, size, err, fields[1])
		}
	}
	if deltas == 0 {
		t.Error("the repository has no deltas: the test did not look at what it says")
	}
	if _, err := opened.Size(object.Blob([]byte("not there")).ID()); err == nil {
		t.Error("an object that is not there has a size")
	}
}
