package gitrepo

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"

	"github.com/mozilla-services/looprel/internal/object"
)

// deltas writes trees as deltas (gitformat-pack(5)) of the last tree with the same
// names: of a directory that is made anew for every commit, hardly more than one
// entry changes.
type deltas struct {
	last map[[sha1Size]byte]chained
}

const sha1Size = object.IDSize

// chained is a tree that was written, and how many deltas it is made of.
type chained struct {
	id    object.ID
	data  []byte
	depth int
}

const (
	// deepest is how many deltas may build on each other, as git makes them.
	deepest = 50
	// maxKnownTrees bounds the trees that are kept.
	maxKnownTrees = 256
)

func newDeltas() deltas { return deltas{last: map[[sha1Size]byte]chained{}} }

// of gives a tree as a delta, if there is one that it can build on and is much
// shorter.
func (d *deltas) of(id object.ID, data []byte) (base object.ID, delta []byte, found bool) {
	key, ok := names(data)
	if !ok {
		return object.ID{}, nil, false
	}
	before, known := d.last[key]
	next := chained{id: id, data: data}
	if known && before.depth < deepest && len(before.data) == len(data) {
		if delta = replace(before.data, data); len(delta) < len(data)/2 {
			base, next.depth, found = before.id, before.depth+1, true
		}
	}
	if len(d.last) >= maxKnownTrees {
		clear(d.last)
	}
	d.last[key] = next
	return base, delta, found
}

// names identifies a tree's modes and names.
func names(data []byte) (key [sha1Size]byte, ok bool) {
	var text []byte
	scanner := object.NewTreeScanner(data)
	for scanner.Next() {
		text = append(binary.AppendUvarint(text, uint64(scanner.Mode())), scanner.Name()...)
		text = append(text, 0)
	}
	if scanner.Err() != nil || len(text) == 0 {
		return key, false
	}
	return object.Blob(text).ID(), true
}

// replace makes the delta between two texts of the same length, with what is equal at
// the same place taken over.
func replace(before, after []byte) []byte {
	delta := binary.AppendUvarint(nil, uint64(len(before)))
	delta = binary.AppendUvarint(delta, uint64(len(after)))
	const shortest = 8 // what is equal and shorter is not worth an instruction
	for at := 0; at < len(after); {
		equal := at
		for equal < len(after) && before[equal] == after[equal] {
			equal++
		}
		if equal-at >= shortest || equal == len(after) && equal > at {
			delta = appendCopy(delta, at, equal-at)
			at = equal
			continue
		}
		end := differing(before, after, at, shortest)
		delta = appendInsert(delta, after[at:end])
		at = end
	}
	return delta
}

// differing is where the next long equal stretch begins.
func differing(before, after []byte, at, shortest int) int {
	equal := 0
	for end := at; end < len(after); end++ {
		if before[end] != after[end] {
			equal = 0
		} else if equal++; equal == shortest && end+1-shortest > at {
			return end + 1 - shortest
		}
	}
	return len(after)
}

// appendCopy writes the instruction to copy from the base: which bytes of offset and
// size follow is said by bits of the first.
func appendCopy(delta []byte, offset, size int) []byte {
	const most = 0xffffff
	for size > 0 {
		piece := min(size, most)
		first := len(delta)
		delta = append(delta, 0x80)
		for i, bits := 0, offset; bits > 0; i, bits = i+1, bits>>8 {
			if bits&0xff != 0 {
				delta = append(delta, byte(bits))
				delta[first] |= 1 << i
			}
		}
		for i, bits := 0, piece; bits > 0; i, bits = i+1, bits>>8 {
			if bits&0xff != 0 {
				delta = append(delta, byte(bits))
				delta[first] |= 0x10 << i
			}
		}
		offset, size = offset+piece, size-piece
	}
	return delta
}

// appendInsert writes the instructions to insert bytes, at most 127 in each.
func appendInsert(delta, data []byte) []byte {
	const most = 127
	for len(data) > 0 {
		piece := data[:min(len(data), most)]
		delta = append(append(delta, byte(len(piece))), piece...) //nolint:gosec // at most 127
		data = data[len(piece):]
	}
	return delta
}

// maxStored is up to which size, in bytes, data is not compressed at all: codes for
// so little cost more than they save.
const maxStored = 160

// store writes short data as a zlib stream of one stored block (RFC 1950, RFC 1951).
func store(to *bytes.Buffer, data []byte) {
	size := uint16(len(data)) //nolint:gosec // at most maxStored
	header := binary.LittleEndian.AppendUint16([]byte{0x78, 0x01, 0x01}, size)
	to.Write(binary.LittleEndian.AppendUint16(header, ^size))
	to.Write(data)
	to.Write(binary.BigEndian.AppendUint32(nil, adler32.Checksum(data)))
}
