package fixes

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Trace is where one change has got to.
type Trace struct {
	Commit Commit
	// Same are the other commits of the same change that the survey knows.
	Same []Commit
	// Standings are those of all points, by their place in the survey's.
	Standings []Standing
	Lines     []TracedLine
}

// TracedLine is a release line, and what it has of the change.
type TracedLine struct {
	Line release.Line
	// First is the line's first release that has it, no version if none has.
	First release.Version
	// Now is how the line's branch stands to it, or without one its newest release.
	Now Standing
}

// Trace asks all points about a commit, which need not be a fix of a line. A point
// that lies below the survey's floor is older than the commit, and lacks it; so does
// a release that was tagged before the change was made.
func (s *Survey) Trace(commit object.ID) (*Trace, error) {
	trace := &Trace{Standings: make([]Standing, len(s.points))}
	trace.Commit, _ = s.Commit(commit)
	for point := range s.points {
		if s.isOlder(point, trace.Commit) {
			trace.Standings[point] = Standing{State: Missing}
			continue
		}
		standing, err := s.Standing(commit, point)
		if err != nil {
			return nil, err
		}
		trace.Standings[point] = standing
	}
	for _, line := range s.findLines() {
		all := line.all()
		traced := TracedLine{Line: line.Line, Now: trace.Standings[all[len(all)-1]]}
		for _, point := range line.releases {
			if traced.First.IsZero() && trace.Standings[point].State.Has() {
				traced.First = s.points[point].Version
			}
		}
		trace.Lines = append(trace.Lines, traced)
	}
	for _, at := range s.kin.kin(s.graph.places[commit]) {
		if id := s.graph.commits[at].ID; id != commit {
			trace.Same = append(trace.Same, s.graph.commits[at])
		}
	}
	return trace, nil
}

// isOlder reports whether a point was made before a commit.
func (s *Survey) isOlder(point int, commit Commit) bool {
	_, known := s.graph.places[s.points[point].Commit]
	tagged := s.points[point].At
	return !known || !tagged.IsZero() && tagged.Before(commit.When)
}

// Mentioning lists the commits whose messages name a pull request, or an issue that
// they close, or a bug, the newest first. A merge that brought a single commit is left
// to that.
func (s *Survey) Mentioning(number int, bug string) []object.ID {
	var ids []object.ID
	for at := range s.graph.commits {
		mention := s.graph.mention(at)
		named := bug != "" && slices.Contains(mention.Bugs, bug) ||
			number > 0 && (mention.Merged == number || slices.Contains(mention.PullRequests, number) || slices.Contains(mention.Issues, number))
		if !named {
			continue
		}
		if only := s.onlyBrought(at); only >= 0 {
			at = only
		}
		if id := s.graph.commits[at].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// onlyBrought is the commit that a merge of a pull request brought, -1 unless it
// brought just one.
func (s *Survey) onlyBrought(merge int) int {
	if len(s.graph.commits[merge].Parents) < 2 {
		return -1
	}
	only := -1
	for at, owner := range s.graph.owners {
		if owner != merge {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = at
	}
	return only
}

// Distinct keeps one commit of each change, the oldest, in the order of history.
func (s *Survey) Distinct(commits []object.ID) ([]object.ID, error) {
	places := make([]int, 0, len(commits))
	for _, id := range commits {
		places = append(places, s.graph.places[id])
	}
	if err := s.want(places); err != nil {
		return nil, err
	}
	slices.Sort(places)
	var kept []object.ID
	families := map[int]bool{}
	for _, at := range slices.Backward(places) {
		if family := s.kin.family(at); !families[family] {
			families[family] = true
			kept = append(kept, s.graph.commits[at].ID)
		}
	}
	return kept, nil
}
