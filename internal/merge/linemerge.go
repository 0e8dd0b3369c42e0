package merge

// lineMerge is the merge of three files, line by line.
type lineMerge struct {
	base, ours, theirs *textFile
	differ             *differ
}

func newLineMerge(base, ours, theirs []byte) *lineMerge {
	m := &lineMerge{}
	table := newLineTable(countLines(base))
	m.base = table.split(base)
	table.follow(m.base)
	m.ours = table.split(ours)
	m.theirs = table.split(theirs)
	longest := max(m.base.count(), m.ours.count(), m.theirs.count())
	m.differ = newDiffer(table.classCount(), longest)
	return m
}

// run merges at the level that git calls zealous: conflicts are cut down to the
// lines in which the sides differ, and then joined where they stand close.
func (m *lineMerge) run(options TextOptions) TextResult {
	ours := m.differ.compare(m.base.classes, m.ours.classes)
	theirs := m.differ.compare(m.base.classes, m.theirs.classes)
	return m.write(join(m.refine(m.hunks(ours, theirs))), options)
}
