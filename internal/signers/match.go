package signers

import "strings"

// matchesList reports whether a text is one of a list of patterns (ssh_config(5),
// PATTERNS): one that begins with "!" takes what it matches out again, wherever it
// stands.
func matchesList(text, patterns string) bool {
	found := false
	for pattern := range strings.SplitSeq(patterns, ",") {
		wanted, negated := strings.CutPrefix(pattern, "!")
		if !matches(text, wanted) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// matches reports whether a pattern, with "*" for any text and "?" for one byte, is
// the whole of a text. It goes back to the last star alone, which suffices.
func matches(text, pattern string) bool {
	at, from, star := 0, 0, -1
	for i := 0; i < len(text); {
		switch {
		case at < len(pattern) && pattern[at] == '*':
			star, from = at, i
			at++
		case at < len(pattern) && (pattern[at] == '?' || pattern[at] == text[i]):
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[at:], "*") == ""
}
