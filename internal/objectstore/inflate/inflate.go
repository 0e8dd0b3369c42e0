// Package inflate decompresses zlib streams (RFC 1950, RFC 1951) from memory into
// memory of known size, which is all that git's objects need: their length is
// written before their content. Without a window to slide and a reader to ask, it
// takes about half the time of a streaming decompressor.
//
//	Whole      the content, all of it, with its checksum compared
//	Unchecked  the same without the checksum
//	Prefix     the first bytes of a content, as for a header
//
// Input and output are never read or written beyond their ends, whatever the input
// says. The package imports the standard library only.
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"sync"
)

var (
	// ErrShort says that the input ends before the stream does.
	ErrShort = errors.New("the compressed data is cut short")
	// ErrCorrupt says that the input is no zlib stream.
	ErrCorrupt = errors.New("the compressed data is corrupt")
	// ErrLength says that the content is longer or shorter than the output.
	ErrLength = errors.New("the content's length is not what was announced")
	// ErrChecksum says that the content is not what was compressed.
	ErrChecksum = errors.New("the content's checksum is wrong")
)

const (
	zlibHeaderSize = 2
	checksumSize   = 4
)

var decoders = sync.Pool{New: func() any { return new(decoder) }}

// Whole decompresses the stream at the beginning of src, whose content has to fill
// dst exactly. It returns how many bytes of src the stream has, of a damaged one
// how far it was read.
func Whole(dst, src []byte) (consumed int, err error) {
	consumed, err = Unchecked(dst, src)
	if err == nil && adler32.Checksum(dst) != binary.BigEndian.Uint32(src[consumed-checksumSize:]) {
		return consumed - checksumSize, ErrChecksum
	}
	return consumed, err
}

// Unchecked is Whole for a content that is compared with something better than its
// checksum.
func Unchecked(dst, src []byte) (consumed int, err error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	_, err = d.run(dst, src, false)
	consumed = d.position()
	if err != nil {
		return consumed, err
	}
	if len(src)-consumed < checksumSize {
		return len(src), ErrShort
	}
	return consumed + checksumSize, nil
}

// Prefix decompresses the beginning of the stream in src until dst is full or the
// content ends, and returns how many bytes it wrote. The checksum is not looked
// at.
func Prefix(dst, src []byte) (written int, err error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	return d.run(dst, src, true)
}

// decoder holds the tables of one block and the place in the input.
type decoder struct {
	literals  table
	distances table
	order     table
	lengths   [maxLiterals + maxDistances]uint8

	src  []byte
	next int // the first byte that is not in hold
	// hold has the next bits, the first in the lowest place. Beyond count there may
	// be bits of the bytes that follow, which are the same when they are read again.
	hold  uint64
	count uint
}

// position is how many bytes have been used up.
func (d *decoder) position() int { return d.next - int(d.count>>3) }

// release lets others use the decoder, which keeps nothing of the input.
func (d *decoder) release() {
	d.src = nil
	decoders.Put(d)
}

// run decompresses into dst. A prefix may end before the stream does.
func (d *decoder) run(dst, src []byte, prefix bool) (written int, err error) {
	d.src, d.next, d.hold, d.count = src, 0, 0, 0
	if len(src) < zlibHeaderSize {
		return 0, ErrShort
	}
	const deflated, maxWindow, dictionary = 8, 7, 0x20
	method, flags := src[0], src[1]
	if method&15 != deflated || method>>4 > maxWindow || flags&dictionary != 0 || binary.BigEndian.Uint16(src)%31 != 0 {
		return 0, ErrCorrupt
	}
	d.next = zlibHeaderSize
	last := false
	for !last {
		if prefix && written == len(dst) {
			return written, nil
		}
		last, written, err = d.block(dst, written)
		if prefix && errors.Is(err, ErrLength) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
	}
	d.align()
	if !prefix && written != len(dst) {
		return written, ErrLength
	}
	return written, nil
}

// refill makes sure of 56 bits at least, as far as there is input.
func (d *decoder) refill() { d.hold, d.next, d.count = refilled(d.src, d.hold, d.next, d.count) }

func refilled(src []byte, hold uint64, next int, count uint) (newHold uint64, newNext int, newCount uint) {
	if next+8 <= len(src) {
		return hold | binary.LittleEndian.Uint64(src[next:])<<(count&63), next + int((63-count)>>3), count | 56
	}
	for count < 56 && next < len(src) {
		hold |= uint64(src[next]) << count
		next++
		count += 8
	}
	return hold, next, count
}

// take uses up bits that refill has provided.
func (d *decoder) take(bits uint) (uint64, error) {
	if bits > d.count {
		return 0, ErrShort
	}
	value := d.hold & (1<<bits - 1)
	d.hold >>= bits
	d.count -= bits
	return value, nil
}

