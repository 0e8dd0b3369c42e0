package blame_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/blame"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// TestLinesEqualGitBlame holds every line of every file of generated histories
// against git blame, for ranges with one boundary and with several.
func TestLinesEqualGitBlame(t *testing.T) {
	t.Parallel()
	const seeds, length = 24, 40
	compared, inRange, renamed := 0, 0, 0
	for seed := range uint64(seeds) {
		repo := gittest.NewBare(t)
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		commits, snapshots := g.history(length)
		ids := repo.Import(commits, map[string]int{"refs/heads/master": length - 1})
		objects := readObjects(t, repo)
		for _, boundary := range [][]int{{}, {g.IntN(length / 2)}, {length/2 + g.IntN(length/2-1)}, {g.IntN(length / 2), length/2 + g.IntN(length/4)}} {
			revisions := []string{ids[length-1].String()}
			for _, position := range boundary {
				revisions = append(revisions, "^"+ids[position].String())
			}
			h := newHistory(t, repo, objects, revisions...)
			for path, content := range snapshots[length-1].files() {
				lines, total := wholeFile([]byte(content))
				touched, err := blame.Lines(t.Context(), h, ids[length-1], path, lines)
				if err != nil {
					t.Fatal(err)
				}
				want, have := gitBlame(t, repo, h, revisions, path), perLine(touched, total)
				if diff := cmp.Diff(want, have, cmp.AllowUnexported(origin{})); diff != "" {
					t.Fatalf("seed %d, %s, boundary %v (-git +looprel):\n%s", seed, path, boundary, diff)
				}
				for _, one := range have {
					compared++
					if !one.commit.IsZero() {
						inRange++
					}
					if one.path != "" && one.path != path {
						renamed++
					}
				}
			}
		}
	}
	t.Logf("%d lines agree, %d of them touched in the range, %d under another name", compared, inRange, renamed)
	if inRange < compared/4 || renamed < compared/50 || inRange == compared {
		t.Errorf("the generated histories have become too plain: %d lines, %d in the range, %d renamed", compared, inRange, renamed)
	}
}

// TestSomeLines asks for some lines of a file, and gets what the whole file's
// answer has for these.
func TestSomeLines(t *testing.T) {
	t.Parallel()
	const length = 40
	repo := gittest.NewBare(t)
	g := &generator{Rand: rand.New(rand.NewPCG(100, 1))}
	commits, snapshots := g.history(length)
	ids := repo.Import(commits, map[string]int{"refs/heads/master": length - 1})
	h := newHistory(t, repo, readObjects(t, repo), ids[length-1].String(), "^"+ids[10].String())
	contents := snapshots[length-1].files()
	for _, path := range slices.Sorted(maps.Keys(contents)) {
		lines, total := wholeFile([]byte(contents[path]))
		whole, err := blame.Lines(t.Context(), h, ids[length-1], path, lines)
		if err != nil {
			t.Fatal(err)
		}
		var some []merge.LineRange
		asked := make([]bool, total)
		for range 3 {
			start := g.IntN(total)
			r := merge.LineRange{Start: start, Count: g.IntN(total - start + 1)}
			some = append(some, r)
			for i := r.Start; i < r.End(); i++ {
				asked[i] = true
			}
		}
		part, err := blame.Lines(t.Context(), h, ids[length-1], path, some)
		if err != nil {
			t.Fatal(err)
		}
		want := perLine(whole, total)
		for i := range want {
			if !asked[i] {
				want[i] = origin{}
			}
		}
		if diff := cmp.Diff(want, perLine(part, total), cmp.AllowUnexported(origin{})); diff != "" {
			t.Errorf("%s, lines %v (-whole +part):\n%s", path, some, diff)
		}
	}
}

