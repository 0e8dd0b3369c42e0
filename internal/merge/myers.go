package merge

import "math"

// The constants of git's Myers comparison. A cost is a number of lines removed
// and added.
const (
	// patience is the cost above which the search may end early.
	patience = 256
	// snakeLength is the number of equal lines in a row that are a good sign.
	snakeLength = 20
	// promising is how many times its cost a path must have got ahead to be
	// taken before the search is complete.
	promising = 4
)

// myers compares two sequences by Myers' algorithm ("An O(ND) Difference
// Algorithm and Its Variations", section 4b): from both ends at once, dividing
// the rectangle of the two sequences where the paths meet. Git first leaves out
// lines without a counterpart (see sieve.go), and ends costly searches early.
type myers struct {
	// countOld and countNew are for sieving; they are all zero in between.
	countOld, countNew []int32

	old, new          kept
	fromTop, fromEnd  frontier
	longestSearchCost int
}

// match marks the lines of either sequence that have no counterpart.
func (m *myers) match(old, new sequence) {
	m.old, m.new = m.sieve(old, new)
	diagonals := len(m.old.classes) + len(m.new.classes) + 3
	reach := make([]int, 2*diagonals)
	offset := len(m.new.classes) + 1
	m.fromTop = frontier{reach: reach[:diagonals], offset: offset}
	m.fromEnd = frontier{reach: reach[diagonals:], offset: offset}
	m.longestSearchCost = max(patience, roughRoot(diagonals))
	m.divide(box{old: between(0, len(m.old.classes)), new: between(0, len(m.new.classes))}, false)
}

// roughRoot is the power of two that git takes for a number's square root.
func roughRoot(number int) int {
	root := 1
	for ; number > 0; number >>= 2 {
		root <<= 1
	}
	return root
}

// kept are the lines of a sequence that the comparison looks at.
type kept struct {
	sequence

	classes []int32
	// lines are the places of the lines in the sequence.
	lines []int32
}

func (k kept) mark(r LineRange) {
	for _, line := range k.lines[r.Start:r.End()] {
		k.changed[line] = true
	}
}

// box is a rectangle of the edit graph.
type box struct {
	old, new LineRange
}

// divide marks what differs within the box. A thorough search never ends early.
func (m *myers) divide(b box, thorough bool) {
	b = m.trim(b)
	switch {
	case b.old.Count == 0:
		m.new.mark(b.new)
		return
	case b.new.Count == 0:
		m.old.mark(b.old)
		return
	}
	cut := m.search(b, thorough)
	m.divide(box{old: between(b.old.Start, cut.old), new: between(b.new.Start, cut.new)}, cut.thoroughBefore)
	m.divide(box{old: between(cut.old, b.old.End()), new: between(cut.new, b.new.End())}, cut.thoroughAfter)
}

// trim takes equal lines off both ends of the box.
func (m *myers) trim(b box) box {
	oldStart, oldEnd, newStart, newEnd := b.old.Start, b.old.End(), b.new.Start, b.new.End()
	for oldStart < oldEnd && newStart < newEnd && m.equal(oldStart, newStart) {
		oldStart++
		newStart++
	}
	for oldStart < oldEnd && newStart < newEnd && m.equal(oldEnd-1, newEnd-1) {
		oldEnd--
		newEnd--
	}
	return box{old: between(oldStart, oldEnd), new: between(newStart, newEnd)}
}

func (m *myers) equal(oldLine, newLine int) bool {
	return m.old.classes[oldLine] == m.new.classes[newLine]
}

// cut is a point by which a box is divided in two. The part that the search did
// not get through to is searched with the same impatience again.
type cut struct {
	old, new                      int
	thoroughBefore, thoroughAfter bool
}

// search finds a point on a shortest path through the box, or on one that looks
// good enough.
func (m *myers) search(b box, thorough bool) cut {
	m.fromTop.begin(b.old.Start-b.new.Start, b.old.Start)
	m.fromEnd.begin(b.old.End()-b.new.End(), b.old.End())
	odd := (m.fromTop.middle-m.fromEnd.middle)%2 != 0
	for cost := 1; ; cost++ {
		diagonal, goodSnake, met := m.advance(b, odd)
		if met {
			line := m.fromTop.at(diagonal)
			return cut{old: line, new: line - diagonal, thoroughBefore: true, thoroughAfter: true}
		}
		diagonal, good, met := m.retreat(b, !odd)
		if met {
			line := m.fromEnd.at(diagonal)
			return cut{old: line, new: line - diagonal, thoroughBefore: true, thoroughAfter: true}
		}
		if thorough {
			continue
		}
		if cost > patience && (goodSnake || good) {
			if early, ok := m.promisingCut(b, cost); ok {
				return early
			}
		}
		if cost >= m.longestSearchCost {
			return m.furthestCut(b)
		}
	}
}

// advance lets every path from the top do one more step. It ends when one meets
// a path from the end, which is looked for in odd boxes only.
func (m *myers) advance(b box, lookForMeeting bool) (diagonal int, goodSnake, met bool) {
	f := &m.fromTop
	f.widen(b, -1)
	for diagonal = f.high; diagonal >= f.low; diagonal -= 2 {
		start := max(f.at(diagonal-1)+1, f.at(diagonal+1))
		line := start
		for line < b.old.End() && line-diagonal < b.new.End() && m.equal(line, line-diagonal) {
			line++
		}
		goodSnake = goodSnake || line-start > snakeLength
		f.set(diagonal, line)
		if lookForMeeting && m.fromEnd.covers(diagonal) && m.fromEnd.at(diagonal) <= line {
			return diagonal, goodSnake, true
		}
	}
	return 0, goodSnake, false
}

// retreat is advance for the paths from the end.
func (m *myers) retreat(b box, lookForMeeting bool) (diagonal int, goodSnake, met bool) {
	f := &m.fromEnd
	f.widen(b, math.MaxInt)
	for diagonal = f.high; diagonal >= f.low; diagonal -= 2 {
		start := min(f.at(diagonal-1), f.at(diagonal+1)-1)
		line := start
		for line > b.old.Start && line-diagonal > b.new.Start && m.equal(line-1, line-diagonal-1) {
			line--
		}
		goodSnake = goodSnake || start-line > snakeLength
		f.set(diagonal, line)
		if lookForMeeting && m.fromTop.covers(diagonal) && line <= m.fromTop.at(diagonal) {
			return diagonal, goodSnake, true
		}
	}
	return 0, goodSnake, false
}
