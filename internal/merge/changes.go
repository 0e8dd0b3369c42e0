package merge

// Change replaces lines of an old file by lines of a new one. One of the two
// ranges may be empty: lines were added, or removed.
type Change struct {
	Old, New LineRange
}

// Changes compares two files line by line, as Text does with each side, and gives
// what leads from the old one to the new one, in the order of the files. Lines are
// equal when they are the same to the byte, line break included. It does not ask
// whether the files are text (IsBinary does).
func Changes(old, new []byte) []Change {
	table := newLineTable(countLines(old))
	before := table.split(old)
	table.follow(before)
	after := table.split(new)
	found := newDiffer(table.classCount(), max(before.count(), after.count())).compare(before.classes, after.classes)
	list := make([]Change, len(found))
	for i, one := range found {
		list[i] = Change{Old: one.old, New: one.new}
	}
	return list
}

// Lines cuts a file into its lines, each with its line break.
func Lines(content []byte) [][]byte {
	table := newLineTable(countLines(content))
	file := table.split(content)
	lines := make([][]byte, file.count())
	for i := range lines {
		lines[i] = file.line(i)
	}
	return lines
}

// OldRange is the range of an old file that a range of the new one stands for, by
// the changes between the two. A change that the range touches is taken whole.
func OldRange(changes []Change, lines LineRange) LineRange {
	start, end := lines.Start, lines.End()
	// A change before the range moves it; one that reaches into it widens it.
	from, to := start, end
	for _, change := range changes {
		switch shift := change.Old.End() - change.New.End(); {
		case change.New.End() <= start && change.New.Start < start:
			from, to = start+shift, end+shift
		case change.New.Start < end || change.New.Start == end && lines.Count == 0:
			if change.New.Start <= start {
				from = change.Old.Start
			}
			to = max(change.Old.End(), end+shift)
		}
	}
	return between(from, max(from, to))
}
