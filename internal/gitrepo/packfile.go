package gitrepo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // git's checksum, not a security measure
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// PackRequest says what goes into a pack.
type PackRequest struct {
	// Made are objects that are in no repository yet.
	Made []object.Object
	// Copied are objects of repositories.
	Copied []PackSource
	// Before has, for some of those, an earlier version of the same file.
	Before map[object.ID]object.ID
	// Progress is told now and then how many objects are written; nil: nobody.
	Progress func(done int)
}

// PackSource are objects of a repository, which is read by its packs' own entries:
// deltas and compressed content are taken over as they stand.
type PackSource struct {
	From *Objects
	IDs  []object.ID
}

// Pack is a pack with its index, in the repository that it was made in.
type Pack struct {
	path  string
	Size  int64 // in bytes
	Count int   // of objects
}

// Path is where the pack is.
func (p *Pack) Path() string { return p.path }

// MakePack writes a pack and its index into the repository's objects, whole or not at
// all. Each object is written once, and deltas only on what is in the pack.
func (o *Objects) MakePack(ctx context.Context, request PackRequest) (made *Pack, err error) {
	directory := filepath.Join(o.dir, "objects", "pack")
	if err := makeDirectory(directory); err != nil {
		return nil, err
	}
	// git's name for such files, so that "git gc" removes what a crash leaves.
	file, err := os.CreateTemp(directory, "tmp_pack_*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, discard(file)) }()
	writer := newPackWriter(file)
	if err := writer.all(ctx, request); err != nil {
		return nil, fmt.Errorf("cannot make a pack: %w", err)
	}
	checksum, index, err := writer.finish()
	if err != nil {
		return nil, fmt.Errorf("cannot make a pack: %w", err)
	}
	if err := o.settlePack(file, directory, checksum, index); err != nil {
		return nil, err
	}
	path := packName(directory, checksum) + ".pack"
	return &Pack{path: path, Size: writer.offset, Count: writer.count}, nil
}

// packWriter writes a pack's entries and remembers where they are.
type packWriter struct {
	file   *bufio.Writer
	hash   hash.Hash
	offset int64
	count  int
	places map[object.ID]int64
	// depths are how many deltas an object is made of; after is PackRequest.Before the
	// other way round.
	depths map[object.ID]int
	after  map[object.ID]object.ID
	index  idxfile.Writer
	// header and data are one entry's.
	header, data bytes.Buffer
	err          error
}

// packBuffer is how much of a pack is written at once, in bytes.
const packBuffer = 1 << 18

func newPackWriter(to io.Writer) *packWriter {
	return &packWriter{file: bufio.NewWriterSize(to, packBuffer), hash: sha1.New(), places: map[object.ID]int64{}, depths: map[object.ID]int{}, after: map[object.ID]object.ID{}} //nolint:gosec // see the import
}

// all writes the header and all entries.
func (w *packWriter) all(ctx context.Context, request PackRequest) error {
	made, copied := unwritten(request)
	w.count = len(made)
	for _, source := range copied {
		w.count += len(source.IDs)
	}
	w.raw(binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(w.count))) //nolint:gosec // no memory holds more
	if err := w.index.OnHeader(uint32(w.count)); err != nil {                             //nolint:gosec // likewise
		return err
	}
	pace := pace{ctx: ctx}
	step := func(err error) error {
		if request.Progress != nil && len(w.places)%1024 == 0 {
			request.Progress(len(w.places))
		}
		return errors.Join(err, w.err, pace.step())
	}
	known := newDeltas()
	for _, one := range made {
		if err := step(w.made(one, &known)); err != nil {
			return err
		}
	}
	for later, earlier := range request.Before {
		w.after[earlier] = later
	}
	for _, source := range copied {
		err := source.From.store.EachForPack(source.IDs, func(entry objectstore.PackedEntry) error {
			if entry.Deflated == nil {
				return step(w.whole(entry, source.From, request.Before))
			}
			return step(w.entry(entry.ID, entry.Kind, entry.Size, entry.Base, entry.Deflated))
		})
		if err != nil {
			return source.From.copyFailed(err)
		}
	}
	return nil
}

