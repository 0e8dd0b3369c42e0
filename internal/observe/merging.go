package observe

import (
	"strconv"

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
