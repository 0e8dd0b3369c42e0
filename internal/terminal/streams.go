// Package terminal is everything about the operator's terminal: what the
// standard streams are connected to, colour, tables, progress lines, questions,
// and text from outside made safe to show.
//
//	Streams   the three streams as values; Progress and Confirm belong to them
//	Style     bold, colours; applied only where colour is on
//	Table     rows under a header, fitted to the terminal's width
//	Sanitize  text without control characters
//
// Output goes through writers that know of the progress line: whoever writes to
// Streams.Out or Streams.Err while one is shown has it erased first, so that the
// two never mix. Colour is never the only carrier of a meaning: the text says
// the same without it.
//
// Only cli imports this package. It reads no clock and no environment variables:
// the environment is passed in, the ticker of the progress line is a field.
package terminal

import (
	"bytes"
	"io"
	"time"

	"github.com/mozilla-services/looprel/internal/terminal/printable"
)

// Streams are the three standard streams and what is known about them. Make
// them with System, or with Test; the fields may be changed until first used.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InIsTerminal, OutIsTerminal, ErrIsTerminal bool

	// Width and ErrWidth are the columns of the terminals behind Out and Err; 0
	// when there is none, which means no limit.
	Width, ErrWidth int

	// Colour and ErrColour say whether Out and Err take styles.
	Colour, ErrColour bool

	// ProgressDelay is how long something must last before a progress line
	// appears.
	ProgressDelay time.Duration

	// Ticker gives the ticks that redraw the progress line, and the function
	// that ends them.
	Ticker func(interval time.Duration) (ticks <-chan time.Time, stop func())

	// plain: the terminal behind Err takes no escape sequences.
	plain  bool
	screen *screen
	input  *lineReader
}

// defaultProgressDelay is the second after which people begin to wonder.
const defaultProgressDelay = time.Second

// Test returns streams over buffers that are no terminals and take no colour; a
// test sets the fields that it wants to be otherwise.
func Test() (streams *Streams, in, out, err *bytes.Buffer) {
	in, out, err = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
	return newStreams(in, out, err), in, out, err
}

func newStreams(in io.Reader, out, err io.Writer) *Streams {
	streams := &Streams{
		In:            in,
		ProgressDelay: defaultProgressDelay,
		Ticker:        systemTicker,
		screen:        &screen{err: err},
		input:         &lineReader{},
	}
	streams.Out = &screenWriter{screen: streams.screen, to: out, isTerminal: &streams.OutIsTerminal}
	streams.Err = &screenWriter{screen: streams.screen, to: err, isTerminal: &streams.ErrIsTerminal}
	return streams
}

func systemTicker(interval time.Duration) (<-chan time.Time, func()) {
	ticker := time.NewTicker(interval)
	return ticker.C, ticker.Stop
}

// Paint gives the text in the style, as Out takes it.
func (s *Streams) Paint(style Style, text string) string { return style.Render(text, s.Colour) }

// PaintErr gives the text in the style, as Err takes it.
func (s *Streams) PaintErr(style Style, text string) string { return style.Render(text, s.ErrColour) }

// Print writes the table to Out, fitted to its width.
func (s *Streams) Print(table *Table) error { return table.Write(s.Out, s.Width, s.Colour) }

// Sanitize makes text from outside safe to show in one line: no control
// characters, escape sequences, bidirectional controls or invisible characters;
// line breaks and tabs become spaces, invalid UTF-8 becomes U+FFFD. Applying it
// twice changes nothing.
func Sanitize(text string) string { return printable.Line(text) }

// SanitizeLines is Sanitize for text of several lines, whose line breaks and
// tabs stay.
func SanitizeLines(text string) string { return printable.Lines(text) }
