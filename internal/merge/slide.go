package merge

// A group is the run of marked lines, often empty, before an unmarked line or at
// the end of a sequence. As many lines are unmarked on one side as on the other,
// so the groups of the two sides correspond, one by one.
type group struct {
	sequence

	start, end int
}

func (g *group) empty() bool { return g.start == g.end }

func (g *group) marked(line int) bool {
	return line >= 0 && line < len(g.changed) && g.changed[line]
}

// firstGroup is the group before the first unmarked line.
func firstGroup(s sequence) group {
	g := group{sequence: s}
	g.takeFollowing()
	return g
}

// takeFollowing and takePreceding add the marked lines around the group to it.
func (g *group) takeFollowing() {
	for g.marked(g.end) {
		g.end++
	}
}

func (g *group) takePreceding() {
	for g.marked(g.start - 1) {
		g.start--
	}
}

// forward goes on to the next group; there is none after the last line.
func (g *group) forward() bool {
	if g.end == len(g.changed) {
		return false
	}
	g.start = g.end + 1
	g.end = g.start
	g.takeFollowing()
	return true
}

// backward goes to the previous group.
func (g *group) backward() {
	g.end = g.start - 1
	g.start = g.end
	g.takePreceding()
}

// slideUp moves the group one line up, which says the same change in other words
// when the line above equals the group's last. A group that it then touches
// becomes part of it.
func (g *group) slideUp() bool {
	if g.start == 0 || g.classes[g.start-1] != g.classes[g.end-1] {
		return false
	}
	g.start--
	g.end--
	g.changed[g.start], g.changed[g.end] = true, false
	g.takePreceding()
	return true
}

// slideDown is slideUp in the other direction.
func (g *group) slideDown() bool {
	if g.end == len(g.classes) || g.classes[g.start] != g.classes[g.end] {
		return false
	}
	g.changed[g.start], g.changed[g.end] = false, true
	g.start++
	g.end++
	g.takeFollowing()
	return true
}

// slide moves each group of marked lines of one side to where git wants it: as
// far down as it goes or, where it can stand beside a group of the other side,
// beside the lowest such. Merges do not look at indentation.
func slide(side, other sequence) {
	g, beside := firstGroup(side), firstGroup(other)
	for {
		if !g.empty() {
			settle(&g, &beside)
		}
		if !g.forward() {
			return
		}
		beside.forward()
	}
}

// settle places one group. The group of the other side is kept at its level, and
// is the corresponding one again at the end.
func settle(g, beside *group) {
	highest, meets := 0, false
	for size := 0; size != g.end-g.start; {
		size = g.end - g.start
		for g.slideUp() {
			beside.backward()
		}
		highest, meets = g.end, !beside.empty()
		for g.slideDown() {
			beside.forward()
			meets = meets || !beside.empty()
		}
	}
	if g.end == highest || !meets {
		return
	}
	for beside.empty() && g.slideUp() {
		beside.backward()
	}
}
