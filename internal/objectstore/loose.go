package objectstore

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the identifier of a git object, not a security measure
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/inflate"
)

const (
	// maxLooseHeader is the length of the longest header, "commit 9223…\x00".
	maxLooseHeader = 32
	// maxUnmappedLoose is how long files are at most that are read rather than
	// mapped, in bytes: mapping is worth it for large ones alone.
	maxUnmappedLoose = 1 << 20
)

// loose is an object in a file of its own.
type loose struct {
	directory *directory
	name      string
	file      *filemap.File
	// data is the file's content.
	data []byte
}

func looseAt(d *directory, id object.ID) *loose {
	digits := id.String()
	return &loose{directory: d, name: d.path + string(filepath.Separator) + digits[:2] + string(filepath.Separator) + digits[2:]}
}

// open opens the file; ErrNotFound says that there is none.
func (l *loose) open() error {
	info, err := os.Stat(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		return &filemap.Error{File: l.name, Cause: err}
	}
	unmapped := l.directory.options.Unmapped || info.Size() <= maxUnmappedLoose
	l.file, err = filemap.Open(l.name, filemap.Options{Unmapped: unmapped})
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	if err != nil {
		var known *filemap.Error
		if !errors.As(err, &known) {
			err = &filemap.Error{File: l.name, Cause: err}
		}
		return err
	}
	return nil
}

func (l *loose) close() { _ = l.file.Close() }

func (l *loose) exists() error { return nil }

func (l *loose) damaged(cause error) error { return l.file.Errorf(0, cause) }

func (l *loose) header() (Header, error) {
	header, _, err := l.readHeader()
	return header, err
}

// readHeader decompresses the beginning of the file, and returns how long the
// header is there.
func (l *loose) readHeader() (header Header, length int, err error) {
	for most := min(l.file.Size(), 4<<10); ; most = min(l.file.Size(), 4*most) {
		if l.data, err = l.file.Slice(0, int(most)); err != nil {
			return Header{}, 0, err
		}
		var start [maxLooseHeader]byte
		written, err := inflate.Prefix(start[:], l.data)
		if errors.Is(err, inflate.ErrShort) && most < l.file.Size() {
			continue
		}
		if err != nil {
			return Header{}, 0, l.damaged(err)
		}
		header, length, ok := parseLooseHeader(start[:written])
		if !ok {
			return Header{}, 0, l.damaged(errLooseHeader)
		}
		if header.Size/1032 > l.file.Size() {
			return Header{}, 0, l.damaged(errTooMuch)
		}
		return header, length, nil
	}
}

// parseLooseHeader reads "KIND SIZE" and a zero byte.
func parseLooseHeader(text []byte) (header Header, length int, ok bool) {
	before, _, found := bytes.Cut(text, []byte{0})
	kind, digits, spaced := bytes.Cut(before, []byte(" "))
	if !found || !spaced || len(digits) == 0 || len(digits) > 1 && digits[0] == '0' {
		return Header{}, 0, false
	}
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			return Header{}, 0, false
		}
	}
	size, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return Header{}, 0, false
	}
	for _, known := range []object.Kind{object.KindBlob, object.KindTree, object.KindCommit, object.KindTag} {
		if string(kind) == string(known) {
			return Header{Kind: known, Size: size}, len(before) + 1, true
		}
	}
	return Header{}, 0, false
}

func (l *loose) read(id object.ID, limit int64, _ *[]byte) (object.Object, error) {
	header, length, err := l.readHeader()
	if err != nil {
		return object.Object{}, err
	}
	if header.Size > min(limit, math.MaxInt-maxLooseHeader) {
		return object.Object{}, &TooLargeError{ID: id, Kind: header.Kind, Size: header.Size, Limit: limit}
	}
	if int64(len(l.data)) < l.file.Size() {
		if l.data, err = l.file.Slice(0, int(l.file.Size())); err != nil {
			return object.Object{}, err
		}
	}
	content := make([]byte, int64(length)+header.Size)
	consumed, err := inflate.Unchecked(content, l.data)
	if err != nil {
		return object.Object{}, l.file.Errorf(int64(consumed), err)
	}
	if consumed != len(l.data) {
		return object.Object{}, l.file.Errorf(int64(consumed), errLooseHeader)
	}
	if object.ID(sha1.Sum(content)) != id { //nolint:gosec // see the import
		return object.Object{}, l.damaged(errOtherID)
	}
	return object.Object{Kind: header.Kind, Data: content[length:]}, nil
}

// looseIDs gives visit the ids of the loose objects that begin with the bytes, of
// which there must be one at least.
func (d *directory) looseIDs(prefix []byte, visit func(object.ID)) error {
	digits := hex.EncodeToString(prefix)
	name := filepath.Join(d.path, digits[:2])
	entries, err := os.ReadDir(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &filemap.Error{File: name, Cause: err}
	}
	for _, entry := range entries {
		id, err := object.ParseID(digits[:2] + entry.Name())
		if err == nil && bytes.HasPrefix(id[:], prefix) {
			visit(id)
		}
	}
	return nil
}
