package blame_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/blame"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestCreated(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	first := repo.Commit("first", gittest.Files{"old": "a\n", "dir/x": "x\n"})
	added := repo.Commit("added", gittest.Files{"new": "n\n"})
	repo.Git("mv", "old", "renamed")
	renamed := repo.Commit("renamed", nil)
	repo.Git("rm", "--quiet", "new")
	repo.Commit("removed", nil)
	again := repo.Commit("again", gittest.Files{"new": "other\n"})
	repo.Git("rm", "--quiet", "-r", "dir")
	typed := repo.Commit("a file where a directory was", gittest.Files{"dir": "file\n"})
	tip := repo.Commit("changed", gittest.Files{"new": "more\n", "renamed": "b\n"})
	objects := readObjects(t, repo)
	all := newHistory(t, repo, objects, "HEAD")
	cases := []struct {
		name    string
		history history
		from    object.ID
		path    string
		want    object.ID // zero: not found
	}{
		{"the last time that it was added", all, tip, "new", again},
		{"the first time, seen from before", all, renamed, "new", added},
		{"by a rename", all, tip, "renamed", renamed},
		{"in the first commit", all, first, "old", first},
		{"in place of a directory", all, tip, "dir", typed},
		{"a directory", all, first, "dir", object.ID{}},
		{"no longer there", all, tip, "old", object.ID{}},
		{"older than the range", newHistory(t, repo, objects, "HEAD", "^"+again.String()), tip, "new", object.ID{}},
		{"at the edge of the range", newHistory(t, repo, objects, "HEAD", "^"+added.String()), tip, "renamed", renamed},
	}
	for _, c := range cases {
		have, found, err := blame.Created(t.Context(), c.history, c.from, c.path)
		if err != nil || have != c.want || found == c.want.IsZero() {
			t.Errorf("%s: %s, %v, %v, expected %s", c.name, have, found, err, c.want)
		}
	}
}

// TestCreatedAddsTheFile looks at generated histories with merges: git lists the
// commit that is found among those that added the path.
func TestCreatedAddsTheFile(t *testing.T) {
	t.Parallel()
	const length = 40
	found := 0
	for seed := range uint64(4) {
		repo := gittest.NewBare(t)
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 3))}
		commits, snapshots := g.history(length)
		ids := repo.Import(commits, map[string]int{"refs/heads/master": length - 1})
		h := newHistory(t, repo, readObjects(t, repo), "master", "^"+ids[length/3].String())
		for path := range snapshots[length-1].files() {
			have, exists, err := blame.Created(t.Context(), h, ids[length-1], path)
			if err != nil {
				t.Fatal(err)
			}
			// With --full-history and -m, a merge counts for each parent that lacks the file.
			list := repo.Git("log", "--full-history", "-m", "--no-renames", "--diff-filter=A", "--format=%H", "master", "^"+ids[length/3].String(), "--", path)
			if exists && !strings.Contains(list, have.String()) {
				t.Errorf("seed %d, %s: git does not list %s as a commit that added it", seed, path, have)
			}
			if !exists && list != "" && repo.Git("ls-tree", "-r", "--name-only", ids[length/3].String(), "--", path) == "" && !olderElsewhere(repo, ids[length/3], path) {
				t.Errorf("seed %d, %s: nothing was found, and git lists %s", seed, path, list)
			}
			if exists {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("no generated file was added in the range")
	}
}

// olderElsewhere reports whether a commit before the range has the path.
func olderElsewhere(repo *gittest.Repo, boundary object.ID, path string) bool {
	return repo.Git("log", "--full-history", "--format=%H", boundary.String(), "--", path) != ""
}
