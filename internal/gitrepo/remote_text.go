package gitrepo

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Bounds on what is kept of a remote's words.
const (
	maxMessages      = 20
	maxMessageLength = 400 // bytes of one line
	maxMessageBytes  = 64 << 10
)

// printableText makes a remote's words fit to be part of an error: one line,
// bounded, without what a terminal would obey or hide.
func printableText(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if len(text) > maxMessageLength {
		text = strings.ToValidUTF8(text[:maxMessageLength], "") + "…"
	}
	return text
}

// printableError is an error whose text may hold a remote's words.
type printableError struct{ error }

// Error is the text made fit to print.
func (e printableError) Error() string { return printableText(e.error.Error()) }

// Unwrap gives the error itself.
func (e printableError) Unwrap() error { return e.error }

// messageLog keeps what a remote says beside the protocol. It may be written by
// one goroutine and read by another.
type messageLog struct {
	mutex sync.Mutex
	text  []byte
}

// Write never fails; what exceeds the bound is dropped.
func (l *messageLog) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if room := maxMessageBytes - len(l.text); room > 0 {
		l.text = append(l.text, data[:min(room, len(data))]...)
	}
	return len(data), nil
}

// lines returns what was said, printable and without progress that was
// overwritten (what stands before a carriage return).
func (l *messageLog) lines() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var lines []string
	for line := range strings.Lines(string(l.text)) {
		line = strings.TrimRight(line, "\r\n")
		line = printableText(line[strings.LastIndexByte(line, '\r')+1:])
		if line != "" && len(lines) < maxMessages {
			lines = append(lines, line)
		}
	}
	return lines
}
