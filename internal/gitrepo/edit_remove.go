package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// remove removes what there is of an edit: first the record says that it is
// incomplete, then the worktree goes, then the directory under worktrees, and the
// record last.
func (p editPlace) remove(ctx context.Context) error {
	if record, err := readEditRecord(p); err == nil && record.Complete {
		record.Complete = false
		if err := record.write(p); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(p.commonDir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	admins, err := p.ownAdmins()
	if err != nil {
		return err
	}
	parts := append([]string{p.dir, p.draft}, admins...)
	// What stays when one of these fails is found again by the record.
	for _, part := range append(parts, p.record) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := removeBelow(root, p.commonDir, part); err != nil {
			return fmt.Errorf("cannot remove the edit %s: %w", p.name, err)
		}
	}
	// Only when they are empty; git removes its own in the same way.
	_ = os.Remove(p.worktrees)
	_ = os.Remove(filepath.Dir(p.record))
	return nil
}

// ownAdmins lists the directories under worktrees that are this edit's: one, or
// none.
func (p editPlace) ownAdmins() ([]string, error) {
	entries, err := os.ReadDir(p.worktrees)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	var own []string
	for _, entry := range entries {
		if entry.IsDir() && p.owns(entry.Name()) {
			own = append(own, p.admin(entry.Name()))
		}
	}
	return own, nil
}

// removeBelow removes a path below a directory with all that is in it. No link is
// followed, neither on the way nor below.
func removeBelow(root *os.Root, directory, path string) error {
	name, err := filepath.Rel(directory, path)
	if err != nil {
		return err
	}
	err = root.RemoveAll(name)
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	// Some build tools leave directories behind that cannot be written.
	if err := makeWritable(root, name); err != nil {
		return err
	}
	return root.RemoveAll(name)
}

// makeWritable gives the owner all permissions on a directory and those in it.
func makeWritable(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() {
		return err
	}
	if err := root.Chmod(name, info.Mode().Perm()|0o700); err != nil {
		return err
	}
	directory, err := root.Open(name)
	if err != nil {
		return err
	}
	entries, err := directory.ReadDir(-1)
	if err := errors.Join(err, directory.Close()); err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := makeWritable(root, filepath.Join(name, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
