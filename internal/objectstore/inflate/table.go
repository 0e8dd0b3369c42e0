package inflate

import (
	"math/bits"
	"sync"
)

const (
	maxLiterals  = 288
	maxDistances = 32
	maxCodeBits  = 15
	// maxTableBits is how many bits of a code the first look into a table takes.
	maxTableBits = 9
	// tableSize has room for the first look's entries and all that longer codes
	// link to: their groups together are no larger than twice the number of codes
	// times the widest group, and in fact far smaller.
	tableSize = 4096
	tableMask = tableSize - 1
)

// entry says what the bits that were looked up mean. From the lowest bit on: 4
// bits with the number of bits to use up, 4 with the number of extra bits that
// follow, 4 of flags; from bit 16 on a value.
type entry uint32

const (
	flagLiteral entry = 1 << 8
	flagEnd     entry = 1 << 9  // the block ends, or the code is invalid
	flagInvalid entry = 1 << 10 // together with flagEnd
	flagLink    entry = 1 << 11 // the value is where a longer code goes on, the extra bits how many bits tell
)

func (e entry) bits() uint      { return uint(e & 15) }
func (e entry) extra() uint     { return uint(e >> 4 & 15) }
func (e entry) isLiteral() bool { return e&flagLiteral != 0 }
func (e entry) isEnd() bool     { return e&flagEnd != 0 }
func (e entry) isInvalid() bool { return e&flagInvalid != 0 }
func (e entry) isLink() bool    { return e&flagLink != 0 }
func (e entry) literal() byte   { return byte(e >> 16 & 0xff) }
func (e entry) base() int       { return int(e >> 16) }

// linked is the place of a longer code's entry, by the bits after the first look.
func (e entry) linked(rest uint64) int {
	return e.base() + int(rest&(1<<e.extra()-1)) //nolint:gosec // of 15 bits
}

// table finds the symbol of a code by its bits.
type table struct {
	entries [tableSize]entry
	bits    uint // of the first look
}

// find looks up the code that the bits begin with; mask has the bits of the first look.
func (t *table) find(hold, mask uint64) entry {
	e := t.entries[hold&mask&tableMask]
	if e.isLink() {
		e = t.entries[e.linked(hold>>t.bits)&tableMask]
	}
	return e
}

// build makes the table of a canonical code, given each symbol's length and what
// its entry is, but for the number of bits. It reports whether the lengths are
// those of a complete code; as with zlib, one of a single bit need not be, and
// there may be no code at all.
func (t *table) build(lengths []uint8, symbols []entry) bool {
	var count [maxCodeBits + 1]int
	var coded [maxLiterals]uint16 // the symbols that have a code, most have none
	have := 0
	for symbol, length := range lengths {
		if length > 0 {
			coded[have] = uint16(symbol)
			have++
			count[length]++
		}
	}
	longest, space := 0, 1
	for length := 1; length <= maxCodeBits; length++ {
		if count[length] > 0 {
			longest = length
		}
		space = space<<1 - count[length]
		if space < 0 {
			return false
		}
	}
	if space > 0 && longest > 1 {
		return false
	}
	t.bits = uint(max(1, min(longest, maxTableBits)))
	if space > 0 {
		for i := range 1 << t.bits {
			t.entries[i] = flagEnd | flagInvalid | 1
		}
	}
	t.fill(coded[:have], lengths, symbols, &count)
	return true
}

// fill gives the codes to the symbols that have one, in the order of their lengths
// (RFC 1951, 3.2.2).
func (t *table) fill(coded []uint16, lengths []uint8, symbols []entry, count *[maxCodeBits + 1]int) {
	var start [maxCodeBits + 2]int
	for length := 1; length <= maxCodeBits; length++ {
		start[length+1] = start[length] + count[length]
	}
	var sorted [maxLiterals]uint16
	at := start
	for _, symbol := range coded {
		length := lengths[symbol]
		sorted[at[length]] = symbol
		at[length]++
	}
	code := uint16(0)
	for length := uint(1); length <= t.bits; length++ {
		for _, symbol := range sorted[start[length]:start[length+1]] { //nolint:gosec // there are 17 of them
			t.entries[bits.Reverse16(code)>>(16-length)] = symbols[symbol] | entry(length)
			code++
		}
		code <<= 1
		if length < t.bits {
			// A code's entry is at all places that end in its bits.
			copy(t.entries[1<<length:2<<length], t.entries[:1<<length])
		}
	}
	t.link(sorted[start[t.bits+1]:start[maxCodeBits+1]], lengths, symbols, code)
}

