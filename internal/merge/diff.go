package merge

// differ compares sequences of lines, given as their classes. It holds the
// working memory of the comparisons of one merge, so that a comparison of a few
// lines does not pay for the size of the files.
type differ struct {
	histogram histogram
	myers     myers
}

func newDiffer(classes, lines int) *differ {
	counts := make([]int32, 3*classes+lines)
	return &differ{
		histogram: histogram{
			count: counts[:classes],
			first: counts[classes : 2*classes],
			next:  counts[3*classes:],
		},
		myers: myers{
			countOld: counts[:classes],
			countNew: counts[2*classes : 3*classes],
		},
	}
}

// sequence is one side of a comparison: its lines, and which of them have no
// counterpart on the other side.
type sequence struct {
	classes []int32
	changed []bool
}

func newSequence(classes []int32) sequence {
	return sequence{classes: classes, changed: make([]bool, len(classes))}
}

// part is a section of the sequence; it shares the sequence's marks.
func (s sequence) part(start, end int) sequence {
	return sequence{classes: s.classes[start:end], changed: s.changed[start:end]}
}

// mark says that none of the lines has a counterpart.
func (s sequence) mark() {
	for i := range s.changed {
		s.changed[i] = true
	}
}

// change replaces lines of an old sequence by lines of a new one. One of the two
// ranges may be empty.
type change struct {
	old, new LineRange
}

// compare gives the changes that lead from old to new, in their order.
func (d *differ) compare(old, new []int32) []change {
	a, b := newSequence(old), newSequence(new)
	d.match(a, b)
	slide(a, b)
	slide(b, a)
	return changes(a, b)
}

// match finds the lines that old and new have in common and marks the others.
func (d *differ) match(old, new sequence) {
	for len(old.classes) > 0 && len(new.classes) > 0 {
		found, outcome := d.histogram.find(old.classes, new.classes)
		if outcome == tooFrequent {
			d.myers.match(old, new)
			return
		}
		if outcome == nothingInCommon {
			break
		}
		d.match(old.part(0, found.old.Start), new.part(0, found.new.Start))
		old = old.part(found.old.End(), len(old.classes))
		new = new.part(found.new.End(), len(new.classes))
	}
	old.mark()
	new.mark()
}

// changes reads the marks: a change is a run of marked lines on either side
// between two lines that are common to both.
func changes(old, new sequence) []change {
	var found []change
	for i, j := 0, 0; i < len(old.changed) || j < len(new.changed); i, j = i+1, j+1 {
		startOld, startNew := i, j
		for i < len(old.changed) && old.changed[i] {
			i++
		}
		for j < len(new.changed) && new.changed[j] {
			j++
		}
		if i > startOld || j > startNew {
			found = append(found, change{old: between(startOld, i), new: between(startNew, j)})
		}
	}
	return found
}
