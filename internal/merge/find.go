package merge

import "strings"

// at finds the place of a path and opens it. It is nil when there is nothing, or
// nothing that is undecided.
func (m *merger) at(path string) (*place, error) {
	found, _, err := m.peek(path)
	if err != nil || found == nil {
		return nil, err
	}
	return found, m.open(found)
}

// peek finds the place of a path, opening the directories above it, but not those
// that git takes as they are: nothing that is in these is found, except what was
// put there. The place is nil when there is nothing, or nothing that is undecided;
// settled reports the latter.
func (m *merger) peek(path string) (found *place, settled bool, err error) {
	dir, rest := m.root, path
	for {
		name, below, deeper := strings.Cut(rest, "/")
		if err := m.open(dir); err != nil {
			return nil, false, err
		}
		p := dir.contents.place(name)
		switch {
		case p == nil && !deeper:
			return nil, !dir.unopened && dir.contents.settledEntry(name) >= 0, nil
		case p == nil || p.unseen:
			return nil, false, nil
		case !deeper:
			return p, p.settled, nil
		case !p.unopened && m.staysClosed(p, path[:len(path)-len(below)-1]):
			return nil, false, nil
		}
		dir, rest = p, below
	}
}

// inUntouched reports whether a path is in a directory that only one side has
// changed and that nothing has made it necessary to open.
func (m *merger) inUntouched(path string) bool {
	dir := m.root
	for {
		name, rest, deeper := strings.Cut(path, "/")
		if dir.contents == nil || dir.unopened {
			return true
		}
		if !deeper {
			return false
		}
		if dir = dir.contents.place(name); dir == nil {
			return true
		}
		path = rest
	}
}
