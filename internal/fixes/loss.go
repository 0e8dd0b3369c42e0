package fixes

import (
	"slices"
)

// losses finds the releases and heads that lack what an earlier release has. Fixes
// that went missing between the same two are one loss. A release that follows on one
// that lacks a fix already loses nothing more; a head is told again, since what is
// made of it is still to come.
func (s *Survey) losses(fixes []Fix, lines []line, heads []int) []Loss {
	type pair struct{ point, holder int }
	found := map[pair][]Missed{}
	var order []pair
	for number := range fixes {
		fix := &fixes[number]
		for point, standing := range fix.standings {
			isHead := slices.Contains(heads, point)
			if !standing.State.Lacks() || !isHead && (!s.points[point].IsRelease() || s.continues(fix, point)) {
				continue
			}
			holder := s.holder(fix, lines, point)
			if holder < 0 {
				continue
			}
			key := pair{point, holder}
			if found[key] == nil {
				order = append(order, key)
			}
			found[key] = append(found[key], Missed{Fix: number, Standing: standing})
		}
	}
	slices.SortFunc(order, func(a, b pair) int {
		if order := s.compareAsked(a.point, b.point); order != 0 {
			return order
		}
		return s.compareTagged(a.holder, b.holder)
	})
	losses := make([]Loss, len(order))
	for i, key := range order {
		missed := found[key]
		slices.SortFunc(missed, func(a, b Missed) int { return a.Fix - b.Fix })
		losses[i] = Loss{Point: s.points[key.point], Holder: s.points[key.holder], Fixes: missed, coming: slices.Contains(heads, key.point)}
	}
	return losses
}

// compareAsked orders releases by the time of their tags, and heads after them.
func (s *Survey) compareAsked(a, b int) int {
	first, second := s.points[a], s.points[b]
	switch {
	case first.IsRelease() && second.IsRelease():
		return s.compareTagged(a, b)
	case first.IsRelease():
		return -1
	case second.IsRelease():
		return 1
	}
	return a - b
}

// holder is the last release with a fix before a point, -1 where there is none, or
// where the fix's own line has taken it back since.
func (s *Survey) holder(fix *Fix, lines []line, point int) int {
	best := -1
	for other, standing := range fix.standings {
		if standing.State.Has() && s.isBefore(other, point) && (best < 0 || s.compareTagged(other, best) > 0) {
			best = other
		}
	}
	if best < 0 && fix.first < 0 {
		return s.unreleasedHolder(fix, lines, point)
	}
	newest := -1
	for _, line := range lines {
		if line.Line != fix.Line {
			continue
		}
		for _, other := range line.releases {
			if _, asked := fix.standings[other]; asked && s.isBefore(other, point) {
				newest = other
			}
		}
	}
	if newest >= 0 && fix.standings[newest].State == Reverted {
		return -1
	}
	return best
}

// unreleasedHolder is the tip of the line whose branch has a fix that is in no release
// yet, if a point lies above that line; -1 if not.
func (s *Survey) unreleasedHolder(fix *Fix, lines []line, point int) int {
	asked := s.points[point]
	for _, line := range lines {
		if line.Line == fix.Line && line.tip >= 0 && line.tip != point && !asked.IsRelease() &&
			(asked.Line == nil || line.Compare(*asked.Line) < 0) && fix.standings[line.tip].State.Has() {
			return line.tip
		}
	}
	return -1
}

// isBefore reports whether a release has a lower version than a point and was not
// tagged after it. Everything released comes before a head.
func (s *Survey) isBefore(other, point int) bool {
	one, asked := s.points[other], s.points[point]
	if !one.IsRelease() || other == point {
		return false
	}
	if asked.IsRelease() {
		return one.Version.Compare(asked.Version) < 0 && !one.At.After(asked.At)
	}
	return asked.Line == nil || one.Version.Line().Compare(*asked.Line) <= 0
}

// continues reports whether the nearest release in a release's own history lacks the
// fix already.
func (s *Survey) continues(fix *Fix, point int) bool {
	nearest, at := -1, 0
	for other := range fix.standings {
		place, known := s.graph.places[s.points[other].Commit]
		if other == point || !known || !s.points[other].IsRelease() || !s.graph.reach[place].has(point) {
			continue
		}
		if nearest < 0 || place < at {
			nearest, at = other, place
		}
	}
	return nearest >= 0 && fix.standings[nearest].State.Lacks()
}
