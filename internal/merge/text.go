package merge

import "bytes"

// DefaultMarkerSize is the number of characters of a conflict marker where no
// conflict-marker-size attribute says otherwise.
const DefaultMarkerSize = 7

// TextOptions say how Text treats one file. The zero value merges lines and
// writes conflict markers of the default size without labels.
type TextOptions struct {
	// Ours and Theirs are the labels after the conflict markers; an empty one is
	// left out together with its space.
	Ours, Theirs string
	// MarkerSize is the number of characters of a conflict marker; zero or less
	// means DefaultMarkerSize.
	MarkerSize int
	// Union keeps the lines of both sides instead of a conflict, as the
	// attribute merge=union asks.
	Union bool
	// Binary keeps the lines unmerged, as the attributes -merge and merge=binary
	// ask. A file that IsBinary finds to be binary is treated so in any case.
	Binary bool
	// Added says that both sides added the file: there is no base, which is not
	// the same as an empty one, since an empty file that is added is a change.
	Added bool
}

// TextResult is the outcome of Text.
type TextResult struct {
	// Text is the merged file, with markers around what is in conflict. It may
	// share its memory with one of the inputs. For a binary file that both sides
	// changed it is ours.
	Text []byte
	// Binary says that both sides changed a binary file, which is a conflict
	// without hunks.
	Binary bool
	// Conflicts are the hunks in conflict, in the order of the file.
	Conflicts []Conflict
}

// Clean reports whether the two sides were merged without a conflict.
func (r TextResult) Clean() bool { return !r.Binary && len(r.Conflicts) == 0 }

// Conflict is a hunk that both sides changed, each in its own way: the lines of
// either side that stand between the markers.
type Conflict struct {
	Ours, Theirs LineRange
}

// LineRange is a run of a file's lines, of which the first has the number 0.
type LineRange struct {
	Start, Count int
}

// End is the number of the first line after the range.
func (r LineRange) End() int { return r.Start + r.Count }

// between is the range from line start up to, not including, line end.
func between(start, end int) LineRange { return LineRange{Start: start, Count: end - start} }

// Text merges the changes from base to ours and from base to theirs, as git
// does when it merges one file. It never fails: what cannot be merged is a
// conflict. The inputs are only read.
func Text(base, ours, theirs []byte, options TextOptions) TextResult {
	if options.Added {
		base = nil
	}
	switch {
	case bytes.Equal(ours, theirs):
		return TextResult{Text: ours}
	case !options.Added && bytes.Equal(base, theirs):
		return TextResult{Text: ours}
	case !options.Added && bytes.Equal(base, ours):
		return TextResult{Text: theirs}
	case options.Binary, IsBinary(base), IsBinary(ours), IsBinary(theirs):
		return TextResult{Text: ours, Binary: true}
	}
	return newLineMerge(base, ours, theirs).run(options)
}
