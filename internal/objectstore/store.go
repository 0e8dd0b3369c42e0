// Package objectstore reads the objects of a git repository: packs, loose objects,
// and what is borrowed from other repositories. It never writes.
//
//	Store       finds an object, wherever it is              (store.go, search.go)
//	directory   the packs of one directory of objects        (directory.go, alternates.go)
//	pack index  ids to places: per pack, and for many packs  (index.go, multiindex.go)
//	pack        content, and chains of deltas                (pack.go, chain.go, delta.go, basecache.go)
//	trace       what is damaged                              (trace.go)
//	loose       objects in files of their own                (loose.go)
//	filemap     files mapped into memory, and guarded        (package filemap)
//	inflate     zlib streams of known length                 (package inflate)
//
// The formats are those of gitformat-pack(5) and gitrepository-layout(5). Packs
// come and go while others repack: what was not found is looked for again in the
// packs that are there by then. Files are opened when they are needed and closed
// after a moment in which nobody read, so that nothing hinders a repack.
//
// The content of every object that is read is hashed and compared with its id: that
// takes a fiftieth of the time of decompressing it where the processor has
// instructions for SHA-1, and nothing less covers everything that may be damaged, the
// bases of deltas and the indexes among it. A damaged copy is passed over when there
// is another one; otherwise an error names the file and the place in it. Only then,
// and for an object that is not found, are the checksums of indexes and of packed
// objects looked at, to tell what is damaged (trace.go). Options.Verify compares those
// of indexes at once.
//
// The package must not import anything of looprel but package object.
package objectstore

