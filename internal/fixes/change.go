package fixes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// change is what a commit does besides setting a version and writing a changelog.
type change struct {
	pick.Change
	files []fileChange // sorted by path
}

// fileChange is what a change does to one path that is not a directory.
type fileChange struct {
	path          string
	before, after merge.Version
}

func (c *change) isEmpty() bool { return len(c.files) == 0 }

func (c *change) paths() []string {
	paths := make([]string, len(c.files))
	for i, file := range c.files {
		paths[i] = file.path
	}
	return paths
}

// sharesPath reports whether two changes touch a common path.
func (c *change) sharesPath(other *change) bool {
	for i, j := 0, 0; i < len(c.files) && j < len(other.files); {
		switch order := strings.Compare(c.files[i].path, other.files[j].path); {
		case order == 0:
			return true
		case order < 0:
			i++
		default:
			j++
		}
	}
	return false
}

// samePaths reports whether two changes touch the same paths.
func (c *change) samePaths(other *change) bool {
	return slices.EqualFunc(c.files, other.files, func(a, b fileChange) bool { return a.path == b.path })
}

// changeOf is the change of a commit since its first parent. The result is kept.
func (s *Survey) changeOf(at int) (*change, error) {
	if known, ok := s.changes[at]; ok {
		return known, nil
	}
	own := pick.Change{Theirs: s.graph.commits[at].Tree}
	if parents := s.graph.commits[at].Parents; len(parents) > 0 {
		var err error
		if own.Base, err = s.treeOf(parents[0]); err != nil {
			return nil, err
		}
	}
	residual, err := pick.Residual(s.layer, own, s.rules)
	if err != nil {
		return nil, err
	}
	found := &change{Change: residual}
	err = s.compare("", residual.Base, residual.Theirs, func(path string, before, after merge.Version) {
		found.files = append(found.files, fileChange{path, before, after})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found.files, func(a, b fileChange) int { return strings.Compare(a.path, b.path) })
	s.changes[at] = found
	return found, nil
}

// treeOf is the tree of a commit, which may be older than the survey.
func (s *Survey) treeOf(id object.ID) (object.ID, error) {
	if at, known := s.graph.places[id]; known {
		return s.graph.commits[at].Tree, nil
	}
	return s.history.TreeOf(id)
}

// compare visits the paths in which two trees differ, directories apart; the zero
// tree is empty.
func (s *Survey) compare(prefix string, before, after object.ID, visit func(path string, before, after merge.Version)) error {
	if before == after {
		return nil
	}
	old, err := s.tree(before)
	if err != nil {
		return err
	}
	new, err := s.tree(after)
	if err != nil {
		return err
	}
	for len(old)+len(new) > 0 {
		var left, right object.TreeEntry
		order := compareHeads(old, new)
		if order <= 0 {
			left, old = old[0], old[1:]
		}
		if order >= 0 {
			right, new = new[0], new[1:]
		}
		if err := s.compareEntry(prefix, left, right, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s *Survey) compareEntry(prefix string, left, right object.TreeEntry, visit func(path string, before, after merge.Version)) error {
	if left == right {
		return nil
	}
	name := left.Name
	if left.Mode == 0 {
		name = right.Name
	}
	if left.Mode == object.ModeDirectory || right.Mode == object.ModeDirectory {
		// Git's order keeps a directory and a file of one name apart, so both sides
		// are directories, or one is nothing.
		return s.compare(prefix+name+"/", left.ID, right.ID, visit)
	}
	visit(prefix+name, versionOf(left), versionOf(right))
	return nil
}

func versionOf(entry object.TreeEntry) merge.Version {
	return merge.Version{Mode: entry.Mode, ID: entry.ID}
}

// compareHeads orders the first entries of two trees.
func compareHeads(old, new object.Tree) int {
	switch {
	case len(old) == 0:
		return 1
	case len(new) == 0:
		return -1
	}
	return compareNames(old[0].Name, old[0].Mode == object.ModeDirectory, new[0].Name, new[0].Mode == object.ModeDirectory)
}

// compareNames orders entries of a tree as git does: a directory as if its name ended
// in a slash. Unlike object.CompareEntries it makes no texts, since it is asked for
// each step of each search.
func compareNames(a string, aIsDirectory bool, b string, bIsDirectory bool) int {
	common := min(len(a), len(b))
	if order := strings.Compare(a[:common], b[:common]); order != 0 {
		return order
	}
	return cmp.Compare(nextOf(a, common, aIsDirectory), nextOf(b, common, bIsDirectory))
}

// nextOf is what follows in an entry's name at a place: a character, the slash of a
// directory, or nothing.
func nextOf(name string, at int, isDirectory bool) int {
	switch {
	case at < len(name):
		return int(name[at])
	case isDirectory:
		return '/'
	}
	return -1
}

// maxTrees bounds the directories that are kept in memory.
const maxTrees = 50_000

// tree reads a directory, and keeps it: those of neighbouring commits are mostly
// the same.
func (s *Survey) tree(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	if tree, known := s.trees[id]; known {
		return tree, nil
	}
	tree, err := s.layer.Tree(id)
	if err != nil {
		return nil, err
	}
	if len(s.trees) >= maxTrees {
		clear(s.trees)
	}
	s.trees[id] = tree
	return tree, nil
}

// place is a path in a tree.
type place struct {
	root object.ID
	path string
}

// maxVersions bounds how many look-ups are kept in memory.
const maxVersions = 500_000

// lookUp is what a tree has at a path that is not a directory's, zero if nothing.
// The result is kept: the trees of points are asked again and again.
func (s *Survey) lookUp(root object.ID, path string) (merge.Version, error) {
	key := place{root, path}
	if known, ok := s.versions[key]; ok {
		return known, nil
	}
	found, err := s.lookInto(root, path)
	if err != nil {
		return merge.Version{}, err
	}
	if len(s.versions) >= maxVersions {
		clear(s.versions)
	}
	s.versions[key] = found
	return found, nil
}

func (s *Survey) lookInto(root object.ID, path string) (merge.Version, error) {
	for {
		first, rest, nested := strings.Cut(path, "/")
		tree, err := s.tree(root)
		if err != nil {
			return merge.Version{}, err
		}
		entry, exists := search(tree, first, nested)
		switch {
		case !exists:
			return merge.Version{}, nil
		case !nested:
			return versionOf(entry), nil
		}
		root, path = entry.ID, rest
	}
}

// search finds a directory, or what is none, by its place in git's order.
func search(tree object.Tree, name string, directory bool) (object.TreeEntry, bool) {
	at, found := slices.BinarySearchFunc(tree, name, func(entry object.TreeEntry, name string) int {
		return compareNames(entry.Name, entry.Mode == object.ModeDirectory, name, directory)
	})
	if !found {
		return object.TreeEntry{}, false
	}
	return tree[at], true
}

// maxBlobBytes bounds the files that are kept in memory.
const maxBlobBytes = 64 << 20

// blob reads a file, and keeps it: one version is merged with many others.
func (s *Survey) blob(id object.ID) ([]byte, error) {
	if content, known := s.blobs[id]; known {
		return content, nil
	}
	content, err := s.layer.Blob(id)
	if err != nil {
		return nil, err
	}
	if s.blobBytes += len(content); s.blobBytes > maxBlobBytes {
		clear(s.blobs)
		s.blobBytes = len(content)
	}
	s.blobs[id] = content
	return content, nil
}
