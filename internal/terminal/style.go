package terminal

import "strings"

// Style is how a text looks; several are combined by "|". The zero value is
// plain text.
type Style uint16

// The styles.
const (
	Bold Style = 1 << iota
	Faint
	Underline
	Red
	Green
	Yellow
	Blue
	Magenta
	Cyan
)

// renditions are the codes of ECMA-48's SGR, in the order of the styles.
const renditions = "1 2 4 31 32 33 34 35 36"

// Render gives the text in the style where colour is on, otherwise the text as
// it is. The text must be safe already (see Sanitize).
func (s Style) Render(text string, colour bool) string {
	if !colour || s == 0 || text == "" {
		return text
	}
	var codes []string
	for at, code := range strings.Fields(renditions) {
		if s&(1<<at) != 0 {
			codes = append(codes, code)
		}
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + "\x1b[0m"
}
