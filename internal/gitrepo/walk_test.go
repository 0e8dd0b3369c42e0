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

// graph is a random history whose clocks are off by up to skew seconds.
func graph(random *rand.Rand, size int, skew int64) []gittest.Commit {
	commits := make([]gittest.Commit, size)
	for i := range commits {
		commits[i].Time = 1_400_000_000 + int64(i)*60
		if skew > 0 {
			commits[i].Time += random.Int64N(2*skew) - skew
		}
		commits[i].Files = gittest.Files{fmt.Sprintf("dir%d/file", random.IntN(3)): fmt.Sprintf("%d\n", i)}
		if i == 0 || i < size/3 && random.IntN(20) == 0 {
			continue // a root
		}
		commits[i].Parents = []int{max(0, i-1-random.IntN(6))}
		for random.IntN(3) == 0 && len(commits[i].Parents) < 3 {
			if other := random.IntN(i); !slices.Contains(commits[i].Parents, other) {
				commits[i].Parents = append(commits[i].Parents, other)
			}
		}
	}
	return commits
}

// writeGraph writes a commit-graph, of one kind or another: none, all commits, the
// older half, levels in place of dates.
func writeGraph(repo *gittest.Repo, all []object.ID, kind uint64) {
	var names strings.Builder
	for _, id := range all {
		names.WriteString(id.String() + "\n")
	}
	switch kind % 4 {
	case 1:
		repo.GitInput(names.String(), "commit-graph", "write", "--stdin-commits")
	case 2:
		repo.GitInput(names.String()[:len(all)/2*41], "commit-graph", "write", "--stdin-commits")
	case 3:
		repo.GitInput(names.String(), "-c", "commitGraph.generationVersion=1", "commit-graph", "write", "--stdin-commits")
	}
}

// ancestors are the positions that can be reached, by the definition.
func ancestors(commits []gittest.Commit, from ...int) map[int]bool {
	reached := map[int]bool{}
	for stack := slices.Clone(from); len(stack) > 0; {
		position := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !reached[position] {
			reached[position] = true
			stack = append(stack, commits[position].Parents...)
		}
	}
	return reached
}

func TestRangeOnRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		skew := []int64{0, 300, 30_000}[seed%3]
		t.Run(fmt.Sprintf("seed %d skew %d", seed, skew), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			commits := graph(random, 120, skew)
			repo := gittest.NewBare(t)
			all := repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
			writeGraph(repo, all, seed/3)
			opened := open(t, repo)
			for range 25 {
				include := []int{random.IntN(120), random.IntN(120)}[:1+random.IntN(2)]
				exclude := []int{random.IntN(120), random.IntN(120)}[:random.IntN(3)]
				checkRange(t, repo, opened, commits, all, include, exclude)
			}
		})
	}
}

