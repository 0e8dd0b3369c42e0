package extract_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// With several mappings each commit's tree is what the rules make, path by path, of
// what git lists.
func TestTreesAreMappedPathByPath(t *testing.T) {
	t.Parallel()
	histories(t, 40, func(t *testing.T, random *rand.Rand, history generated) {
		repo := gittest.New(t)
		ids := history.write(t, repo)
		listings := listTrees(t, repo, ids)
		for range 8 {
			mappings := someMappings(random)
			for _, mode := range []extract.Mode{extract.FirstParent, extract.Full} {
				checkMapped(t, repo, mode, ids, listings, mappings)
			}
		}
	})
}

func checkMapped(t *testing.T, repo *gittest.Repo, mode extract.Mode, ids []object.ID, listings map[object.ID]listing, mappings []release.Mapping) {
	t.Helper()
	e := openExtraction(t, repo)
	e.ahead = mode == extract.Full
	_, _ = repo.Try("", "update-ref", "-d", "refs/heads/extracted")
	rewriter, err := e.run(mode, object.ID{}, ids[len(ids)-1], mappings...)
	var clash *extract.ClashError
	if errors.As(err, &clash) {
		if clash.Commit.IsZero() {
			return // known without looking at a tree
		}
		if _, want := mapped(listings[clash.Commit], mappings); want == nil || *want != *clash && !sameClash(*want, *clash) {
			t.Errorf("%v in %s: %v, want %v", mappings, mode, clash, want)
		}
		return
	}
	var root *extract.RootError
	if errors.As(err, &root) {
		return
	}
	if err != nil {
		t.Fatalf("%v: %v", mappings, err)
	}
	for _, made := range rewriter.Made() {
		want, clash := mapped(listings[made.Source], mappings)
		if _, atRoot := want["."]; clash != nil || atRoot {
			t.Errorf("%v in %s: no error, want one (%v) in %s", mappings, mode, clash, made.Source)
		}
		if got := list(t, repo, made.ID); !equalListings(got, want) {
			t.Errorf("%v in %s gives of %s\n%v\nwant\n%v", mappings, mode, made.Source, got, want)
		}
	}
}

// sameClash: the mappings may clash at several paths, and any of them is right.
func sameClash(want, got extract.ClashError) bool {
	return got.First != "" && got.Second != "" && want.Path != "" && got.Path != ""
}

// listing is mode and id by path.
type listing map[string]string

func equalListings(a, b listing) bool {
	if len(a) != len(b) {
		return false
	}
	for path, entry := range a {
		if b[path] != entry {
			return false
		}
	}
	return true
}

func list(t *testing.T, repo *gittest.Repo, id object.ID) listing {
	t.Helper()
	listed := listing{}
	for line := range strings.SplitSeq(repo.Git("ls-tree", "-r", id.String()), "\n") {
		if entry, name, found := strings.Cut(line, "\t"); found {
			listed[name] = entry
		}
	}
	return listed
}

func listTrees(t *testing.T, repo *gittest.Repo, ids []object.ID) map[object.ID]listing {
	t.Helper()
	listings := map[object.ID]listing{}
	for _, id := range ids {
		listings[id] = list(t, repo, id)
	}
	return listings
}

func someMappings(random *rand.Rand) []release.Mapping {
	sources := append([]string{".", "a/one", "a/x/two", "README", "nowhere"}, directories...)
	targets := []string{".", ".", "lib", "lib/x", "lib/x/deep", "one", "x"}
	patterns := []string{"*.map", "x", "x/*", "**/deep", "one", "y/**", "t*", "/one", "/x", "**/**/two", "x/**/**/one"}
	var mappings []release.Mapping
	for range 1 + random.IntN(3) {
		m := release.Mapping{From: sources[random.IntN(len(sources))], To: targets[random.IntN(len(targets))]}
		for random.IntN(2) == 0 {
			m.Except = append(m.Except, patterns[random.IntN(len(patterns))])
		}
		if !slices.ContainsFunc(mappings, func(other release.Mapping) bool { return other.From == m.From && other.To == m.To }) {
			mappings = append(mappings, m)
		}
	}
	return mappings
}

// mapped is the rule as the documentation has it: the most specific mapping first,
// each file takes its place unless a more specific one is there or in the way.
func mapped(files listing, mappings []release.Mapping) (listing, *extract.ClashError) {
	placed, by := listing{}, map[string]int{}
	order := make([]int, len(mappings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return depth(mappings[b].To) - depth(mappings[a].To) })
	var clash *extract.ClashError
	for _, i := range order {
		m := mappings[i]
		for source, entry := range files {
			below, found := strings.CutPrefix(source, m.From+"/")
			if m.From == "." {
				below, found = source, true
			}
			target := path.Join(m.To, below)
			if source == m.From {
				target, found = m.To, true
			} else if leftOut(below, m.Except) {
				continue
			}
			if !found {
				continue
			}
			hidden := false
			for other, owner := range by {
				if owner == i || other != target && !strings.HasPrefix(other, target+"/") && !strings.HasPrefix(target, other+"/") {
					continue
				}
				if depth(mappings[owner].To) > depth(m.To) {
					hidden = true
				}
			}
			if hidden {
				continue
			}
			for other, owner := range by {
				if owner != i && depth(mappings[owner].To) == depth(m.To) &&
					(other == target || strings.HasPrefix(other, target+"/") || strings.HasPrefix(target, other+"/")) {
					clash = &extract.ClashError{Path: target, First: fmt.Sprint(owner), Second: fmt.Sprint(i)}
				}
			}
			placed[target], by[target] = entry, i
		}
	}
	return placed, clash
}

func depth(target string) int {
	if target == "." {
		return 0
	}
	return 1 + strings.Count(target, "/")
}

// leftOut matches the path and all directories above it with the patterns.
func leftOut(below string, except []string) bool {
	parts := strings.Split(below, "/")
	for _, pattern := range except {
		if !strings.Contains(pattern, "/") {
			pattern = "**/" + pattern
		}
		pattern = strings.TrimPrefix(pattern, "/")
		for end := 1; end <= len(parts); end++ {
			if matches(strings.Split(pattern, "/"), parts[:end]) {
				return true
			}
		}
	}
	return false
}

func matches(pattern, parts []string) bool {
	if len(pattern) == 0 {
		return len(parts) == 0
	}
	if pattern[0] == "**" {
		return matches(pattern[1:], parts) && len(pattern) > 1 || len(parts) > 0 && (len(pattern) == 1 || matches(pattern, parts[1:]))
	}
	if len(parts) == 0 {
		return false
	}
	matched, _ := path.Match(pattern[0], parts[0])
	return matched && matches(pattern[1:], parts[1:])
}
