package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// maxAnswer bounds a line that is read, in bytes; a longer one is no answer.
const maxAnswer = 1024

// Confirm asks the question on Err and reads one line from In. Only "y" and
// "yes" (in any case) confirm; an empty line, anything else, and the end of the
// input do not. It returns the context's error when that ends first.
//
// Whether there is an operator to ask is for the caller to see (InIsTerminal).
func (s *Streams) Confirm(ctx context.Context, question string) (bool, error) {
	if _, err := fmt.Fprintf(s.Err, "%s [y/N] ", SanitizeLines(question)); err != nil {
		return false, fmt.Errorf("ask for confirmation: %w", err)
	}
	select {
	case <-ctx.Done():
		// What follows begins on a line of its own; that it cannot be written
		// matters less than the reason.
		_, _ = fmt.Fprintln(s.Err)
		return false, ctx.Err()
	case reply := <-s.input.next(s.In):
		s.input.taken()
		return s.judge(reply)
	}
}

func (s *Streams) judge(reply answer) (bool, error) {
	if errors.Is(reply.err, io.EOF) {
		_, _ = fmt.Fprintln(s.Err)
		return false, nil
	}
	if reply.err != nil {
		return false, fmt.Errorf("read the answer: %w", reply.err)
	}
	s.screen.lineEnded()
	switch strings.ToLower(strings.TrimSpace(reply.line)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

type answer struct {
	line string
	err  error
}

// lineReader reads lines in the background, one at a time and only when asked,
// since a read cannot be cancelled. The read that a cancelled question left
// waiting serves the next question, unless its line has come in between: that
// was typed before the question and is dropped.
type lineReader struct {
	mutex   sync.Mutex
	reader  *bufio.Reader
	pending chan answer
}

func (l *lineReader) next(in io.Reader) <-chan answer {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.reader == nil {
		l.reader = bufio.NewReaderSize(in, maxAnswer)
	}
	select {
	case <-l.pending:
		l.pending = nil
	default:
	}
	if l.pending == nil {
		pending := make(chan answer, 1)
		l.pending = pending
		go func() { pending <- readAnswer(l.reader) }()
	}
	return l.pending
}

// taken tells that the pending line was received.
func (l *lineReader) taken() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.pending = nil
}

// readAnswer reads a whole line. One that the input's end cuts short is no
// answer: it may be the beginning of another.
func readAnswer(reader *bufio.Reader) answer {
	line, err := reader.ReadSlice('\n')
	text := string(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		text = ""
		_, err = reader.ReadSlice('\n')
	}
	return answer{line: text, err: err}
}
