package objectstore

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git's checksum, not a security measure
	"encoding/binary"
	"errors"
	"math"
	"sort"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

const (
	fanoutSize   = 256 * 4
	checksumSize = sha1.Size
	// largeOffset marks an offset that is in the table of 64-bit ones.
	largeOffset = 1 << 31
	// idsAtOnce is how many ids the last step of a search looks at in one piece.
	idsAtOnce = 64
)

// idTable is a sorted table of ids with its fan-out table, as every index of git
// has one.
type idTable struct {
	file   *filemap.File
	fanout [256]uint32
	// start is where the first id is, and stride how far it is to the next one.
	start  int64
	stride int
}

func (t *idTable) count() int { return int(t.fanout[255]) }

// readFanout reads the fan-out table at a place, and checks that it ascends.
func (t *idTable) readFanout(offset int64) error {
	data, err := t.file.Slice(offset, fanoutSize)
	if err != nil {
		return err
	}
	before := uint32(0)
	for i := range t.fanout {
		t.fanout[i] = binary.BigEndian.Uint32(data[4*i:])
		if t.fanout[i] < before || t.fanout[i] > math.MaxInt32 {
			return t.file.Errorf(offset+int64(4*i), errFanout)
		}
		before = t.fanout[i]
	}
	return nil
}

// bounds are the positions of the ids that begin with a byte.
func (t *idTable) bounds(first byte) (low, high int) {
	if first > 0 {
		low = int(t.fanout[first-1])
	}
	return low, int(t.fanout[first])
}

// find gives an id's position.
func (t *idTable) find(id object.ID) (position int, found bool, err error) {
	position, err = t.search(id[:])
	if err != nil || position == t.count() {
		return 0, false, err
	}
	at, err := t.id(position)
	return position, at == id, err
}

