package merge

import (
	"strings"
)

// pathPattern is a pattern of .gitattributes.
type pathPattern struct {
	text string
	// negative: it began with an exclamation mark.
	negative bool
	// directory: it ended in a slash, so that no file matches.
	directory bool
	// anywhere: it has no slash and is held against a file's last name.
	anywhere bool
}

func newPathPattern(text string) pathPattern {
	pattern := pathPattern{}
	text, pattern.negative = strings.CutPrefix(text, "!")
	if len(text) > 0 {
		text, pattern.directory = strings.CutSuffix(text, "/")
	}
	pattern.anywhere = !strings.Contains(text, "/")
	pattern.text = text
	return pattern
}

// matches reports whether a file matches a pattern that stands in the
// .gitattributes of a directory above it.
func (p pathPattern) matches(dir, path string) bool {
	if p.directory {
		return false
	}
	if p.anywhere {
		return matchWildcards(p.text, baseName(path), false)
	}
	if dir != "" {
		path = strings.TrimPrefix(path, dir+"/")
	}
	// What stands before the first wildcard is compared by itself, so that
	// wildcards behind it count as the beginning of a pattern.
	wild := strings.TrimPrefix(p.text, "/")
	literal := strings.IndexAny(wild, `*?[\`)
	if literal < 0 {
		return wild == path
	}
	return strings.HasPrefix(path, wild[:literal]) && matchWildcards(wild[literal:], path[literal:], true)
}

// matchWildcards holds a text against a pattern with *, ?, [...] and \. In a
// path, only ** matches a slash: "**/" stands for any directories or none, "/**"
// for all that is inside.
func matchWildcards(pattern, text string, path bool) bool {
	match := wildcardMatch{pattern: pattern, text: text, path: path, failed: map[[2]int]bool{}}
	return match.from(0, 0)
}

// wildcardMatch remembers from which positions there is no match, so that a
// pattern with many stars takes no more than the product of both lengths.
type wildcardMatch struct {
	pattern, text string
	path          bool
	failed        map[[2]int]bool
}

func (w *wildcardMatch) from(p, t int) bool {
	for p < len(w.pattern) {
		if w.pattern[p] == '*' {
			return w.star(p, t)
		}
		length, matched := w.one(p, t)
		if !matched {
			return false
		}
		p += length
		t++
	}
	return t == len(w.text)
}

// one matches a single character; length is that of its part of the pattern.
func (w *wildcardMatch) one(p, t int) (length int, matched bool) {
	if t == len(w.text) {
		return 0, false
	}
	c := w.text[t]
	switch w.pattern[p] {
	case '?':
		return 1, !w.path || c != '/'
	case '[':
		length, matched := matchClass(w.pattern[p:], c)
		return length, matched && (!w.path || c != '/')
	case '\\':
		if p+1 == len(w.pattern) {
			return 0, false
		}
		return 2, w.pattern[p+1] == c
	}
	return 1, w.pattern[p] == c
}

// star matches one or more stars and what follows them.
func (w *wildcardMatch) star(p, t int) bool {
	key := [2]int{p, t}
	if w.failed[key] {
		return false
	}
	end := p
	for end < len(w.pattern) && w.pattern[end] == '*' {
		end++
	}
	crosses := !w.path
	if w.path && end-p >= 2 && (p == 0 || w.pattern[p-1] == '/') {
		switch rest := w.pattern[end:]; {
		case rest == "":
			crosses = true
		case rest[0] == '/':
			crosses = true
			if w.from(end+1, t) { // no directory at all
				return true
			}
		case strings.HasPrefix(rest, `\/`):
			crosses = true
		}
	}
	for at := t; ; at++ {
		if w.from(end, at) {
			return true
		}
		if at == len(w.text) || !crosses && w.text[at] == '/' {
			w.failed[key] = true
			return false
		}
	}
}