// align drops the rest of a byte, and gives whole bytes back.
func (d *decoder) align() {
	d.next -= int(d.count >> 3)
	d.hold, d.count = 0, 0
}

func (d *decoder) block(dst []byte, written int) (last bool, end int, err error) {
	d.refill()
	header, err := d.take(3)
	if err != nil {
		return false, written, err
	}
	last = header&1 != 0
	switch header >> 1 {
	case 0:
		end, err = d.stored(dst, written)
	case 1:
		fixed := fixedTables()
		end, err = d.compressed(dst, written, &fixed.literals, &fixed.distances)
	case 2:
		if err := d.readTables(); err != nil {
			return last, written, err
		}
		end, err = d.compressed(dst, written, &d.literals, &d.distances)
	default:
		return last, written, ErrCorrupt
	}
	return last, end, err
}

// stored copies a block that is not compressed.
func (d *decoder) stored(dst []byte, written int) (int, error) {
	d.align()
	const headerSize = 4
	if len(d.src)-d.next < headerSize {
		return written, ErrShort
	}
	length := int(binary.LittleEndian.Uint16(d.src[d.next:]))
	if uint16(length)^0xffff != binary.LittleEndian.Uint16(d.src[d.next+2:]) { //nolint:gosec // it was read as 16 bits
		return written, ErrCorrupt
	}
	d.next += headerSize
	available := min(length, len(d.src)-d.next)
	copied := copy(dst[written:], d.src[d.next:d.next+available])
	d.next += copied
	switch {
	case copied < available:
		return written + copied, ErrLength
	case available < length:
		return written + copied, ErrShort
	}
	return written + copied, nil
}

// maxMatchBits is how many bits may follow the code of a length: 5 more of it, and a
// distance with 13 more.
const maxMatchBits = 5 + maxCodeBits + 13

// compressed decodes the symbols of a block. It is where all time goes, so it
// keeps the decoder's state in local variables.
func (d *decoder) compressed(dst []byte, written int, literals, distances *table) (int, error) {
	src, next, hold, count := d.src, d.next, d.hold, d.count
	literalMask, distanceMask := uint64(1)<<literals.bits-1, uint64(1)<<distances.bits-1
	var err error
	for {
		hold, next, count = refilled(src, hold, next, count)
		e := literals.find(hold, literalMask)
		// Most of what git stores are literals, and there are bits for three of them.
		if e.isLiteral() && count >= 3*maxCodeBits && written+2 < len(dst) {
			dst[written] = e.literal()
			written++
			hold, count = hold>>(e.bits()&63), count-e.bits()
			if e = literals.find(hold, literalMask); e.isLiteral() {
				dst[written] = e.literal()
				written++
				hold, count = hold>>(e.bits()&63), count-e.bits()
				e = literals.find(hold, literalMask)
			}
		}
		used := e.bits()
		if used > count {
			err = ErrShort
			break
		}
		hold >>= used & 63
		count -= used
		if e.isLiteral() {
			if written >= len(dst) {
				err = ErrLength
				break
			}
			dst[written] = e.literal()
			written++
			continue
		}
		if e.isEnd() {
			if e.isInvalid() {
				err = ErrCorrupt
			}
			break
		}
		if count < maxMatchBits {
			hold, next, count = refilled(src, hold, next, count)
		}
		extra := e.extra()
		length := e.base() + int(hold&(1<<extra-1)) //nolint:gosec // of 5 bits
		hold >>= extra & 63
		if extra > count {
			err = ErrShort
			break
		}
		count -= extra

		e = distances.find(hold, distanceMask)
		if e.isEnd() {
			err = ErrCorrupt
			if e.bits() > count {
				err = ErrShort
			}
			break
		}
		used, extra = e.bits(), e.extra()
		if used+extra > count {
			err = ErrShort
			break
		}
		hold >>= used & 63
		distance := e.base() + int(hold&(1<<extra-1)) //nolint:gosec // of 13 bits
		hold >>= extra & 63
		count -= used + extra
		if distance > written {
			err = ErrCorrupt
			break
		}
		if length > len(dst)-written {
			// What there is room for is the beginning of the content all the same.
			written = repeat(dst, written, distance, len(dst)-written)
			err = ErrLength
			break
		}
		written = repeat(dst, written, distance, length)
	}
	d.next, d.hold, d.count = next, hold, count
	return written, err
}

// repeat appends length bytes of what was written before, which may overlap with
// what is appended.
func repeat(dst []byte, written, distance, length int) int {
	const step = 8
	if distance >= step && written+length+step <= len(dst) {
		// Whole steps, the last of which may write what is written again later.
		from, to := dst[written-distance:], dst[written:]
		for i := 0; i < length; i += step {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return written + length
	}
	end := written + length
	for written < end {
		written += copy(dst[written:end], dst[written-distance:written])
	}
	return written
}
