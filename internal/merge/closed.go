package merge

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// staysClosed reports whether git takes a directory that one side alone has changed
// as that side has it: when nobody asks where the side's removed files went, or
// when the answers are known and none of them leads into the directory. git starts
// over with the known answers when looking for them made it see so many more paths
// that this is worth its while.
func (m *merger) staysClosed(p *place, path string) bool {
	if p.contents != nil || p.changer == baseStage {
		return false
	}
	side := m.sides[p.changer]
	if side.relevant == 0 {
		return true
	}
	startsOver := m.seenAtLast/max(m.seenAtFirst, 1) >= startOverFactor && m.result.RenamesSkipped == 0
	return startsOver && !side.movedInto(path)
}

// startOverFactor is how many times as many paths make git start over.
const startOverFactor = 3

// movedInto reports whether a file whose whereabouts matter went into a directory.
func (s *side) movedInto(dir string) bool {
	for _, d := range s.destinations {
		if d.from != nil && d.from.relevance != irrelevant && strings.HasPrefix(d.path, dir+"/") {
			return true
		}
	}
	return false
}

// make gives the place of a path that may not exist yet, together with the
// directories above it, which then are there for the given stages. What git does
// not know of, in a directory that it has not opened, gives way to both: git writes
// such a directory anew.
func (m *merger) make(path string, directories stageSet) (*place, error) {
	dir, rest := m.root, path
	for {
		name, below, deeper := strings.Cut(rest, "/")
		if err := m.open(dir); err != nil {
			return nil, err
		}
		p := dir.contents.place(name)
		if p == nil {
			p = dir.contents.unsettle(dir, name)
		}
		if p.unseen {
			m.uncover(p, deeper)
		}
		if !deeper {
			return p, m.open(p)
		}
		switch {
		case p.files|p.directories == noStage && p.contents == nil:
			p.directories, p.contents = directories, &contents{}
		case m.staysClosed(p, path[:len(path)-len(below)-1]):
			p.unopened = true
		}
		dir, rest = p, below
	}
}

// uncover makes a place known that git does not know of. A directory stays if
// something is to be put into it; anything else makes room.
func (m *merger) uncover(p *place, asDirectory bool) {
	if asDirectory && p.directories != 0 {
		p.unseen, p.unopened = false, true
		return
	}
	m.tell(p.path(), ImplicitRename, "%s makes room for what a renamed directory puts there", p.path())
	*p = place{name: p.name, parent: p.parent}
}

// unsettle makes a place of an entry that was settled, or a new one.
func (c *contents) unsettle(dir *place, name string) *place {
	p := &place{name: name, parent: dir}
	if i := c.settledEntry(name); i >= 0 {
		entry := c.settled[i]
		c.settled = slices.Delete(c.settled, i, i+1)
		version := Version{entry.Mode, entry.ID}
		p = newPlace(dir, name, [stageCount]Version{version, version, version})
		p.settled, p.outcome = true, version
		p.unseen, p.unopened = dir.unopened, entry.Mode == object.ModeDirectory
	}
	c.places = append(c.places, p)
	return p
}