// search gives the position of the first id that is not below the bytes. There
// must be one byte at least.
func (t *idTable) search(prefix []byte) (int, error) {
	low, high := t.bounds(prefix[0])
	for high-low > idsAtOnce {
		middle := int(uint(low+high) >> 1) //nolint:gosec // neither is negative
		piece, err := t.file.Slice(t.start+int64(middle)*int64(t.stride), object.IDSize)
		if err != nil {
			return 0, err
		}
		if bytes.Compare(piece, prefix) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == high {
		return low, nil
	}
	piece, err := t.file.Slice(t.start+int64(low)*int64(t.stride), (high-low-1)*t.stride+object.IDSize)
	if err != nil {
		return 0, err
	}
	return low + sort.Search(high-low, func(i int) bool {
		return bytes.Compare(piece[i*t.stride:i*t.stride+object.IDSize], prefix) >= 0
	}), nil
}

// id is the id at a position.
func (t *idTable) id(position int) (id object.ID, err error) {
	piece, err := t.file.Slice(t.start+int64(position)*int64(t.stride), object.IDSize)
	copy(id[:], piece)
	return id, err
}

// withPrefix gives visit all ids that begin with the bytes.
func (t *idTable) withPrefix(prefix []byte, visit func(object.ID)) error {
	position, err := t.search(prefix)
	for ; err == nil && position < t.count(); position++ {
		var id object.ID
		if id, err = t.id(position); err != nil || !bytes.HasPrefix(id[:], prefix) {
			break
		}
		visit(id)
	}
	return err
}

// verifyChecksum compares the checksum at a file's end with what is before it.
func verifyChecksum(file *filemap.File) error {
	const step = 1 << 20
	hash := sha1.New() //nolint:gosec // see the import
	end := file.Size() - checksumSize
	for offset := int64(0); offset < end; offset += step {
		piece, err := file.Slice(offset, int(min(step, end-offset)))
		if err != nil {
			return err
		}
		hash.Write(piece)
	}
	want, err := file.Slice(end, checksumSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(hash.Sum(nil), want) {
		return file.Errorf(end, errChecksum)
	}
	return nil
}

// packIndex is a pack's index, of version 1 or 2.
type packIndex struct {
	idTable
	// checks, offsets and large are where the tables are; version 1 has each
	// offset before its id, and the first and last not at all.
	version                int
	checks, offsets, large int64
	largeCount             int64
}

// openIndex opens an index.
func openIndex(name string, options Options) (*packIndex, error) {
	file, err := filemap.Open(name, filemap.Options{Unmapped: options.Unmapped})
	if err != nil {
		return nil, err
	}
	index := &packIndex{idTable: idTable{file: file}}
	if err = index.readHeader(); err == nil && options.Verify {
		err = verifyChecksum(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return index, nil
}

func (x *packIndex) readHeader() error {
	magic, err := x.file.Slice(0, 8)
	if err != nil {
		return err
	}
	if !bytes.Equal(magic[:4], []byte("\xfftOc")) {
		return x.readVersion1()
	}
	if binary.BigEndian.Uint32(magic[4:]) != 2 {
		return x.file.Errorf(4, errNotIndex)
	}
	x.version = 2
	if err := x.readFanout(8); err != nil {
		return err
	}
	count := int64(x.count())
	x.stride, x.start = object.IDSize, 8+fanoutSize
	x.checks = x.start + object.IDSize*count
	x.offsets = x.checks + 4*count
	x.large = x.offsets + 4*count
	rest := x.file.Size() - 2*checksumSize - x.large
	x.largeCount = rest / 8
	if rest < 0 || rest%8 != 0 || x.largeCount > count {
		return x.file.Errorf(x.file.Size(), errIndexSize)
	}
	return nil
}

// readVersion1 reads the header of the older format, which begins with the
// fan-out table; each id has its offset before it.
func (x *packIndex) readVersion1() error {
	x.version = 1
	if err := x.readFanout(0); err != nil {
		return err
	}
	x.stride, x.start = 4+object.IDSize, fanoutSize+4
	if x.file.Size() != fanoutSize+int64(x.count())*int64(x.stride)+2*checksumSize {
		return x.file.Errorf(x.file.Size(), errIndexSize)
	}
	return nil
}

// offset is where in the pack the object at a position is.
func (x *packIndex) offset(position int) (int64, error) {
	at := x.offsets + 4*int64(position)
	if x.version == 1 {
		at = x.start + int64(position)*int64(x.stride) - 4
	}
	piece, err := x.file.Slice(at, 4)
	if err != nil {
		return 0, err
	}
	short := binary.BigEndian.Uint32(piece)
	if x.version == 1 || short < largeOffset {
		return int64(short), nil
	}
	return longOffset(x.file, at, x.large, x.largeCount, int64(short-largeOffset))
}

// longOffset reads an offset of 64 bits out of a table; at is where it was
// referred to.
func longOffset(file *filemap.File, at, table, count, position int64) (int64, error) {
	if position >= count {
		return 0, file.Errorf(at, errOffset)
	}
	piece, err := file.Slice(table+8*position, 8)
	if err != nil {
		return 0, err
	}
	long := binary.BigEndian.Uint64(piece)
	if long > math.MaxInt64 {
		return 0, file.Errorf(table+8*position, errOffset)
	}
	return int64(long), nil
}

// check is the CRC-32 of the packed object at a position; ok is false where the
// index has none.
func (x *packIndex) check(position int) (check uint32, ok bool, err error) {
	if x.version == 1 {
		return 0, false, nil
	}
	piece, err := x.file.Slice(x.checks+4*int64(position), 4)
	if err != nil {
		return 0, false, err
	}
	return binary.BigEndian.Uint32(piece), true, nil
}

// packChecksum is the checksum of the pack that the index describes.
func (x *packIndex) packChecksum() ([]byte, error) {
	return x.file.Slice(x.file.Size()-2*checksumSize, checksumSize)
}
