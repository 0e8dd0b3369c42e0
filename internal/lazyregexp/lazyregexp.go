// Package lazyregexp has regular expressions that are compiled when they are first
// used. A program pays for those of its packages at every start otherwise, however
// little of them it needs: some two milliseconds, nearly half of what it takes
// to start. Most texts have nothing of what most expressions look for, which is found
// out without them: see Where.
//
// It imports the standard library only.
package lazyregexp

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
)

// Regexp is a regular expression. Its methods are those of regexp.Regexp of the
// same names, and as safe for use by several goroutines.
type Regexp struct {
	compiled func() *regexp.Regexp
	may      func(text string) bool
}

// New makes an expression. A wrong one panics when it is used, and in tests at
// once.
func New(expression string) Regexp {
	r := Regexp{compiled: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
	if isTest {
		r.compiled()
	}
	return r
}

// Where is the expression for texts that may match it, which is quick to see: it is not
// tried on others. In tests it is, and panics if it finds something there.
func (r Regexp) Where(may func(text string) bool) Regexp {
	r.may = may
	return r
}

// Has is a condition for Where: the text has one of the words.
func Has(words ...string) func(text string) bool {
	return func(text string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
}

// HasInAnyCase is Has for expressions that heed no case; the words are in small letters.
// "k" and "s" must not be in them: such expressions take other letters for these as well
// (U+212A and U+017F).
func HasInAnyCase(words ...string) func(text string) bool {
	return func(text string) bool {
		for at := range len(text) {
			for _, word := range words {
				if len(text)-at >= len(word) && text[at]|0x20 == word[0]|0x20 && strings.EqualFold(text[at:at+len(word)], word) {
					return true
				}
			}
		}
		return false
	}
}

// Begins is a condition for Where: the text begins with one of the words.
func Begins(words ...string) func(text string) bool {
	return func(text string) bool {
		for _, word := range words {
			if strings.HasPrefix(text, word) {
				return true
			}
		}
		return false
	}
}

// isTest: the program is the test of a package.
var isTest = len(os.Args) > 0 && strings.HasSuffix(strings.TrimSuffix(os.Args[0], ".exe"), ".test")

// tried reports whether the expression may find something in the text.
func (r Regexp) tried(text string) bool {
	if r.may == nil || r.may(text) {
		return true
	}
	if isTest && r.compiled().MatchString(text) {
		panic(fmt.Sprintf("%s matches %q, on which it is not tried", r.compiled(), text))
	}
	return false
}

// MatchString is regexp.Regexp's.
func (r Regexp) MatchString(text string) bool { return r.tried(text) && r.compiled().MatchString(text) }

// FindString is regexp.Regexp's.
func (r Regexp) FindString(text string) string {
	if !r.tried(text) {
		return ""
	}
	return r.compiled().FindString(text)
}

// FindStringIndex is regexp.Regexp's.
func (r Regexp) FindStringIndex(text string) []int {
	if !r.tried(text) {
		return nil
	}
	return r.compiled().FindStringIndex(text)
}

// FindStringSubmatch is regexp.Regexp's.
func (r Regexp) FindStringSubmatch(text string) []string {
	if !r.tried(text) {
		return nil
	}
	return r.compiled().FindStringSubmatch(text)
}

// FindStringSubmatchIndex is regexp.Regexp's.
func (r Regexp) FindStringSubmatchIndex(text string) []int {
	if !r.tried(text) {
		return nil
	}
	return r.compiled().FindStringSubmatchIndex(text)
}

// FindAllString is regexp.Regexp's.
func (r Regexp) FindAllString(text string, most int) []string {
	if !r.tried(text) {
		return nil
	}
	return r.compiled().FindAllString(text, most)
}

// FindAllStringSubmatch is regexp.Regexp's.
func (r Regexp) FindAllStringSubmatch(text string, most int) [][]string {
	if !r.tried(text) {
		return nil
	}
	return r.compiled().FindAllStringSubmatch(text, most)
}

// FindAllStringSubmatchIndex is regexp.Regexp's.
func (r Regexp) FindAllStringSubmatchIndex(text string, most int) [][]int {
	if !r.tried(text) {
		return nil
	}
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
	if !r.tried(text) {
		return text
	}
	return r.compiled().ReplaceAllString(text, by)
}

// ReplaceAllStringFunc is regexp.Regexp's.
func (r Regexp) ReplaceAllStringFunc(text string, by func(string) string) string {
	if !r.tried(text) {
		return text
	}
	return r.compiled().ReplaceAllStringFunc(text, by)
}
