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
	"github.com/mozilla-services/looprel/internal/objectstore/idtable"
)

var (
	errNotMultiIndex = errors.New("it is no index of many packs, version 1, for SHA-1")
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
	idtable.Table
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
	file, err := filemap.Open(m.name, m.options.files())
	if err != nil {
		return nil, err
	}
	table := &multiTable{Table: idtable.Table{File: file, Stride: object.IDSize}}
	if err = table.readHeader(); err == nil && m.options.Verify {
		err = idtable.Verify(file)
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
	header, err := t.File.Slice(0, headerSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(header[:4], []byte("MIDX")) || header[4] != 1 || header[5] != 1 {
		return t.File.Errorf(0, errNotMultiIndex)
	}
	chunks, err := idtable.ReadChunks(t.File, headerSize, int(header[6]))
	if err != nil {
		return err
	}
	fanout, ids, offsets, names := chunks["OIDF"], chunks["OIDL"], chunks["OOFF"], chunks["PNAM"]
	if fanout.Size != idtable.FanoutSize {
		return t.File.Errorf(headerSize, idtable.ErrChunks)
	}
	if err := t.ReadFanout(fanout.Start); err != nil {
		return err
	}
	count := int64(t.Count())
	if ids.Size != count*object.IDSize || offsets.Size != count*8 {
		return t.File.Errorf(headerSize, idtable.ErrChunks)
	}
	t.Start, t.offsets = ids.Start, offsets.Start
	t.large, t.largeCount = chunks["LOFF"].Start, chunks["LOFF"].Size/8
	return t.readNames(names, int(binary.BigEndian.Uint32(header[8:])))
}

func (t *multiTable) readNames(names idtable.Chunk, count int) error {
	text, err := t.File.Slice(names.Start, int(names.Size))
	if err != nil {
		return err
	}
	for name := range bytes.SplitSeq(text, []byte{0}) {
		if len(t.names) == count {
			return nil
		}
		t.names = append(t.names, string(name))
	}
	return t.File.Errorf(names.Start, idtable.ErrChunks)
}

// find gives the pack that has an object, and where it is there. The pack is nil
// when it is not there any more.
func (m *multiIndex) find(id object.ID) (found *pack, offset int64, ok bool, err error) {
	t, err := m.open()
	if err != nil {
		return nil, 0, false, err
	}
	position, ok, err := t.Find(id)
	if err != nil || !ok {
		return nil, 0, false, err
	}
	at := t.offsets + 8*int64(position)
	piece, err := t.File.Slice(at, 8)
	if err != nil {
		return nil, 0, false, err
	}
	number, short := binary.BigEndian.Uint32(piece), binary.BigEndian.Uint32(piece[4:])
	if int64(number) >= int64(len(m.packs)) {
		return nil, 0, false, t.File.Errorf(at, errPackNumber)
	}
	offset = int64(short)
	// Without a table of long offsets, short ones have all 32 bits.
	if t.largeCount > 0 && short >= largeOffset {
		offset, err = longOffset(t.File, at+4, t.large, t.largeCount, int64(short-largeOffset))
	}
	return m.packs[number], offset, true, err
}

func (m *multiIndex) files() []*filemap.File {
	if table := m.table.Load(); table != nil {
		return []*filemap.File{table.File}
	}
	return nil
}

func (m *multiIndex) release() error {
	if table := m.table.Swap(nil); table != nil {
		return table.File.Close()
	}
	return nil
}
