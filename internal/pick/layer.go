package pick

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// Layer gives objects that were made in memory, and those below it. It is not for
// use by several goroutines at a time.
type Layer struct {
	below merge.Objects
	trees map[object.ID]object.Tree
	blobs map[object.ID][]byte
	made  []object.Object
}

// NewLayer is an empty layer over what exists.
func NewLayer(below merge.Objects) *Layer {
	return &Layer{below: below, trees: map[object.ID]object.Tree{}, blobs: map[object.ID][]byte{}}
}

// Add puts blobs and trees on the layer; other objects are left out.
func (l *Layer) Add(objects ...object.Object) {
	for _, one := range objects {
		id := one.ID()
		switch one.Kind {
		case object.KindTree:
			// It was encoded from a tree, and so decodes.
			l.trees[id], _ = object.DecodeTree(one.Data)
		case object.KindBlob:
			l.blobs[id] = one.Data
		case object.KindCommit, object.KindTag:
			continue
		}
		l.made = append(l.made, one)
	}
}

// Made are the objects of the layer, in the order in which they were added.
func (l *Layer) Made() []object.Object { return l.made }

// Tree reads a directory.
func (l *Layer) Tree(id object.ID) (object.Tree, error) {
	if tree, made := l.trees[id]; made {
		return tree, nil
	}
	return l.below.Tree(id)
}

// Blob reads a file.
func (l *Layer) Blob(id object.ID) ([]byte, error) {
	if content, made := l.blobs[id]; made {
		return content, nil
	}
	return l.below.Blob(id)
}

// BlobSize is the length of a file in bytes.
func (l *Layer) BlobSize(id object.ID) (int64, error) {
	if content, made := l.blobs[id]; made {
		return int64(len(content)), nil
	}
	return l.below.BlobSize(id)
}

// entry is what a tree has at a path, nil if there is nothing. The zero root is
// the empty tree.
func (l *Layer) entry(root object.ID, path string) (*object.TreeEntry, error) {
	entry := object.TreeEntry{Mode: object.ModeDirectory, ID: root}
	for name := range strings.SplitSeq(path, "/") {
		if entry.Mode != object.ModeDirectory || entry.ID.IsZero() {
			return nil, nil
		}
		tree, err := l.Tree(entry.ID)
		if err != nil {
			return nil, err
		}
		found := false
		if entry, found = tree.Find(name); !found {
			return nil, nil
		}
	}
	return &entry, nil
}

// file is the content of a regular file, nil if there is none.
func (l *Layer) file(root object.ID, path string) ([]byte, error) {
	entry, err := l.entry(root, path)
	if err != nil || entry == nil || !entry.Mode.IsFile() {
		return nil, err
	}
	return l.Blob(entry.ID)
}
