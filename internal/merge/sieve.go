package merge

const (
	// frequentLimit bounds the number of counterparts above which a line counts
	// as frequent; below it is the square root of the sequence's length.
	frequentLimit = 1024
	// neighbourhood is the number of lines on either side that decide whether a
	// frequent line is left out.
	neighbourhood = 100
	// dilution is how many times as many lines as there are frequent ones must
	// stand in the neighbourhood for a frequent line to be left out.
	dilution = 4
)

// presence says how often a line occurs on the other side.
type presence uint8

const (
	absent presence = iota
	present
	frequent
)

// sieve leaves out, and marks, the lines that need no comparing: those that the
// other side does not have, and those that it has very often and that stand
// among lines that it does not have. Equal lines at both ends are left out,
// unmarked.
func (m *myers) sieve(old, new sequence) (keptOld, keptNew kept) {
	for _, class := range old.classes {
		m.countOld[class]++
	}
	for _, class := range new.classes {
		m.countNew[class]++
	}
	start, tail := commonEnds(old.classes, new.classes)
	keptOld = sift(old, between(start, len(old.classes)-tail), m.countNew)
	keptNew = sift(new, between(start, len(new.classes)-tail), m.countOld)
	for _, class := range old.classes {
		m.countOld[class] = 0
	}
	for _, class := range new.classes {
		m.countNew[class] = 0
	}
	return keptOld, keptNew
}

// commonEnds counts the equal lines at the start, and those at the end of what
// is left.
func commonEnds(old, new []int32) (start, tail int) {
	shorter := min(len(old), len(new))
	for start < shorter && old[start] == new[start] {
		start++
	}
	for tail < shorter-start && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	return start, tail
}

// sift gives the lines within r that are to be compared, by their counts on the
// other side, and marks the others.
func sift(s sequence, r LineRange, counts []int32) kept {
	often := min(roughRoot(len(s.classes)), frequentLimit)
	presences := make([]presence, r.Count)
	for i := range presences {
		switch count := int(counts[s.classes[r.Start+i]]); {
		case count >= often:
			presences[i] = frequent
		case count > 0:
			presences[i] = present
		}
	}
	numbers := make([]int32, 2*r.Count)
	k := kept{sequence: s, classes: numbers[:0:r.Count], lines: numbers[r.Count:r.Count]}
	for i, found := range presences {
		line := r.Start + i
		if found == absent || found == frequent && diluted(presences, i) {
			s.changed[line] = true
			continue
		}
		k.classes = append(k.classes, s.classes[line])
		k.lines = append(k.lines, int32(line)) //nolint:gosec // bounded by textLimit
	}
	return k
}

// diluted reports whether a frequent line has absent lines before it and behind
// it, and few frequent ones among them, as far as the next line that is present.
func diluted(presences []presence, line int) bool {
	absentBefore, frequentBefore := neighbours(presences, line, -1)
	if absentBefore == 0 {
		return false
	}
	absentBehind, frequentBehind := neighbours(presences, line, 1)
	if absentBehind == 0 {
		return false
	}
	// The line counts itself once for either direction.
	frequentLines := frequentBefore + frequentBehind + 2
	return dilution*frequentLines < frequentLines+absentBefore+absentBehind
}

func neighbours(presences []presence, line, direction int) (absentLines, frequentLines int) {
	for distance := 1; distance <= neighbourhood; distance++ {
		neighbour := line + direction*distance
		if neighbour < 0 || neighbour >= len(presences) || presences[neighbour] == present {
			break
		}
		if presences[neighbour] == absent {
			absentLines++
		} else {
			frequentLines++
		}
	}
	return absentLines, frequentLines
}