// made writes an object that is new.
func (w *packWriter) made(one identified, known *deltas) error {
	w.data.Reset()
	if one.Kind == object.KindTree {
		if base, delta, found := known.of(one.id, one.Data); found {
			deflate(&w.data, delta)
			return w.entry(one.id, "", int64(len(delta)), base, w.data.Bytes())
		}
	}
	deflate(&w.data, one.Data)
	return w.entry(one.id, one.Kind, int64(len(one.Data)), object.ID{}, w.data.Bytes())
}

// deflate writes data as a zlib stream.
func deflate(to *bytes.Buffer, data []byte) {
	if len(data) <= maxStored {
		store(to, data)
		return
	}
	compress(to, data)
}

// unwritten leaves each object once.
func unwritten(request PackRequest) (made []identified, copied []PackSource) {
	seen := make(map[object.ID]bool, len(request.Made))
	for _, one := range request.Made {
		if id := one.ID(); !seen[id] {
			seen[id] = true
			made = append(made, identified{id, one})
		}
	}
	for _, source := range request.Copied {
		left := PackSource{From: source.From}
		for _, id := range source.IDs {
			if !seen[id] {
				seen[id] = true
				left.IDs = append(left.IDs, id)
			}
		}
		copied = append(copied, left)
	}
	return made, copied
}

func (w *packWriter) raw(data []byte) {
	if w.err == nil {
		_, w.err = w.file.Write(data)
		w.hash.Write(data)
		w.offset += int64(len(data))
	}
}

// entry writes one object: whole, or as a delta of a base that was written before.
func (w *packWriter) entry(id object.ID, kind object.Kind, size int64, base object.ID, deflated []byte) error {
	w.header.Reset()
	const offsetDelta = 6
	code := byte(offsetDelta)
	if kind != "" {
		known := false
		if code, known = kindCodes[kind]; !known {
			return fmt.Errorf("objects of kind %q are not packed", kind)
		}
	}
	writeSize(&w.header, code, size)
	if kind == "" {
		place, written := w.places[base]
		if !written {
			return fmt.Errorf("the base %s of %s is not in the pack", base, id)
		}
		writeDistance(&w.header, w.offset-place)
		w.depths[id] = w.depths[base] + 1
	}
	w.places[id] = w.offset
	check := crc32.Update(crc32.ChecksumIEEE(w.header.Bytes()), crc32.IEEETable, deflated)
	w.index.Add(plumbing.Hash(id), uint64(w.offset), check) //nolint:gosec // an offset is not negative
	w.raw(w.header.Bytes())
	w.raw(deflated)
	return nil
}

// writeDistance writes how far before a delta its base is (gitformat-pack(5)).
func writeDistance(to *bytes.Buffer, distance int64) {
	const more, bits, mask = 0x80, 7, 0x7f
	var digits [10]byte
	at := len(digits) - 1
	digits[at] = byte(distance & mask)
	for distance >>= bits; distance > 0; distance >>= bits {
		distance--
		at--
		digits[at] = more | byte(distance&mask)
	}
	to.Write(digits[at:])
}

// finish writes the pack's checksum, and gives its index.
func (w *packWriter) finish() (plumbing.Hash, *idxfile.MemoryIndex, error) {
	checksum := plumbing.Hash(w.hash.Sum(nil))
	if w.err == nil {
		_, w.err = w.file.Write(checksum[:])
		w.offset += int64(len(checksum))
	}
	if err := errors.Join(w.err, w.file.Flush(), w.index.OnFooter(checksum)); err != nil {
		return checksum, nil, err
	}
	index, err := w.index.Index()
	return checksum, index, err
}

// copyFailed says which object could not be copied.
func (o *Objects) copyFailed(err error) error {
	if err == nil || !errors.Is(err, objectstore.ErrNotFound) {
		return err
	}
	return &Error{Kind: ErrMissing, What: "an object that the extraction needs is not here", Cause: err}
}
