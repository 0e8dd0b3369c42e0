package merge_test

import (
	"iter"
	"strings"

	"github.com/mozilla-services/looprel/internal/gittest"
)

const (
	// minimiseBytes bounds what git is given to find a smaller case.
	minimiseBytes = 256 << 20
	// minimiseBatchBytes and minimiseBatch bound what it is given at once.
	minimiseBatchBytes = 8 << 20
	minimiseBatch      = 200
)

// minimise takes lines out of a merge as long as git and the package disagree,
// first many at a time, then fewer.
func minimise(git *gittest.TextMerger, m gittest.TextMerge) gittest.TextMerge {
	budget := minimiseBytes
	for size := countLines(m); size > 0 && budget > 0; {
		smaller, found := firstDisagreement(git, shorter(m, size), &budget)
		if !found {
			size /= 2
			continue
		}
		m = smaller
		size = min(size, countLines(m))
	}
	return m
}

// firstDisagreement goes through the candidates many at once, since a call of git
// costs more than a merge.
func firstDisagreement(
	git *gittest.TextMerger, candidates iter.Seq[gittest.TextMerge], budget *int,
) (gittest.TextMerge, bool) {
	var batch []gittest.TextMerge
	bytes := 0
	flush := func() (gittest.TextMerge, bool) {
		*budget -= bytes
		merges := batch
		batch, bytes = nil, 0
		if found := disagreements(git, merges); len(found) > 0 {
			return merges[found[0]], true
		}
		return gittest.TextMerge{}, false
	}
	for candidate := range candidates {
		batch = append(batch, candidate)
		bytes += len(candidate.Base) + len(candidate.Ours) + len(candidate.Theirs)
		if len(batch) < minimiseBatch && bytes < minimiseBatchBytes {
			continue
		}
		if smaller, found := flush(); found || *budget <= 0 {
			return smaller, found
		}
	}
	return flush()
}

func countLines(m gittest.TextMerge) int {
	return max(strings.Count(m.Base, "\n"), strings.Count(m.Ours, "\n"), strings.Count(m.Theirs, "\n")) + 1
}

// shorter gives the merge without each run of so many lines: out of all three
// files, and out of the one that the run is from.
func shorter(m gittest.TextMerge, size int) iter.Seq[gittest.TextMerge] {
	texts := [3]string{m.Base, m.Ours, m.Theirs}
	return func(yield func(gittest.TextMerge) bool) {
		for position, text := range texts {
			lines := strings.SplitAfter(text, "\n")
			for start := 0; start+size <= len(lines); start += max(size/2, 1) {
				run := strings.Join(lines[start:start+size], "")
				if run == "" {
					continue
				}
				var everywhere [3]string
				for i := range texts {
					everywhere[i] = strings.Replace(texts[i], run, "", 1)
				}
				once := texts
				once[position] = strings.Join(lines[:start], "") + strings.Join(lines[start+size:], "")
				if !yield(withTexts(m, everywhere)) || !yield(withTexts(m, once)) {
					return
				}
			}
		}
	}
}

func withTexts(m gittest.TextMerge, texts [3]string) gittest.TextMerge {
	m.Base, m.Ours, m.Theirs = texts[0], texts[1], texts[2]
	return m
}
