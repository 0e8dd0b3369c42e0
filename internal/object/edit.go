package object

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Trees gives the directories that an edit passes through.
type Trees interface {
	// Tree returns the tree of that identifier.
	Tree(ID) (Tree, error)
}

// TreeMap is a Trees that holds what it gives; reading a tree that it lacks is
// an error.
type TreeMap map[ID]Tree

// Tree returns the tree of that identifier.
func (m TreeMap) Tree(id ID) (Tree, error) {
	tree, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("tree %s was not read", id)
	}
	return tree, nil
}

// Edit writes files into the tree root and returns the new root with the
// objects that are new: each file's blob and the trees above it, deepest first.
// A nil content removes the file, and directories that become empty with it. An
// existing file keeps its mode; a new one is an ordinary file. The zero root is
// the empty tree. Only directories on the way to a changed file are read.
//
// It is an error when a path leads through something that is not a directory or
// names one.
func Edit(trees Trees, root ID, files map[string][]byte) (ID, []Object, error) {
	edit := editor{trees: trees}
	tree, err := edit.directory(root, "", files)
	if err != nil {
		return ID{}, nil, err
	}
	return edit.add(tree.Object()), edit.objects, nil
}

type editor struct {
	trees   Trees
	objects []Object
}

func (e *editor) add(o Object) ID {
	e.objects = append(e.objects, o)
	return o.ID()
}

func (e *editor) directory(id ID, path string, files map[string][]byte) (Tree, error) {
	var tree Tree
	if !id.IsZero() {
		read, err := e.trees.Tree(id)
		if err != nil {
			return nil, err
		}
		tree = read
	}
	below := map[string]map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		first, rest, nested := strings.Cut(name, "/")
		if first == "" || first == "." || first == ".." || strings.EqualFold(first, ".git") {
			return nil, fmt.Errorf("%q is not a path inside a repository", path+name)
		}
		if nested {
			if below[first] == nil {
				below[first] = map[string][]byte{}
			}
			below[first][rest] = files[name]
			continue
		}
		entry, exists := tree.Find(first)
		switch {
		case exists && !entry.Mode.IsFile():
			return nil, fmt.Errorf("%s is not a regular file", path+first)
		case files[name] == nil:
			tree = tree.Without(first)
			continue
		case !exists:
			entry = TreeEntry{Mode: ModeFile, Name: first}
		}
		entry.ID = e.add(Blob(files[name]))
		tree = tree.With(entry)
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		entry, exists := tree.Find(name)
		if exists && entry.Mode != ModeDirectory {
			return nil, fmt.Errorf("%s is not a directory", path+name)
		}
		subtree, err := e.directory(entry.ID, path+name+"/", below[name])
		if err != nil {
			return nil, err
		}
		if len(subtree) == 0 {
			tree = tree.Without(name)
			continue
		}
		tree = tree.With(TreeEntry{Mode: ModeDirectory, Name: name, ID: e.add(subtree.Object())})
	}
	return tree, nil
}
