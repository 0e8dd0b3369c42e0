package merge

// joinDistance is the largest number of lines between two conflicts over which
// git makes them one.
const joinDistance = 3

// refine takes out of each conflict what both sides have in common: it becomes
// one conflict for each difference between the sides, and none if there is none.
func (m *lineMerge) refine(hunks []hunk) []hunk {
	refined := make([]hunk, 0, len(hunks))
	for _, h := range hunks {
		if h.origin != fromBoth || h.ours.Count == 0 || h.theirs.Count == 0 {
			refined = append(refined, h)
			continue
		}
		differences := m.differ.compare(
			m.ours.classes[h.ours.Start:h.ours.End()],
			m.theirs.classes[h.theirs.Start:h.theirs.End()])
		if len(differences) == 0 {
			h.origin = identical
			refined = append(refined, h)
		}
		for _, difference := range differences {
			difference.old.Start += h.ours.Start
			difference.new.Start += h.theirs.Start
			refined = append(refined, hunk{ours: difference.old, theirs: difference.new})
		}
	}
	return refined
}

// join makes one conflict of two that stand close to each other. Other hunks keep
// conflicts apart, and so does a change that turned out to be identical.
func join(hunks []hunk) []hunk {
	joined := hunks[:0]
	for _, h := range hunks {
		if len(joined) > 0 {
			last := &joined[len(joined)-1]
			if last.origin == fromBoth && h.origin == fromBoth && h.ours.Start-last.ours.End() <= joinDistance {
				last.ours = between(last.ours.Start, h.ours.End())
				last.theirs = between(last.theirs.Start, h.theirs.End())
				continue
			}
		}
		joined = append(joined, h)
	}
	return joined
}
