package objectstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// trace finds out why an object could not be read, which takes its time: whether
// the index is damaged, or one of the packed objects that it is made of. What it
// does not find remains the error. An object that claims to be too large is looked
// at, too: its size may be what is damaged.
func (p packed) trace(err error) error {
	var damage *filemap.Error
	if !errors.As(err, &damage) && !isFinal(err) {
		return err
	}
	index, failure := p.pack.openIndex()
	if failure == nil {
		failure = index.audit()
	}
	if failure == nil {
		failure = p.pack.compare(index, p.chain())
	}
	if failure != nil {
		return failure
	}
	return err
}

// chain lists the places of the packed objects that the object is made of, its own
// first, as far as they make sense.
func (p packed) chain() []int64 {
	offsets := []int64{p.offset}
	for len(offsets) < maxChain {
		e, err := p.pack.entry(offsets[len(offsets)-1])
		if err != nil || e.kind != "" {
			break
		}
		offsets = append(offsets, e.base)
	}
	return offsets
}

// compare compares the packed objects at the offsets, their headers included, with
// the index's checksums of them, if it has any.
func (p *pack) compare(index *packIndex, offsets []int64) error {
	file, err := p.openFile()
	if err != nil {
		return err
	}
	extents, err := index.extents(offsets, file.Size()-checksumSize)
	if err != nil {
		return err
	}
	for _, extent := range extents {
		if extent.position < 0 {
			return file.Errorf(extent.start, errNoEntry)
		}
		want, ok, err := index.check(extent.position)
		if err != nil || !ok {
			return err
		}
		have, err := checksum(file, extent)
		if err != nil {
			return err
		}
		if have != want {
			return file.Errorf(extent.start, errCheck)
		}
	}
	return nil
}

func checksum(file *filemap.File, extent extent) (sum uint32, err error) {
	const step = 1 << 20
	for at := extent.start; at < extent.end; at += step {
		piece, err := file.Slice(at, int(min(step, extent.end-at)))
		if err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, crc32.IEEETable, piece)
	}
	return sum, nil
}

// extent is what a packed object takes of its pack. The position is that in the
// index, -1 where the index has no object at that place.
type extent struct {
	position   int
	start, end int64
}

// extents finds the packed objects at the offsets in one pass through the index,
// which is not in the order of the pack: an object ends where the next one begins,
// the last one at the given end.
func (x *packIndex) extents(offsets []int64, end int64) ([]extent, error) {
	var extents []extent
	for _, offset := range slices.Compact(slices.Sorted(slices.Values(offsets))) {
		extents = append(extents, extent{position: -1, start: offset, end: end})
	}
	first, stride := x.offsets, 4
	if x.version == 1 {
		first, stride = x.Start-4, x.Stride
	}
	table, err := x.File.Slice(first, max(stride*(x.Count()-1)+4, 0))
	if err != nil {
		return nil, err
	}
	for position := range x.Count() {
		place := stride * position
		offset, err := x.decodeOffset(binary.BigEndian.Uint32(table[place:]), first+int64(place))
		if err != nil {
			return nil, err
		}
		at, found := slices.BinarySearchFunc(extents, offset, func(e extent, offset int64) int { return cmp.Compare(e.start, offset) })
		if found {
			extents[at].position = position
		}
		if at > 0 {
			extents[at-1].end = min(extents[at-1].end, offset)
		}
	}
	return extents, nil
}
