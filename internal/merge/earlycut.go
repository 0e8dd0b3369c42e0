package merge

import "math"

// promisingCut looks for a path that has got far ahead for its cost, near the
// middle, and that came over a snake of equal lines last.
func (m *myers) promisingCut(b box, cost int) (cut, bool) {
	if diagonal, ok := m.promisingFromTop(b, cost); ok {
		line := m.fromTop.at(diagonal)
		return cut{old: line, new: line - diagonal, thoroughBefore: true}, true
	}
	if diagonal, ok := m.promisingFromEnd(b, cost); ok {
		line := m.fromEnd.at(diagonal)
		return cut{old: line, new: line - diagonal, thoroughAfter: true}, true
	}
	return cut{}, false
}

func (m *myers) promisingFromTop(b box, cost int) (diagonal int, found bool) {
	f := &m.fromTop
	best := promising * cost
	for d := f.high; d >= f.low; d -= 2 {
		line := f.at(d)
		ahead := (line - b.old.Start) + (line - d - b.new.Start) - f.distance(d)
		inside := b.old.Start+snakeLength <= line && line < b.old.End() &&
			b.new.Start+snakeLength <= line-d && line-d < b.new.End()
		if ahead > best && inside && m.snake(line-snakeLength, line-d-snakeLength) {
			best, diagonal, found = ahead, d, true
		}
	}
	return diagonal, found
}

func (m *myers) promisingFromEnd(b box, cost int) (diagonal int, found bool) {
	f := &m.fromEnd
	best := promising * cost
	for d := f.high; d >= f.low; d -= 2 {
		line := f.at(d)
		ahead := (b.old.End() - line) + (b.new.End() - (line - d)) - f.distance(d)
		inside := b.old.Start < line && line <= b.old.End()-snakeLength &&
			b.new.Start < line-d && line-d <= b.new.End()-snakeLength
		if ahead > best && inside && m.snake(line, line-d) {
			best, diagonal, found = ahead, d, true
		}
	}
	return diagonal, found
}

// snake reports whether snakeLength lines from there on are equal.
func (m *myers) snake(oldLine, newLine int) bool {
	for i := range snakeLength {
		if !m.equal(oldLine+i, newLine+i) {
			return false
		}
	}
	return true
}

// furthestCut gives up: it takes the path that has got furthest in either
// direction.
func (m *myers) furthestCut(b box) cut {
	forward, forwardSum := 0, -1
	for d := m.fromTop.high; d >= m.fromTop.low; d -= 2 {
		line := min(m.fromTop.at(d), b.old.End(), b.new.End()+d)
		if sum := 2*line - d; sum > forwardSum {
			forward, forwardSum = line, sum
		}
	}
	backward, backwardSum := 0, math.MaxInt
	for d := m.fromEnd.high; d >= m.fromEnd.low; d -= 2 {
		line := max(m.fromEnd.at(d), b.old.Start, b.new.Start+d)
		if sum := 2*line - d; sum < backwardSum {
			backward, backwardSum = line, sum
		}
	}
	if b.old.End()+b.new.End()-backwardSum < forwardSum-(b.old.Start+b.new.Start) {
		return cut{old: forward, new: forwardSum - forward, thoroughBefore: true}
	}
	return cut{old: backward, new: backwardSum - backward, thoroughAfter: true}
}
