package gitrepo

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

const (
	// DefaultBlobLimit is the size, in bytes, up to which files are read where the
	// caller gives no limit.
	DefaultBlobLimit = 32 << 20
	// maxObjectSize bounds commits, trees and tags, in bytes.
	maxObjectSize = 32 << 20
	// maxTagDepth bounds tags of tags.
	maxTagDepth = 16
)

// Objects reads the objects of one repository, those that it borrows from
// others (alternates) included. It is safe for use by several goroutines.
//
// Replacements (refs/replace) and grafts are not heeded: what is released is
// what the objects say.
type Objects struct {
	dir     string // the directory that has "objects" in it
	partial bool
	store   *objectstore.Store
	graph   graphFile

	mutex   sync.Mutex
	shallow map[object.ID]bool
	nodes   map[object.ID]*node
}

func openObjects(dir string, env environ) (*Objects, error) {
	store, err := openStore(filepath.Join(dir, "objects"), env)
	if err != nil {
		return nil, err
	}
	o := &Objects{dir: dir, store: store, nodes: map[object.ID]*node{}}
	if err := o.readShallow(); err != nil {
		return nil, err
	}
	o.graph.directories, o.graph.verify = store.Directories(), env.get(verifyReads) == "1"
	o.graph.unused.Store(len(o.shallow) > 0)
	store.OnRelease(o.graph.release)
	return o, nil
}

// Read returns an object of any kind but large blobs. Its data must not be changed.
// It fails with ErrMissing, ErrTooLarge or ErrDamaged.
func (o *Objects) Read(id object.ID) (object.Object, error) { return o.read(id, maxObjectSize) }

// ReadUpTo is Read for objects of at most limit bytes, whatever their kind.
func (o *Objects) ReadUpTo(id object.ID, limit int64) (object.Object, error) {
	return o.read(id, limit)
}

func (o *Objects) read(id object.ID, limit int64) (object.Object, error) {
	return o.readInto(id, limit, nil)
}

// readInto may use a buffer, as the store's ReadInto.
func (o *Objects) readInto(id object.ID, limit int64, buffer *[]byte) (object.Object, error) {
	found, err := o.store.ReadInto(id, limit, buffer)
	return found, o.readFailed(id, "read", err)
}

func (o *Objects) readKind(id object.ID, kind object.Kind, limit int64) ([]byte, error) {
	return o.readKindInto(id, kind, limit, nil)
}

func (o *Objects) readKindInto(id object.ID, kind object.Kind, limit int64, buffer *[]byte) ([]byte, error) {
	found, err := o.readInto(id, limit, buffer)
	if err != nil {
		return nil, err
	}
	if found.Kind != kind {
		return nil, &Error{Kind: ErrWrongKind, What: fmt.Sprintf("%s is a %s, expected a %s", id, found.Kind, kind)}
	}
	return found.Data, nil
}

// Has reports whether the object is in the clone.
func (o *Objects) Has(id object.ID) (bool, error) {
	has, err := o.store.Has(id)
	return has, o.readFailed(id, "look for", err)
}

// Size is the length of an object's content in bytes, by its header: the content
// is not read.
func (o *Objects) Size(id object.ID) (int64, error) {
	header, err := o.store.Header(id)
	return header.Size, o.readFailed(id, "read the size of", err)
}

// kind is an object's kind, by its header.
func (o *Objects) kind(id object.ID) (object.Kind, error) {
	header, err := o.store.Header(id)
	return header.Kind, o.readFailed(id, "read the kind of", err)
}

// Commit reads a commit.
func (o *Objects) Commit(id object.ID) (object.Commit, error) {
	data, err := o.readKind(id, object.KindCommit, maxObjectSize)
	if err != nil {
		return object.Commit{}, err
	}
	// What the store gives is never changed, so the commit may keep parts of it.
	commit, err := object.ParseCommit(unsafe.String(unsafe.SliceData(data), len(data))) //nolint:gosec // see above
	if err != nil {
		return object.Commit{}, damaged("commit "+id.String(), err)
	}
	return commit, nil
}

// Tree reads a tree. The empty tree need not be stored.
func (o *Objects) Tree(id object.ID) (object.Tree, error) {
	data, err := o.treeData(id)
	if err != nil {
		return nil, err
	}
	tree, err := object.DecodeTree(data)
	if err != nil {
		return nil, damaged("tree "+id.String(), err)
	}
	return tree, nil
}

// treeData reads a tree's content, undecoded.
func (o *Objects) treeData(id object.ID) ([]byte, error) {
	if id == object.EmptyTree {
		return nil, nil
	}
	return o.readKind(id, object.KindTree, maxObjectSize)
}

// Tag reads an annotated tag.
func (o *Objects) Tag(id object.ID) (object.Tag, error) {
	data, err := o.readKind(id, object.KindTag, maxObjectSize)
	if err != nil {
		return object.Tag{}, err
	}
	tag, err := object.DecodeTag(data)
	if err != nil {
		return object.Tag{}, damaged("tag "+id.String(), err)
	}
	return tag, nil
}

