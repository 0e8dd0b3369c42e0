package terminal

import (
	"cmp"
	"os"
	"strings"

	"golang.org/x/term"
)

// fallbackWidth is assumed of a terminal that does not tell its size.
const fallbackWidth = 80

// System returns the process's own streams. The environment ("NAME=value" each)
// decides about colour: NO_COLOR switches it off, CLICOLOR_FORCE or FORCE_COLOR
// switches it on even where the output is no terminal, and TERM=dumb or
// CLICOLOR=0 switches it off on a terminal.
func System(environ []string) *Streams {
	streams := newStreams(os.Stdin, os.Stdout, os.Stderr)
	streams.InIsTerminal = term.IsTerminal(int(os.Stdin.Fd()))
	out, err := inspect(os.Stdout), inspect(os.Stderr)
	dumb := lookup(environ, "TERM") == "dumb"

	streams.OutIsTerminal, streams.Width = out.isTerminal, out.width
	streams.ErrIsTerminal, streams.ErrWidth = err.isTerminal, err.width
	streams.Colour = wantsColour(environ, out.takesEscapes && !dumb)
	streams.ErrColour = wantsColour(environ, err.takesEscapes && !dumb)
	streams.plain = dumb || !err.takesEscapes
	return streams
}

// device is what a file is connected to.
type device struct {
	isTerminal   bool
	takesEscapes bool
	width        int // 0: no terminal
}

func inspect(file *os.File) device {
	descriptor := int(file.Fd())
	if !term.IsTerminal(descriptor) {
		return device{}
	}
	// Some terminals do not tell their size, or tell 0.
	width, _, err := term.GetSize(descriptor)
	if err != nil {
		width = 0
	}
	return device{isTerminal: true, takesEscapes: enableEscapes(file), width: cmp.Or(width, fallbackWidth)}
}

// wantsColour follows the conventions of no-color.org and bixense.com/clicolors;
// of the two, a wish for no colour wins.
func wantsColour(environ []string, capable bool) bool {
	switch {
	case lookup(environ, "NO_COLOR") != "":
		return false
	case isOn(lookup(environ, "CLICOLOR_FORCE")), isOn(lookup(environ, "FORCE_COLOR")):
		return true
	case lookup(environ, "CLICOLOR") == "0":
		return false
	}
	return capable
}

func isOn(value string) bool { return value != "" && value != "0" && value != "false" }

// lookup finds a variable's value; of several the last counts, as for a child
// process.
func lookup(environ []string, name string) string {
	value := ""
	for _, variable := range environ {
		if text, found := strings.CutPrefix(variable, name+"="); found {
			value = text
		}
	}
	return value
}
