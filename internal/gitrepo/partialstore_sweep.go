package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sweep removes what a process left that was killed while it fetched: packs that are
// not whole, and locks of references. Nobody else writes here while this process holds
// the store's lock.
func (s *PartialStore) sweep() error {
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile
		}
		if err != nil || entry.IsDir() || !s.isLeftover(path, entry.Name()) {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("what an earlier run left in %s cannot be removed: %w", s.dir, err)
	}
	return nil
}

// isLeftover tells such a file by its name: the beginning is git's for files that are
// not complete.
func (s *PartialStore) isLeftover(path, name string) bool {
	return strings.HasPrefix(name, "tmp_") ||
		strings.HasSuffix(name, ".lock") && strings.HasPrefix(path, filepath.Join(s.dir, "refs")+string(filepath.Separator))
}
