package deploy

import (
	"bytes"
	"io"
	"strings"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

const (
	// maxLine bounds a line of output, in bytes; what goes beyond is left out.
	maxLine = 64 << 10
	cutMark = " [line cut]"
)

// output takes what the command writes, in pieces of any size, and passes it on
// in lines that are printable and hold no secrets. It is written to by one
// goroutine of os/exec, and read when that has ended.
type output struct {
	stream  io.Writer // nil: nobody watches, or no longer
	secrets secrets
	tail    tail

	// line is the unfinished line, from its last carriage return on, which is
	// what a terminal would show of a progress bar.
	line []byte
	// returned: a carriage return came last. It overwrites the line, unless the
	// line break follows.
	returned bool
	cut      bool // the line is longer than what was kept of it
}

func newOutput(options Options) *output {
	return &output{
		stream:  options.Stdout,
		secrets: findSecrets(options.Environ),
		tail:    tail{maxLines: options.TailLines, maxBytes: options.TailBytes},
	}
}

// Write implements io.Writer. It never fails: that nobody watches any more must
// not break the deployment.
func (o *output) Write(text []byte) (int, error) {
	written := len(text)
	for len(text) > 0 {
		at := bytes.IndexAny(text, "\r\n")
		if at < 0 {
			o.add(text)
			break
		}
		o.add(text[:at])
		if text[at] == '\n' {
			o.endLine()
		} else {
			o.returned = true
		}
		text = text[at+1:]
	}
	return written, nil
}

// add continues the line. More is kept than will be shown: a secret that begins
// within the bound must be seen whole to be recognised.
func (o *output) add(text []byte) {
	if len(text) == 0 {
		return
	}
	if o.returned {
		o.line, o.returned, o.cut = o.line[:0], false, false
	}
	room := max(0, maxLine+o.secrets.longest-len(o.line))
	if len(text) > room {
		text, o.cut = text[:room], true
	}
	o.line = append(o.line, text...)
}

// endLine passes the line on.
func (o *output) endLine() {
	line := o.secrets.redact(printable.Line(string(o.line)))
	if o.cut {
		// The last bytes may be the beginning of a secret that was cut.
		line = line[:max(0, len(line)-o.secrets.longest)]
		line = strings.ToValidUTF8(line, "") + cutMark
	}
	o.line, o.returned, o.cut = o.line[:0], false, false
	o.tail.add(line)
	if o.stream == nil {
		return
	}
	if _, err := io.WriteString(o.stream, line+"\n"); err != nil {
		o.stream = nil
	}
}

// close passes on a last line that has no line break.
func (o *output) close() {
	if len(o.line) > 0 {
		o.endLine()
	}
}

// tail keeps the last lines.
type tail struct {
	maxLines, maxBytes int
	lines              []string
	size               int // bytes, with line breaks
}

func (t *tail) add(line string) {
	line = printable.Bounded(line, t.maxBytes-1)
	t.lines = append(t.lines, line)
	t.size += len(line) + 1
	for len(t.lines) > t.maxLines || t.size > t.maxBytes {
		t.size -= len(t.lines[0]) + 1
		t.lines = t.lines[1:]
	}
}

// String gives the lines, each with its line break.
func (t *tail) String() string {
	var text strings.Builder
	for _, line := range t.lines {
		text.WriteString(line + "\n")
	}
	return text.String()
}
