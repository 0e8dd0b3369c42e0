// Package filemap reads files at any place. A few pieces are read by positioned reads:
// pages that are mapped one by one, and unmapped in the end, cost more than that. When
// more of a file is wanted, it is mapped into memory, where the system is good at that.
//
// The files are git's own, written once and never changed, but other processes remove
// them, and a full disk or a broken one may cut them short while they are mapped: reading
// on would end the process. Guard turns that into an error.
//
//	file, err := filemap.Open(name, filemap.Options{})
//	err = filemap.Guard(func() error { piece, err := file.Slice(8, 20); ... }, file)
//
// What Slice returns may be the file itself: it must not be used outside a Guard, nor
// after Close, nor be written to. The package imports nothing of looprel.
package filemap

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Error is a file that cannot be read as it should be.
type Error struct {
	// File is the file's name, and Offset the place in it, in bytes.
	File   string
	Offset int64
	// Cause says what is wrong there.
	Cause error
}

// Error names the file, the place and the cause.
func (e *Error) Error() string {
	return fmt.Sprintf("%s, at byte %d: %s", e.File, e.Offset, e.Cause)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrShort says that the file ends before what is asked for.
var ErrShort = errors.New("the file ends too early")

// errShrunk: the file has become shorter since it was opened, or the disk fails.
var errShrunk = errors.New("the file cannot be read any more: it was cut short, or the disk fails")

// Options change how files are opened.
type Options struct {
	// Unmapped reads by positioned reads alone, as on systems where mapping is no option.
	Unmapped bool
	// Scattered says that the file will be read all over, again and again: it is mapped at
	// once, and what is mapped of it stays.
	Scattered bool
	// Handles bounds how many files are held open; nil: nothing does.
	Handles *Handles
}

// Handles counts the files that are held open to be mapped later. When there are many,
// further ones are mapped at once, which takes no file descriptor: a repository that
// nobody packs may have thousands of packs.
type Handles struct{ open atomic.Int32 }

// take reports whether another file may be held open; if so, drop ends that.
func (h *Handles) take() bool {
	if h == nil {
		return true
	}
	if h.open.Add(1) <= maxHandles {
		return true
	}
	h.drop()
	return false
}

func (h *Handles) drop() {
	if h != nil {
		h.open.Add(-1)
	}
}

const (
	// mapAfter is how many pieces of a file are read before it is mapped. What is mapped
	// costs a page fault for every place (3 to 6 us on the machines this was measured on,
	// and half as much again for unmapping it), a positioned read 0.6 us.
	mapAfter = 512
	// readAtOnce is the longest piece, in bytes, that is read from a file that is not
	// mapped yet; a longer one has it mapped.
	readAtOnce = 128 << 10
	// maxHandles is how many files are held open.
	maxHandles = 32
)

// File is an open file. It is safe for use by several goroutines, but for Close.
type File struct {
	name    string
	size    int64
	options Options
	// mapped is the file once it is mapped, nil before that.
	mapped atomic.Pointer[mapping]
	// handle reads the file until then; nil where it was mapped at once. counted: it is
	// one of options.Handles.
	handle  *os.File
	counted bool
	// mutex is held while the file is being mapped; unmappable: the system cannot.
	mutex      sync.Mutex
	unmappable atomic.Bool
	reads      atomic.Int32
	closed     atomic.Bool
}

// mapping is a file in memory.
type mapping struct {
	data []byte
	held held
}

// Open opens a regular file. The error is that of os.Open, or of mapping.
func Open(name string, options Options) (*File, error) {
	handle, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	file, err := open(handle, name, options)
	if err != nil {
		return nil, errors.Join(err, handle.Close())
	}
	return file, nil
}

func open(handle *os.File, name string, options Options) (*File, error) {
	info, err := handle.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{File: name, Cause: errors.New("it is not a regular file")}
	}
	file := &File{name: name, size: info.Size(), options: options, handle: handle}
	file.unmappable.Store(options.Unmapped || file.size == 0)
	if file.unmappable.Load() || !options.Scattered && options.Handles.take() {
		file.counted = !file.unmappable.Load()
		return file, nil
	}
	if err := file.toMemory(); err != nil || file.unmappable.Load() {
		return file, err
	}
	file.handle = nil
	return file, handle.Close()
}

