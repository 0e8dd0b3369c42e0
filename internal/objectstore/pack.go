package objectstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/inflate"
)

const packHeaderSize = 12

// errGone: the pack was removed since it was listed.
var errGone = errors.New("the pack is gone")

// pack is one pack and its index, which are opened when they are needed.
type pack struct {
	stem      string // the path without ".pack"
	directory *directory
	promisor  bool
	// covered: the index of many packs has its objects.
	covered bool
	// gone: the files were removed since they were listed.
	gone atomic.Bool

	mutex sync.Mutex
	index atomic.Pointer[packIndex]
	file  atomic.Pointer[filemap.File]
}

func (p *pack) openIndex() (*packIndex, error) {
	if index := p.index.Load(); index != nil {
		return index, nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if index := p.index.Load(); index != nil {
		return index, nil
	}
	index, err := openIndex(p.stem+".idx", p.directory.options)
	if err != nil {
		return nil, p.missing(err)
	}
	p.index.Store(index)
	return index, nil
}

// missing makes errGone of the error of a file that is not there any more.
func (p *pack) missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		p.gone.Store(true)
		return errGone
	}
	return err
}

func (p *pack) openFile() (*filemap.File, error) {
	if file := p.file.Load(); file != nil {
		return file, nil
	}
	index, err := p.openIndex()
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if file := p.file.Load(); file != nil {
		return file, nil
	}
	file, err := filemap.Open(p.stem+".pack", p.directory.options.files())
	if err != nil {
		return nil, p.missing(err)
	}
	if err := checkPack(file, index); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	p.file.Store(file)
	return file, nil
}

// checkPack makes sure that a file is a pack, and the one that the index
// describes: a pack ends in a checksum that its index repeats.
func checkPack(file *filemap.File, index *packIndex) error {
	header, err := file.Slice(0, packHeaderSize)
	if err != nil {
		return err
	}
	version := binary.BigEndian.Uint32(header[4:])
	if !bytes.Equal(header[:4], []byte("PACK")) || version != 2 && version != 3 {
		return file.Errorf(0, errNotPack)
	}
	if int64(binary.BigEndian.Uint32(header[8:])) != int64(index.Count()) {
		return file.Errorf(8, errOtherPack)
	}
	own, err := file.Slice(file.Size()-checksumSize, checksumSize)
	if err != nil {
		return err
	}
	described, err := index.packChecksum()
	if err != nil {
		return err
	}
	if !bytes.Equal(own, described) {
		return file.Errorf(file.Size()-checksumSize, errOtherPack)
	}
	return nil
}

func (p *pack) files() []*filemap.File {
	var open []*filemap.File
	if index := p.index.Load(); index != nil {
		open = append(open, index.File)
	}
	if file := p.file.Load(); file != nil {
		open = append(open, file)
	}
	return open
}

