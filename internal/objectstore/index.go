package objectstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"sync"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/idtable"
)

const (
	checksumSize = idtable.ChecksumSize
	// largeOffset marks an offset that is in the table of 64-bit ones.
	largeOffset = 1 << 31
)

// packIndex is a pack's index, of version 1 or 2.
type packIndex struct {
	idtable.Table
	// checks, offsets and large are where the tables are; version 1 has each
	// offset before its id, and the first and last not at all.
	version                int
	checks, offsets, large int64
	largeCount             int64
	// audited is whether the file was compared with its checksum, and verdict what
	// came of it.
	audited sync.Once
	verdict error
}

// openIndex opens an index.
func openIndex(name string, options Options) (*packIndex, error) {
	file, err := filemap.Open(name, options.files())
	if err != nil {
		return nil, err
	}
	index := &packIndex{Table: idtable.Table{File: file}}
	if err = index.readHeader(); err == nil && options.Verify {
		err = index.audit()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return index, nil
}

func (x *packIndex) readHeader() error {
	magic, err := x.File.Slice(0, 8)
	if err != nil {
		return err
	}
	if !bytes.Equal(magic[:4], []byte("\xfftOc")) {
		return x.readVersion1()
	}
	if binary.BigEndian.Uint32(magic[4:]) != 2 {
		return x.File.Errorf(4, errNotIndex)
	}
	x.version = 2
	if err := x.ReadFanout(8); err != nil {
		return err
	}
	count := int64(x.Count())
	x.Stride, x.Start = object.IDSize, 8+idtable.FanoutSize
	x.checks = x.Start + object.IDSize*count
	x.offsets = x.checks + 4*count
	x.large = x.offsets + 4*count
	rest := x.File.Size() - 2*checksumSize - x.large
	x.largeCount = rest / 8
	if rest < 0 || rest%8 != 0 || x.largeCount > count {
		return x.File.Errorf(x.File.Size(), errIndexSize)
	}
	return nil
}

// readVersion1 reads the header of the older format, which begins with the
// fan-out table; each id has its offset before it.
func (x *packIndex) readVersion1() error {
	x.version = 1
	if err := x.ReadFanout(0); err != nil {
		return err
	}
	x.Stride, x.Start = 4+object.IDSize, idtable.FanoutSize+4
	if x.File.Size() != idtable.FanoutSize+int64(x.Count())*int64(x.Stride)+2*checksumSize {
		return x.File.Errorf(x.File.Size(), errIndexSize)
	}
	return nil
}

// offset is where in the pack the object at a position is.
func (x *packIndex) offset(position int) (int64, error) {
	at := x.offsets + 4*int64(position)
	if x.version == 1 {
		at = x.Start + int64(position)*int64(x.Stride) - 4
	}
	piece, err := x.File.Slice(at, 4)
	if err != nil {
		return 0, err
	}
	return x.decodeOffset(binary.BigEndian.Uint32(piece), at)
}

// decodeOffset gives the offset that a table has, or refers to; at is where.
func (x *packIndex) decodeOffset(short uint32, at int64) (int64, error) {
	if x.version == 1 || short < largeOffset {
		return int64(short), nil
	}
	return longOffset(x.File, at, x.large, x.largeCount, int64(short-largeOffset))
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

// audit compares the file with its checksum, which takes its time: once.
func (x *packIndex) audit() error {
	x.audited.Do(func() { x.verdict = idtable.Verify(x.File) })
	return x.verdict
}

// check is the CRC-32 of the packed object at a position; ok is false where the
// index has none.
func (x *packIndex) check(position int) (check uint32, ok bool, err error) {
	if x.version == 1 {
		return 0, false, nil
	}
	piece, err := x.File.Slice(x.checks+4*int64(position), 4)
	if err != nil {
		return 0, false, err
	}
	return binary.BigEndian.Uint32(piece), true, nil
}

// packChecksum is the checksum of the pack that the index describes.
func (x *packIndex) packChecksum() ([]byte, error) {
	return x.File.Slice(x.File.Size()-2*checksumSize, checksumSize)
}
