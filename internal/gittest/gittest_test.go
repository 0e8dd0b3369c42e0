package gittest_test

import (
	"maps"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

func TestSameCallsMakeTheSameCommit(t *testing.T) {
	t.Parallel()
	first := gittest.New(t).Commit("first", gittest.Files{"README": "hello\n"})
	second := gittest.New(t).Commit("first", gittest.Files{"README": "hello\n"})
	if first != second {
		t.Errorf("commits differ: %s and %s", first, second)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	ids := repo.Import([]gittest.Commit{
		{Files: gittest.Files{"a": "1\n"}},
		{Files: gittest.Files{"b": "1\n"}},
		{Parents: []int{0, 1}, Time: 1_000_000_000, Message: "merge\n"},
	}, map[string]int{"refs/heads/master": 2})
	if got := repo.ID("refs/heads/master"); got != ids[2] {
		t.Errorf("master is %s, expected %s", got, ids[2])
	}
	want := ids[2].String() + " " + ids[0].String() + " " + ids[1].String() + " 1000000000 merge"
	if got := repo.Git("log", "-1", "--format=%H %P %ct %s", "master"); got != want {
		t.Errorf("the merge is %q, expected %q", got, want)
	}
	if got := repo.Git("log", "-1", "--format=%P", ids[1].String()); got != "" {
		t.Errorf("the second root has the parent %s", got)
	}
	if got := repo.Git("for-each-ref", "--format=%(refname)"); got != "refs/heads/master" {
		t.Errorf("references are %q, expected the branch alone", got)
	}
}

func TestPackTags(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	ids := repo.Import(gittest.Line(3), map[string]int{"refs/heads/master": 2})
	repo.PackTags([]string{"0.1.0", "0.2.0"}, ids)
	if got := repo.ID("refs/tags/0.2.0^{commit}"); got != ids[1] {
		t.Errorf("0.2.0 is on %s, expected %s", got, ids[1])
	}
}

func TestBareAndClone(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("first", nil)
	head := repo.Commit("second", gittest.Files{"dir/file": "x\n"})
	tag := repo.Tag("0.1.0")
	clone := repo.Bare().Clone("--depth=1")
	if got := clone.ID("refs/remotes/origin/master"); got != head {
		t.Errorf("origin/master is %s, expected %s", got, head)
	}
	if got := clone.ID("refs/tags/0.1.0"); got != tag {
		t.Errorf("the tag is %s, expected %s", got, tag)
	}
	if got := clone.Git("rev-list", "--count", "HEAD"); got != "1" {
		t.Errorf("the shallow clone has %s commits", got)
	}
}

func TestSnapshotSeesChanges(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Write("file", "one\n")
	before := gittest.Snapshot(t, repo.Dir, ".git/")
	if again := gittest.Snapshot(t, repo.Dir, ".git/"); !maps.Equal(before, again) {
		t.Error("two snapshots of the same files differ")
	}
	repo.Write("file", "two\n")
	if after := gittest.Snapshot(t, repo.Dir, ".git/"); maps.Equal(before, after) {
		t.Error("a changed file was not seen")
	}
}
