package gitrepo_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// Where clocks are right, what is recent is listed as git rev-list --since has it, the
// heads besides, and of older commits only what is a few below one that is not.
func TestRecentOnRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 2))
			commits := graph(random, 120, 0)
			repo := gittest.NewBare(t)
			all := repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
			writeGraph(repo, all, seed)
			opened := open(t, repo)
			for range 20 {
				heads := []int{random.IntN(120), random.IntN(120)}[:1+random.IntN(2)]
				checkRecent(t, repo, opened, commits, all, heads, random.IntN(120))
			}
		})
	}
}

func checkRecent(t *testing.T, repo *gittest.Repo, opened *gitrepo.Repository, commits []gittest.Commit, all []object.ID, heads []int, first int) {
	t.Helper()
	since := commits[first].Time
	listed, err := opened.Recent(t.Context(), pick(all, heads), nil, time.Unix(since, 0))
	if err != nil {
		t.Fatal(err)
	}
	var recent []string
	late := map[int]int{} // how many old commits are above one, itself included
	for _, commit := range listed {
		position := slices.Index(all, commit.ID)
		if slices.Contains(heads, position) {
			late[position] = 0
		}
		if commits[position].Time >= since {
			late[position] = 0
			recent = append(recent, commit.ID.String())
		} else if late[position]++; late[position] > 6 {
			t.Errorf("commit %d is listed, %d below those since %d", position, late[position], first)
		}
		for _, parent := range commits[position].Parents {
			if above, reached := late[parent]; !reached || late[position] < above {
				late[parent] = late[position]
			}
		}
	}
	arguments := []string{"rev-list", fmt.Sprintf("--since=%d", since)}
	for _, id := range pick(all, heads) {
		arguments = append(arguments, id.String())
		if !slices.ContainsFunc(listed, func(commit gitrepo.CommitInfo) bool { return commit.ID == id }) {
			t.Errorf("the head %s is not listed", id)
		}
	}
	if want := strings.Fields(repo.Git(arguments...)); !slices.Equal(recent, want) {
		t.Errorf("%v since %d:\n%s\nexpected\n%s", heads, first, strings.Join(recent, "\n"), strings.Join(want, "\n"))
	}
}

// An old date among younger ones hides nothing; many in a row end the search. What is
// asked to stop it does, and is not listed itself.
func TestRecentAndClocks(t *testing.T) {
	t.Parallel()
	const now, since = 2_000_000, 1_500_000
	line := func(old int) []gittest.Commit {
		commits := []gittest.Commit{{Time: now - 100}}
		for i := range old {
			commits = append(commits, gittest.Commit{Parents: []int{i}, Time: 1_000_000})
		}
		return append(commits, gittest.Commit{Parents: []int{old}, Time: now})
	}
	for old, want := range map[int]int{0: 2, 1: 3, 5: 7, 6: 7, 20: 7} {
		repo := gittest.NewBare(t)
		all := repo.Import(line(old), map[string]int{"refs/heads/master": old + 1})
		opened := open(t, repo)
		listed, err := opened.Recent(t.Context(), all[old+1:], nil, time.Unix(since, 0))
		if err != nil || len(listed) != want {
			t.Errorf("%d old ones: %d commits, %v; expected %d", old, len(listed), err, want)
		}
		listed, err = opened.Recent(t.Context(), all[old+1:], all[old:old+1], time.Unix(since, 0))
		if err != nil || ids(listed) != all[old+1].String() {
			t.Errorf("stopped below the head: %s, %v", ids(listed), err)
		}
	}
}

// A shallow clone hides what is recent only where it ends at recent commits.
func TestRecentInAShallowClone(t *testing.T) {
	t.Parallel()
	commits := gittest.Line(20)
	repo := gittest.New(t)
	all := repo.Import(commits, map[string]int{"refs/heads/master": 19})
	clone := repo.Clone("--depth=5", "--branch=master")
	opened := open(t, clone)
	at := func(position int) time.Time {
		commit, err := opened.Commit(all[position])
		if err != nil {
			t.Fatal(err)
		}
		return commit.Committer.When
	}
	listed, err := opened.Recent(t.Context(), all[19:], nil, at(17))
	if err != nil || len(listed) != 5 {
		t.Errorf("inside the clone: %d commits, %v", len(listed), err)
	}
	listed, err = opened.Recent(t.Context(), all[19:], nil, at(15).Add(-time.Hour))
	wantError(t, err, gitrepo.ErrShallow, "its history ends at "+all[15].Short(), "git fetch --unshallow")
	if len(listed) != 5 {
		t.Errorf("%d commits were found, expected 5", len(listed))
	}
}
