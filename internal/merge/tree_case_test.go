package merge_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// file is a file, a link or a submodule of a treeCase. A submodule's content is
// the id of its commit.
type file struct {
	mode    object.Mode
	content string
}

func (f file) id() object.ID {
	if f.mode == object.ModeSubmodule {
		id, err := object.ParseID(f.content)
		if err != nil {
			panic(err)
		}
		return id
	}
	return object.Blob([]byte(f.content)).ID()
}

// files are a tree's files by path.
type files map[string]file

// treeCase is a merge of three trees.
type treeCase struct {
	base, ours, theirs files
}

func (c treeCase) trees() [3]files { return [3]files{c.base, c.ours, c.theirs} }

// describe lists the paths with their versions; what differs is shown.
func (c treeCase) String() string {
	paths := maps.Clone(c.base)
	maps.Copy(paths, c.ours)
	maps.Copy(paths, c.theirs)
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		fmt.Fprintf(&text, "%q:\n", path)
		for i, tree := range c.trees() {
			name := []string{"base", "ours", "theirs"}[i]
			if f, exists := tree[path]; exists {
				fmt.Fprintf(&text, "  %-7s%o %.8s %q\n", name, f.mode, f.id(), f.content)
			}
		}
	}
	return text.String()
}

// memory holds objects for the engine.
type memory struct {
	trees map[object.ID]object.Tree
	blobs map[object.ID][]byte
	// read counts the files that were read.
	read map[object.ID]int
}

func newMemory() *memory {
	return &memory{trees: map[object.ID]object.Tree{}, blobs: map[object.ID][]byte{}, read: map[object.ID]int{}}
}

var errNotThere = errors.New("not there")

func (m *memory) Tree(id object.ID) (object.Tree, error) {
	tree, exists := m.trees[id]
	if !exists {
		return nil, fmt.Errorf("tree %s: %w", id, errNotThere)
	}
	return tree, nil
}

func (m *memory) Blob(id object.ID) ([]byte, error) {
	content, exists := m.blobs[id]
	if !exists {
		return nil, fmt.Errorf("blob %s: %w", id, errNotThere)
	}
	m.read[id]++
	return content, nil
}

func (m *memory) BlobSize(id object.ID) (int64, error) {
	content, exists := m.blobs[id]
	if !exists {
		return 0, fmt.Errorf("blob %s: %w", id, errNotThere)
	}
	return int64(len(content)), nil
}

// add stores a tree's objects and gives its id.
func (m *memory) add(tree files) object.ID {
	below := map[string]files{}
	var entries object.Tree
	for path, f := range tree {
		first, rest, nested := strings.Cut(path, "/")
		if nested {
			if below[first] == nil {
				below[first] = files{}
			}
			below[first][rest] = f
			continue
		}
		if f.mode != object.ModeSubmodule {
			m.blobs[f.id()] = []byte(f.content)
		}
		entries = append(entries, object.TreeEntry{Mode: f.mode, Name: first, ID: f.id()})
	}
	for name, tree := range below {
		entries = append(entries, object.TreeEntry{Mode: object.ModeDirectory, Name: name, ID: m.add(tree)})
	}
	slices.SortFunc(entries, func(a, b object.TreeEntry) int {
		return strings.Compare(sortName(a), sortName(b))
	})
	id := entries.Object().ID()
	m.trees[id] = entries
	return id
}

func sortName(entry object.TreeEntry) string {
	if entry.Mode == object.ModeDirectory {
		return entry.Name + "/"
	}
	return entry.Name
}

// merge runs the engine.
func (m *memory) merge(c treeCase, options merge.Options) (merge.Result, error) {
	return merge.Trees(m, m.add(c.base), m.add(c.ours), m.add(c.theirs), options)
}
