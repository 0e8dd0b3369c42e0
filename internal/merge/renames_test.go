package merge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// TestRenamesEqualGit compares commits of generated repositories: files that are
// renamed, moved, shortened, copied, split, and of equal content.
func TestRenamesEqualGit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 4))
	const pairs = 40
	repo := gittest.NewBare(t)
	found := 0
	for i := range pairs {
		before := randomFiles(random)
		changes := renamedFiles(random, before)
		ids := repo.Import([]gittest.Commit{{Files: before}, {Parents: []int{0}, Files: changes}}, nil)
		want := map[string]string{}
		for line := range strings.Lines(repo.Git("diff-tree", "-r", "-M", "--name-status", "--diff-filter=R", ids[0].String(), ids[1].String()) + "\n") {
			if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 3 {
				want[fields[2]] = fields[1]
			}
		}
		objects := newMemory()
		have, err := merge.Renames(objects, objects.add(asFiles(before, nil)), objects.add(asFiles(before, changes)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("pair %d (-git +looprel):\n%s", i, diff)
		}
		found += len(want)
	}
	if found < 2*pairs {
		t.Errorf("only %d renames in %d pairs", found, pairs)
	}
}

// asFiles applies changes to contents.
func asFiles(contents, changes gittest.Files) files {
	tree := files{}
	for path, content := range contents {
		tree[path] = file{object.ModeFile, content}
	}
	for path, content := range changes {
		if content == "" {
			delete(tree, path)
			continue
		}
		tree[path] = file{object.ModeFile, content}
	}
	return tree
}

func randomFiles(random *rand.Rand) gittest.Files {
	files := gittest.Files{}
	shared := randomLines(random, 8)
	for i := range 4 + random.IntN(8) {
		content := shared + randomLines(random, 3+random.IntN(20))
		if random.IntN(6) == 0 {
			content = shared
		}
		files[fmt.Sprintf("d%d/name%d", random.IntN(3), i)] = content
	}
	return files
}

func randomLines(random *rand.Rand, count int) string {
	var text strings.Builder
	for range count {
		fmt.Fprintf(&text, "line %d\n", random.IntN(10000))
	}
	return text.String()
}

// renamedFiles are the files that differ from those of before; an empty content
// removes one.
func renamedFiles(random *rand.Rand, before gittest.Files) gittest.Files {
	changed := gittest.Files{}
	number := 100
	for _, path := range slices.Sorted(maps.Keys(before)) {
		content := before[path]
		number++
		switch random.IntN(5) {
		case 0:
			changed[path], changed[fmt.Sprintf("d%d/other%d", random.IntN(4), number)] = "", content
		case 1:
			_, name, _ := strings.Cut(path, "/")
			changed[path], changed[fmt.Sprintf("moved%d/%s", number, name)] = "", content+randomLines(random, random.IntN(6))
		case 2:
			changed[path], changed[fmt.Sprintf("d1/like%d", number)] = "", randomLines(random, random.IntN(12))+content
		case 3:
			changed[path] = content + randomLines(random, 1)
		}
	}
	if random.IntN(2) == 0 {
		changed["new"] = randomLines(random, 10)
	}
	return changed
}
