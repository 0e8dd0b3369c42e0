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
// that lies below the survey's floor is older than the commit, and lacks it.
func (s *Survey) Trace(commit object.ID) (*Trace, error) {
	trace := &Trace{Standings: make([]Standing, len(s.points))}
	trace.Commit, _ = s.Commit(commit)
	for point := range s.points {
		if _, known := s.graph.places[s.points[point].Commit]; !known {
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

// Mentioning lists the commits whose messages name a pull request, or an issue that
// they close, or a bug, the newest first. A merge of a pull request stands for the
// commits that it brought.
func (s *Survey) Mentioning(number int, bug string) []object.ID {
	chosen := map[int]bool{}
	for at, mention := range s.graph.mentions {
		named := bug != "" && slices.Contains(mention.Bugs, bug) ||
			number > 0 && (mention.Merged == number || slices.Contains(mention.PullRequests, number) || slices.Contains(mention.Issues, number))
		if !named {
			continue
		}
		brought := s.broughtBy(at)
		if len(brought) == 0 {
			chosen[at] = true
		}
		for _, one := range brought {
			chosen[one] = true
		}
	}
	var ids []object.ID
	for at, commit := range s.graph.commits {
		if chosen[at] {
			ids = append(ids, commit.ID)
		}
	}
	return ids
}

// broughtBy are the commits that a merge of a pull request brought, merges apart.
func (s *Survey) broughtBy(merge int) []int {
	if len(s.graph.commits[merge].Parents) < 2 || s.graph.mentions[merge].Merged == 0 {
		return nil
	}
	var brought []int
	for at, owner := range s.graph.owners {
		if owner == merge && len(s.graph.commits[at].Parents) < 2 {
			brought = append(brought, at)
		}
	}
	return brought
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
