package merge_test

import (
	"flag"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

var (
	textMerges = flag.Int("merges", 9000, "how many generated merges of one file to hold against git")
	vastMerges = flag.Int("vast-merges", 1, "how many generated merges of very long files to hold against git")
	textSeed   = flag.Uint64("merges-seed", 1, "the seed of the first batch of generated merges; each batch has the next one")
)

// batchSize is the number of merges for which git runs once.
const batchSize = 500

// TestTextEqualsGit holds generated merges against git merge-tree.
func TestTextEqualsGit(t *testing.T) {
	t.Parallel()
	holdAgainstGit(t, *textMerges, batchSize, (*generator).merge)
}

// TestVastTextEqualsGit does so with files that are long and different enough for
// Myers' algorithm to end its searches early.
func TestVastTextEqualsGit(t *testing.T) {
	t.Parallel()
	holdAgainstGit(t, *vastMerges, 1, func(g *generator) gittest.TextMerge {
		return g.crowd(80, 500+g.IntN(300))
	})
}

func holdAgainstGit(t *testing.T, count, batchSize int, generate func(*generator) gittest.TextMerge) {
	git := gittest.NewTextMerger(t)
	seed := *textSeed
	for done := 0; done < count; done += batchSize {
		generator := newGenerator(seed)
		merges := make([]gittest.TextMerge, min(batchSize, count-done))
		for i := range merges {
			merges[i] = generate(generator)
		}
		for _, position := range disagreements(git, merges) {
			t.Errorf("seed %d, merge %d: git and the package disagree:\n%s", seed, position,
				describe(git, minimise(git, merges[position])))
			if t.Failed() {
				return
			}
		}
		seed++
	}
	t.Logf("%d merges agree, seeds %d to %d", count, *textSeed, seed-1)
}
