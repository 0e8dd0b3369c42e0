package merge

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// findRenames pairs the files that a side removed with those that it added, and
// finds out which directories were renamed by that.
func (m *merger) findRenames() error {
	for _, side := range m.sides[ourStage:] {
		if err := m.findSideRenames(side); err != nil {
			return err
		}
	}
	if m.sides[ourStage].relevant == 0 && m.sides[theirStage].relevant == 0 {
		return nil
	}
	return m.moveWithDirectories()
}

// findSideRenames looks for renames from the surest to the vaguest kind. What is
// paired in one step is out of the question in the next.
func (m *merger) findSideRenames(side *side) error {
	if side.relevant == 0 {
		return nil
	}
	search := newRenameSearch(side)
	if len(search.sources) == 0 || len(search.destinations) == 0 {
		return nil
	}
	search.pairEqual()
	search.dropSources(func(s *source) bool { return s.used })
	search.prepareGuesses()
	defer search.finish()
	if err := search.pairByName(m); err != nil {
		return err
	}
	search.dropSources(func(s *source) bool { return s.used || s.relevance == irrelevant })
	search.dropKnownMoves()
	return search.pairSimilar(m)
}

// renameSearch is the search for one side's renames.
type renameSearch struct {
	side         *side
	sources      []*source
	destinations []*destination
	// guesses tell where a removed directory went, going by equal files.
	guesses map[string]string
	// byPath are the destinations that were no rename when the guesses were made.
	byPath map[string]*destination
}

// newRenameSearch starts a search among all files but empty ones, which say
// nothing about where they come from.
func newRenameSearch(side *side) *renameSearch {
	empty := object.Blob(nil).ID()
	search := &renameSearch{side: side}
	for _, s := range side.sources {
		if s.version.ID != empty {
			search.sources = append(search.sources, s)
		}
	}
	for _, d := range side.destinations {
		if d.version.ID != empty {
			search.destinations = append(search.destinations, d)
		}
	}
	return search
}

func (r *renameSearch) dropSources(drop func(*source) bool) {
	r.sources = slices.DeleteFunc(r.sources, drop)
}

func pair(from *source, to *destination) {
	from.used = true
	to.from = from
}

// equalAlternatives is how many equal sources are looked at for one destination.
const equalAlternatives = 100

// pairEqual pairs files of the same content; one of the same name goes before
// others.
func (r *renameSearch) pairEqual() {
	byID := map[object.ID][]*source{}
	for _, s := range r.sources {
		byID[s.version.ID] = append(byID[s.version.ID], s)
	}
	for _, d := range r.destinations {
		if best := bestEqual(byID[d.version.ID], d); best != nil {
			pair(best, d)
		}
	}
}

func bestEqual(candidates []*source, d *destination) *source {
	var best *source
	looked := 0
	for _, s := range candidates {
		if s.used || (!s.version.Mode.IsFile() || !d.version.Mode.IsFile()) && s.version.Mode != d.version.Mode {
			continue
		}
		if baseName(s.path) == baseName(d.path) {
			return s
		}
		if best == nil {
			best = s
		}
		if looked++; looked == equalAlternatives {
			break
		}
	}
	return best
}

// pairByName pairs similar files whose name only one source and one destination
// have, or that are where the directory of the source seems to have gone.
func (r *renameSearch) pairByName(m *merger) error {
	sources := map[string]int{}
	for _, s := range r.sources {
		sources[baseName(s.path)]++
	}
	destinations := map[string][]*destination{}
	for _, d := range r.destinations {
		if d.from == nil {
			destinations[baseName(d.path)] = append(destinations[baseName(d.path)], d)
		}
	}
	for _, s := range r.sources {
		if s.relevance == irrelevant {
			continue
		}
		name := baseName(s.path)
		named := destinations[name]
		if len(named) == 0 {
			continue
		}
		d := named[0]
		if sources[name] > 1 || len(named) > 1 {
			d = r.guess(s)
		}
		if d == nil || d.from != nil {
			continue
		}
		score, err := m.similarity(s, d, basenameScore)
		if err != nil {
			return err
		}
		if score >= basenameScore {
			pair(s, d)
			r.count(s, d)
		}
	}
	return nil
}

// candidatesPerDestination is how many sources are kept for a destination.
const candidatesPerDestination = 4

// candidate is a possible rename.
type candidate struct {
	source      *source
	destination *destination
	score       int
	sameName    bool
}

// compareCandidates sorts better candidates, and any before none.
func compareCandidates(a, b candidate) int {
	switch {
	case a.source == nil && b.source == nil:
		return 0
	case a.source == nil:
		return 1
	case b.source == nil:
		return -1
	case a.score != b.score:
		return cmp.Compare(b.score, a.score)
	case a.sameName == b.sameName:
		return 0
	case a.sameName:
		return -1
	}
	return 1
}

// pairSimilar pairs the remaining files by similarity, unless there are too many
// of them.
func (r *renameSearch) pairSimilar(m *merger) error {
	var destinations []*destination
	for _, d := range r.destinations {
		if d.from == nil {
			destinations = append(destinations, d)
		}
	}
	if limit := m.options.RenameLimit; len(destinations)*len(r.sources) > limit*limit {
		m.result.RenamesSkipped = max(m.result.RenamesSkipped, len(destinations), len(r.sources))
		return nil
	}
	var all []candidate
	for _, d := range destinations {
		best, err := r.bestSimilar(m, d)
		if err != nil {
			return err
		}
		all = append(all, best[:]...)
		d.document = document{}
	}
	slices.SortStableFunc(all, compareCandidates)
	for _, c := range all {
		if c.source == nil || c.score < renameScore {
			break
		}
		if c.destination.from == nil && !c.source.used {
			pair(c.source, c.destination)
			r.count(c.source, c.destination)
		}
	}
	return nil
}

// bestSimilar gives a destination's best candidates. Each has its slot, which a
// better one takes over; among equal ones the slots' order decides.
func (r *renameSearch) bestSimilar(m *merger, d *destination) ([candidatesPerDestination]candidate, error) {
	var best [candidatesPerDestination]candidate
	for _, s := range r.sources {
		score, err := m.similarity(s, d, renameScore)
		if err != nil {
			return best, err
		}
		one := candidate{s, d, score, baseName(s.path) == baseName(d.path)}
		worst := 0
		for i := range best {
			if compareCandidates(best[i], best[worst]) > 0 {
				worst = i
			}
		}
		if compareCandidates(best[worst], one) > 0 {
			best[worst] = one
		}
	}
	return best, nil
}
