// Package idtable is what git's indexes have in common: a sorted table of ids with a
// fan-out table before it, a table of contents, and a checksum at the end. Pack
// indexes, indexes of many packs and commit-graphs are made of them.
//
// Whoever calls it does so in a Guard of package filemap.
package idtable

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git's checksum, not a security measure
	"encoding/binary"
	"errors"
	"math"
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

const (
	// FanoutSize is the length of a fan-out table, in bytes.
	FanoutSize = 256 * 4
	// ChecksumSize is the length of the checksum at a file's end, in bytes.
	ChecksumSize = sha1.Size
	// idsAtOnce is how many ids a search looks at in one piece at least.
	idsAtOnce = 64
)

// What is wrong with a file, as the cause of a filemap.Error.
var (
	// ErrChecksum: the file is not what it was when it was written.
	ErrChecksum = errors.New("the file's checksum is wrong")
	// ErrChunks: the parts of the file are not where they can be.
	ErrChunks = errors.New("the table of contents makes no sense")
	errFanout = errors.New("the table of first bytes is not in order")
)

// Table is a sorted table of ids with its fan-out table, as every index of git
// has one.
type Table struct {
	File   *filemap.File
	fanout [256]uint32
	// Start is where the first id is, and Stride how far it is to the next one.
	Start  int64
	Stride int
}

// Count is the number of ids.
func (t *Table) Count() int { return int(t.fanout[255]) }

// ReadFanout reads the fan-out table at a place, and checks that it ascends.
func (t *Table) ReadFanout(offset int64) error {
	data, err := t.File.Slice(offset, FanoutSize)
	if err != nil {
		return err
	}
	before := uint32(0)
	for i := range t.fanout {
		t.fanout[i] = binary.BigEndian.Uint32(data[4*i:])
		if t.fanout[i] < before || t.fanout[i] > math.MaxInt32 {
			return t.File.Errorf(offset+int64(4*i), errFanout)
		}
		before = t.fanout[i]
	}
	return nil
}

// bounds are the positions of the ids that begin with a byte.
func (t *Table) bounds(first byte) (low, high int) {
	if first > 0 {
		low = int(t.fanout[first-1])
	}
	return low, int(t.fanout[first])
}

// Find gives an id's position.
func (t *Table) Find(id object.ID) (position int, found bool, err error) {
	buffer := windows.Get().(*[]byte)
	defer windows.Put(buffer)
	w, err := t.window(buffer, id[:])
	if err != nil {
		return 0, false, err
	}
	at := w.search(id[:])
	return w.from + at, at < w.count && object.ID(w.id(at)) == id, nil
}

// search gives the position of the first id that is not below the bytes. There
// must be one byte at least.
func (t *Table) search(prefix []byte) (int, error) {
	buffer := windows.Get().(*[]byte)
	defer windows.Put(buffer)
	w, err := t.window(buffer, prefix)
	return w.from + w.search(prefix), err
}

// windows are what ids are read into of files that are not mapped.
var windows = sync.Pool{New: func() any { return new([]byte) }}

// window is a part of a table that was read in one piece: count ids from a position on.
type window struct {
	from, count int
	piece       []byte
	stride      int
}

func (w window) id(at int) []byte { return w.piece[at*w.stride:][:object.IDSize] }

// search is the place in the window of the first id that is not below the bytes, count
// where there is none.
func (w window) search(prefix []byte) int {
	start, end := 0, w.count
	for start < end {
		middle := int(uint(start+end) >> 1)
		if isLess(w.id(middle), prefix) {
			start = middle + 1
		} else {
			end = middle
		}
	}
	return start
}

// window gives ids among which the first that is not below the bytes is, unless that
// comes right after them, with another first byte. It looks where the ids would be if
// they were spread evenly, as SHA-1 spreads them, so that one piece is all that is read
// of a large table; halving finds what is elsewhere.
func (t *Table) window(buffer *[]byte, prefix []byte) (window, error) {
	low, high := t.bounds(prefix[0])
	middle := low + (high-low)/2
	if len(prefix) >= 5 {
		middle = low + int(uint64(high-low)*uint64(binary.BigEndian.Uint32(prefix[1:5]))>>32) //nolint:gosec // below high
	}
	// Of n values, the one in the middle is off by the root of n / 4 on average.
	reach := idsAtOnce/2 + int(math.Sqrt(float64(high-low)))
	for low < high {
		from, to := max(low, middle-reach), min(high, middle+reach)
		piece, err := t.File.SliceInto(buffer, t.Start+int64(from)*int64(t.Stride), (to-from-1)*t.Stride+object.IDSize)
		if err != nil {
			return window{}, err
		}
		w := window{from: from, count: to - from, piece: piece, stride: t.Stride}
		switch {
		case from > low && !isLess(w.id(0), prefix):
			high = from + 1 // it may be the one
		case to < high && isLess(w.id(w.count-1), prefix):
			low = to
		default:
			return w, nil
		}
		middle = low + (high-low)/2
	}
	return window{from: low}, nil
}

// isLess compares an id with the bytes, by eight of them where that tells.
func isLess(id, prefix []byte) bool {
	if len(prefix) >= 8 {
		if a, b := binary.BigEndian.Uint64(id), binary.BigEndian.Uint64(prefix); a != b {
			return a < b
		}
	}
	return bytes.Compare(id, prefix) < 0
}

// ID is the id at a position.
func (t *Table) ID(position int) (id object.ID, err error) {
	piece, err := t.File.Slice(t.Start+int64(position)*int64(t.Stride), object.IDSize)
	copy(id[:], piece)
	return id, err
}

// WithPrefix gives visit all ids that begin with the bytes.
func (t *Table) WithPrefix(prefix []byte, visit func(object.ID)) error {
	position, err := t.search(prefix)
	for ; err == nil && position < t.Count(); position++ {
		var id object.ID
		if id, err = t.ID(position); err != nil || !bytes.HasPrefix(id[:], prefix) {
			break
		}
		visit(id)
	}
	return err
}

// Verify compares the checksum at a file's end with what is before it.
func Verify(file *filemap.File) error {
	const step = 1 << 20
	hash := sha1.New() //nolint:gosec // see the import
	end := file.Size() - ChecksumSize
	for offset := int64(0); offset < end; offset += step {
		piece, err := file.Slice(offset, int(min(step, end-offset)))
		if err != nil {
			return err
		}
		hash.Write(piece)
	}
	want, err := file.Slice(end, ChecksumSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(hash.Sum(nil), want) {
		return file.Errorf(end, ErrChecksum)
	}
	return nil
}

// Chunk is a part of a file.
type Chunk struct{ Start, Size int64 }

// ReadChunks reads a table of contents of git's chunk-based formats
// (gitformat-chunk(5)): identifiers of four letters with offsets, the last one of
// which is where the checksum begins.
func ReadChunks(file *filemap.File, offset int64, count int) (map[string]Chunk, error) {
	const rowSize = 12
	rows, err := file.Slice(offset, (count+1)*rowSize)
	if err != nil {
		return nil, err
	}
	chunks := map[string]Chunk{}
	least, end := offset+int64(len(rows)), file.Size()-ChecksumSize
	for i := range count {
		row := rows[i*rowSize:]
		start, next := binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[rowSize+4:])
		if start < uint64(least) || next < start || end < 0 || next > uint64(end) { //nolint:gosec // neither is negative
			return nil, file.Errorf(offset+int64(i*rowSize), ErrChunks)
		}
		chunks[string(row[:4])] = Chunk{Start: int64(start), Size: int64(next - start)} //nolint:gosec // within the file
	}
	return chunks, nil
}
