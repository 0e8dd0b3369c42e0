package extract_test

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// An octopus merge of three sides of "a", which has it as the first one does: git takes
// that for the merge, since it looks at the last of the others alone.
func octopus(repo *gittest.Repo) []object.ID {
	tree := func(content string) gittest.Files { return gittest.Files{"a/file": content} }
	return repo.Import([]gittest.Commit{
		{Message: "Begin", Time: 1, Files: tree("begin\n")},
		{Message: "First", Time: 2, Files: tree("first\n"), Parents: []int{0}},
		{Message: "Elsewhere", Time: 3, Files: gittest.Files{"b": "b\n"}, Parents: []int{0}},
		{Message: "Second", Time: 4, Files: tree("second\n"), Parents: []int{0}},
		{Message: "Merge", Time: 5, Parents: []int{1, 3, 2}},
	}, map[string]int{"refs/heads/master": 4, "refs/heads/second": 3})
}

var fromA = release.Mapping{From: "a", To: "."}

// What an octopus merge lets go of is not in the history that is made, and the head is
// what stands for the merge, though another commit was made last.
func TestOctopusIsWhatGitTakesForIt(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	ids := octopus(repo)
	e := openExtraction(t, repo)
	rewriter, err := e.run(extract.Full, object.ID{}, ids[4], fromA)
	if err != nil {
		t.Fatal(err)
	}
	if got := repo.Git("log", "--format=%s", "extracted"); got != "First\nBegin" {
		t.Errorf("the history is %q", got)
	}
	made := rewriter.Made()
	if len(made) != 2 || made[len(made)-1].ID != rewriter.Head() {
		t.Errorf("it made %+v, and the head is %s", made, rewriter.Head())
	}
	work := repo.At(t.TempDir())
	work.Git("clone", "--quiet", repo.Dir, ".")
	if got := work.Git("log", "--format=%s", work.Git("subtree", "-q", "split", "--prefix=a", "HEAD")); got != "First\nBegin" {
		t.Errorf("git subtree split makes %q", got)
	}
}

// A branch that has the side that would be let go of keeps it.
func TestOctopusKeepsTheBranch(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	ids := octopus(repo)
	e := openExtraction(t, repo)
	if _, err := e.run(extract.Full, object.ID{}, ids[3], fromA); err != nil {
		t.Fatal(err)
	}
	before := repo.Git("rev-parse", "extracted")
	if _, err := e.run(extract.Full, ids[3], ids[4], fromA); err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Try("", "merge-base", "--is-ancestor", before, "extracted"); err != nil {
		t.Errorf("%s is not in\n%s", before, repo.Git("log", "--graph", "--oneline", "extracted"))
	}
	if got := repo.Git("show", "extracted:file"); got != "first" {
		t.Errorf("the branch has %q", got)
	}
}

// Objects of commits that are in no history are left out.
func TestNeededObjects(t *testing.T) {
	t.Parallel()
	file := object.Blob([]byte("x")).ID()
	below := object.Tree{{Name: "x", Mode: object.ModeFile, ID: file}}.Object()
	root := object.Tree{{Name: "sub", Mode: object.ModeDirectory, ID: below.ID()}}.Object()
	other := object.Tree{{Name: "y", Mode: object.ModeFile, ID: file}}.Object()
	commit := object.Commit{Tree: root.ID(), Message: "kept\n"}.Object()
	dropped := object.Commit{Tree: other.ID(), Message: "dropped\n"}.Object()
	objects := []object.Object{below, root, commit, other, dropped}
	needed := extract.Needed([]extract.Made{{ID: commit.ID(), Tree: root.ID()}}, objects)
	if len(needed) != 3 || needed[0].ID() != below.ID() || needed[1].ID() != root.ID() || needed[2].ID() != commit.ID() {
		t.Errorf("needed are %d objects: %v", len(needed), needed)
	}
}

// It does not matter where an earlier run stopped: an octopus merge is what git takes for
// it where another merge has the branch anyway, and what it let go of is made when it is
// needed.
func TestOctopusBitByBit(t *testing.T) {
	t.Parallel()
	tree := func(content string) gittest.Files { return gittest.Files{"a/file": content} }
	begin := []gittest.Commit{
		{Message: "Begin", Time: 1, Files: tree("begin\n")},
		{Message: "First", Time: 2, Files: tree("first\n"), Parents: []int{0}},
		{Message: "Second", Time: 3, Files: tree("second\n"), Parents: []int{0}},
		{Message: "Elsewhere", Time: 4, Files: gittest.Files{"b": "b\n"}, Parents: []int{0}},
	}
	cases := map[string]struct {
		commits []gittest.Commit
		stop    int
	}{
		"aside of the branch": {[]gittest.Commit{
			{Message: "Octopus", Time: 5, Files: tree("second\n"), Parents: []int{1, 2, 3}},
			{Message: "Merge", Time: 6, Parents: []int{1, 4}},
		}, 1},
		"needed again": {[]gittest.Commit{
			{Message: "Octopus", Time: 5, Parents: []int{1, 2, 3}},
			{Message: "Go on", Time: 6, Files: tree("third\n"), Parents: []int{4}},
			{Message: "Late", Time: 7, Files: tree("late\n"), Parents: []int{2}},
			{Message: "Merge", Time: 8, Parents: []int{5, 6}},
		}, 5},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			history := append(slices.Clone(begin), c.commits...)
			last := len(history) - 1
			heads := map[string]string{}
			for _, stops := range [][]int{{last}, {c.stop, last}} {
				repo := gittest.New(t)
				ids := repo.Import(history, map[string]int{"refs/heads/master": last})
				e := openExtraction(t, repo)
				var from object.ID
				for _, stop := range stops {
					if _, err := e.run(extract.Full, from, ids[stop], fromA); err != nil {
						t.Fatal(err)
					}
					from = ids[stop]
				}
				heads[repo.Git("rev-parse", "extracted")] = repo.Git("log", "--graph", "--format=%s", "extracted")
			}
			if len(heads) != 1 {
				t.Errorf("there are %v", heads)
			}
		})
	}
}
