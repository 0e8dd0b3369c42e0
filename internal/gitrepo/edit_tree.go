package gitrepo

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// build makes the trees of the files that were found, and gives what the clone
// does not have.
func (s *editScan) build() (object.ID, []object.Object, error) {
	builder := treeBuilder{clone: s.edit.repository, blobs: s.blobs, given: map[object.ID]bool{}}
	slices.SortFunc(s.found, func(a, b scannedFile) int { return strings.Compare(a.path, b.path) })
	id, err := builder.tree("", s.found)
	return id, builder.objects, err
}

// treeBuilder makes trees of sorted paths.
type treeBuilder struct {
	clone   *Repository
	blobs   map[object.ID]object.Object
	given   map[object.ID]bool
	objects []object.Object
}

// tree makes the tree of the files below a directory, whose path, with a slash at
// its end, all of them begin with.
func (b *treeBuilder) tree(prefix string, files []scannedFile) (object.ID, error) {
	var tree object.Tree
	for len(files) > 0 {
		name, _, nested := strings.Cut(files[0].path[len(prefix):], "/")
		if !nested {
			file := files[0]
			if blob, made := b.blobs[file.id]; made {
				if err := b.give(file.id, blob); err != nil {
					return object.ID{}, err
				}
			}
			tree = append(tree, object.TreeEntry{Mode: file.mode, Name: name, ID: file.id})
			files = files[1:]
			continue
		}
		below := prefix + name + "/"
		size := 0
		for size < len(files) && strings.HasPrefix(files[size].path, below) {
			size++
		}
		id, err := b.tree(below, files[:size])
		if err != nil {
			return object.ID{}, err
		}
		tree = append(tree, object.TreeEntry{Mode: object.ModeDirectory, Name: name, ID: id})
		files = files[size:]
	}
	slices.SortFunc(tree, object.CompareEntries)
	made := tree.Object()
	id := made.ID()
	return id, b.give(id, made)
}

// give adds an object to the result, unless the clone has it.
func (b *treeBuilder) give(id object.ID, made object.Object) error {
	if b.given[id] {
		return nil
	}
	b.given[id] = true
	exists, err := b.clone.Has(id)
	if err == nil && !exists {
		b.objects = append(b.objects, made)
	}
	return err
}