func (p *pack) release() error {
	var errs []error
	if index := p.index.Swap(nil); index != nil {
		errs = append(errs, index.File.Close())
	}
	if file := p.file.Swap(nil); file != nil {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// entryKind is an object's kind as packs write it.
type entryKind uint8

const (
	entryCommit      entryKind = 1
	entryTree        entryKind = 2
	entryBlob        entryKind = 3
	entryTag         entryKind = 4
	entryOffsetDelta entryKind = 6
	entryIDDelta     entryKind = 7
)

// kind is the object's kind, "" for deltas.
func (k entryKind) kind() object.Kind {
	switch k {
	case entryCommit:
		return object.KindCommit
	case entryTree:
		return object.KindTree
	case entryBlob:
		return object.KindBlob
	case entryTag:
		return object.KindTag
	default:
		return ""
	}
}

// entry is what the header of a packed object says.
type entry struct {
	kind object.Kind // "" for a delta
	// start is where the header is, and data where the compressed data begins.
	start, data int64
	// size is the length of the decompressed data: the content or the delta.
	size int64
	// base is where a delta's base is.
	base int64
}

// maxEntryHeader is the length of the longest header: a size and an offset of 64
// bits, seven in each byte, or a size and an id.
const maxEntryHeader = 10 + object.IDSize

// entry reads the header at an offset.
func (p *pack) entry(offset int64) (entry, error) {
	file, err := p.openFile()
	if err != nil {
		return entry{}, err
	}
	end := file.Size() - checksumSize
	if offset < packHeaderSize || offset >= end {
		return entry{}, file.Errorf(offset, errOffset)
	}
	header, err := file.Slice(offset, int(min(maxEntryHeader, end-offset)))
	if err != nil {
		return entry{}, err
	}
	kind, size, used := readSize(header)
	if used == 0 {
		return entry{}, file.Errorf(offset, errHeader)
	}
	e := entry{kind: kind.kind(), start: offset, size: size}
	switch {
	case e.kind != "":
	case kind == entryOffsetDelta:
		distance, length := readDistance(header[used:])
		if length == 0 || distance <= 0 || distance > offset-packHeaderSize {
			return entry{}, file.Errorf(offset, errHeader)
		}
		used += length
		e.base = offset - distance
	case kind == entryIDDelta && len(header)-used >= object.IDSize:
		if e.base, err = p.baseOffset(object.ID(header[used:])); err != nil {
			return entry{}, err
		}
		if e.base < 0 {
			return entry{}, file.Errorf(offset, errBase)
		}
		used += object.IDSize
	default:
		return entry{}, file.Errorf(offset, errHeader)
	}
	e.data = offset + int64(used)
	// Each byte of deflated data gives 1032 at most.
	if e.size/1032 > end-e.data {
		return entry{}, file.Errorf(offset, errTooMuch)
	}
	return e, nil
}

// baseOffset finds a delta's base in the same pack, -1 where there is none.
func (p *pack) baseOffset(id object.ID) (int64, error) {
	index, err := p.openIndex()
	if err != nil {
		return 0, err
	}
	position, found, err := index.Find(id)
	if err != nil || !found {
		return -1, err
	}
	return index.offset(position)
}

// readSize reads the kind and the size at the beginning of a header, and returns
// how many bytes they take, 0 when they make no sense.
func readSize(header []byte) (kind entryKind, size int64, used int) {
	const more, maxShift = 0x80, 63 - 7
	kind, size = entryKind(header[0]>>4&7), int64(header[0]&15)
	for i, shift := 1, 4; header[i-1]&more != 0; i, shift = i+1, shift+7 {
		if i == len(header) || shift > maxShift {
			return 0, 0, 0
		}
		size |= int64(header[i]&^more) << shift
		used = i
	}
	return kind, size, used + 1
}

// readDistance reads how far before a delta its base is, and returns how many
// bytes that takes, 0 when it makes no sense.
func readDistance(data []byte) (distance int64, used int) {
	const more, most = 0x80, 1<<(63-7) - 1
	for used < len(data) {
		distance |= int64(data[used] &^ more)
		used++
		if data[used-1]&more == 0 {
			return distance, used
		}
		if distance > most-1 {
			break
		}
		distance = (distance + 1) << 7
	}
	return 0, 0
}

// inflate decompresses an entry's data into dst, which has its size. The checksum of
// the zlib stream is left alone: what is made of the data is compared with its id.
func (p *pack) inflate(e entry, dst []byte) error {
	_, err := p.inflateTo(e, dst)
	return err
}

// inflateTo is inflate that also returns where the data ends.
func (p *pack) inflateTo(e entry, dst []byte) (end int64, err error) {
	file, err := p.openFile()
	if err != nil {
		return 0, err
	}
	buffer := borrowBuffer(0)
	defer returnBuffer(buffer)
	rest := file.Size() - checksumSize - e.data
	for guess := int64(compressedBound(len(dst))); ; guess *= 2 {
		src, err := file.Most(buffer, e.data, int(min(guess, rest)))
		if err != nil {
			return 0, err
		}
		src = src[:min(int64(len(src)), rest)]
		consumed, err := inflate.Unchecked(dst, src)
		if errors.Is(err, inflate.ErrShort) && int64(len(src)) < rest {
			continue
		}
		if err != nil {
			return 0, file.Errorf(e.data+int64(consumed), err)
		}
		return e.data + int64(consumed), nil
	}
}

// compressedBound is how long compressed data is at most, as zlib makes it. Other
// compressors may make longer data of the same content.
func compressedBound(size int) int { return size + size>>12 + size>>14 + 32 }

// prefix decompresses the first bytes of an entry's data.
func (p *pack) prefix(e entry, dst []byte) ([]byte, error) {
	file, err := p.openFile()
	if err != nil {
		return nil, err
	}
	buffer := borrowBuffer(0)
	defer returnBuffer(buffer)
	rest := file.Size() - checksumSize - e.data
	const most = 1 << 10 // the tables of a block and some symbols
	for guess := int64(most); ; guess *= 2 {
		src, err := file.Most(buffer, e.data, int(min(guess, rest)))
		if err != nil {
			return nil, err
		}
		src = src[:min(int64(len(src)), rest)]
		written, err := inflate.Prefix(dst, src)
		if errors.Is(err, inflate.ErrShort) && int64(len(src)) < rest {
			continue
		}
		if err != nil {
			return nil, file.Errorf(e.data, err)
		}
		return dst[:written], nil
	}
}
