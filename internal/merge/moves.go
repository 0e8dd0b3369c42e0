package merge

import (
	"slices"
	"strings"
)

// moves counts, for each directory that a side removed, how many of its files
// went to which directory.
type moves map[string]*tally

// tally counts under names.
type tally struct {
	names  []string // in the order in which they came
	counts map[string]int
	// unknown is how many files may have gone anywhere.
	unknown int
}

func (m moves) add(from, to string) {
	t := m.tally(from)
	if t.counts[to] == 0 {
		t.names = append(t.names, to)
	}
	t.counts[to]++
}

func (m moves) tally(from string) *tally {
	if m[from] == nil {
		m[from] = &tally{counts: map[string]int{}}
	}
	return m[from]
}

// most is a name of the highest count, the first in git's order.
func (t *tally) most() string {
	best, highest := "", 0
	for _, i := range hashOrder(t.names) {
		if name := t.names[i]; t.counts[name] > highest {
			best, highest = name, t.counts[name]
		}
	}
	return best
}

// winner is the only name of the highest count.
func (t *tally) winner() (name string, unique bool) {
	highest := 0
	for _, one := range t.names {
		switch count := t.counts[one]; {
		case count > highest:
			name, highest, unique = one, count, true
		case count == highest:
			unique = false
		}
	}
	return name, unique
}

// decided reports whether the files that are not accounted for cannot change who
// the winner is.
func (t *tally) decided() bool {
	first, second := 0, 0
	for _, count := range t.counts {
		if count >= first {
			first, second = count, first
		} else {
			second = max(second, count)
		}
	}
	return first > second+t.unknown
}

// prepareGuesses counts the renames found so far and concludes where removed
// directories may have gone.
func (r *renameSearch) prepareGuesses() {
	r.byPath = map[string]*destination{}
	r.guesses = map[string]string{}
	for _, d := range r.destinations {
		if d.from == nil {
			r.byPath[d.path] = d
			continue
		}
		r.count(d.from, d)
	}
	for from, t := range r.side.moves {
		r.guesses[from] = t.most()
	}
}

// guess is the destination at which a source should be if it went where other
// files of its directory went.
func (r *renameSearch) guess(s *source) *destination {
	to, known := r.guesses[parent(s.path)]
	if !known {
		return nil
	}
	return r.byPath[to+"/"+baseName(s.path)]
}

// count adds a rename to the moves of the source's directory and of those above
// it: "a/b/c/file" that went to "x/b/c/file" tells of "a/b/c", "a/b" and "a", but
// of the last two only as long as the names below them are the same.
func (r *renameSearch) count(s *source, d *destination) {
	from, to := s.path, d.path
	for first := true; ; first = false {
		fromName, toName := baseName(from), baseName(to)
		from, to = parent(from), parent(to)
		need, removed := r.side.removed[from]
		if !removed || !first && fromName != toName {
			return
		}
		if first || need == neededItself {
			r.side.moves.add(from, to)
		}
		if need == notNeeded || from == "" || to == "" {
			return
		}
	}
}

// dropKnownMoves drops the sources that are looked for only because they tell
// where their directory went, when enough others have told.
func (r *renameSearch) dropKnownMoves() {
	removed := r.side.removed
	for _, s := range r.sources {
		for dir := parent(s.path); dir != "" && removed[dir] != notNeeded; dir = parent(dir) {
			r.side.moves.tally(dir).unknown++
		}
	}
	for dir, t := range r.side.moves {
		if removed[dir] == neededItself && t.decided() {
			removed[dir] = neededForParent
		}
	}
	r.dropSources(func(s *source) bool {
		if s.relevance != relevantLocation {
			return false
		}
		for dir := parent(s.path); ; dir = parent(dir) {
			switch removed[dir] {
			case notNeeded:
				return true
			case neededItself:
				return false
			case neededForParent:
			}
		}
	})
}

// finish forgets the moves that nobody needs to know.
func (r *renameSearch) finish() {
	for dir := range r.side.moves {
		if r.side.removed[dir] == notNeeded {
			delete(r.side.moves, dir)
		}
	}
}

// renamedAbove finds the nearest directory above a path that was renamed.
func renamedAbove(path string, renamed map[string]string) (from, to string, found bool) {
	for dir := parent(path); dir != ""; dir = parent(dir) {
		if to, found := renamed[dir]; found {
			return dir, to, true
		}
	}
	return "", "", false
}

// movedPath is where a path goes with its directory.
func movedPath(path, from, to string) string {
	return childPath(to, strings.TrimPrefix(path, from+"/"))
}

func sortedInsert(paths []string, path string) []string {
	i, _ := slices.BinarySearch(paths, path)
	return slices.Insert(paths, i, path)
}
