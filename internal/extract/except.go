package extract

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// anyDepth is the part of a pattern that stands for any number of directories.
const anyDepth = "**"

// pattern is what a mapping leaves out, as the parts of a path below its source:
// patterns of path.Match, and anyDepth. One without a slash is looked for at any
// depth, but for a slash at its beginning.
type pattern []string

func parsePattern(text string) (pattern, error) {
	if _, err := path.Match(text, ""); err != nil {
		return nil, fmt.Errorf("%q is not a pattern of paths", text)
	}
	below, anchored := strings.CutPrefix(text, "/")
	parts := strings.Split(strings.TrimSuffix(below, "/"), "/")
	if len(parts) == 1 && !anchored {
		parts = []string{anyDepth, parts[0]}
	}
	return slices.CompactFunc(parts, func(a, b string) bool { return a == anyDepth && b == anyDepth }), nil
}

// progress is how far a directory has come into a mapping's patterns: pairs of a
// pattern's number and the part that is next, as a text so that it can be a key.
type progress string

func startOf(patterns []pattern) progress {
	var start []byte
	for i := range patterns {
		start = append(start, byte(i), 0)
	}
	return progress(start)
}

// step goes on with a name. left reports that the name is left out; otherwise next
// is how far the patterns have come below it.
func (p progress) step(patterns []pattern, name string) (next progress, left bool) {
	var reached []byte
	for i := 0; i < len(p); i += 2 {
		number, at := p[i], int(p[i+1])
		parts := patterns[number]
		if parts[at] == anyDepth {
			reached = addState(reached, number, at)
			if at+1 == len(parts) {
				return "", true
			}
			at++
		}
		if matched, _ := path.Match(parts[at], name); !matched {
			continue
		}
		if at+1 == len(parts) {
			return "", true
		}
		reached = addState(reached, number, at+1)
	}
	return progress(reached), false
}

func addState(states []byte, number byte, at int) []byte {
	for i := 0; i < len(states); i += 2 {
		if states[i] == number && int(states[i+1]) == at {
			return states
		}
	}
	return append(states, number, byte(at)) //nolint:gosec // maxExcept bounds both
}

// maxExcept bounds the patterns of a mapping, and the parts of one.
const maxExcept = 255

// filterKey is a tree below a mapping, and how far its patterns have come there.
type filterKey struct {
	mapping int
	at      progress
	tree    object.ID
}

// filter leaves out of a tree what the mapping's patterns match; the zero id is that
// nothing is left. Trees into which no pattern leads are not opened, nor those that
// were seen before.
func (c *composer) filter(mapping int, at progress, id object.ID) (object.ID, error) {
	if at == "" {
		return id, nil
	}
	key := filterKey{mapping, at, id}
	if known, ok := c.filtered[key]; ok {
		return known, nil
	}
	tree, err := c.trees.read(id)
	if err != nil {
		return object.ID{}, err
	}
	patterns := c.layout.excepts[mapping]
	kept, changed := make(object.Tree, 0, len(tree)), false
	for _, entry := range tree {
		next, left := at.step(patterns, entry.Name)
		if !left && entry.Mode == object.ModeDirectory {
			below, err := c.filter(mapping, next, entry.ID)
			if err != nil {
				return object.ID{}, err
			}
			left = below.IsZero()
			changed = changed || below != entry.ID
			entry.ID = below
		}
		if left {
			changed = true
			continue
		}
		kept = append(kept, entry)
	}
	result := id
	if changed {
		result = c.trees.make(kept)
	}
	c.filtered[key] = result
	return result, nil
}