// checkRange compares with the definition, and with git in order. Where git's
// heuristic lists a commit too many, its order of the others is compared.
func checkRange(t *testing.T, repo *gittest.Repo, opened *gitrepo.Repository, commits []gittest.Commit, all []object.ID, include, exclude []int) {
	t.Helper()
	listed, err := opened.Range(t.Context(), pick(all, include), pick(all, exclude), gitrepo.RangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	excluded := ancestors(commits, exclude...)
	for position := range ancestors(commits, include...) {
		if !excluded[position] {
			want[all[position].String()] = true
		}
	}
	if len(listed) != len(want) {
		t.Errorf("%v without %v: %d commits, expected %d", include, exclude, len(listed), len(want))
	}
	arguments := []string{"rev-list"}
	for _, id := range pick(all, include) {
		arguments = append(arguments, id.String())
	}
	arguments = append(arguments, "--not")
	for _, id := range pick(all, exclude) {
		arguments = append(arguments, id.String())
	}
	var lines []string
	for _, line := range strings.Fields(repo.Git(arguments...)) {
		if want[line] {
			lines = append(lines, line)
		}
	}
	if got := ids(listed); got != strings.Join(lines, "\n") {
		t.Errorf("%v without %v:\n%s\nexpected\n%s", include, exclude, got, strings.Join(lines, "\n"))
	}
}

func pick(all []object.ID, positions []int) []object.ID {
	var picked []object.ID
	for _, position := range positions {
		picked = append(picked, all[position])
	}
	return picked
}

// A clock that was far ahead makes a commit look younger than its children: a
// walk by date alone would list it although it is excluded.
func TestRangeIsExactWhereDatesMislead(t *testing.T) {
	t.Parallel()
	commits := []gittest.Commit{{Time: 5_000_000}}
	for i := 1; i < 40; i++ { // the excluded side, with ever older dates
		commits = append(commits, gittest.Commit{Parents: []int{i - 1}, Time: int64(1_000_000 - i)})
	}
	commits = append(commits, gittest.Commit{Parents: []int{0}, Time: 5_000_001})
	repo := gittest.NewBare(t)
	all := repo.Import(commits, map[string]int{"refs/heads/master": 40, "refs/heads/other": 39})
	listed, err := open(t, repo).Range(t.Context(), []object.ID{all[40]}, []object.ID{all[39]}, gitrepo.RangeOptions{})
	if err != nil || ids(listed) != all[40].String() {
		t.Errorf("listed %s, %v; expected the head alone", ids(listed), err)
	}
}

func TestRangeLimitAndPath(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	commits := graph(random, 150, 200)
	repo := gittest.NewBare(t)
	all := repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
	opened := open(t, repo)
	head, base := all[149], all[90]
	for _, exclude := range [][]object.ID{nil, {base}} {
		for _, limit := range []int{0, 1, 7} {
			for _, path := range []string{"", "dir1", "dir2/file", "nowhere"} {
				want := touching(repo, head, exclude, path)
				if limit > 0 {
					want = want[:min(limit, len(want))]
				}
				listed, err := opened.Range(t.Context(), []object.ID{head}, exclude, gitrepo.RangeOptions{Limit: limit, Path: path})
				if err != nil {
					t.Fatal(err)
				}
				if got := ids(listed); got != strings.Join(want, "\n") {
					t.Errorf("without %v, limit %d, path %q:\n%s\nexpected\n%s", exclude, limit, path, got, strings.Join(want, "\n"))
				}
			}
		}
	}
}

// touching lists what git lists with its full history, without the merges that
// have at the path what one of their parents has.
func touching(repo *gittest.Repo, head object.ID, exclude []object.ID, path string) []string {
	arguments := []string{"rev-list", "--full-history", head.String()}
	for _, id := range exclude {
		arguments = append(arguments, "^"+id.String())
	}
	if path == "" {
		return strings.Fields(repo.Git(arguments...))
	}
	var touching []string
	for _, id := range strings.Fields(repo.Git(append(arguments, "--", path)...)) {
		parents := strings.Fields(repo.Git("log", "-1", "--format=%P", id))
		names := id + ":" + path + "\n"
		for _, parent := range parents {
			names += parent + ":" + path + "\n"
		}
		lines := strings.Split(repo.GitInput(names, "cat-file", "--batch-check=%(objectname)"), "\n")
		for i, line := range lines {
			if strings.HasSuffix(line, " missing") { // before which git repeats the name
				lines[i] = ""
			}
		}
		if !slices.Contains(lines[1:], lines[0]) {
			touching = append(touching, id)
		}
	}
	return touching
}

func TestRangeInAShallowClone(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	all := repo.Import(gittest.Line(20), map[string]int{"refs/heads/master": 19})
	clone := repo.Clone("--depth=5", "--branch=master")
	opened := open(t, clone)
	if got := opened.Shallow(); !slices.Equal(got, []object.ID{all[15]}) {
		t.Errorf("the boundary is %v, expected %s", got, all[15])
	}
	listed, err := opened.Range(t.Context(), all[19:], []object.ID{all[17]}, gitrepo.RangeOptions{})
	if err != nil || len(listed) != 2 {
		t.Errorf("a range inside the clone: %d commits, %v", len(listed), err)
	}
	listed, err = opened.Range(t.Context(), all[19:], nil, gitrepo.RangeOptions{})
	wantError(t, err, gitrepo.ErrShallow, "its history ends at "+all[15].Short(), "git fetch --unshallow")
	if len(listed) != 5 {
		t.Errorf("%d commits were found, expected 5", len(listed))
	}
	if _, err = opened.Range(t.Context(), all[19:], nil, gitrepo.RangeOptions{Limit: 3}); err != nil {
		t.Errorf("three commits can be listed: %v", err)
	}
	_, err = opened.Range(t.Context(), all[19:], []object.ID{all[3]}, gitrepo.RangeOptions{})
	wantError(t, err, gitrepo.ErrMissing, all[3].String(), "--unshallow")
}

func TestAncestryOnRandomHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(9) {
		skew := []int64{0, 300, 30_000}[seed%3]
		t.Run(fmt.Sprintf("seed %d skew %d", seed, skew), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 2))
			commits := graph(random, 100, skew)
			repo := gittest.NewBare(t)
			all := repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
			writeGraph(repo, all, seed/3)
			opened := open(t, repo)
			for range 60 {
				a, b := random.IntN(100), random.IntN(100)
				want := ancestors(commits, b)[a]
				if got, err := opened.IsAncestor(t.Context(), all[a], all[b]); err != nil || got != want {
					t.Errorf("%d an ancestor of %d: %v, %v; expected %v", a, b, got, err, want)
				}
			}
			for range 10 {
				a, b := random.IntN(100), random.IntN(100)
				checkMergeBases(t, repo, opened, all[a], all[b])
				checkHighest(t, opened, commits, all, random)
			}
		})
	}
}

