package merge

import "bytes"

// write makes the merged file: ours, with the hunks put in.
func (m *lineMerge) write(hunks []hunk, options TextOptions) TextResult {
	w := newTextWriter(m, options)
	var conflicts []Conflict
	for _, h := range hunks {
		switch {
		case h.origin == fromTheirs:
			w.oursUpTo(h.ours)
			w.lines(m.theirs, h.theirs)
		case h.origin == fromBoth && options.Union:
			w.union(h)
		case h.origin == fromBoth:
			w.conflict(h)
			conflicts = append(conflicts, Conflict{Ours: h.ours, Theirs: h.theirs})
		}
	}
	w.oursUpTo(LineRange{Start: m.ours.count()})
	return TextResult{Text: w.text, Conflicts: conflicts}
}

// textWriter writes the merged file.
type textWriter struct {
	*lineMerge

	options TextOptions
	text    []byte
	// done is the first line of ours that is neither written nor replaced.
	done int
}

func newTextWriter(m *lineMerge, options TextOptions) *textWriter {
	if options.MarkerSize <= 0 {
		options.MarkerSize = DefaultMarkerSize
	}
	size := max(len(m.ours.content), len(m.theirs.content))
	return &textWriter{lineMerge: m, options: options, text: make([]byte, 0, size+size/8+64)}
}

// oursUpTo writes the lines of ours before the range, and passes over the range.
func (w *textWriter) oursUpTo(r LineRange) {
	w.lines(w.ours, between(w.done, r.Start))
	w.done = r.End()
}

func (w *textWriter) lines(f *textFile, r LineRange) {
	w.text = append(w.text, f.lines(r)...)
}

// linesClosed writes lines and ends the last one where the file does not.
func (w *textWriter) linesClosed(f *textFile, r LineRange, lineBreak string) {
	w.lines(f, r)
	if text := f.lines(r); len(text) > 0 && text[len(text)-1] != '\n' {
		w.text = append(w.text, lineBreak...)
	}
}

// union writes the lines of both sides.
func (w *textWriter) union(h hunk) {
	w.oursUpTo(h.ours)
	w.linesClosed(w.ours, h.ours, w.lineBreak(h))
	w.lines(w.theirs, h.theirs)
}

// conflict writes the lines of both sides between markers.
func (w *textWriter) conflict(h hunk) {
	lineBreak := w.lineBreak(h)
	w.oursUpTo(h.ours)
	w.marker('<', w.options.Ours, lineBreak)
	w.linesClosed(w.ours, h.ours, lineBreak)
	w.marker('=', "", lineBreak)
	w.linesClosed(w.theirs, h.theirs, lineBreak)
	w.marker('>', w.options.Theirs, lineBreak)
}

func (w *textWriter) marker(character byte, label, lineBreak string) {
	w.text = append(w.text, bytes.Repeat([]byte{character}, w.options.MarkerSize)...)
	if label != "" {
		w.text = append(w.text, ' ')
		w.text = append(w.text, label...)
	}
	w.text = append(w.text, lineBreak...)
}

// lineBreak is how the added lines of a hunk end: in CR LF when the first line of
// base does so, and neither side has a line before the hunk that does not.
func (w *textWriter) lineBreak(h hunk) string {
	if w.base.ending(0) == endsInCRLF &&
		w.ours.ending(max(h.ours.Start-1, 0)) != endsInLF &&
		w.theirs.ending(max(h.theirs.Start-1, 0)) != endsInLF {
		return "\r\n"
	}
	return "\n"
}

// lineEnding says how a file's lines end, judged by one of them.
type lineEnding int

const (
	endingUnknown lineEnding = iota
	endsInLF
	endsInCRLF
)

// ending looks at one line. Only the last line of a file can lack a line break, and
// only where it is the first, too, does a hunk depend on it: behind a last line
// that both sides have there is nothing to be in conflict.
func (f *textFile) ending(number int) lineEnding {
	if number >= f.count() {
		return endingUnknown
	}
	switch line := f.line(number); {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return endsInCRLF
	case bytes.HasSuffix(line, []byte{'\n'}):
		return endsInLF
	default:
		return endingUnknown
	}
}
