package gitrepo

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mozilla-services/looprel/internal/object"
)

// maxLooseAtOnce is how many objects are written as files of their own at once;
// more of them go into a pack, which is one file to sync instead of so many.
const maxLooseAtOnce = 100

// StoreObjects writes objects into the repository, in the given order (what is
// named before what names it): a few as loose ones, many as one pack. Those that it
// has already are left alone. When it returns, the objects have reached the disk,
// so that a reference may be set to them.
//
// go-git's own writer is not used: it renames files whose content may still be
// in memory, and after a power failure a reference would lead to an empty file.
func (o *Objects) StoreObjects(objects []object.Object) error {
	var missing []identified
	seen := map[object.ID]bool{}
	for _, one := range objects {
		id := one.ID()
		exists, err := o.store.HasNow(id)
		if err != nil {
			return o.readFailed(id, "look for", err)
		}
		if !exists && !seen[id] {
			seen[id] = true
			missing = append(missing, identified{id, one})
		}
	}
	if len(missing) > maxLooseAtOnce {
		return o.storePack(missing)
	}
	return o.storeLoose(missing)
}

// identified is an object with its id.
type identified struct {
	id object.ID
	object.Object
}

func (o *Objects) storeLoose(objects []identified) error {
	directories := map[string]bool{}
	for _, one := range objects {
		directory, err := writeLoose(filepath.Join(o.dir, "objects"), one.id, one.Object)
		if err != nil {
			return fmt.Errorf("cannot store %s %s: %w", one.Kind, one.id, err)
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

// storePack writes the objects as one pack.
func (o *Objects) storePack(objects []identified) error {
	reader, writer := io.Pipe()
	go func() {
		buffered := bufio.NewWriterSize(writer, 64<<10)
		err := writePack(buffered, objects)
		writer.CloseWithError(errors.Join(err, buffered.Flush()))
	}()
	_, err := o.receivePack(reader, false)
	if err = errors.Join(err, reader.Close()); err != nil {
		return fmt.Errorf("cannot store %d objects as a pack: %w", len(objects), err)
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
	header := string(one.Kind) + " " + strconv.Itoa(len(one.Data)) + "\x00"
	compress(&compressed, []byte(header), one.Data)
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
