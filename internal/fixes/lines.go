package fixes

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// line is a release line by its points.
type line struct {
	release.Line
	releases []int // by version, the lowest first
	tip      int   // -1 without a branch
}

// all are the line's releases and its tip.
func (l line) all() []int {
	if l.tip < 0 {
		return l.releases
	}
	return append(slices.Clone(l.releases), l.tip)
}

// findLines sorts the survey's points into lines, the lowest first.
func (s *Survey) findLines() []line {
	byLine := map[release.Line]*line{}
	var order []release.Line
	for i, point := range s.points {
		if point.Line == nil {
			continue
		}
		found := byLine[*point.Line]
		if found == nil {
			found = &line{Line: *point.Line, tip: -1}
			byLine[*point.Line] = found
			order = append(order, *point.Line)
		}
		if point.IsRelease() {
			found.releases = append(found.releases, i)
		} else if found.tip < 0 {
			found.tip = i
		}
	}
	slices.SortFunc(order, release.Line.Compare)
	lines := make([]line, len(order))
	for i, name := range order {
		lines[i] = *byLine[name]
		slices.SortFunc(lines[i].releases, func(a, b int) int { return s.points[a].Version.Compare(s.points[b].Version) })
	}
	return lines
}

// candidate is a commit that is a fix of a line.
type candidate struct {
	at int
	// line is the place of its line; first is the first release of it that has the
	// fix, -1 if none has yet.
	line, first int
}

// findCandidates lists the fixes of all lines, those of the lowest line first, and
// of a line the oldest first.
func (s *Survey) findCandidates(lines []line) ([]candidate, error) {
	var found []candidate
	known := map[int]bool{}
	for number, line := range lines {
		if len(line.releases) == 0 {
			continue // nothing says where the line begins
		}
		lowest := line.releases[0]
		later := newSet(len(s.points) + 1)
		for _, point := range line.all()[1:] {
			later.put(point)
		}
		for at := len(s.graph.commits) - 1; at >= 0; at-- {
			reach := s.graph.reach[at]
			if known[at] || reach.has(lowest) || len(s.graph.commits[at].Parents) > 1 || !reach.meets(later[:min(len(later), len(reach))]) {
				continue
			}
			isFix, err := s.changesSomething(at)
			if err != nil {
				return nil, err
			}
			if isFix {
				known[at] = true
				found = append(found, candidate{at: at, line: number, first: s.firstWith(line, at)})
			}
		}
	}
	return s.withoutUndoing(found)
}

// changesSomething reports whether a commit does more than make a release. What
// cannot be read counts, so that it is not passed over.
func (s *Survey) changesSomething(at int) (bool, error) {
	change, err := s.changeOf(at)
	if err != nil {
		_, err = s.unread(err)
		return err == nil, err
	}
	if s.graph.mention(at).Machinery {
		// A release commit that adds its notes, as a file of their own, fixes nothing.
		return slices.ContainsFunc(change.files, func(file fileChange) bool { return !file.before.IsZero() }), nil
	}
	return !change.isEmpty(), nil
}

// firstWith is the line's first release whose history has the commit, -1 for none.
func (s *Survey) firstWith(line line, at int) int {
	for _, point := range line.releases {
		if s.graph.reach[at].has(point) {
			return point
		}
	}
	return -1
}

// withoutUndoing drops the commits that only take back another of the fixes: one
// that says so, or a commit of the release machinery after which a fix of its line
// is gone. What they took back shows in the row of the fix.
func (s *Survey) withoutUndoing(candidates []candidate) ([]candidate, error) {
	fixes := map[int]bool{}
	for _, one := range candidates {
		fixes[one.at] = true
	}
	var kept []candidate
	for _, one := range candidates {
		undoes, err := s.undoesOne(one, candidates, fixes)
		if err != nil {
			return nil, err
		}
		if !undoes {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

func (s *Survey) undoesOne(one candidate, candidates []candidate, fixes map[int]bool) (bool, error) {
	commit := s.graph.commits[one.at]
	for _, id := range notes.Reverted(commit.Commit, s.named) {
		if target, known := s.graph.places[id]; known && fixes[target] {
			return true, nil
		}
	}
	if !s.graph.mention(one.at).Machinery || len(s.graph.parents[one.at]) == 0 {
		return false, nil
	}
	own, err := s.changeOf(one.at)
	if err != nil {
		_, err = s.unread(err)
		return false, err
	}
	for _, other := range candidates {
		if other.line != one.line || other.at <= one.at {
			continue
		}
		change, err := s.changeOf(other.at)
		if err != nil || !own.sharesPath(change) {
			continue // what cannot be read was not undone, for all that is known
		}
		before, err := s.pickOnto(other.at, s.graph.parents[one.at][0])
		if err != nil {
			return false, err
		}
		after, err := s.pickOnto(other.at, one.at)
		if err != nil || before == empty && after == clean {
			return err == nil, err
		}
	}
	return false, nil
}

// compareFound orders releases by the time of their tags.
func (s *Survey) compareTagged(a, b int) int {
	return cmp.Or(s.points[a].At.Compare(s.points[b].At), s.points[a].Version.Compare(s.points[b].Version))
}

// Floor are the commits whose ancestors no question about the points' lines needs:
// the first release of the lowest line that has anything after it.
func Floor(points []Point) []object.ID {
	survey := Survey{points: points}
	for _, line := range survey.findLines() {
		if len(line.releases) > 0 && len(line.all()) > 1 {
			return []object.ID{points[line.releases[0]].Commit}
		}
	}
	return nil
}
