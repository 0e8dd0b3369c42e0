package gitrepo

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mozilla-services/looprel/internal/object"
)

// StoreObjects writes objects into the repository, each as a loose one, in the
// given order (what is named before what names it). Those that it has already
// are left alone. When it returns, the objects have reached the disk, so that a
// reference may be set to them.
//
// go-git's own writer is not used: it renames files whose content may still be
// in memory, and after a power failure a reference would lead to an empty file.
func (o *Objects) StoreObjects(objects []object.Object) error {
	directories := map[string]bool{}
	for _, one := range objects {
		id := one.ID()
		exists, err := o.store.HasNow(id)
		if err != nil {
			return o.readFailed(id, "look for", err)
		}
		if exists {
			continue
		}
		directory, err := writeLoose(filepath.Join(o.dir, "objects"), id, one)
		if err != nil {
			return fmt.Errorf("cannot store %s %s: %w", one.Kind, id, err)
		}
		directories[directory] = true
	}
	for directory := range directories {
		if err := syncDirectory(directory); err != nil {
			return fmt.Errorf("cannot store objects: %w", err)
		}
	}
	return nil
}

// writeLoose writes one object and returns the directory that it is in.
func writeLoose(objectsDir string, id object.ID, one object.Object) (string, error) {
	name := id.String()
	directory := filepath.Join(objectsDir, name[:2])
	if err := makeDirectory(directory); err != nil {
		return "", err
	}
	var compressed bytes.Buffer
	writer := zlib.NewWriter(&compressed)
	header := string(one.Kind) + " " + strconv.Itoa(len(one.Data)) + "\x00"
	// Writing to memory cannot fail.
	_, _ = writer.Write([]byte(header))
	_, _ = writer.Write(one.Data)
	_ = writer.Close()
	path := filepath.Join(directory, name[2:])
	err := writeAtomic(path, compressed.Bytes(), 0o444)
	if err != nil && pathExists(path) {
		// Another process wrote the same object meanwhile, and Windows does not
		// replace files that are read-only.
		err = nil
	}
	return directory, err
}

// writeAtomic puts a file in place so that a reader sees the old content or the
// new, also after a power failure (the caller syncs the directory). The umask
// limits the mode, as it does for git's own files.
func writeAtomic(path string, content []byte, mode os.FileMode) (err error) {
	// git's name for such files, so that "git gc" removes what a crash leaves.
	temporary := filepath.Join(filepath.Dir(path), "tmp_obj_"+rand.Text())
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary))
		}
	}()
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// makeDirectory makes a directory and those above it, as far as they are
// missing.
func makeDirectory(path string) error {
	return os.MkdirAll(path, 0o777) //nolint:gosec // as git makes them: the umask decides
}