// link makes the groups of the codes that are longer than the first look: those
// that begin with the same bits follow each other, the longest last.
func (t *table) link(long []uint16, lengths []uint8, symbols []entry, code uint16) {
	free, length := 1<<t.bits, t.bits+1
	for len(long) > 0 {
		for uint(lengths[long[0]]) > length {
			code <<= 1
			length++
		}
		prefix := code >> (length - t.bits)
		// How many codes there are in the group, and how long its last one is.
		size, groupCode, groupLength := 0, code, length
		for size < len(long) {
			next, nextLength := groupCode, groupLength
			for uint(lengths[long[size]]) > nextLength {
				next <<= 1
				nextLength++
			}
			if next>>(nextLength-t.bits) != prefix {
				break
			}
			groupCode, groupLength = next+1, nextLength
			size++
		}
		width := groupLength - t.bits
		t.entries[bits.Reverse16(prefix)>>(16-t.bits)] = flagLink | entry(width)<<4 | entry(free)<<16 //nolint:gosec // within the table
		for _, symbol := range long[:size] {
			for uint(lengths[symbol]) > length {
				code <<= 1
				length++
			}
			rest := int(bits.Reverse16(code)>>(16-length)) >> t.bits
			for i := rest; i < 1<<width; i += 1 << (length - t.bits) {
				t.entries[free+i] = symbols[symbol] | entry(lengths[symbol])
			}
			code++
		}
		free += 1 << width
		long = long[size:]
	}
}

// literalSymbols are the entries of literals, the block's end, and lengths;
// distanceSymbols those of distances (RFC 1951, 3.2.5); orderSymbols those of the
// code that code lengths are written in.
var literalSymbols, distanceSymbols, orderSymbols = makeSymbols()

func makeSymbols() (literals [maxLiterals]entry, distances [maxDistances]entry, order [19]entry) {
	for i := range 256 {
		literals[i] = flagLiteral | entry(i)<<16
	}
	literals[256] = flagEnd
	base := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-261)/4)
		literals[i] = entry(extra)<<4 | entry(base)<<16
		base += 1 << extra
	}
	literals[285] = 258 << 16
	literals[286], literals[287] = flagEnd|flagInvalid, flagEnd|flagInvalid
	base = 1
	for i := range 30 {
		extra := max(0, i/2-1)
		distances[i] = entry(extra)<<4 | entry(base)<<16
		base += 1 << extra
	}
	distances[30], distances[31] = flagEnd|flagInvalid, flagEnd|flagInvalid
	for i := range order {
		order[i] = entry(i) << 16
	}
	return literals, distances, order
}

// fixedTables are those of blocks that bring none (RFC 1951, 3.2.6).
var fixedTables = sync.OnceValue(func() *struct{ literals, distances table } {
	fixed := new(struct{ literals, distances table })
	var lengths [maxLiterals]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	fixed.literals.build(lengths[:], literalSymbols[:])
	for i := range maxDistances {
		lengths[i] = 5
	}
	fixed.distances.build(lengths[:maxDistances], distanceSymbols[:])
	return fixed
})

// readTables reads the codes that a block brings (RFC 1951, 3.2.7).
func (d *decoder) readTables() error {
	d.refill()
	header, err := d.take(14)
	if err != nil {
		return err
	}
	literals, distances, ordered := int(header&31)+257, int(header>>5&31)+1, int(header>>10)+4
	if literals > 286 || distances > 30 {
		return ErrCorrupt
	}
	if err := d.readOrder(ordered); err != nil {
		return err
	}
	if err := d.readLengths(literals + distances); err != nil {
		return err
	}
	const endOfBlock = 256
	if d.lengths[endOfBlock] == 0 ||
		!d.literals.build(d.lengths[:literals], literalSymbols[:]) ||
		!d.distances.build(d.lengths[literals:literals+distances], distanceSymbols[:]) {
		return ErrCorrupt
	}
	return nil
}

// readOrder reads the code that the other codes' lengths are written in.
func (d *decoder) readOrder(count int) error {
	places := [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var lengths [len(places)]uint8
	for _, place := range places[:count] {
		if d.count < 3 {
			d.refill()
		}
		length, err := d.take(3)
		if err != nil {
			return err
		}
		lengths[place] = uint8(length & 7)
	}
	if !d.order.build(lengths[:], orderSymbols[:]) {
		return ErrCorrupt
	}
	return nil
}

// readLengths reads the lengths of the literals' and distances' codes.
func (d *decoder) readLengths(count int) error {
	src, hold, next, have := d.src, d.hold, d.next, d.count
	lengths, mask := d.lengths[:count], uint64(1)<<d.order.bits-1
	for i := 0; i < count; {
		if have < maxLengthBits {
			hold, next, have = refilled(src, hold, next, have)
		}
		e := d.order.entries[hold&mask&tableMask]
		bits, least, value := e.bits(), 1, uint8(e.base()) //nolint:gosec // below 19
		var more uint
		switch {
		case e.isEnd(), value == 16 && i == 0:
			if bits > have {
				return ErrShort
			}
			return ErrCorrupt
		case value == 16: // the one before again
			value, more, least = lengths[i-1], 2, 3
		case value == 17:
			value, more, least = 0, 3, 3
		case value == 18:
			value, more, least = 0, 7, 11
		}
		if bits+more > have {
			return ErrShort
		}
		times := least + int(hold>>bits&(1<<more-1)) //nolint:gosec // of 7 bits
		hold >>= bits + more
		have -= bits + more
		if times > count-i {
			return ErrCorrupt
		}
		for range times {
			lengths[i] = value
			i++
		}
	}
	d.hold, d.next, d.count = hold, next, have
	return nil
}

// maxLengthBits is how many bits a length takes: its code, of 7, and 7 more.
const maxLengthBits = 7 + 7
