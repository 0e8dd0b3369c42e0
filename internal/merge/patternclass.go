package merge

import "strings"

// matchClass holds a character against the class that a pattern begins with, as
// in [a-z], [!0-9] or [[:alpha:]_]. A class that does not end matches nothing.
func matchClass(pattern string, c byte) (length int, matched bool) {
	at := 1
	negated := at < len(pattern) && (pattern[at] == '!' || pattern[at] == '^')
	if negated {
		at++
	}
	found := false
	for first := true; ; first = false {
		if at >= len(pattern) {
			return 0, false
		}
		if pattern[at] == ']' && !first {
			return at + 1, found != negated
		}
		if strings.HasPrefix(pattern[at:], "[:") {
			name, _, closed := strings.Cut(pattern[at+2:], ":]")
			if closed && !strings.ContainsAny(name, "]") {
				is, known := characterClass(name)
				if !known {
					return 0, false
				}
				found = found || is(c)
				at += len("[:") + len(name) + len(":]")
				continue
			}
		}
		low, next, ok := classCharacter(pattern, at)
		if !ok {
			return 0, false
		}
		high := low
		if next+1 < len(pattern) && pattern[next] == '-' && pattern[next+1] != ']' {
			if high, next, ok = classCharacter(pattern, next+1); !ok {
				return 0, false
			}
		}
		found = found || low <= c && c <= high
		at = next
	}
}

// classCharacter reads one character of a class, which a backslash may precede.
func classCharacter(pattern string, at int) (c byte, next int, ok bool) {
	if pattern[at] == '\\' {
		at++
	}
	if at >= len(pattern) {
		return 0, 0, false
	}
	return pattern[at], at + 1, true
}

// characterClass gives a named class of ASCII characters.
func characterClass(name string) (is func(byte) bool, known bool) {
	between := func(low, high byte) func(byte) bool {
		return func(c byte) bool { return low <= c && c <= high }
	}
	either := func(all ...func(byte) bool) func(byte) bool {
		return func(c byte) bool {
			for _, one := range all {
				if one(c) {
					return true
				}
			}
			return false
		}
	}
	upper, lower, digit := between('A', 'Z'), between('a', 'z'), between('0', '9')
	alpha := either(upper, lower)
	alnum := either(alpha, digit)
	graph := between('!', '~')
	switch name {
	case "alnum":
		return alnum, true
	case "alpha":
		return alpha, true
	case "blank":
		return func(c byte) bool { return c == ' ' || c == '\t' }, true
	case "cntrl":
		return either(between(0, 0x1f), between(0x7f, 0x7f)), true
	case "digit":
		return digit, true
	case "graph":
		return graph, true
	case "lower":
		return lower, true
	case "print":
		return between(' ', '~'), true
	case "punct":
		return func(c byte) bool { return graph(c) && !alnum(c) }, true
	case "space":
		return func(c byte) bool { return strings.IndexByte(" \t\n\r\v\f", c) >= 0 }, true
	case "upper":
		return upper, true
	case "xdigit":
		return either(digit, between('a', 'f'), between('A', 'F')), true
	}
	return nil, false
}
