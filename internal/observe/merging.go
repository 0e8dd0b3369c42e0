package observe

import (
	"context"
	"strconv"
	"sync"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
)

// mergeBlobLimit is the size, in bytes, up to which files are read: git merges no
// lines of larger ones either, and they have to be told from text.
const mergeBlobLimit = 1 << 30

// MergeObjects gives a repository's objects to a merge.
type MergeObjects struct{ Repository *gitrepo.Repository }

// Tree reads a directory.
func (o MergeObjects) Tree(id object.ID) (object.Tree, error) { return o.Repository.Tree(id) }

// Blob reads a file.
func (o MergeObjects) Blob(id object.ID) ([]byte, error) {
	return o.Repository.Blob(id, mergeBlobLimit)
}

// BlobSize is the length of a file.
func (o MergeObjects) BlobSize(id object.ID) (int64, error) { return o.Repository.Size(id) }

// keptTrees are directories that were read, for whoever looks at them next: the search
// for a fix, the pick and the plan of it all go through the same ones. They are the same
// in every repository that has them.
type keptTrees struct {
	mutex   sync.Mutex
	trees   map[object.ID]object.Tree
	entries int
}

// maxKeptEntries bounds what is kept, by the entries of the directories (some 50 bytes
// each). What comes after is read each time.
const maxKeptEntries = 100_000

func (k *keptTrees) get(id object.ID) (tree object.Tree, known bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	tree, known = k.trees[id]
	return tree, known
}

func (k *keptTrees) put(id object.ID, tree object.Tree) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.trees == nil {
		k.trees = map[object.ID]object.Tree{}
	}
	if _, known := k.trees[id]; !known && k.entries+len(tree) <= maxKeptEntries {
		k.trees[id] = tree
		k.entries += len(tree)
	}
}

// keptObjects are MergeObjects that keep the directories, and give no more once a context
// has ended: a merge of thousands of files takes long, and knows no context.
type keptObjects struct {
	MergeObjects
	kept *keptTrees
	ctx  context.Context //nolint:containedctx // the merge is pure; this one ends with it
}

// mergeObjects are those of the repository, for merges.
func (s *Session) mergeObjects(ctx context.Context) keptObjects {
	return keptObjects{MergeObjects{s.repository}, &s.work.trees, ctx}
}

// Tree reads a directory.
func (o keptObjects) Tree(id object.ID) (object.Tree, error) {
	if err := o.ctx.Err(); err != nil {
		return nil, err
	}
	if tree, known := o.kept.get(id); known {
		return tree, nil
	}
	tree, err := o.MergeObjects.Tree(id)
	if err == nil {
		o.kept.put(id, tree)
	}
	return tree, err
}

// Blob reads a file.
func (o keptObjects) Blob(id object.ID) ([]byte, error) {
	if err := o.ctx.Err(); err != nil {
		return nil, err
	}
	return o.MergeObjects.Blob(id)
}

// RenameLimit is the limit that git's configuration sets for renames, zero if none.
func RenameLimit(repository *gitrepo.Repository) int {
	for _, key := range []string{"merge.renameLimit", "diff.renameLimit"} {
		if limit, err := strconv.Atoi(repository.Config().Get(key)); err == nil {
			return limit
		}
	}
	return 0
}

// ExternalDriver reports which merge drivers git's configuration makes external
// programs.
func ExternalDriver(repository *gitrepo.Repository) func(driver string) bool {
	return func(driver string) bool { return repository.Config().Has("merge." + driver + ".driver") }
}
