package merge_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

var (
	treeMerges      = flag.Int("tree-merges", 8000, "how many generated merges of trees to hold against git")
	attributeMerges = flag.Int("attribute-merges", 3000, "how many generated merges of trees with .gitattributes to hold against git")
	treeSeed        = flag.Uint64("tree-seed", 1, "the seed of the first batch of generated merges of trees")
)

// attributesBatch is the number of merges with the same .gitattributes.
const attributesBatch = 100

// TestTreesEqualGit holds generated merges of trees against git merge-tree.
func TestTreesEqualGit(t *testing.T) {
	t.Parallel()
	oracle := newTreeOracle(t)
	holdTreesAgainstGit(oracle, *treeSeed, *treeMerges, batchSize, func(*treeGenerator) {})
}

// TestTreesWithAttributesEqualGit does so with generated .gitattributes.
func TestTreesWithAttributesEqualGit(t *testing.T) {
	t.Parallel()
	oracle := newTreeOracle(t)
	holdTreesAgainstGit(oracle, *treeSeed, *attributeMerges, attributesBatch, func(g *treeGenerator) {
		oracle.heed(g.attributes())
	})
}

// holdTreesAgainstGit makes batches, each with a seed of its own, and prepares the
// oracle for each.
func holdTreesAgainstGit(oracle *treeOracle, seed uint64, count, batchSize int, prepare func(*treeGenerator)) {
	t := oracle.t
	t.Helper()
	crashed, damaged, first := 0, 0, seed
	for done := 0; done < count; done += batchSize {
		generator := newTreeGenerator(seed)
		prepare(generator)
		cases := make([]treeCase, min(batchSize, count-done))
		for i := range cases {
			cases[i] = generator.merge()
		}
		for i, outcome := range oracle.merge(cases) {
			switch {
			case outcome.crashed:
				crashed++
			case oracle.compare(cases[i], outcome) == "":
				continue
			case oracle.isDamaged(cases[i], outcome):
				damaged++
			default:
				t.Fatalf("seed %d, merge %d: git and Trees disagree:\n%s", seed, i, oracle.explain(minimiseTrees(oracle, cases[i])))
			}
			if problem := oracle.wellFormed(cases[i]); problem != "" {
				t.Fatalf("seed %d, merge %d, for which git has no outcome: %s", seed, i, problem)
			}
			if simpler, found := oracle.disagreeingNeighbour(cases[i]); found {
				t.Fatalf("seed %d, near merge %d, for which git has no outcome: git and Trees disagree:\n%s",
					seed, i, oracle.explain(minimiseTrees(oracle, simpler)))
			}
		}
		seed++
	}
	if 100*(crashed+damaged) > count+100 {
		t.Errorf("git has no outcome for %d of %d merges, which is too many", crashed+damaged, count)
	}
	t.Logf("%d merges agree, seeds %d to %d; of %d more git made nothing, and of %d something damaged",
		count-crashed-damaged, first, seed-1, crashed, damaged)
}

// explain shows a case and both results.
func (o *treeOracle) explain(c treeCase) string {
	outcome := o.merge([]treeCase{c})[0]
	return fmt.Sprintf("%s\n%s\ngit:\n%s\nTrees:\n%s", o.compare(c, outcome), c, o.repo.Git("ls-tree", "-r", outcome.tree), o.listing(c, outcome))
}

// run has the engine merge a case.
func (o *treeOracle) run(c treeCase, git treeOutcome) (*memory, merge.Result, error) {
	memory := newMemory()
	options := merge.Options{Ours: git.ours, Theirs: git.theirs, External: func(string) bool { return false }}
	if o.attributes != nil {
		options.Attributes = memory.add(o.attributes)
	}
	result, err := memory.merge(c, options)
	return memory, result, err
}