// TestRepeatedLines takes histories in which lines repeat and move, where the
// algorithms see changes differently. What holds in any case: a commit that is
// named has the line, and a line that none of its parents has is its own. Most
// lines agree with git blame all the same.
func TestRepeatedLines(t *testing.T) {
	t.Parallel()
	const seeds, length = 20, 30
	compared, equal := 0, 0
	for seed := range uint64(seeds) {
		repo := gittest.NewBare(t)
		random := rand.New(rand.NewPCG(seed, 2))
		ids := repo.Import(repetitive(random, length), map[string]int{"refs/heads/master": length - 1})
		revisions := []string{ids[length-1].String(), "^" + ids[2].String()}
		h := newHistory(t, repo, readObjects(t, repo), revisions...)
		own := linesOf(t, h, ids[length-1])
		touched, err := blame.Lines(t.Context(), h, ids[length-1], "file", []merge.LineRange{{Count: len(own)}})
		if err != nil {
			t.Fatal(err)
		}
		want, have := gitBlame(t, repo, h, revisions, "file"), perLine(touched, len(own))
		for i, text := range own {
			compared++
			if want[i] == have[i] {
				equal++
			}
			if have[i].commit.IsZero() {
				continue
			}
			if !slices.Contains(linesOf(t, h, have[i].commit), text) {
				t.Errorf("seed %d, line %d: commit %s does not have it", seed, i+1, have[i].commit)
			}
		}
	}
	t.Logf("%d of %d lines agree", equal, compared)
	if equal*10 < compared*9 {
		t.Errorf("only %d of %d lines agree with git blame", equal, compared)
	}
}

// repetitive is a history of one file with few different lines.
func repetitive(random *rand.Rand, length int) []gittest.Commit {
	var commits []gittest.Commit
	var versions [][]string
	for i := range length {
		var commit gittest.Commit
		var lines []string
		if i > 0 {
			parent := max(0, i-1-random.IntN(2))
			commit.Parents = []int{parent}
			if other := max(0, i-1-random.IntN(3)); other != parent {
				commit.Parents = append(commit.Parents, other)
			}
			lines = slices.Clone(versions[parent])
		}
		for range 1 + random.IntN(4) {
			at := random.IntN(len(lines) + 1)
			lines = slices.Insert(lines, at, fmt.Sprintf("line %d\n", random.IntN(12+i)))
		}
		if i > 0 && random.IntN(2) == 0 {
			at := random.IntN(len(lines))
			lines = slices.Delete(lines, at, at+1)
		}
		commit.Files = gittest.Files{"file": joinLines(lines)}
		commits, versions = append(commits, commit), append(versions, lines)
	}
	return commits
}

func joinLines(lines []string) string {
	text := ""
	for _, one := range lines {
		text += one
	}
	return text
}

func linesOf(t *testing.T, h history, commit object.ID) []string {
	t.Helper()
	info, err := h.Commit(commit)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := h.Tree(info.Tree)
	if err != nil {
		t.Fatal(err)
	}
	entry, _ := tree.Find("file")
	content, err := h.Blob(entry.ID)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, one := range merge.Lines(content) {
		lines = append(lines, string(one))
	}
	return lines
}

func TestLinesRefuses(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	tip := repo.Commit("first", gittest.Files{"dir/file": "a\nb\n"})
	h := newHistory(t, repo, readObjects(t, repo), "HEAD")
	cases := []struct {
		name, path string
		lines      merge.LineRange
		want       string
	}{
		{"no such file", "dir/other", merge.LineRange{}, "there is no file dir/other in commit " + tip.String()},
		{"a directory", "dir", merge.LineRange{}, "there is no file dir in commit " + tip.String()},
		{"below a file", "dir/file/x", merge.LineRange{}, "there is no file dir/file/x in commit " + tip.String()},
		{"too many lines", "dir/file", merge.LineRange{Start: 1, Count: 2}, "dir/file in commit " + tip.String() + ": there are no lines 2 to 3, only 2"},
	}
	for _, c := range cases {
		_, err := blame.Lines(t.Context(), h, tip, c.path, []merge.LineRange{c.lines})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, expected %s", c.name, err, c.want)
		}
	}
	delete(h.objects, tip)
	if _, err := blame.Lines(t.Context(), h, tip, "dir/file", nil); err == nil || err.Error() != "there is no object "+tip.String() {
		t.Errorf("a missing commit is an error of the history, not %v", err)
	}
}
