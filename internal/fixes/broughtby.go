package fixes

import "github.com/mozilla-services/looprel/internal/object"

// BroughtBy names the commit that brought a point a change of which its content tells:
// one that does the same to the same lines or, where the change came together with
// others, the one since which the content is there. By is zero where that is older than
// the survey.
func (s *Survey) BroughtBy(commit object.ID, point int) (Standing, error) {
	at := s.graph.places[commit]
	standing := Standing{State: Equivalent, Rule: ByContent}
	if err := s.searchPatch(at); err != nil {
		return standing, err
	}
	if found, _ := s.inHistory(at, point); found.State == Equivalent {
		return found, nil
	}
	by, err := s.contentSince(at, point)
	if err == nil && by >= 0 {
		standing.By = s.graph.commits[by].ID
	}
	return standing, err
}

// contentSince goes down from a point that has a change's content, through commits that
// have it, to one whose parents do not; -1 if the way leads out of the survey.
func (s *Survey) contentSince(at, point int) (int, error) {
	here, known := s.graph.places[s.points[point].Commit]
	if !known {
		return -1, nil
	}
	for {
		before, older, err := s.parentWithContent(at, here)
		if err != nil || older {
			return -1, err
		}
		if before < 0 {
			return here, nil
		}
		here = before
	}
}

// parentWithContent is a parent that has a change's content too, -1 if there is none;
// older says that there is one which the survey does not know, or cannot read.
func (s *Survey) parentWithContent(at, here int) (parent int, older bool, err error) {
	for _, id := range s.graph.commits[here].Parents {
		if known, read := s.graph.places[id]; read {
			result, err := s.pickOnto(at, known)
			if err != nil || result == empty {
				return known, false, err
			}
			continue
		}
		result := unknown
		root, err := s.treeOf(id)
		if err == nil {
			result, err = s.pickOntoTree(at, root, s.lookUp)
		}
		if _, err = s.unread(err); err != nil || result == empty || result == unknown {
			return -1, true, err
		}
	}
	return -1, false, nil
}
