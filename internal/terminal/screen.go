package terminal

import (
	"bytes"
	"io"
	"slices"
	"sync"
)

// screen is what Out and Err share: the terminal's last line, which either
// holds output that has not ended yet, or the progress line, or nothing. All
// writing to the terminal happens under its lock.
type screen struct {
	mutex sync.Mutex
	err   io.Writer
	// active are the progress lines under way; the last one is shown.
	active []*Progress
	drawn  bool // a progress line is on the screen
	// unfinished: output stands on the last line, which a progress line would
	// overwrite.
	unfinished bool
}

// eraseLine goes to the line's beginning and clears it.
const eraseLine = "\r\x1b[K"

// erase removes the progress line. The lock must be held.
func (s *screen) erase() {
	if s.drawn {
		s.drawn = false
		s.show(eraseLine)
	}
}

// show writes part of a progress line. A failure is of no consequence: whoever
// writes real output to the stream will meet it.
func (s *screen) show(text string) { _, _ = io.WriteString(s.err, text) }

func (s *screen) add(progress *Progress) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.active = append(s.active, progress)
}

func (s *screen) remove(progress *Progress) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.isShown(progress) {
		s.erase()
	}
	s.active = slices.DeleteFunc(s.active, func(other *Progress) bool { return other == progress })
}

func (s *screen) isShown(progress *Progress) bool {
	return len(s.active) > 0 && s.active[len(s.active)-1] == progress
}

// lineEnded tells that the operator ended the last line by a line break.
func (s *screen) lineEnded() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.unfinished = false
}

// screenWriter writes output, having erased the progress line.
type screenWriter struct {
	screen     *screen
	to         io.Writer
	isTerminal *bool
}

// Write implements io.Writer; it is safe for concurrent use.
func (w *screenWriter) Write(text []byte) (int, error) {
	w.screen.mutex.Lock()
	defer w.screen.mutex.Unlock()
	if *w.isTerminal {
		w.screen.erase()
		if len(text) > 0 {
			w.screen.unfinished = !bytes.HasSuffix(text, []byte("\n"))
		}
	}
	return w.to.Write(text)
}
