package notes

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
	"github.com/mozilla-services/looprel/internal/object"
)

// bundle is a commit of the branch and, when it merges a pull request, the
// commits that came with it; all by their place in the list, newest first.
type bundle struct {
	head    int
	brought []int
}

func (b bundle) all() []int { return append([]int{b.head}, b.brought...) }

// fold walks the branch along first parents and gives each commit to exactly one
// bundle, or passes it over. A merge's own commits are those that no older commit
// of the branch has: the branch is claimed first and its merges are visited oldest
// first, so that each commit is visited once.
func fold(commits []Commit) (bundles []bundle, passed []int) {
	f := folder{commits: commits, places: make(map[object.ID]int, len(commits)), claimed: make([]bool, len(commits))}
	for i, c := range commits {
		f.places[c.ID] = i
	}
	for i := range commits {
		f.walk(i)
	}
	slices.SortFunc(f.bundles, func(a, b bundle) int { return a.head - b.head })
	return f.bundles, f.passed
}

type folder struct {
	commits []Commit
	places  map[object.ID]int
	claimed []bool
	bundles []bundle
	passed  []int
}

// free is the place of a commit that no bundle has yet.
func (f *folder) free(id object.ID) (int, bool) {
	i, known := f.places[id]
	return i, known && !f.claimed[i]
}

func (f *folder) walk(start int) {
	var chain []int
	for i, ok := start, !f.claimed[start]; ok; {
		f.claimed[i] = true
		chain = append(chain, i)
		if len(f.commits[i].Parents) == 0 {
			break
		}
		i, ok = f.free(f.commits[i].Parents[0])
	}
	for _, i := range slices.Backward(chain) {
		f.visit(i)
	}
}

func (f *folder) visit(i int) {
	c := f.commits[i]
	switch {
	case len(c.Parents) < 2:
		f.bundles = append(f.bundles, bundle{head: i})
	case standsForItsCommits(c) && !f.integrates(c):
		f.bundles = append(f.bundles, bundle{head: i, brought: f.claim(c.Parents[1:])})
	default:
		f.passed = append(f.passed, i)
		for _, parent := range c.Parents[1:] {
			if side, ok := f.free(parent); ok {
				f.walk(side)
			}
		}
	}
}

// integrationBranch are names of branches that collect pull requests. A fork's
// own pull requests come from such branches as well.
var integrationBranch = lazyregexp.New(`^(?:dev|develop|development|main|master|next|staging|release[-/].*)$`)

// integrates reports whether a pull request brings a branch on which others were
// merged, each of which is a change.
func (f *folder) integrates(c Commit) bool {
	m, isMerge := readMerge(c)
	if !isMerge || !integrationBranch.MatchString(m.branch) {
		return false
	}
	for i, ok := f.free(c.Parents[1]); ok; i, ok = f.free(f.commits[i].Parents[0]) {
		if _, merges := readMerge(f.commits[i]); merges {
			return true
		}
		if len(f.commits[i].Parents) == 0 {
			return false
		}
	}
	return false
}

// claim takes all free commits that can be reached from the parents.
func (f *folder) claim(parents []object.ID) []int {
	var taken []int
	open := slices.Clone(parents)
	for len(open) > 0 {
		last := len(open) - 1
		i, ok := f.free(open[last])
		open = open[:last]
		if ok {
			f.claimed[i] = true
			taken = append(taken, i)
			open = append(open, f.commits[i].Parents...)
		}
	}
	slices.Sort(taken)
	return taken
}

// standsForItsCommits reports whether a merge has a title that says what it
// brings. "Merge branch 'x'" says nothing, and a merge that makes a release
// brings many changes.
func standsForItsCommits(c Commit) bool {
	if merged, ok := readMerge(c); ok {
		return !isMachinery(merged.title)
	}
	return !plainMerge.MatchString(c.Subject) && !isMachinery(c.Subject)
}