// compare says what the engine does differently, "" if nothing.
func (o *treeOracle) compare(c treeCase, git treeOutcome) (difference string) {
	defer func() {
		if problem := recover(); problem != nil {
			difference = fmt.Sprintf("panic: %v", problem)
		}
	}()
	_, result, err := o.run(c, git)
	if err != nil {
		return err.Error()
	}
	if git.crashed {
		return ""
	}
	var lines []string
	if result.Clean != git.clean {
		lines = append(lines, fmt.Sprintf("clean %v, git %v", result.Clean, git.clean))
	}
	if !slices.Equal(result.Paths(), git.paths) {
		lines = append(lines, fmt.Sprintf("paths %q\ngit   %q", result.Paths(), git.paths))
	}
	if result.Tree.String() != git.tree {
		lines = append(lines, fmt.Sprintf("tree %s, git %s", result.Tree, git.tree))
	}
	if len(lines) > 0 {
		for _, message := range result.Messages {
			lines = append(lines, "  "+message.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// minimiseTrees takes out of a case whatever is not needed for the disagreement.
func minimiseTrees(oracle *treeOracle, c treeCase) treeCase {
	for smaller := true; smaller; {
		smaller = false
		candidates := simpler(c)
		for i, outcome := range oracle.merge(candidates) {
			if oracle.disagrees(candidates[i], outcome) {
				c, smaller = candidates[i], true
				break
			}
		}
	}
	return c
}

// simpler gives the cases that lack one path, one version or one line.
func simpler(c treeCase) []treeCase {
	var cases []treeCase
	paths := maps.Clone(c.base)
	maps.Copy(paths, c.ours)
	maps.Copy(paths, c.theirs)
	edit := func(change func([3]files)) {
		trees := [3]files{maps.Clone(c.base), maps.Clone(c.ours), maps.Clone(c.theirs)}
		change(trees)
		cases = append(cases, treeCase{trees[0], trees[1], trees[2]})
	}
	sorted := slices.Sorted(maps.Keys(paths))
	for _, path := range sorted {
		edit(func(trees [3]files) {
			for _, tree := range trees {
				delete(tree, path)
			}
		})
	}
	for _, path := range sorted {
		for i, tree := range c.trees() {
			f, exists := tree[path]
			if !exists {
				continue
			}
			edit(func(trees [3]files) { delete(trees[i], path) })
			if !f.mode.IsFile() || f.content == "" {
				continue
			}
			edit(func(trees [3]files) {
				for j := range trees {
					if original, exists := c.trees()[i][path]; exists && trees[j][path] == original {
						trees[j][path] = file{f.mode, withoutFirstLine(f.content)}
					}
				}
			})
		}
	}
	return cases
}

func withoutFirstLine(text string) string {
	_, rest, _ := strings.Cut(text, "\n")
	return rest
}

// listing shows the tree that the engine made.
func (o *treeOracle) listing(c treeCase, git treeOutcome) string {
	paths := o.paths(c, git)
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		lines = append(lines, fmt.Sprintf("%o %s %s", paths[path].Mode, paths[path].ID, path))
	}
	return strings.Join(lines, "\n")
}

// paths are the files of the tree that the engine made.
func (o *treeOracle) paths(c treeCase, git treeOutcome) map[string]object.TreeEntry {
	o.t.Helper()
	memory, result, err := o.run(c, git)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, made := range result.Objects {
		if made.Kind != object.KindTree {
			continue
		}
		tree, err := object.DecodeTree(made.Data)
		if err != nil {
			o.t.Fatal(err)
		}
		memory.trees[made.ID()] = tree
	}
	paths := map[string]object.TreeEntry{}
	memory.list(result.Tree, "", paths)
	return paths
}

func (m *memory) list(id object.ID, dir string, paths map[string]object.TreeEntry) {
	for _, entry := range m.trees[id] {
		if entry.Mode == object.ModeDirectory {
			m.list(entry.ID, dir+entry.Name+"/", paths)
			continue
		}
		paths[dir+entry.Name] = entry
	}
}
