package fixes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// branches makes two branches that change the same files, often in the same way at
// another place, with other white space, or on another path.
func branches(random *rand.Rand, length int) (commits []gittest.Commit, heads map[string]int) {
	lines := func(n int) []string {
		made := make([]string, n)
		for i := range made {
			made[i] = fmt.Sprintf("line %d", random.IntN(4*n))
		}
		return made
	}
	start := map[string][]string{"a.txt": lines(30), "dir/b.txt": lines(12), "c.txt": lines(3)}
	first := gittest.Commit{Files: gittest.Files{}}
	for path, content := range start {
		first.Files[path] = strings.Join(content, "\n") + "\n"
	}
	commits, heads = []gittest.Commit{first}, map[string]int{}
	seeds := make([]uint64, length)
	for i := range seeds {
		seeds[i] = random.Uint64()
	}
	for _, branch := range []string{"refs/heads/ours", "refs/heads/theirs"} {
		files := map[string][]string{}
		for path, content := range start {
			files[path] = slices.Clone(content)
		}
		parent := 0
		for _, seed := range seeds {
			one := rand.New(rand.NewPCG(seed, 1))
			path := []string{"a.txt", "dir/b.txt", "c.txt", "new.txt"}[one.IntN(4)]
			if random.IntN(6) == 0 {
				// This branch has another change here, above the other ones.
				files[path] = slices.Concat(lines(1), files[path])
			} else {
				files[path] = edit(one, random, files[path])
			}
			text := strings.Join(files[path], "\n")
			if text != "" && random.IntN(6) > 0 {
				text += "\n"
			}
			commits = append(commits, gittest.Commit{Parents: []int{parent}, Files: gittest.Files{path: text}})
			parent = len(commits) - 1
		}
		heads[branch] = parent
	}
	return commits, heads
}

// edit changes a file as the first random source says; the second one varies what
// does not count.
func edit(same, vary *rand.Rand, lines []string) []string {
	// Counted from the end, since the branches differ at the beginning.
	at := max(len(lines)-same.IntN(25), 0)
	count := min(same.IntN(3), len(lines)-at)
	var added []string
	for range same.IntN(3) {
		text := fmt.Sprintf("added %d", same.IntN(50))
		if vary.IntN(3) == 0 {
			text = "\t" + strings.ReplaceAll(text, " ", "  ")
		}
		added = append(added, text)
	}
	return slices.Concat(lines[:at], added, lines[at+count:])
}

// Two commits have the same patch id here if and only if git says so.
func TestPatchIDsAgreeWithGit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			repo := gittest.New(t)
			history, heads := branches(rand.New(rand.NewPCG(seed, 7)), 60)
			ids := repo.Import(history, heads)
			survey := (&world{repo, t}).survey()
			diffs := repo.Git("-c", "diff.indentHeuristic=false", "log", "--patch", "--all", "--no-renames", "--diff-algorithm=histogram")
			theirs := map[string]string{} // commit → git's id
			for _, line := range strings.Split(repo.GitInput(diffs+"\n", "patch-id", "--stable"), "\n") {
				patch, commit, _ := strings.Cut(line, " ")
				theirs[commit] = patch
			}
			agree(t, survey, ids, theirs)
			cherry(t, repo, survey)
		})
	}
}

// agree holds the classes of equal ids against git's. Commits that change nothing
// have no id there.
func agree(t *testing.T, survey *fixes.Survey, ids []object.ID, theirs map[string]string) {
	t.Helper()
	toOurs, toTheirs := map[string]string{}, map[string]string{}
	pairs := 0
	for _, id := range ids {
		git, has := theirs[id.String()]
		if !has {
			continue
		}
		own, err := survey.PatchID(id)
		if err != nil {
			t.Fatal(err)
		}
		if known, seen := toOurs[git]; seen {
			pairs++
			if known != own {
				t.Errorf("git finds %s the same as another commit, and here it is not", id)
			}
		}
		if known, seen := toTheirs[own]; seen && known != git {
			t.Errorf("%s is the same as another commit here, and not for git", id)
		}
		toOurs[git], toTheirs[own] = own, git
	}
	if pairs == 0 {
		t.Error("no two commits have the same patch, so nothing was compared")
	}
}

// cherry compares with "git cherry", which marks with "-" what the other branch has.
func cherry(t *testing.T, repo *gittest.Repo, survey *fixes.Survey) {
	t.Helper()
	have := map[string]bool{}
	idOf := func(text string) string {
		own, err := survey.PatchID(repo.ID(text))
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	for _, commit := range strings.Fields(repo.Git("rev-list", "theirs..ours")) {
		have[idOf(commit)] = true
	}
	cherries := repo.Git("-c", "diff.indentHeuristic=false", "-c", "diff.algorithm=histogram", "cherry", "ours", "theirs")
	for _, line := range strings.Split(cherries, "\n") {
		sign, commit, _ := strings.Cut(line, " ")
		if repo.ID(commit+"^{tree}") == repo.ID(commit+"^^{tree}") {
			continue // it changes nothing
		}
		if have[idOf(commit)] != (sign == "-") {
			t.Errorf("git cherry says %s", line)
		}
	}
}
