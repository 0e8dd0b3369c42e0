package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// maxAlternatesDepth is git's own bound for repositories that borrow objects
	// from repositories that borrow.
	maxAlternatesDepth = 5
	// maxAlternatesSize bounds an objects/info/alternates file, in bytes.
	maxAlternatesSize = 1 << 20
	// objectCacheSize bounds what go-git keeps of the objects that it has read.
	objectCacheSize = 16 * cache.MiByte
)

// source is one directory of objects: the repository's own, or a borrowed one.
type source struct {
	storage *filesystem.Storage
	packDir string
	// indexed is when the directory of packs had last changed before its indexes
	// were read.
	indexed time.Time
}

func newSource(objectsDir string) *source {
	directory := filepath.Dir(objectsDir)
	s := &source{packDir: filepath.Join(objectsDir, "pack")}
	s.storage = filesystem.NewStorageWithOptions(
		objectFiles{osfs.New(directory, osfs.WithBoundOS())},
		cache.NewObjectLRU(objectCacheSize),
		filesystem.Options{KeepDescriptors: true, LargeObjectThreshold: DefaultBlobLimit})
	s.indexed = s.changed()
	return s
}

// changed is when the directory of packs last changed.
func (s *source) changed() time.Time {
	info, err := os.Stat(s.packDir)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// encoded looks an object up. Where it is not found, packs that have come since
// the indexes were read are looked at as well.
func (s *source) encoded(id object.ID) (plumbing.EncodedObject, error) {
	found, err := s.storage.EncodedObject(plumbing.AnyObject, plumbing.Hash(id))
	if err != nil && s.reindex() {
		return s.storage.EncodedObject(plumbing.AnyObject, plumbing.Hash(id))
	}
	return found, err
}

// size looks the size of an object's content up, like encoded.
func (s *source) size(id object.ID) (int64, error) {
	found, err := s.storage.EncodedObjectSize(plumbing.Hash(id))
	if err != nil && s.reindex() {
		return s.storage.EncodedObjectSize(plumbing.Hash(id))
	}
	return found, err
}

// reindex forgets the packs' indexes if packs have come or gone since they were
// read, and reports whether it did.
func (s *source) reindex() bool {
	changed := s.changed()
	if changed.Equal(s.indexed) {
		return false
	}
	s.indexed = changed
	s.storage.Reindex()
	return true
}

// objectFiles is a directory of objects as go-git is to see it.
type objectFiles struct{ billy.Filesystem }

// Open hides objects/info/alternates from go-git, which would read every borrowed
// index anew for each object that it does not find at once, and would resolve
// relative paths elsewhere than git does.
func (f objectFiles) Open(name string) (billy.File, error) {
	if filepath.ToSlash(filepath.Clean(name)) == "objects/info/alternates" {
		return nil, os.ErrNotExist
	}
	return f.Filesystem.Open(name)
}

// ReadDir leaves out files that vanish while they are listed, as the temporary
// ones of other processes do. Without it go-git would take the whole directory of
// packs for a missing one.
func (f objectFiles) ReadDir(name string) ([]os.FileInfo, error) {
	entries, err := os.ReadDir(filepath.Join(f.Root(), name))
	if err != nil {
		return nil, err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// alternates lists the object directories that this one borrows from, in git's
// order, each once.
func alternates(objectsDir string) ([]string, error) {
	seen := map[string]bool{objectsDir: true}
	var all []string
	err := addAlternates(objectsDir, 0, seen, &all)
	return all, err
}

func addAlternates(objectsDir string, depth int, seen map[string]bool, all *[]string) error {
	file := filepath.Join(objectsDir, "info", "alternates")
	data, err := readBounded(file, maxAlternatesSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{Kind: ErrDamaged, What: "cannot read " + file, Cause: err, Advice: "make it readable"}
	}
	if depth == maxAlternatesDepth {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		path := strings.TrimRight(line, "\r\n")
		if path == "" || strings.HasPrefix(path, "#") {
			continue
		}
		path = absolute(objectsDir, path)
		if seen[path] {
			continue
		}
		seen[path] = true
		if !isDirectory(path) {
			return &Error{Kind: ErrDamaged, What: fmt.Sprintf("%s borrows objects from %s, which does not exist", file, path),
				Advice: "bring that directory back, or correct the file"}
		}
		*all = append(*all, path)
		if err := addAlternates(path, depth+1, seen, all); err != nil {
			return err
		}
	}
	return nil
}

// readStored reads an object of at most limit bytes; plumbing.ErrObjectNotFound
// when no source has it.
func (o *Objects) readStored(id object.ID, limit int64) (object.Object, error) {
	for _, s := range o.sources {
		encoded, err := s.encoded(id)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue
		}
		if err != nil {
			return object.Object{}, err
		}
		return decodeStored(encoded, id, limit)
	}
	return object.Object{}, plumbing.ErrObjectNotFound
}

func decodeStored(encoded plumbing.EncodedObject, id object.ID, limit int64) (found object.Object, err error) {
	if encoded.Size() > limit {
		return object.Object{}, &Error{Kind: ErrTooLarge,
			What: fmt.Sprintf("%s %s has %d bytes, more than the %d that are allowed", encoded.Type(), id, encoded.Size(), limit)}
	}
	reader, err := encoded.Reader()
	if err != nil {
		return object.Object{}, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	data := make([]byte, encoded.Size())
	if _, err := io.ReadFull(reader, data); err != nil {
		return object.Object{}, err
	}
	return object.Object{Kind: object.Kind(encoded.Type().String()), Data: data}, nil
}

// withPrefix lists the objects whose id begins with the bytes.
func (o *Objects) withPrefix(prefix []byte) ([]object.ID, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	var ids []object.ID
	for _, s := range o.sources {
		hashes, err := s.storage.HashesWithPrefix(prefix)
		if err != nil {
			return nil, damaged("cannot search the objects of "+s.packDir, err)
		}
		for _, hash := range hashes {
			ids = append(ids, object.ID(hash))
		}
	}
	return ids, nil
}

func (o *Objects) close() error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	errs := make([]error, 0, len(o.sources))
	for _, s := range o.sources {
		errs = append(errs, s.storage.Close())
	}
	return errors.Join(errs...)
}
