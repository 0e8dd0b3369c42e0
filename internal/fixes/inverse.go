package fixes

import "slices"

// withoutInverses drops the fixes that are lacking somewhere and that do nothing but
// take another fix of their line back, without saying so: what lacks both has lost
// nothing, and what has the other alone was not to lose it.
func (s *Survey) withoutInverses(fixes []Fix, candidates []candidate) ([]Fix, error) {
	var kept []Fix
	for _, fix := range fixes {
		inverse := false
		if fix.isLacking() {
			var err error
			if inverse, err = s.isInverse(fix.at, candidates); err != nil {
				return nil, err
			}
		}
		if !inverse {
			kept = append(kept, fix)
		}
	}
	return kept, nil
}

func (f *Fix) isLacking() bool {
	for _, standing := range f.standings {
		if standing.State.Lacks() {
			return true
		}
	}
	return false
}

// isInverse reports whether a commit does the opposite of an older candidate of its
// line, by their patches.
func (s *Survey) isInverse(at int, candidates []candidate) (bool, error) {
	inverse, err := s.inversePatch(at)
	if err != nil {
		_, err = s.unread(err)
		return false, err
	}
	own := candidates[slices.IndexFunc(candidates, func(one candidate) bool { return one.at == at })]
	for _, other := range candidates {
		if other.line != own.line || other.at <= at {
			continue
		}
		opposite, err := s.isOpposite(at, other.at, inverse)
		if _, err = s.unread(err); err != nil || opposite {
			return opposite, err
		}
	}
	return false, nil
}

// inversePatch is the patch of what takes a commit's change back.
func (s *Survey) inversePatch(at int) (patchID, error) {
	own, err := s.changeOf(at)
	if err != nil {
		return patchID{}, err
	}
	inverse := &change{}
	for _, file := range own.files {
		inverse.files = append(inverse.files, fileChange{path: file.path, before: file.after, after: file.before})
	}
	return s.patchOf(inverse)
}

// isOpposite reports whether a commit's patch is the inverse of another one's.
func (s *Survey) isOpposite(at, other int, inverse patchID) (bool, error) {
	own, err := s.changeOf(at)
	if err != nil {
		return false, err
	}
	theirs, err := s.changeOf(other)
	if err != nil || !own.samePaths(theirs) {
		return false, err
	}
	patch, err := s.patchAt(other)
	return patch == inverse, err
}
