package extract_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

var (
	firstSeed = flag.Uint64("extract-seed", 1, "the first seed of generated histories")
	rounds    = flag.Int("extract-rounds", 4, "how many histories are generated")
)

// histories runs a test on generated histories, whose seeds are in the names.
func histories(t *testing.T, length int, test func(t *testing.T, random *rand.Rand, history generated)) {
	t.Helper()
	for seed := *firstSeed; seed < *firstSeed+uint64(*rounds); seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			test(t, random, generate(random, length))
		})
	}
}

// One mapping and all of history give the graph that "git subtree split" makes.
//
// Where the directory is gone, git continues with the upstream commit itself. So git
// is given a history in which something stands for the directory that is gone, and
// what it makes of that is compared with the empty tree.
func TestSameGraphAsSubtreeSplit(t *testing.T) {
	t.Parallel()
	histories(t, 45, func(t *testing.T, _ *rand.Rand, history generated) {
		ours, theirs := gittest.New(t), gittest.New(t)
		ids := history.write(t, ours)
		history.withPlaceholder("a").write(t, theirs)
		theirs.Git("reset", "--quiet", "--hard", "master") // git wants to see the directory
		split := theirs.Git("subtree", "-q", "split", "--prefix=a", "master")
		e := openExtraction(t, ours)
		if _, err := e.run(extract.Full, object.ID{}, ids[len(ids)-1], release.Mapping{From: "a", To: "."}); err != nil {
			t.Fatal(err)
		}
		want, got := graph(theirs, split), graph(ours, "extracted")
		if want != got {
			t.Errorf("git subtree split makes\n%s\nand extract\n%s", want, got)
		}
		if fsck := ours.Git("fsck", "--strict", "--no-dangling", "extracted"); fsck != "" {
			t.Error(fsck)
		}
	})
}

const placeholder = "a/gone-for-now"

// withPlaceholder puts a file in place of a directory that is not there any more.
func (g generated) withPlaceholder(directory string) generated {
	changed := generated{parents: g.parents}
	existed := make([]bool, len(g.states))
	for i, files := range g.states {
		there := false
		for path := range files {
			there = there || strings.HasPrefix(path, directory+"/")
		}
		existed[i] = there
		for _, parent := range g.parents[i] {
			existed[i] = existed[i] || existed[parent]
		}
		next := maps.Clone(files)
		if existed[i] && !there {
			next.set(placeholder, file{plain, "gone\n"})
		}
		changed.states = append(changed.states, next)
	}
	return changed
}

// graph writes a history down by what does not depend on ids: each commit's tree,
// author, dates and message, and its parents by their place.
func graph(repo *gittest.Repo, head string) string {
	gone := strings.TrimSpace(repo.GitInput("gone\n", "hash-object", "-w", "--stdin"))
	goneTree := strings.TrimSpace(repo.GitInput(fmt.Sprintf("100644 blob %s\t%s\n", gone, strings.TrimPrefix(placeholder, "a/")), "mktree"))
	places := map[string]string{}
	var text strings.Builder
	for record := range strings.SplitSeq(repo.Git("log", "--topo-order", "--reverse", "--format=%H%x00%T%x00%P%x00%an %ae %ad %cn %ce %cd%x00%B%x01", head), "\x01\n") {
		fields := strings.SplitN(strings.TrimSuffix(record, "\x01"), "\x00", 5)
		tree, message := fields[1], strings.TrimSpace(fields[4])
		if tree == goneTree {
			tree = object.EmptyTree.String()
		}
		if at := strings.LastIndex(message, extract.Trailer+": "); at >= 0 {
			message = strings.TrimSpace(message[:at])
		}
		// The message names the commit: "Change 12".
		name, _, _ := strings.Cut(message, "\n")
		places[fields[0]] = name
		parents := strings.Fields(fields[2])
		for i, parent := range parents {
			parents[i] = places[parent]
		}
		fmt.Fprintf(&text, "%s: %s (%s) %q %s\n", name, tree, strings.Join(parents, ", "), message, fields[3])
	}
	return sortLines(text.String())
}

func sortLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
