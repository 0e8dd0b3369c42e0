package blame

import (
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// heir is a parent's version of the file that a task is about.
type heir struct {
	suspect
	file merge.Version
}

// follow hands a task's lines on to the parents, and keeps what they do not take.
func (s *search) follow(t *task) error {
	heirs, whole, err := s.heirs(t)
	if err != nil {
		return err
	}
	if whole != nil {
		return s.hand(whole.suspect, whole.file, t.spans)
	}
	rest := t.spans
	for _, h := range heirs {
		if len(rest) == 0 {
			return nil
		}
		if rest, err = s.pass(t, h, rest); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		s.kept = append(s.kept, keptLines{
			suspect: t.suspect, when: t.info.Committer.When.Unix(), order: t.order, spans: rest,
		})
	}
	return nil
}

// heirs finds the file in the parents: first under its own name in each of them,
// then, where there is none, under the name that it was renamed from. A parent
// that has the very same file takes the whole.
func (s *search) heirs(t *task) (heirs []heir, whole *heir, err error) {
	found := make([]*heir, len(t.info.Parents))
	for _, find := range []func(*task, object.ID) (*heir, error){s.sameName, s.formerName} {
		for i, parent := range t.info.Parents {
			if found[i] != nil {
				continue
			}
			if found[i], err = find(t, parent); err != nil {
				return nil, nil, err
			}
			if found[i] != nil && found[i].file.ID == t.file.ID {
				return nil, found[i], nil
			}
		}
	}
	for _, h := range found {
		if h != nil {
			heirs = append(heirs, *h)
		}
	}
	return heirs, nil, nil
}

// sameName finds the file under its own name. A link is no version of a file.
func (s *search) sameName(t *task, parent object.ID) (*heir, error) {
	file, found, err := s.files.at(parent, t.path)
	if err != nil || !found || !sameType(file.Mode, t.file.Mode) {
		return nil, err
	}
	return &heir{suspect{parent, t.path}, file}, nil
}

// formerName finds a file that the parent lacks under the name that it was
// renamed from.
func (s *search) formerName(t *task, parent object.ID) (*heir, error) {
	entry, found, err := s.files.at(parent, t.path)
	if err != nil || found && entry.Mode != object.ModeDirectory {
		return nil, err
	}
	former, found, err := s.files.renamedFrom(parent, t.commit, t.path)
	if err != nil || !found {
		return nil, err
	}
	file, found, err := s.files.at(parent, former)
	if err != nil || !found {
		return nil, err
	}
	return &heir{suspect{parent, former}, file}, nil
}

// pass hands on the lines that are unchanged since the parent's version, and
// returns the others.
func (s *search) pass(t *task, to heir, spans []span) (rest []span, err error) {
	old, err := s.history.Blob(to.file.ID)
	if err != nil {
		return nil, err
	}
	new, err := s.history.Blob(t.file.ID)
	if err != nil {
		return nil, err
	}
	taken, rest := split(spans, merge.Changes(old, new))
	return rest, s.hand(to.suspect, to.file, taken)
}

// split divides spans of the new version into those that are unchanged, moved to
// where they are in the old version, and those that a change made.
func split(spans []span, changes []merge.Change) (unchanged, changed []span) {
	next, shift := 0, 0
	for _, s := range spans {
		// Spans may overlap when lines came together that were apart before; then
		// the changes are gone through again.
		if next > 0 && changes[next-1].New.End() > s.start {
			next, shift = 0, 0
		}
		for s.count > 0 {
			for next < len(changes) && changes[next].New.End() <= s.start {
				shift = changes[next].Old.End() - changes[next].New.End()
				next++
			}
			end := s.start + s.count
			made := next < len(changes) && changes[next].New.Start <= s.start
			switch {
			case made:
				end = min(end, changes[next].New.End())
			case next < len(changes):
				end = min(end, changes[next].New.Start)
			}
			head := span{start: s.start, count: end - s.start, origin: s.origin}
			if made {
				changed = append(changed, head)
			} else {
				head.start += shift
				unchanged = append(unchanged, head)
			}
			s.start, s.origin, s.count = end, s.origin+head.count, s.count-head.count
		}
	}
	return unchanged, changed
}
