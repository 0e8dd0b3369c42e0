// Package lazyregexp has regular expressions that are compiled when they are first
// used. A program pays for those of its packages at every start otherwise, however
// little of them it needs: some two milliseconds, nearly half of what it takes
// to start.
//
// It imports the standard library only.
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is a regular expression. Its methods are those of regexp.Regexp of the
// same names, and as safe for use by several goroutines.
type Regexp struct {
	compiled func() *regexp.Regexp
}

// New makes an expression. A wrong one panics when it is used, and in tests at
// once.
func New(expression string) Regexp {
	r := Regexp{compiled: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
	if isTest() {
		r.compiled()
	}
	return r
}

// isTest reports whether the program is the test of a package.
func isTest() bool {
	return len(os.Args) > 0 && strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test")
}

// MatchString is regexp.Regexp's.
func (r Regexp) MatchString(text string) bool { return r.compiled().MatchString(text) }

// FindString is regexp.Regexp's.
func (r Regexp) FindString(text string) string { return r.compiled().FindString(text) }

// FindStringIndex is regexp.Regexp's.
func (r Regexp) FindStringIndex(text string) []int { return r.compiled().FindStringIndex(text) }

// FindStringSubmatch is regexp.Regexp's.
func (r Regexp) FindStringSubmatch(text string) []string {
	return r.compiled().FindStringSubmatch(text)
}

// FindStringSubmatchIndex is regexp.Regexp's.
func (r Regexp) FindStringSubmatchIndex(text string) []int {
	return r.compiled().FindStringSubmatchIndex(text)
}

// FindAllString is regexp.Regexp's.
func (r Regexp) FindAllString(text string, most int) []string {
	return r.compiled().FindAllString(text, most)
}

// FindAllStringSubmatch is regexp.Regexp's.
func (r Regexp) FindAllStringSubmatch(text string, most int) [][]string {
	return r.compiled().FindAllStringSubmatch(text, most)
}

// FindAllStringSubmatchIndex is regexp.Regexp's.
func (r Regexp) FindAllStringSubmatchIndex(text string, most int) [][]int {
	return r.compiled().FindAllStringSubmatchIndex(text, most)
}

// FindIndex is regexp.Regexp's.
func (r Regexp) FindIndex(text []byte) []int { return r.compiled().FindIndex(text) }

// FindAllIndex is regexp.Regexp's.
func (r Regexp) FindAllIndex(text []byte, most int) [][]int {
	return r.compiled().FindAllIndex(text, most)
}

// ReplaceAllString is regexp.Regexp's.
func (r Regexp) ReplaceAllString(text, by string) string {
	return r.compiled().ReplaceAllString(text, by)
}

// ReplaceAllStringFunc is regexp.Regexp's.
func (r Regexp) ReplaceAllStringFunc(text string, by func(string) string) string {
	return r.compiled().ReplaceAllStringFunc(text, by)
}