// toMemory maps the file, unless the system cannot.
func (f *File) toMemory() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.mapped.Load() != nil || f.unmappable.Load() {
		return nil
	}
	data, err := mapFile(f.handle, f.size)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		f.unmappable.Store(true)
		return nil
	case err != nil:
		return &Error{File: f.name, Cause: err}
	}
	made := &mapping{data: data}
	if !f.options.Scattered {
		made.held = newHeld(f.size)
	}
	f.mapped.Store(made)
	return nil
}

// memory is the mapped file, nil while it is not mapped. It counts the reads that lead
// to that.
func (f *File) memory(length int) *mapping {
	if mapped := f.mapped.Load(); mapped != nil || f.unmappable.Load() {
		return mapped
	}
	if f.reads.Add(1) <= mapAfter && length <= readAtOnce {
		return nil
	}
	if f.toMemory() != nil {
		f.unmappable.Store(true) // for want of memory, say: it goes on as it was
	}
	return f.mapped.Load()
}

// Name is the name that the file was opened by.
func (f *File) Name() string { return f.name }

// Size is the file's length when it was opened, in bytes.
func (f *File) Size() int64 { return f.size }

// Slice gives the bytes from offset on. It is an Error with ErrShort when the file
// has fewer.
func (f *File) Slice(offset int64, length int) ([]byte, error) {
	return f.SliceInto(nil, offset, length)
}

// SliceInto is Slice that reads into a buffer, made larger if need be, unless the file is
// mapped.
func (f *File) SliceInto(buffer *[]byte, offset int64, length int) ([]byte, error) {
	if offset < 0 || length < 0 || offset > f.size || int64(length) > f.size-offset {
		return nil, f.Errorf(min(max(offset, 0), f.size), ErrShort)
	}
	if mapped := f.memory(length); mapped != nil {
		mapped.touch(offset, length)
		return mapped.data[offset : offset+int64(length) : offset+int64(length)], nil
	}
	var piece []byte
	if buffer != nil {
		*buffer = slices.Grow((*buffer)[:0], length)
		piece = (*buffer)[:length]
	} else {
		piece = make([]byte, length)
	}
	if _, err := f.handle.ReadAt(piece, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = errShrunk
		}
		return nil, f.Errorf(offset, err)
	}
	return piece, nil
}

// Most gives the bytes from offset on, length of them or as many as the file has. Of a
// mapped file it may give more, since they cost nothing; of another one they are in the
// buffer, which is made larger if need be.
func (f *File) Most(buffer *[]byte, offset int64, length int) ([]byte, error) {
	if mapped := f.mapped.Load(); mapped != nil && offset >= 0 && offset <= f.size {
		mapped.touch(offset, length)
		return mapped.data[offset:], nil
	}
	return f.SliceInto(buffer, offset, int(min(int64(length), f.size-offset)))
}

// Errorf makes an Error about a place in the file.
func (f *File) Errorf(offset int64, cause error) error {
	return &Error{File: f.name, Offset: offset, Cause: cause}
}

// Close releases the file. It may be called twice.
func (f *File) Close() error {
	if f.closed.Swap(true) {
		return nil
	}
	var err error
	if f.counted {
		f.options.Handles.drop()
	}
	if f.handle != nil {
		err = f.handle.Close()
	}
	if mapped := f.mapped.Swap(nil); mapped != nil {
		f.unmappable.Store(true)
		err = errors.Join(err, unmapFile(mapped.data))
	}
	return err
}

// place is the offset of an address in the file, if it is mapped there.
func (f *File) place(address uintptr) (int64, bool) {
	mapped := f.mapped.Load()
	if mapped == nil {
		return 0, false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(mapped.data))) //nolint:gosec // it is only compared
	if address < start || address-start >= uintptr(len(mapped.data)) {
		return 0, false
	}
	return int64(address - start), true //nolint:gosec // it is in the file
}

// Guard calls a function that reads mapped files. Where the system cannot give it
// what is mapped, the error says in which of the files that was, and where.
func Guard(read func() error, files iter.Seq[*File]) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = fault(reason, files)
		}
	}()
	return read()
}

// fault finds out what a panic was about. What is no fault in one of the files
// goes on as a panic.
func fault(reason any, files iter.Seq[*File]) error {
	if at, ok := reason.(interface{ Addr() uintptr }); ok {
		for file := range files {
			if offset, inside := file.place(at.Addr()); inside {
				return file.Errorf(offset, errShrunk)
			}
		}
	}
	panic(reason)
}