// Blob reads a file's content of at most limit bytes; a limit of zero is
// DefaultBlobLimit. A larger one is an ErrTooLarge.
func (o *Objects) Blob(id object.ID, limit int64) ([]byte, error) {
	if limit == 0 {
		limit = DefaultBlobLimit
	}
	return o.readKind(id, object.KindBlob, limit)
}

// Peel follows tags to the commit that they name in the end.
func (o *Objects) Peel(id object.ID) (object.ID, error) {
	for range maxTagDepth {
		kind, err := o.kind(id)
		if err != nil {
			return object.ID{}, err
		}
		switch kind {
		case object.KindCommit:
			return id, nil
		case object.KindTag:
			tag, err := o.Tag(id)
			if err != nil {
				return object.ID{}, err
			}
			id = tag.Target
		default:
			return object.ID{}, &Error{Kind: ErrWrongKind, What: fmt.Sprintf("%s is a %s, expected a commit or a tag of one", id, kind)}
		}
	}
	return object.ID{}, &Error{Kind: ErrDamaged, What: fmt.Sprintf("the tag %s leads through more than %d tags", id, maxTagDepth)}
}

// Entry returns what is at a path below a tree or a commit's tree, without a
// slash at its end; the empty path is the tree itself. Where there is nothing it
// is an ErrNotFound.
func (o *Objects) Entry(root object.ID, path string) (object.TreeEntry, error) {
	tree, err := o.treeOf(root)
	if err != nil {
		return object.TreeEntry{}, err
	}
	return o.entryBelow(tree, path)
}

// entryBelow is Entry for a tree.
func (o *Objects) entryBelow(tree object.ID, path string) (object.TreeEntry, error) {
	entry := object.TreeEntry{Mode: object.ModeDirectory, ID: tree}
	if path == "" {
		return entry, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if entry.Mode != object.ModeDirectory {
			return object.TreeEntry{}, noSuchPath(path)
		}
		found, err := o.entryNamed(entry.ID, name)
		if err != nil {
			return object.TreeEntry{}, err
		}
		if found.Mode == 0 {
			return object.TreeEntry{}, noSuchPath(path)
		}
		entry = found
	}
	return entry, nil
}

// entryNamed is a tree's entry of that name, the zero entry where there is none.
func (o *Objects) entryNamed(tree object.ID, name string) (object.TreeEntry, error) {
	data, err := o.treeData(tree)
	if err != nil {
		return object.TreeEntry{}, err
	}
	scanner := object.NewTreeScanner(data)
	for scanner.Next() {
		if string(scanner.Name()) == name {
			return scanner.Entry(), nil
		}
	}
	if scanner.Err() != nil {
		return object.TreeEntry{}, damaged("tree "+tree.String(), scanner.Err())
	}
	return object.TreeEntry{}, nil
}

func noSuchPath(path string) error {
	return &Error{Kind: ErrNotFound, What: fmt.Sprintf("there is no %s in the tree", path)}
}

// treeOf gives a commit's tree; a tree is returned as it is.
func (o *Objects) treeOf(id object.ID) (object.ID, error) {
	if id == object.EmptyTree {
		return id, nil
	}
	kind, err := o.kind(id)
	if err != nil {
		return object.ID{}, err
	}
	switch kind {
	case object.KindTree:
		return id, nil
	case object.KindCommit:
		// Opening the commit-graph for one commit takes longer than reading that.
		commit, _, err := o.readNode(id, nil)
		if err != nil {
			return object.ID{}, err
		}
		return commit.tree, nil
	default:
		return object.ID{}, &Error{Kind: ErrWrongKind, What: fmt.Sprintf("%s is a %s, expected a tree or a commit", id, kind)}
	}
}

// TreeAt returns the tree at a path below a tree or a commit. It is an
// ErrNotFound when there is nothing, and an ErrWrongKind when it is a file.
func (o *Objects) TreeAt(root object.ID, path string) (object.ID, error) {
	entry, err := o.Entry(root, path)
	if err != nil {
		return object.ID{}, err
	}
	if entry.Mode != object.ModeDirectory {
		return object.ID{}, &Error{Kind: ErrWrongKind, What: path + " is not a directory"}
	}
	return entry.ID, nil
}

// ReadFile reads the file at a path below a tree or a commit, with its mode. It
// is an ErrNotFound when there is nothing, an ErrWrongKind when it is not a
// regular file, and an ErrTooLarge above DefaultBlobLimit.
func (o *Objects) ReadFile(root object.ID, path string) ([]byte, object.Mode, error) {
	entry, err := o.Entry(root, path)
	if err != nil {
		return nil, 0, err
	}
	if !entry.Mode.IsFile() {
		return nil, entry.Mode, &Error{Kind: ErrWrongKind, What: path + " is not a regular file"}
	}
	content, err := o.Blob(entry.ID, 0)
	return content, entry.Mode, err
}

func damaged(what string, cause error) error {
	return &Error{Kind: ErrDamaged, What: what, Cause: cause, Advice: "the repository may be damaged; look: git fsck"}
}
