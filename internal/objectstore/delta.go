package objectstore

import "math"

// maxSizeBytes is the length of the longest size at the beginning of a delta.
const maxSizeBytes = 10

// readDeltaSizes reads the two sizes with which a delta begins, the base's and the
// result's, and returns the instructions that follow.
func readDeltaSizes(delta []byte) (base, result int64, rest []byte, ok bool) {
	base, used := readDeltaSize(delta)
	if used == 0 {
		return 0, 0, nil, false
	}
	delta = delta[used:]
	result, used = readDeltaSize(delta)
	return base, result, delta[used:], used > 0
}

func readDeltaSize(data []byte) (size int64, used int) {
	const more, bits = 0x80, 7
	for shift := 0; used < len(data) && shift <= 63-bits; shift += bits {
		size |= int64(data[used]&^more) << shift
		used++
		if data[used-1]&more == 0 {
			return size, used
		}
	}
	return 0, 0
}

// applyDelta builds what a delta (gitformat-pack(5), "Deltified representation")
// makes of a base, in the buffer if one is given, which may be made larger. ok is
// false when the delta makes no sense or is for another base.
func applyDelta(base, delta []byte, buffer *[]byte) (result []byte, ok bool) {
	baseSize, size, rest, ok := readDeltaSizes(delta)
	// An instruction gives a piece of the base at most, or what it has with it: no
	// memory is set aside for what cannot come.
	const mostCopied, mostInserted = 1 << 24, 127
	most := max(min(int64(len(base)), mostCopied), mostInserted)
	if !ok || baseSize != int64(len(base)) || size > maxBase || size > int64(len(rest))*most || size > math.MaxInt {
		return nil, false
	}
	if buffer != nil {
		result = resized(buffer, size)
	} else {
		result = make([]byte, size)
	}
	written := 0
	for len(rest) > 0 {
		instruction := rest[0]
		rest = rest[1:]
		var piece []byte
		if instruction&0x80 == 0 {
			length := int(instruction)
			if length == 0 || length > len(rest) {
				return nil, false
			}
			piece, rest = rest[:length], rest[length:]
		} else {
			var offset, length int
			offset, length, rest, ok = readCopy(instruction, rest)
			if !ok || offset > len(base) || length > len(base)-offset {
				return nil, false
			}
			piece = base[offset : offset+length]
		}
		if len(piece) > len(result)-written {
			return nil, false
		}
		written += copy(result[written:], piece)
	}
	return result, written == len(result)
}

// readCopy reads which piece of the base is copied: each of the instruction's
// seven lower bits says that a byte of the offset or the length follows.
func readCopy(instruction byte, rest []byte) (offset, length int, after []byte, ok bool) {
	const whole = 0x10000
	var offset64 int64
	for i := range 4 {
		if instruction&(1<<i) != 0 {
			if len(rest) == 0 {
				return 0, 0, nil, false
			}
			offset64 |= int64(rest[0]) << (8 * i)
			rest = rest[1:]
		}
	}
	for i := range 3 {
		if instruction&(0x10<<i) != 0 {
			if len(rest) == 0 {
				return 0, 0, nil, false
			}
			length |= int(rest[0]) << (8 * i)
			rest = rest[1:]
		}
	}
	if length == 0 {
		length = whole
	}
	return int(min(offset64, math.MaxInt)), length, rest, true
}
