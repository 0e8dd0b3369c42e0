package objectstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

var (
	errNotMultiIndex = errors.New("it is no index of many packs, version 1, for SHA-1")
	errChunks        = errors.New("the index's table of contents makes no sense")
	errPackNumber    = errors.New("the index points at a pack that it does not name")
)

// multiIndex is an index of many packs (multi-pack-index).
type multiIndex struct {
	name    string
	options Options
	// packs are those that the index names, by its numbers; nil for one that is
	// not there any more.
	packs []*pack

	mutex sync.Mutex
	table atomic.Pointer[multiTable]
}

// multiTable is the open file.
type multiTable struct {
	idTable
	names          []string
	offsets, large int64
	largeCount     int64
}

// cover opens the index and takes over the packs that it describes.
func (m *multiIndex) cover(packs []*pack) error {
	var table *multiTable
	err := filemap.Guard(func() (err error) {
		table, err = m.open()
		return err
	}, func(yield func(*filemap.File) bool) {
		for _, file := range m.files() {
			if !yield(file) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	byName := map[string]*pack{}
	for _, p := range packs {
		byName[filepath.Base(p.stem)] = p
	}
	for _, name := range table.names {
		// Older versions of git name the index, newer ones may name the pack.
		p := byName[strings.TrimSuffix(strings.TrimSuffix(name, ".idx"), ".pack")]
		if p != nil {
			p.covered = true
		}
		m.packs = append(m.packs, p)
	}
	return nil
}

func (m *multiIndex) open() (*multiTable, error) {
	if table := m.table.Load(); table != nil {
		return table, nil
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if table := m.table.Load(); table != nil {
		return table, nil
	}
	file, err := filemap.Open(m.name, filemap.Options{Unmapped: m.options.Unmapped})
	if err != nil {
		return nil, err
	}
	table := &multiTable{idTable: idTable{file: file, stride: object.IDSize}}
	if err = table.readHeader(); err == nil && m.options.Verify {
		err = verifyChecksum(file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	m.table.Store(table)
	return table, nil
}

// readHeader reads where the tables are (gitformat-pack(5), "multi-pack-index
// files").
func (t *multiTable) readHeader() error {
	const headerSize = 12
	header, err := t.file.Slice(0, headerSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(header[:4], []byte("MIDX")) || header[4] != 1 || header[5] != 1 {
		return t.file.Errorf(0, errNotMultiIndex)
	}
	chunks, err := readChunks(t.file, headerSize, int(header[6]))
	if err != nil {
		return err
	}
	fanout, ids, offsets, names := chunks["OIDF"], chunks["OIDL"], chunks["OOFF"], chunks["PNAM"]
	if fanout.size != fanoutSize {
		return t.file.Errorf(headerSize, errChunks)
	}
	if err := t.readFanout(fanout.start); err != nil {
		return err
	}
	count := int64(t.count())
	if ids.size != count*object.IDSize || offsets.size != count*8 {
		return t.file.Errorf(headerSize, errChunks)
	}
	t.start, t.offsets = ids.start, offsets.start
	t.large, t.largeCount = chunks["LOFF"].start, chunks["LOFF"].size/8
	return t.readNames(names, int(binary.BigEndian.Uint32(header[8:])))
}

func (t *multiTable) readNames(names chunk, count int) error {
	text, err := t.file.Slice(names.start, int(names.size))
	if err != nil {
		return err
	}
	for name := range bytes.SplitSeq(text, []byte{0}) {
		if len(t.names) == count {
			return nil
		}
		t.names = append(t.names, string(name))
	}
	return t.file.Errorf(names.start, errChunks)
}

// find gives the pack that has an object, and where it is there. The pack is nil
// when it is not there any more.
func (m *multiIndex) find(id object.ID) (found *pack, offset int64, ok bool, err error) {
	t, err := m.open()
	if err != nil {
		return nil, 0, false, err
	}
	position, ok, err := t.idTable.find(id)
	if err != nil || !ok {
		return nil, 0, false, err
	}
	at := t.offsets + 8*int64(position)
	piece, err := t.file.Slice(at, 8)
	if err != nil {
		return nil, 0, false, err
	}
	number, short := binary.BigEndian.Uint32(piece), binary.BigEndian.Uint32(piece[4:])
	if int64(number) >= int64(len(m.packs)) {
		return nil, 0, false, t.file.Errorf(at, errPackNumber)
	}
	offset = int64(short)
	// Without a table of long offsets, short ones have all 32 bits.
	if t.largeCount > 0 && short >= largeOffset {
		offset, err = longOffset(t.file, at+4, t.large, t.largeCount, int64(short-largeOffset))
	}
	return m.packs[number], offset, true, err
}

func (m *multiIndex) files() []*filemap.File {
	if table := m.table.Load(); table != nil {
		return []*filemap.File{table.file}
	}
	return nil
}

func (m *multiIndex) release() error {
	if table := m.table.Swap(nil); table != nil {
		return table.file.Close()
	}
	return nil
}

// chunk is a part of a file.
type chunk struct{ start, size int64 }

// readChunks reads a table of contents of git's chunk-based formats
// (gitformat-chunk(5)): identifiers of four letters with offsets, the last one of
// which is where the checksum begins.
func readChunks(file *filemap.File, offset int64, count int) (map[string]chunk, error) {
	const rowSize = 12
	rows, err := file.Slice(offset, (count+1)*rowSize)
	if err != nil {
		return nil, err
	}
	chunks := map[string]chunk{}
	least, end := offset+int64(len(rows)), file.Size()-checksumSize
	for i := range count {
		row := rows[i*rowSize:]
		start, next := binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[rowSize+4:])
		if start < uint64(least) || next < start || end < 0 || next > uint64(end) { //nolint:gosec // neither is negative
			return nil, file.Errorf(offset+int64(i*rowSize), errChunks)
		}
		chunks[string(row[:4])] = chunk{start: int64(start), size: int64(next - start)} //nolint:gosec // within the file
	}
	return chunks, nil
}
