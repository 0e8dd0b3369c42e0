package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// longestQuote is how many characters of the file's text a message repeats.
const longestQuote = 64

// clipped shortens text that would fill a message.
func clipped(text string) string {
	if utf8.RuneCountInString(text) <= longestQuote {
		return text
	}
	return string([]rune(text)[:longestQuote]) + "…"
}

// quoted repeats text of the file in a message: short, and with control
// characters escaped.
func quoted(text string) string { return strconv.Quote(clipped(text)) }

// nearest is the name that is nearest to what was written; near is false when
// none shares at least half of its characters. Upper and lower case are equal.
func nearest(text string, names []string) (name string, near bool) {
	written := strings.ToLower(clipped(text))
	best := -1
	for _, candidate := range names {
		distance := levenshtein.ComputeDistance(written, strings.ToLower(candidate))
		longest := max(utf8.RuneCountInString(written), utf8.RuneCountInString(candidate))
		if 2*distance <= longest && (best < 0 || distance < best) {
			name, best = candidate, distance
		}
	}
	return name, best >= 0
}

// didYouMean ends a message with the nearest name, if one is near.
func didYouMean(text string, names []string) string {
	if name, near := nearest(text, names); near {
		return didYouMeanThis(name)
	}
	return ""
}

// didYouMeanThis ends a message with what was surely meant.
func didYouMeanThis(name string) string { return fmt.Sprintf("; did you mean %q?", name) }

// oneOf lists what may be written.
func oneOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return "one of " + strings.Join(names, ", ")
}