func checkMergeBases(t *testing.T, repo *gittest.Repo, opened *gitrepo.Repository, a, b object.ID) {
	t.Helper()
	bases, err := opened.MergeBases(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, id := range bases {
		got = append(got, id.String())
	}
	// Exit code 1 without output says that there is none.
	output, _ := repo.Try("", "merge-base", "--all", a.String(), b.String())
	want := strings.Fields(output)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the merge bases of %s and %s are %v, expected %v", a, b, got, want)
	}
}

func checkHighest(t *testing.T, opened *gitrepo.Repository, commits []gittest.Commit, all []object.ID, random *rand.Rand) {
	t.Helper()
	head := random.IntN(len(all))
	candidates := random.Perm(len(all))[:20]
	reachable := ancestors(commits, head)
	want := slices.IndexFunc(candidates, func(position int) bool { return reachable[position] })
	got, err := opened.HighestReachable(t.Context(), all[head], pick(all, candidates))
	if err != nil || got != want {
		t.Errorf("the highest of %v reachable from %d is %d, %v; expected %d", candidates, head, got, err, want)
	}
}

func TestAncestryInAShallowClone(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	commits := append(gittest.Line(20), gittest.Commit{Parents: []int{2}, Time: gittest.Epoch().Unix() + 5000})
	all := repo.Import(commits, map[string]int{"refs/heads/master": 19, "refs/heads/line": 20})
	opened := open(t, repo.Clone("--depth=5", "--no-single-branch", "--branch=master"))
	if ok, err := opened.IsAncestor(t.Context(), all[16], all[19]); err != nil || !ok {
		t.Errorf("16 is an ancestor of 19: %v, %v", ok, err)
	}
	for _, unknown := range []int{3, 20} {
		_, err := opened.IsAncestor(t.Context(), all[unknown], all[19])
		var shallow *gitrepo.ShallowError
		if !errors.As(err, &shallow) || !slices.Equal(shallow.Boundary, []object.ID{all[15]}) {
			t.Errorf("%d: the error is %v, expected a ShallowError at %s", unknown, err, all[15])
		}
	}
	position, err := opened.HighestReachable(t.Context(), all[19], pick(all, []int{20, 17}))
	if position != 1 || !errors.Is(err, gitrepo.ErrShallow) {
		t.Errorf("the highest is %d, %v; expected 1 and a doubt about the first", position, err)
	}
}

func TestTouchesPathOfMerges(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	all := repo.Import([]gittest.Commit{
		{Files: gittest.Files{"client/a": "1\n", "server/a": "1\n"}},
		{Parents: []int{0}, Files: gittest.Files{"client/a": "2\n"}},
		{Parents: []int{0}, Files: gittest.Files{"server/a": "2\n"}},
		{Parents: []int{1, 2}, Files: gittest.Files{"server/a": "2\n"}},
		{Parents: []int{1, 2}, Files: gittest.Files{"server/a": "3\n"}},
	}, map[string]int{"refs/heads/master": 4})
	opened := open(t, repo)
	for position, want := range []bool{true, false, true, false, true} {
		if got, err := opened.TouchesPath(all[position], "server"); err != nil || got != want {
			t.Errorf("commit %d touches server: %v, %v; expected %v", position, got, err, want)
		}
	}
}
