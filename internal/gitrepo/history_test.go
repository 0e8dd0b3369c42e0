package gitrepo_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// The line of first parents is the one that git lists, and the order of all of
// history has the same commits, each after its parents.
func TestHistoryOnRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 5))
			commits := graph(random, 120, 300)
			repo := gittest.NewBare(t)
			all := repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
			writeGraph(repo, all, seed)
			opened := open(t, repo)
			head := all[len(all)-1]

			want := strings.Fields(repo.Git("rev-list", "--first-parent", "--reverse", head.String()))
			line, reached, err := opened.FirstParents(t.Context(), head, object.ID{})
			if err != nil || reached || !slices.Equal(idsOf(line), want) {
				t.Errorf("%v, reached %v, error %v, want %v", idsOf(line), reached, err, want)
			}
			until := line[len(line)/2].ID
			line, reached, err = opened.FirstParents(t.Context(), head, until)
			if err != nil || !reached || !slices.Equal(idsOf(line), want[len(want)/2+1:]) {
				t.Errorf("since %s: %v, reached %v, error %v", until, idsOf(line), reached, err)
			}

			excluded := all[random.IntN(len(all))]
			want = strings.Fields(repo.Git("rev-list", head.String(), "^"+excluded.String()))
			order, err := opened.Topological(t.Context(), head, []object.ID{excluded})
			if err != nil {
				t.Fatal(err)
			}
			got := idsOf(order)
			checkOrder(t, order)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("not %s: %d commits, want %d", excluded, len(got), len(want))
			}
		})
	}
}

func idsOf(nodes []gitrepo.HistoryNode) []string {
	ids := make([]string, len(nodes))
	for i, node := range nodes {
		ids[i] = node.ID.String()
	}
	return ids
}

func checkOrder(t *testing.T, order []gitrepo.HistoryNode) {
	t.Helper()
	place := map[object.ID]int{}
	for i, node := range order {
		place[node.ID] = i + 1
	}
	for i, node := range order {
		for _, parent := range node.Parents {
			if place[parent] > i+1 {
				t.Errorf("%s comes before its parent %s", node.ID, parent)
			}
		}
	}
}

// Where a shallow clone ends too early, that is said.
func TestHistoryOfShallowClone(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	for i := range 5 {
		repo.Commit(fmt.Sprint(i), gittest.Files{"file": fmt.Sprint(i)})
	}
	shallow := open(t, repo.Clone("--depth=3"))
	head := repo.ID("HEAD")
	if line, reached, err := shallow.FirstParents(t.Context(), head, repo.ID("HEAD~2")); err != nil || !reached || len(line) != 2 {
		t.Errorf("within the cut: %v, %v, %v", line, reached, err)
	}
	if _, _, err := shallow.FirstParents(t.Context(), head, repo.ID("HEAD~4")); !errors.Is(err, gitrepo.ErrShallow) {
		t.Errorf("beyond the cut: %v", err)
	}
	if _, err := shallow.Topological(t.Context(), head, nil); !errors.Is(err, gitrepo.ErrShallow) {
		t.Errorf("all of it: %v", err)
	}
}
