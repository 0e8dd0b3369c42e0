package fixes

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

// undone judges a change that the point's history has, or an earlier release had,
// and whose content is not there. Release machinery ("Release 1.2.3", "Back to
// development") and merges undo things that nobody decided to undo; any other
// commit says what it does.
func (s *Survey) undone(at, point, source int, found Standing) (Standing, error) {
	for _, one := range s.sources(at, point, source) {
		result, err := s.pickOnto(at, one)
		if err != nil {
			return Standing{}, err
		}
		if result != empty && found.State != Missing {
			// It was adapted: this very content never was there.
			return found, nil
		}
	}
	gone, err := s.gone(at, point)
	if err != nil || !gone && found.State != Missing {
		return found, err
	}
	by, err := s.undoer(at, point, source)
	if err != nil || by < 0 {
		return found, err
	}
	commit := s.graph.commits[by]
	if len(commit.Parents) > 1 || s.graph.mention(by).Machinery {
		return Standing{State: Lost, By: commit.ID}, nil
	}
	return Standing{State: Reverted, By: commit.ID}, nil
}

// gone reports whether a change whose pick would be clean is undone at a point, and
// not just trimmed: in one of its files the pick brings back at least half of the
// lines.
func (s *Survey) gone(at, point int) (bool, error) {
	head, known := s.graph.places[s.points[point].Commit]
	if !known {
		return true, nil
	}
	change, err := s.changeOf(at)
	if err != nil {
		return false, err
	}
	for _, file := range change.files {
		ours, err := s.follow(head, file.path)
		if err != nil {
			return false, err
		}
		if ours == file.after {
			continue
		}
		gone, err := s.fileGone(file, ours)
		if err != nil || gone {
			return gone, err
		}
	}
	return false, nil
}

func (s *Survey) fileGone(file fileChange, ours merge.Version) (bool, error) {
	var texts [3][]byte
	for i, version := range []merge.Version{file.before, ours, file.after} {
		text, isText, err := s.textOf(version)
		if err != nil || !isText {
			return true, err
		}
		texts[i] = text
	}
	merged := merge.Text(texts[0], texts[1], texts[2], merge.TextOptions{Added: file.before.IsZero() && !ours.IsZero()})
	if !merged.Clean() {
		return false, nil
	}
	return 2*countChanged(texts[1], merged.Text) >= countChanged(texts[0], texts[2]), nil
}

// countChanged is how many lines go and come between two texts.
func countChanged(before, after []byte) int {
	count := 0
	for _, one := range merge.Changes(before, after) {
		count += one.Old.Count + one.New.Count
	}
	return count
}

// sources are the commits under which the point's history has a change.
func (s *Survey) sources(at, point, source int) []int {
	found := []int{source}
	for _, one := range s.kin.kin(at) {
		if one != source && s.graph.reach[one].has(point) && len(s.graph.commits[one].Parents) < 2 {
			found = append(found, one)
		}
	}
	return found
}

// descent is a way down from a commit without the content to its source.
type descent struct{ at, source, here int }

// undoer finds the commit after which the content was gone, -1 if there is none. It
// goes down from the point, through commits that do not have the content and that
// contain the source, to one whose parents have it, or do not know of it. What was
// found from a commit is kept: the next point's way leads through it.
func (s *Survey) undoer(at, point, source int) (int, error) {
	here, known := s.graph.places[s.points[point].Commit]
	if !known {
		return -1, nil
	}
	contains := s.graph.descendants(source)
	var way []descent
	by := -1
	for here != source {
		step := descent{at, source, here}
		if found, ok := s.undoers[step]; ok {
			by = found
			break
		}
		way = append(way, step)
		next, err := s.lacking(at, here, source, contains)
		if err != nil {
			return -1, err
		}
		if next < 0 {
			by = here
			break
		}
		here = next
	}
	for _, step := range way {
		s.undoers[step] = by
	}
	return by, nil
}

// lacking is a parent that contains the source and does not have the content, -1 if
// there is none.
func (s *Survey) lacking(at, here, source int, contains []bool) (int, error) {
	for _, parent := range s.graph.parents[here] {
		if parent > source || !contains[parent] {
			continue
		}
		if result, err := s.pickOnto(at, parent); err != nil || result == clean {
			return parent, err
		}
	}
	return -1, nil
}

// machinery are the commits that make releases and do more than that.
func (s *Survey) machinery() ([]int, error) {
	if s.machines == nil {
		s.machines = []int{}
		for at := range s.graph.commits {
			if len(s.graph.commits[at].Parents) != 1 || !s.graph.mention(at).Machinery {
				continue
			}
			does, err := s.changesSomething(at)
			if err != nil {
				return nil, err
			}
			if does {
				s.machines = append(s.machines, at)
			}
		}
	}
	return s.machines, nil
}

// suspected reports whether there is a commit between the source and the point that
// may have undone the change: release machinery that touches its files, or a commit
// that says so.
func (s *Survey) suspected(at, point, source int) (bool, error) {
	for _, one := range append(s.kin.kin(at), at) {
		if slices.ContainsFunc(s.revertsOf(one), func(revert int) bool { return s.graph.reach[revert].has(point) }) {
			return true, nil
		}
	}
	own, err := s.changeOf(at)
	if err != nil {
		_, err = s.unread(err)
		return err == nil, err
	}
	machines, err := s.machinery()
	if err != nil {
		return false, err
	}
	for _, one := range machines {
		if one >= source || !s.graph.reach[one].has(point) {
			continue
		}
		other, err := s.changeOf(one)
		if err == nil && own.sharesPath(other) {
			return true, nil
		}
		if _, err := s.unread(err); err != nil {
			return false, err
		}
	}
	return false, nil
}

// revertedBy judges a change that the point's history has, where the pick is in
// conflict: only a commit that says so tells that it was taken back.
func (s *Survey) revertedBy(at, point, source int, found Standing) (Standing, error) {
	kin := append(slices.Clone(s.kin.kin(at)), source)
	newest := len(s.graph.commits)
	for _, one := range kin {
		if s.graph.reach[one].has(point) {
			newest = min(newest, one)
		}
	}
	for _, one := range kin {
		for _, revert := range s.revertsOf(one) {
			if revert < newest && s.stands(revert, point) {
				return Standing{State: Reverted, By: s.graph.commits[revert].ID}, nil
			}
		}
	}
	return found, nil
}

// stands reports whether a commit is in the point's history, and no other there says
// that it reverts it.
func (s *Survey) stands(at, point int) bool {
	return s.graph.reach[at].has(point) &&
		!slices.ContainsFunc(s.revertsOf(at), func(revert int) bool { return s.stands(revert, point) })
}

// revertsOf are the commits that say they revert one. A commit comes before what it
// reverts, so that no two revert each other.
func (s *Survey) revertsOf(at int) []int {
	if s.reverts == nil {
		s.reverts = map[int][]int{}
		for i, commit := range s.graph.commits {
			for _, id := range notes.Reverted(commit.Commit, s.named) {
				if target, known := s.graph.places[id]; known && target > i {
					s.reverts[target] = append(s.reverts[target], i)
				}
			}
		}
	}
	return s.reverts[at]
}

// named completes an identifier.
func (s *Survey) named(beginning string) (object.ID, bool) {
	at, found := s.graph.find(beginning)
	if !found {
		return object.ID{}, false
	}
	return s.graph.commits[at].ID, true
}
