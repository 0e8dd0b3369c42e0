package merge

import (
	"cmp"
	"slices"
)

// rename is a file that a side has moved.
type rename struct {
	from, to string
	side     stage
	// moved says that a renamed directory has moved the destination further.
	moved     bool
	relevance relevance
}

// followRenames brings together, at the new place of each renamed file, what the
// other side did to it at the old one.
func (m *merger) followRenames() error {
	var renames []rename
	for _, side := range m.sides[ourStage:] {
		for _, d := range side.destinations {
			if d.from != nil {
				renames = append(renames, rename{d.from.path, d.path, side.stage, d.moved, d.from.relevance})
			}
		}
	}
	slices.SortStableFunc(renames, func(a, b rename) int { return cmp.Compare(a.from, b.from) })
	for i := 0; i < len(renames); i++ {
		one := renames[i]
		plain := one.relevance != relevantContent && !one.moved && m.inUntouched(one.to)
		if plain && m.inUntouched(one.from) {
			continue // the same as removing one file and adding another
		}
		source, err := m.at(one.from)
		if err != nil {
			return err
		}
		if source == nil || source.settled || plain && !source.files.has(one.side) {
			continue
		}
		if i+1 < len(renames) && renames[i+1].from == one.from {
			err = m.followBoth(source, one, renames[i+1])
			i++
		} else {
			err = m.followOne(source, one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remove settles that nothing stays at a place.
func (p *place) remove() {
	p.settled, p.outcome = true, Version{}
}

// followBoth treats a file that both sides have renamed.
func (m *merger) followBoth(source *place, ours, theirs rename) error {
	ourTarget, err := m.at(ours.to)
	if err != nil || ourTarget == nil {
		return err
	}
	if ours.to == theirs.to {
		ourTarget.versions[baseStage] = source.versions[baseStage]
		ourTarget.files |= baseStage.set()
		source.remove()
		return nil
	}
	theirTarget, err := m.at(theirs.to)
	if err != nil || theirTarget == nil {
		return err
	}
	merged, err := m.mergeContent(contentMerge{
		path:        ours.from,
		versions:    [stageCount]Version{source.versions[baseStage], ourTarget.versions[ourStage], theirTarget.versions[theirStage]},
		origins:     [stageCount]string{ours.from, ours.to, theirs.to},
		extraMarker: renameMarker,
	})
	if err != nil {
		return err
	}
	m.hunks[ours.to], m.hunks[theirs.to] = m.hunks[ours.from], m.hunks[ours.from]
	// What could not be merged is ours; each place then keeps its own.
	keepOwn := !merged.clean && merged.version == ourTarget.versions[ourStage]
	ourTarget.versions[ourStage] = merged.version
	if !keepOwn {
		theirTarget.versions[theirStage] = merged.version
	}
	source.displaced, ourTarget.displaced, theirTarget.displaced = true, true, true
	m.tell(ours.from, RenameRename, "%s was renamed to %s in %s and to %s in %s",
		ours.from, ours.to, m.label(ourStage), theirs.to, m.label(theirStage))
	return nil
}

// followOne treats a file that one side has renamed.
func (m *merger) followOne(source *place, one rename) error {
	target, err := m.at(one.to)
	if err != nil || target == nil || target == source {
		// A renamed directory may take a renamed file back to where it was.
		return err
	}
	other := one.side.other()
	deleted := source.files == baseStage.set()
	collision := target.files.has(other)
	// A file that was moved by both, but replaced at its old place by something
	// of another type, does not count as colliding with itself.
	replaced := !deleted && source.versions[other].Mode.IsFile() != target.versions[one.side].Mode.IsFile()
	switch {
	case collision && !replaced && !deleted:
		err = m.followIntoCollision(source, target, one)
	case collision && !replaced:
		target.displaced = true
		m.tellRenameDelete(one)
	default:
		target.versions[baseStage] = source.versions[baseStage]
		target.files |= baseStage.set()
		target.origins[baseStage] = one.from
		switch {
		case replaced:
			source.versions[baseStage] = Version{}
			source.files &^= baseStage.set()
		case deleted:
			target.displaced = true
			m.tellRenameDelete(one)
		default:
			target.versions[other] = source.versions[other]
			target.files |= other.set()
			target.origins[other] = one.from
		}
	}
	switch {
	case source.files.has(one.side):
		source.keepOnly(one.side)
	case !replaced:
		source.remove()
	}
	return err
}

// keepOnly leaves a place to the file that a renamed directory has put there
// since a side renamed the one before it.
func (p *place) keepOnly(s stage) {
	for other := baseStage; other < stageCount; other++ {
		if other != s {
			p.versions[other] = Version{}
		}
	}
	p.files, p.same = s.set(), noStage
}

// followIntoCollision merges a renamed file with its other side before it meets
// what else is at its new place.
func (m *merger) followIntoCollision(source, target *place, one rename) error {
	content := contentMerge{path: one.from, versions: source.versions, extraMarker: renameMarker}
	for s := range content.origins {
		content.origins[s] = one.from
	}
	content.versions[one.side] = target.versions[one.side]
	content.origins[one.side] = one.to
	merged, err := m.mergeContent(content)
	if err != nil {
		return err
	}
	target.versions[one.side] = merged.version
	if !merged.clean {
		m.tell(one.to, RenameCollision, "%s was renamed to %s, has conflicts in its content, and collides with another file", one.from, one.to)
	}
	return nil
}

func (m *merger) tellRenameDelete(one rename) {
	m.tell(one.to, RenameDelete, "%s was renamed to %s in %s and deleted in %s",
		one.from, one.to, m.label(one.side), m.label(one.side.other()))
}
