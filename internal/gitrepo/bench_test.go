package gitrepo_test

import (
	"strconv"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// largeHistory has 100,000 commits and 2,000 tags, packed; each tag is 50
// commits after the one before.
func largeHistory(b *testing.B) (repo *gittest.Repo, tagged []object.ID) {
	b.Helper()
	const length, tags = 100_000, 2_000
	repo = gittest.NewBare(b)
	all := repo.Import(gittest.Line(length), map[string]int{"refs/heads/master": length - 1})
	var names []string
	for i := range tags {
		names = append(names, "0."+strconv.Itoa(i)+".0")
		tagged = append(tagged, all[i*length/tags])
	}
	repo.PackTags(names, tagged)
	repo.Git("repack", "-adq")
	return repo, tagged
}

// BenchmarkRelease measures what "looprel tag" asks of a clone: open it, find
// the branch, the newest tag that it has, and the commits since.
func BenchmarkRelease(b *testing.B) {
	repo, _ := largeHistory(b)
	for b.Loop() {
		opened, err := gitrepo.Open(b.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
		if err != nil {
			b.Fatal(err)
		}
		head, err := opened.ResolveCommit("refs/heads/master")
		if err != nil {
			b.Fatal(err)
		}
		tags, err := opened.PeeledRefs("refs/tags/")
		if err != nil {
			b.Fatal(err)
		}
		var candidates []object.ID
		for i := len(tags) - 1; i >= 0; i-- {
			candidates = append(candidates, tags["refs/tags/0."+strconv.Itoa(i)+".0"])
		}
		highest, err := opened.HighestReachable(b.Context(), head, candidates)
		if err != nil || highest != 0 {
			b.Fatal(highest, err)
		}
		commits, err := opened.Range(b.Context(), []object.ID{head}, candidates[:1], gitrepo.RangeOptions{})
		if err != nil || len(commits) != 49 {
			b.Fatal(len(commits), err)
		}
		if err := opened.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHistory measures the questions themselves, in a clone that is open.
func BenchmarkHistory(b *testing.B) {
	repo, tagged := largeHistory(b)
	open := func() *gitrepo.Repository {
		opened, err := gitrepo.Open(b.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
		if err != nil {
			b.Fatal(err)
		}
		return opened
	}
	head := repo.ID("refs/heads/master")
	newest := tagged[len(tagged)-1]
	b.Run("highest reachable of 2000", func(b *testing.B) {
		opened := open()
		for b.Loop() {
			if at, err := opened.HighestReachable(b.Context(), head, []object.ID{newest}); at != 0 || err != nil {
				b.Fatal(at, err)
			}
		}
	})
	b.Run("range of 49", func(b *testing.B) {
		opened := open()
		for b.Loop() {
			if _, err := opened.Range(b.Context(), []object.ID{head}, []object.ID{newest}, gitrepo.RangeOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("range of 100000, one listed", func(b *testing.B) {
		for b.Loop() {
			opened := open()
			if _, err := opened.Range(b.Context(), []object.ID{head}, []object.ID{tagged[0]}, gitrepo.RangeOptions{Limit: 1}); err != nil {
				b.Fatal(err)
			}
			if err := opened.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
