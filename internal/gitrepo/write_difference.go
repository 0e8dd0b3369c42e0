package gitrepo

import (
	"encoding/binary"
	"math/bits"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore"
)

// block is the length of the stretches by which a delta finds what the base has.
const block = 16

// difference makes a delta between two texts, nil if it would be longer than most.
// Stretches of the second that the first has anywhere are copied from there.
func difference(base, text []byte, most int) []byte {
	if len(base) < block || len(text) < block {
		return nil
	}
	places := newBlocks(base)
	delta := binary.AppendUvarint(nil, uint64(len(base)))
	delta = binary.AppendUvarint(delta, uint64(len(text)))
	written := 0
	for at := 0; at+block <= len(text); {
		from, length := places.find(text, at, written)
		if length == 0 {
			at++
			continue
		}
		at -= from.before
		delta = appendInsert(delta, text[written:at])
		delta = appendCopy(delta, from.at, length)
		at += length
		if written = at; len(delta) > most {
			return nil
		}
	}
	if delta = appendInsert(delta, text[written:]); len(delta) > most {
		return nil
	}
	return delta
}

// blocks knows where a text has stretches of a block's length: each, at multiples of
// that, by a hash; of several with the same hash the last.
type blocks struct {
	text  []byte
	table []uint32 // a place and 1, 0 for none
	shift int
}

func newBlocks(text []byte) blocks {
	width := max(bits.Len(uint(len(text)/block))+1, 4)
	b := blocks{text: text, table: make([]uint32, 1<<width), shift: 64 - width}
	for at := 0; at+block <= len(text); at += block {
		b.table[b.hash(text[at:])] = uint32(at + 1)
	}
	return b
}

// hash mixes a block: multiplication spreads it over the upper bits.
func (b blocks) hash(text []byte) uint64 {
	const odd, other = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	mixed := binary.LittleEndian.Uint64(text)*odd ^ binary.LittleEndian.Uint64(text[8:])*other
	return mixed * odd >> b.shift
}

// match is where the base has a stretch, which began so many bytes before the place
// that was looked at.
type match struct{ at, before int }

// find looks for the stretch of a text at a place, which may begin earlier, but not
// before floor. The length is 0 if the base does not have it.
func (b blocks) find(text []byte, at, floor int) (match, int) {
	place := int(b.table[b.hash(text[at:])]) - 1
	if place < 0 || string(b.text[place:place+block]) != string(text[at:at+block]) {
		return match{}, 0
	}
	before := 0
	for at-before > floor && place-before > 0 && b.text[place-before-1] == text[at-before-1] {
		before++
	}
	length := block
	for at+length < len(text) && place+length < len(b.text) && b.text[place+length] == text[at+length] {
		length++
	}
	return match{at: place - before, before: before}, before + length
}

const (
	// maxDifference bounds the texts that are compared, in bytes.
	maxDifference = 4 << 20
	// deepestCopied is how deep a chain may be for another delta to build on it: those
	// that are copied may be as deep again.
	deepestCopied = 50
)

// whole writes an object that no pack has in a form that can be taken over: as a delta
// of another version of the same file, if one is in the pack already.
func (w *packWriter) whole(entry objectstore.PackedEntry, from *Objects, before map[object.ID]object.ID) error {
	w.data.Reset()
	for _, candidate := range []object.ID{before[entry.ID], w.after[entry.ID]} {
		if _, written := w.places[candidate]; !written || w.depths[candidate] >= deepestCopied || entry.Size > maxDifference {
			continue
		}
		base, err := from.store.Read(candidate, maxDifference)
		if err != nil || base.Kind != entry.Kind {
			continue // what is new is in no store, and what is large is not compared
		}
		if delta := difference(base.Data, entry.Content, len(entry.Content)/2); delta != nil {
			deflate(&w.data, delta)
			return w.entry(entry.ID, "", int64(len(delta)), candidate, w.data.Bytes())
		}
	}
	deflate(&w.data, entry.Content)
	return w.entry(entry.ID, entry.Kind, entry.Size, object.ID{}, w.data.Bytes())
}
