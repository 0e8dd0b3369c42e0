package filemap

import "sync/atomic"

const (
	// heldLimit is how much of a mapped file, in bytes, this process holds at a time.
	// Beyond it the pages are given back, and come from the system's cache again when
	// they are read: a walk through a large repository would hold all of it in the
	// end.
	heldLimit = 24 << 20
	// pieceSize is about how much the system maps at once, around what is read.
	pieceSize = 64 << 10
)

// held notes which pieces of a mapped file are likely in this process's memory. It
// has no bits for a file that may be held as a whole.
type held struct {
	bits  []atomic.Uint32
	count atomic.Int32
}

func newHeld(size int64) held {
	if size <= heldLimit {
		return held{}
	}
	return held{bits: make([]atomic.Uint32, size/pieceSize/32+1)}
}

// add notes a piece, and reports whether there are too many now; then none is noted
// any more.
func (h *held) add(piece int64) (full bool) {
	word, bit := &h.bits[piece/32], uint32(1)<<(piece%32)
	if word.Load()&bit != 0 || word.Or(bit)&bit != 0 || h.count.Add(1) <= heldLimit/pieceSize {
		return false
	}
	for i := range h.bits {
		h.bits[i].Store(0)
	}
	h.count.Store(0)
	return true
}

// touch notes that a part of the mapping is about to be read.
func (m *mapping) touch(offset int64, length int) {
	if m.held.bits == nil || length == 0 {
		return
	}
	for piece := offset / pieceSize; piece <= (offset+int64(length)-1)/pieceSize; piece++ {
		if piece/32 < int64(len(m.held.bits)) && m.held.add(piece) {
			giveBack(m.data)
		}
	}
}
