package extract

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// Layout is a list of mappings, ready for use.
type Layout struct {
	mappings []release.Mapping
	excepts  [][]pattern
	sources  *source
	targets  *target
}

// source is a directory, or file, upstream that mappings name or lead through.
type source struct {
	name     string
	number   int // among all sources
	mappings []int
	below    []*source
}

// target is a directory, or file, of the component likewise.
type target struct {
	name     string
	rank     int // how deep it is, which is how specific its mappings are
	mappings []int
	below    []*target
}

// NewLayout compiles mappings. It is an error when there are none, when a pattern
// is not one, or when two mappings are the same but for their patterns.
func NewLayout(mappings []release.Mapping) (*Layout, error) {
	if len(mappings) == 0 {
		return nil, fmt.Errorf("there are no mappings")
	}
	l := &Layout{mappings: mappings, sources: &source{}, targets: &target{}}
	sources := 1
	for i, m := range mappings {
		patterns, err := parsePatterns(m)
		if err != nil {
			return nil, err
		}
		l.excepts = append(l.excepts, patterns)
		for j, other := range mappings[:i] {
			if other.From == m.From && other.To == m.To {
				return nil, &ClashError{Path: m.To, First: l.Name(j), Second: l.Name(i)}
			}
		}
		from := l.sources
		for _, name := range segments(m.From) {
			from = from.child(name, &sources)
		}
		from.mappings = append(from.mappings, i)
		to := l.targets
		for _, name := range segments(m.To) {
			to = to.child(name)
		}
		to.mappings = append(to.mappings, i)
	}
	return l, nil
}

func parsePatterns(m release.Mapping) ([]pattern, error) {
	var patterns []pattern
	for _, text := range m.Except {
		parsed, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		if len(parsed) > maxExcept || len(patterns) == maxExcept {
			return nil, fmt.Errorf("the mapping from %s leaves out more than %d patterns, or one of more than %d parts", m.From, maxExcept, maxExcept)
		}
		patterns = append(patterns, parsed)
	}
	return patterns, nil
}

// Name is a mapping for people.
func (l *Layout) Name(mapping int) string {
	return l.mappings[mapping].From + " to " + l.mappings[mapping].To
}

// From is where a mapping's files come from.
func (l *Layout) From(mapping int) string { return l.mappings[mapping].From }

// segments are the parts of a path, none of ".".
func segments(path string) []string {
	if path == "." || path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

func (s *source) child(name string, count *int) *source {
	for _, one := range s.below {
		if one.name == name {
			return one
		}
	}
	made := &source{name: name, number: *count}
	*count++
	s.below = append(s.below, made)
	return made
}

func (t *target) child(name string) *target {
	if known := t.find(name); known != nil {
		return known
	}
	made := &target{name: name, rank: t.rank + 1}
	t.below = append(t.below, made)
	return made
}

// find is the target of that name below, nil if there is none.
func (t *target) find(name string) *target {
	if t == nil {
		return nil
	}
	for _, one := range t.below {
		if one.name == name {
			return one
		}
	}
	return nil
}
