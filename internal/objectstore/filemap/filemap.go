// Package filemap reads files at any place, by mapping them into memory where the
// system is good at that and by positioned reads elsewhere. The files are git's
// own, written once and never changed, but other processes remove them, and a
// full disk or a broken one may cut them short while they are mapped: reading on
// would end the process. Guard turns that into an error.
//
//	file, err := filemap.Open(name, filemap.Options{})
//	err = filemap.Guard(func() error { piece, err := file.Slice(8, 20); ... }, file)
//
// What Slice returns is the file itself: it must not be used outside a Guard, nor
// after Close, nor be written to. The package imports nothing of looprel.
package filemap

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
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
	// Unmapped reads by positioned reads, as on systems where mapping is no option.
	Unmapped bool
	// Scattered says that the file will be read all over, again and again: what is
	// mapped of it stays.
	Scattered bool
}

// File is an open file.
type File struct {
	name string
	size int64
	// data is the file, if it is mapped; otherwise handle reads it.
	data   []byte
	handle *os.File
	closed atomic.Bool
	held   held
}

// Open opens a regular file. The error is that of os.Open, or of mapping.
func Open(name string, options Options) (*File, error) {
	handle, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	file, err := open(handle, name, options)
	if err != nil || file.handle == nil {
		err = errors.Join(err, handle.Close())
	}
	if err != nil {
		return nil, err
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
	file := &File{name: name, size: info.Size()}
	if !options.Unmapped && file.size > 0 {
		if file.data, err = mapFile(handle, file.size); err == nil {
			if !options.Scattered {
				file.held = newHeld(file.size)
			}
			return file, nil
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return nil, &Error{File: name, Cause: err}
		}
	}
	file.handle = handle
	return file, nil
}

// Name is the name that the file was opened by.
func (f *File) Name() string { return f.name }

// Size is the file's length when it was opened, in bytes.
func (f *File) Size() int64 { return f.size }

// Slice gives the bytes from offset on. It is an Error with ErrShort when the file
// has fewer.
func (f *File) Slice(offset int64, length int) ([]byte, error) {
	if offset < 0 || length < 0 || offset > f.size || int64(length) > f.size-offset {
		return nil, f.Errorf(min(max(offset, 0), f.size), ErrShort)
	}
	if f.handle == nil {
		f.touch(offset, length)
		return f.data[offset : offset+int64(length) : offset+int64(length)], nil
	}
	piece := make([]byte, length)
	if _, err := f.handle.ReadAt(piece, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = errShrunk
		}
		return nil, f.Errorf(offset, err)
	}
	return piece, nil
}

// Most gives the bytes from offset on, length of them or as many as the file has.
// Of a mapped file it may give more, since they cost nothing.
func (f *File) Most(offset int64, length int) ([]byte, error) {
	if f.handle == nil && offset >= 0 && offset <= f.size {
		f.touch(offset, length)
		return f.data[offset:], nil
	}
	return f.Slice(offset, int(min(int64(length), f.size-offset)))
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
	if f.handle != nil {
		return f.handle.Close()
	}
	if f.data == nil {
		return nil
	}
	data := f.data
	f.data = nil
	return unmapFile(data)
}

// place is the offset of an address in the file, if it is mapped there.
func (f *File) place(address uintptr) (int64, bool) {
	if len(f.data) == 0 {
		return 0, false
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(f.data))) //nolint:gosec // it is only compared
	return int64(address - start), address >= start && address-start < uintptr(len(f.data))
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