import (
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// Options change how a Store reads.
type Options struct {
	// Verify compares every index with its checksum when it is opened.
	Verify bool
	// Unmapped reads files by positioned reads instead of mapping them.
	Unmapped bool
	// CacheSize bounds what is kept of objects on which others are built, in
	// bytes; zero: DefaultCacheSize.
	CacheSize int64

	handles *filemap.Handles
}

// files are the options of the files that belong to a store.
func (o Options) files() filemap.Options {
	return filemap.Options{Unmapped: o.Unmapped, Handles: o.handles}
}

// DefaultCacheSize is the bound where Options give none.
const DefaultCacheSize = 32 << 20

// idleTime is after how long without reading files are closed. It is checked at
// intervals of that length, so it takes up to twice as long.
const idleTime = time.Second

// Store reads the objects of one repository. It is safe for use by several
// goroutines.
type Store struct {
	options Options
	cache   *baseCache

	// lock is held for reading while packs are read, and for writing while they
	// are opened anew or closed.
	lock        sync.RWMutex
	directories []*directory // its own first
	// recent is the pack in which the last object was found.
	recent atomic.Pointer[pack]
	// generation counts how often the packs were found to be others than before.
	generation atomic.Uint64

	// uses counts operations, for the timer to see whether there were any.
	uses    atomic.Uint64
	watched atomic.Bool
	timers  sync.Mutex // guards timer
	timer   *time.Timer
	// released is told when files are closed.
	released func()
}

// Header is what is known of an object without reading it.
type Header struct {
	Kind object.Kind
	Size int64 // of the content, in bytes
}

// Open opens a directory of objects ("objects" in a repository's own), and those
// that it borrows from.
func Open(objectsDir string, options Options) (*Store, error) {
	if options.CacheSize == 0 {
		options.CacheSize = DefaultCacheSize
	}
	options.handles = &filemap.Handles{}
	borrowed, err := alternates(objectsDir)
	if err != nil {
		return nil, err
	}
	s := &Store{options: options, cache: newBaseCache(options.CacheSize)}
	for _, path := range append([]string{objectsDir}, borrowed...) {
		s.directories = append(s.directories, &directory{path: path, options: options, cache: s.cache})
	}
	for _, d := range s.directories {
		if _, err := d.scan(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Directories lists the directories that are read, the repository's own first.
func (s *Store) Directories() []string {
	s.lock.RLock()
	defer s.lock.RUnlock()
	paths := make([]string, len(s.directories))
	for i, d := range s.directories {
		paths[i] = d.path
	}
	return paths
}

// Borrow has further directories of objects read, after those that are read already.
func (s *Store) Borrow(paths []string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, path := range paths {
		if slices.ContainsFunc(s.directories, func(d *directory) bool { return d.path == path }) {
			continue
		}
		borrowed := &directory{path: path, options: s.options, cache: s.cache}
		if _, err := borrowed.scan(); err != nil {
			return err
		}
		s.directories = append(s.directories, borrowed)
	}
	s.generation.Add(1)
	return nil
}

// Promised reports whether there are packs of a partial clone: objects that they
// name may be missing on purpose.
func (s *Store) Promised() bool {
	s.lock.RLock()
	defer s.lock.RUnlock()
	for p := range s.packs() {
		if p.promisor {
			return true
		}
	}
	return false
}

// Read returns an object of at most limit bytes. Its data is shared with other
// readers and must not be changed. The errors are ErrNotFound, a TooLargeError, and
// filemap's Error for what is damaged.
func (s *Store) Read(id object.ID, limit int64) (object.Object, error) {
	return s.ReadInto(id, limit, nil)
}

// ReadInto is Read that may put the data into a buffer, which may be made larger: it
// is there until the buffer is used again.
func (s *Store) ReadInto(id object.ID, limit int64, buffer *[]byte) (object.Object, error) {
	var found object.Object
	err := s.find(id, func(at place) error {
		read, err := at.read(id, limit, buffer)
		if err == nil {
			found = read
		}
		return err
	})
	return found, s.doubted(err)
}

// Header returns an object's kind and size. Of a packed one no more is read than
// where its deltas begin, so nothing shows whether that is damaged.
func (s *Store) Header(id object.ID) (Header, error) {
	var found Header
	err := s.find(id, func(at place) (err error) {
		found, err = at.header()
		return err
	})
	return found, s.doubted(err)
}

// Has reports whether there is an object of that id. Its content is not looked at,
// nor are indexes compared with their checksums when it is not found.
func (s *Store) Has(id object.ID) (bool, error) {
	err := s.find(id, place.exists)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// HasNow is Has without looking for packs that came since the last search, which
// suits whoever only wants to spare himself work.
func (s *Store) HasNow(id object.ID) (bool, error) {
	err := s.guarded(func() error { return s.search(id, place.exists) })
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Rescan looks for packs that have come or gone. Reading does so by itself when it
// does not find something.
func (s *Store) Rescan() error {
	_, err := s.rescan()
	return err
}

// OnRelease has a function called whenever all files are closed, for those who keep
// others of the repository open.
func (s *Store) OnRelease(released func()) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.released = released
}

// Release closes all files and forgets what is cached. They are opened again when
// they are needed.
func (s *Store) Release() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.release()
}

// Close is Release, for good.
func (s *Store) Close() error {
	s.timers.Lock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timers.Unlock()
	return s.Release()
}

func (s *Store) release() error {
	errs := make([]error, 0, len(s.directories))
	for _, d := range s.directories {
		errs = append(errs, d.release())
	}
	s.cache.clear()
	if s.released != nil {
		s.released()
	}
	return errors.Join(errs...)
}

// packs are all packs that are known.
func (s *Store) packs() iter.Seq[*pack] {
	return func(yield func(*pack) bool) {
		for _, d := range s.directories {
			for _, p := range d.packs {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// files are all files that are open.
func (s *Store) files() iter.Seq[*filemap.File] {
	return func(yield func(*filemap.File) bool) {
		for _, d := range s.directories {
			for _, file := range d.files() {
				if !yield(file) {
					return
				}
			}
		}
	}
}

// guarded has a function read files.
func (s *Store) guarded(read func() error) error {
	s.uses.Add(1)
	s.lock.RLock()
	defer s.lock.RUnlock()
	if !s.watched.Load() {
		s.watch()
	}
	return filemap.Guard(read, s.files())
}

// watch closes the files after some time without reading.
func (s *Store) watch() {
	if s.watched.Swap(true) {
		return
	}
	s.timers.Lock()
	defer s.timers.Unlock()
	seen := s.uses.Load()
	s.timer = time.AfterFunc(idleTime, func() {
		if now := s.uses.Load(); now != seen {
			seen = now
			s.timers.Lock()
			defer s.timers.Unlock()
			s.timer.Reset(idleTime)
			return
		}
		s.watched.Store(false)
		_ = s.Release() // nothing was written, so nothing is lost
	})
}
