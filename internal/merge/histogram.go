package merge

// frequencyLimit is the number of times up to which a line may stand in the old
// sequence and still serve to find a common region. Where all the lines in
// common are more frequent, git falls back to Myers' algorithm.
const frequencyLimit = 64

// histogram finds the region by which the histogram algorithm splits two
// sequences: of the runs of lines that both have, one that contains the rarest
// line, and the longest of those.
//
// Its slices are indexed by class or by line of the old sequence. Between two
// searches count is all zero.
type histogram struct {
	// count says how often the old sequence has a class.
	count []int32
	// first is the first line of the class in the old sequence; it counts only
	// where count is not zero.
	first []int32
	// next is the next line of the same class, or 0.
	next []int32

	old, new []int32
	// rarest is the lowest count of a line in the best region so far.
	rarest int32
	best   region
	common bool
}

// region is a run of lines that two sequences have in common.
type region struct {
	old, new LineRange
}

// outcome says how the search for a common region ended.
type outcome int

const (
	regionFound outcome = iota
	nothingInCommon
	// tooFrequent: there are common lines, and all are beyond frequencyLimit.
	tooFrequent
)

// find searches two sequences that are not empty.
func (h *histogram) find(old, new []int32) (region, outcome) {
	h.old, h.new = old, new
	h.rarest, h.best, h.common = frequencyLimit+1, region{}, false
	h.index()
	for line := 0; line < len(new); {
		line = h.tryLine(line)
	}
	for _, class := range old {
		h.count[class] = 0
	}
	switch {
	case !h.common:
		return region{}, nothingInCommon
	case h.rarest > frequencyLimit:
		return region{}, tooFrequent
	}
	return h.best, regionFound
}

// index records the lines of the old sequence, from the last to the first, so
// that the lines of a class are linked upwards.
func (h *histogram) index() {
	for line := len(h.old) - 1; line >= 0; line-- {
		class := h.old[line]
		h.next[line] = 0
		if h.count[class] > 0 {
			h.next[line] = h.first[class]
		}
		h.first[class] = int32(line) //nolint:gosec // bounded by textLimit
		h.count[class]++
	}
}

// tryLine looks at all regions around one line of the new sequence, and returns
// the line to go on with: the first one that is in none of these regions.
func (h *histogram) tryLine(line int) int {
	following := line + 1
	class := h.new[line]
	frequency := h.count[class]
	if frequency == 0 {
		return following
	}
	h.common = true
	if frequency > h.rarest {
		return following
	}
	for start := int(h.first[class]); ; {
		found, rarest := h.extend(start, line)
		following = max(following, found.new.End())
		// A longer region wins even when its rarest line is no rarer: it cannot be
		// more frequent, since frequency is at most h.rarest.
		if rarest < h.rarest || found.old.Count > h.best.old.Count {
			h.best, h.rarest = found, rarest
		}
		// What lies within the region just seen would give the same region, or
		// one that overlaps itself.
		for start = int(h.next[start]); start > 0 && start < found.old.End(); {
			start = int(h.next[start])
		}
		if start == 0 {
			return following
		}
	}
}

// extend grows the region around a line that both sequences have, upwards and
// downwards, and gives the count of its rarest line.
func (h *histogram) extend(oldLine, newLine int) (region, int32) {
	rarest := h.count[h.old[oldLine]]
	oldStart, newStart := oldLine, newLine
	for oldStart > 0 && newStart > 0 && h.old[oldStart-1] == h.new[newStart-1] {
		oldStart--
		newStart--
		if rarest > 1 {
			rarest = min(rarest, h.count[h.old[oldStart]])
		}
	}
	oldEnd, newEnd := oldLine+1, newLine+1
	for oldEnd < len(h.old) && newEnd < len(h.new) && h.old[oldEnd] == h.new[newEnd] {
		if rarest > 1 {
			rarest = min(rarest, h.count[h.old[oldEnd]])
		}
		oldEnd++
		newEnd++
	}
	return region{old: between(oldStart, oldEnd), new: between(newStart, newEnd)}, rarest
}
