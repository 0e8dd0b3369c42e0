package merge

// origin says which side a hunk is taken from.
type origin uint8

const (
	fromBoth origin = iota // in conflict
	fromOurs
	fromTheirs
	identical // both sides say the same
)

// hunk is a part of the merge that at least one side changed. A change that both
// sides made in the same place and words is no hunk: the merged file is ours with
// the hunks of theirs put in.
type hunk struct {
	origin       origin
	ours, theirs LineRange
}

// hunks brings the changes of the two sides into one order. Changes that overlap
// or touch each other are in conflict, unless they are the same.
func (m *lineMerge) hunks(ours, theirs []change) []hunk {
	var list hunkList
	for len(ours) > 0 || len(theirs) > 0 {
		switch {
		case len(theirs) == 0 || len(ours) > 0 && ours[0].old.End() < theirs[0].old.Start:
			list.add(fromOurs, ours[0].new, m.counterpart(ours[0], theirs, m.theirs))
			ours = ours[1:]
		case len(ours) == 0 || theirs[0].old.End() < ours[0].old.Start:
			list.add(fromTheirs, m.counterpart(theirs[0], ours, m.ours), theirs[0].new)
			theirs = theirs[1:]
		default:
			if !m.same(ours[0], theirs[0]) {
				list.addConflict(ours[0], theirs[0])
			}
			ours, theirs = passEarlier(ours, theirs)
		}
	}
	return list.hunks
}

// passEarlier drops the change that ends first, or both.
func passEarlier(ours, theirs []change) (restOurs, restTheirs []change) {
	endOurs, endTheirs := ours[0].old.End(), theirs[0].old.End()
	if endOurs <= endTheirs {
		ours = ours[1:]
	}
	if endTheirs <= endOurs {
		theirs = theirs[1:]
	}
	return ours, theirs
}

// counterpart gives the lines of the other side that a change of one side
// replaces, which the other side has not changed.
func (m *lineMerge) counterpart(c change, otherChanges []change, other *textFile) LineRange {
	shift := other.count() - m.base.count()
	if len(otherChanges) > 0 {
		shift = otherChanges[0].new.Start - otherChanges[0].old.Start
	}
	return LineRange{Start: c.old.Start + shift, Count: c.old.Count}
}

// same reports whether both sides made one change.
func (m *lineMerge) same(ours, theirs change) bool {
	if ours.old != theirs.old || ours.new.Count != theirs.new.Count {
		return false
	}
	for i := range ours.new.Count {
		if m.ours.classes[ours.new.Start+i] != m.theirs.classes[theirs.new.Start+i] {
			return false
		}
	}
	return true
}

// hunkList is the hunks so far.
type hunkList struct {
	hunks []hunk
}

// addConflict adds the lines that either side has for all that the two changes
// replace.
func (l *hunkList) addConflict(ours, theirs change) {
	start := min(ours.old.Start, theirs.old.Start)
	end := max(ours.old.End(), theirs.old.End())
	l.add(fromBoth, widen(ours, start, end), widen(theirs, start, end))
}

// widen gives the new lines for the given old ones, which begin and end no later
// and no earlier than the change.
func widen(c change, start, end int) LineRange {
	return between(c.new.Start-(c.old.Start-start), c.new.End()+(end-c.old.End()))
}

// add adds a hunk. One that touches the last on either side is the rest of a
// change of which the beginning is in conflict: the conflict then covers it.
func (l *hunkList) add(from origin, ours, theirs LineRange) {
	if len(l.hunks) > 0 {
		last := &l.hunks[len(l.hunks)-1]
		if ours.Start <= last.ours.End() || theirs.Start <= last.theirs.End() {
			last.ours = between(last.ours.Start, ours.End())
			last.theirs = between(last.theirs.Start, theirs.End())
			return
		}
	}
	l.hunks = append(l.hunks, hunk{origin: from, ours: ours, theirs: theirs})
}
