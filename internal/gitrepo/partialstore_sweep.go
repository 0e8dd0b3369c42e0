package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// sweep removes what a process left that was killed while it fetched: packs that are
// not whole, and locks of references. Nobody else writes here while this process holds
// the store's lock.
func (s *PartialStore) sweep() error {
	root, err := os.OpenRoot(s.dir)
	if err == nil {
		err = errors.Join(fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && isLeftover(name) {
				err = root.Remove(filepath.FromSlash(name))
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // it has gone meanwhile
			}
			return err
		}), root.Close())
	}
	if err != nil {
		return fmt.Errorf("what an earlier run left in %s cannot be removed: %w", s.dir, err)
	}
	return nil
}

// isLeftover tells such a file by its name below the store: the beginning is git's for
// files that are not complete.
func isLeftover(name string) bool {
	return strings.HasPrefix(path.Base(name), "tmp_") || strings.HasSuffix(name, ".lock") && strings.HasPrefix(name, "refs/")
}
