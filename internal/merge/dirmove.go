package merge

import (
	"maps"
	"slices"
	"strings"
)

// moveWithDirectories decides which directories were renamed, and moves what the
// other side has put into them along: to the new directory, as a conflict, since
// git's default for merge.directoryRenames is to ask.
func (m *merger) moveWithDirectories() error {
	for _, side := range m.sides[ourStage:] {
		m.decideDirectories(side)
	}
	ours, theirs := m.sides[ourStage].renamed, m.sides[theirStage].renamed
	for _, dir := range slices.Collect(maps.Keys(ours)) {
		if _, both := theirs[dir]; both {
			delete(ours, dir)
			delete(theirs, dir)
		}
	}
	var targets [stageCount]map[string]*target
	for _, side := range m.sides[ourStage:] {
		targets[side.stage] = targetsOf(side, m.sides[side.stage.other()].renamed)
	}
	for _, side := range m.sides[ourStage:] {
		if err := m.moveSide(side, targets); err != nil {
			return err
		}
	}
	return nil
}

// decideDirectories takes the directory to which most files went for the new
// name of a removed one.
func (m *merger) decideDirectories(side *side) {
	for _, dir := range slices.Sorted(maps.Keys(side.moves)) {
		t := side.moves[dir]
		if len(t.names) == 0 {
			continue
		}
		to, unique := t.winner()
		if !unique {
			m.unclean = true
			m.tell(dir, DirectorySplit, "%s was renamed to several directories in %s, and none of them got most of its files",
				dir, m.label(side.stage))
			continue
		}
		side.renamed[dir] = to
	}
}

// target is a path to which renamed directories would take files.
type target struct {
	files    []string // sorted
	reported bool
}

// targetsOf collects where a side's new and renamed files would go with the
// directories that the other side has renamed.
func targetsOf(side *side, renamed map[string]string) map[string]*target {
	targets := map[string]*target{}
	if len(renamed) == 0 {
		return targets
	}
	for _, d := range side.destinations {
		from, to, found := renamedAbove(d.path, renamed)
		if !found {
			continue
		}
		path := movedPath(d.path, from, to)
		if targets[path] == nil {
			targets[path] = &target{}
		}
		targets[path].files = sortedInsert(targets[path].files, d.path)
	}
	return targets
}

func (m *merger) moveSide(side *side, targets [stageCount]map[string]*target) error {
	other := m.sides[side.stage.other()]
	if len(other.renamed) == 0 {
		return nil
	}
	for _, d := range side.destinations {
		if targets[other.stage][d.path] != nil {
			continue // the other side has something coming here
		}
		from, to, found := renamedAbove(d.path, other.renamed)
		if !found {
			continue
		}
		if _, back := side.renamed[to]; back {
			// The new directory was renamed on this side: following both renames
			// would move files that nobody moved.
			m.tell(d.path, Remark, "%s was not moved from %s to %s, since %s itself was renamed", d.path, from, to, to)
			continue
		}
		path := movedPath(d.path, from, to)
		free, err := m.checkTarget(side, path, targets[side.stage][path])
		if err != nil {
			return err
		}
		if !free {
			m.unclean = true
			continue
		}
		if err := m.moveFile(side, d, path); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget reports whether one file, and only one, may go to a path.
func (m *merger) checkTarget(side *side, path string, t *target) (bool, error) {
	if t.reported {
		return false, nil
	}
	found, settled, err := m.peek(path)
	if err != nil {
		return false, err
	}
	inTheWay := settled || found != nil && (m.staysClosed(found, path) || (found.files|found.directories).has(side.stage))
	switch {
	case inTheWay:
		m.tell(path, ImplicitRename, "%s is in the way of what a renamed directory would put there: %s", path, strings.Join(t.files, ", "))
	case len(t.files) > 1:
		m.tell(path, ImplicitRename, "renamed directories would put more than one file at %s: %s", path, strings.Join(t.files, ", "))
	default:
		return true, nil
	}
	t.reported = true
	return false, nil
}

// moveFile moves the file that a side added to another path.
func (m *merger) moveFile(side *side, d *destination, path string) error {
	old, err := m.at(d.path)
	if err != nil || old == nil {
		return err
	}
	oldPath := old.path()
	file := old.takeFile()
	if file == old {
		old.parent.contents.remove(old)
	}
	target, err := m.make(path, file.files)
	if err != nil {
		return err
	}
	if target.files|target.directories == noStage {
		target.versions, target.files, target.same = file.versions, file.files, file.same
		for s := range target.origins {
			target.origins[s] = file.origin(stage(s))
		}
	} else {
		target.settled = false
		target.files |= side.stage.set()
		target.blocked = target.blocked || target.directories != 0
		target.versions[side.stage] = file.versions[side.stage]
		target.origins[side.stage] = oldPath
	}
	target.displaced = true
	verb := "added"
	if d.from != nil {
		verb = "renamed from " + d.from.path
	}
	m.tell(path, FileLocation, "%s was %s in %s, inside a directory that was renamed in %s; perhaps it should be moved to %s",
		oldPath, verb, m.label(side.stage), m.label(side.stage.other()), path)
	d.path, d.moved = path, true
	return nil
}

// takeFile gives the file at a place: the place itself, or what is left when the
// place is needed for a directory.
func (p *place) takeFile() *place {
	if p.directories == 0 {
		return p
	}
	file := *p
	file.directories, file.contents, file.blocked = 0, nil, false
	file.clearDirectories()
	file.same &= file.files
	p.files, p.blocked = 0, false
	for s := baseStage; s < stageCount; s++ {
		if !p.directories.has(s) {
			p.versions[s] = Version{}
		}
	}
	return &file
}
