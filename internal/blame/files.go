package blame

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// fileFinder finds files in commits. Most commits share most of their trees, so
// what was found below a tree is kept.
type fileFinder struct {
	history History
	roots   map[object.ID]object.ID
	entries map[treePath]foundFile
	renames map[[2]object.ID]map[string]string // by the trees before and after
}

// treePath is a path below a tree.
type treePath struct {
	tree object.ID
	path string
}

type foundFile struct {
	version merge.Version
	found   bool
}

func newFileFinder(history History) *fileFinder {
	return &fileFinder{
		history: history,
		roots:   map[object.ID]object.ID{},
		entries: map[treePath]foundFile{},
		renames: map[[2]object.ID]map[string]string{},
	}
}

// at finds what a commit has at a path.
func (f *fileFinder) at(commit object.ID, path string) (merge.Version, bool, error) {
	root, err := f.root(commit)
	if err != nil {
		return merge.Version{}, false, err
	}
	found, err := f.below(root, path)
	return found.version, found.found, err
}

func (f *fileFinder) root(commit object.ID) (object.ID, error) {
	if root, known := f.roots[commit]; known {
		return root, nil
	}
	info, err := f.history.Commit(commit)
	if err != nil {
		return object.ID{}, err
	}
	f.roots[commit] = info.Tree
	return info.Tree, nil
}

func (f *fileFinder) below(tree object.ID, path string) (foundFile, error) {
	key := treePath{tree, path}
	if known, ok := f.entries[key]; ok {
		return known, nil
	}
	entries, err := f.history.Tree(tree)
	if err != nil {
		return foundFile{}, err
	}
	name, rest, nested := strings.Cut(path, "/")
	var result foundFile
	if entry, ok := entries.Find(name); ok && !nested {
		result = foundFile{merge.Version{Mode: entry.Mode, ID: entry.ID}, true}
	} else if ok && entry.Mode == object.ModeDirectory {
		if result, err = f.below(entry.ID, rest); err != nil {
			return foundFile{}, err
		}
	}
	f.entries[key] = result
	return result, nil
}

// renamedFrom gives the path that a file of a commit had in a parent.
func (f *fileFinder) renamedFrom(parent, commit object.ID, path string) (string, bool, error) {
	before, err := f.root(parent)
	if err != nil {
		return "", false, err
	}
	after, err := f.root(commit)
	if err != nil {
		return "", false, err
	}
	key := [2]object.ID{before, after}
	renames, known := f.renames[key]
	if !known {
		if renames, err = merge.Renames(f.history, before, after, 0); err != nil {
			return "", false, err
		}
		f.renames[key] = renames
	}
	former, found := renames[path]
	return former, found, nil
}

// isBlob reports whether the entry has lines: a file, or a symbolic link.
func isBlob(mode object.Mode) bool { return mode.IsFile() || mode == object.ModeSymlink }

func sameType(a, b object.Mode) bool { return isBlob(a) && a.IsFile() == b.IsFile() }
