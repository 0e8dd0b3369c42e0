package extract

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// selection is what each mapping's source is in an upstream tree: the zero entry
// where it is not there. Names are left out.
type selection []object.TreeEntry

// selector finds the sources of all mappings in one pass. Of each directory on the
// way it remembers what it found in trees that it has read: most commits change
// none of them.
type selector struct {
	layout *Layout
	trees  Trees
	found  map[sourceKey][]object.TreeEntry
}

// sourceKey is a tree at a source.
type sourceKey struct {
	source int
	tree   object.ID
}

// maxFound bounds what a selector remembers, in directories.
const maxFound = 1 << 14

func newSelector(layout *Layout, trees Trees) *selector {
	return &selector{layout: layout, trees: trees, found: map[sourceKey][]object.TreeEntry{}}
}

// choose fills in what the mappings' sources are below the root of a commit.
func (s *selector) choose(root object.ID, into selection) error {
	clear(into)
	return s.visit(s.layout.sources, object.TreeEntry{Mode: object.ModeDirectory, ID: root}, into)
}

func (s *selector) visit(at *source, entry object.TreeEntry, into selection) error {
	entry.Name = ""
	for _, mapping := range at.mappings {
		into[mapping] = entry
	}
	if len(at.below) == 0 || entry.Mode != object.ModeDirectory {
		return nil
	}
	found, err := s.below(at, entry.ID)
	if err != nil {
		return err
	}
	for i, one := range found {
		if one.Mode == 0 {
			continue
		}
		if err := s.visit(at.below[i], one, into); err != nil {
			return err
		}
	}
	return nil
}

// below gives the entries of the sources right below one.
func (s *selector) below(at *source, tree object.ID) ([]object.TreeEntry, error) {
	key := sourceKey{at.number, tree}
	if found, ok := s.found[key]; ok {
		return found, nil
	}
	data, err := s.trees.TreeData(tree)
	if err != nil {
		return nil, err
	}
	found, left := make([]object.TreeEntry, len(at.below)), len(at.below)
	scanner := object.NewTreeScanner(data)
	for left > 0 && scanner.Next() {
		for i, one := range at.below {
			if string(scanner.Name()) == one.name {
				found[i] = object.TreeEntry{Mode: scanner.Mode(), ID: scanner.ID()}
				left--
			}
		}
	}
	if scanner.Err() != nil {
		return nil, fmt.Errorf("tree %s: %w", tree, scanner.Err())
	}
	if at.number > 0 { // no two commits have the same root, as a rule
		if len(s.found) >= maxFound {
			clear(s.found)
		}
		s.found[key] = found
	}
	return found, nil
}
