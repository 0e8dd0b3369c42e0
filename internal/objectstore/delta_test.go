package objectstore

import (
	"bytes"
	"testing"
)

// literally applies a delta as gitformat-pack(5) describes it, byte by byte.
func literally(base, delta []byte) (result []byte, ok bool) {
	var sizes [2]uint64
	for i := range sizes {
		for shift := 0; ; shift += 7 {
			if len(delta) == 0 || shift > 56 {
				return nil, false
			}
			digit := delta[0]
			delta = delta[1:]
			sizes[i] |= uint64(digit&0x7f) << shift
			if digit < 0x80 {
				break
			}
		}
	}
	for len(delta) > 0 {
		instruction := delta[0]
		delta = delta[1:]
		if instruction < 0x80 {
			if instruction == 0 || int(instruction) > len(delta) {
				return nil, false
			}
			result = append(result, delta[:instruction]...)
			delta = delta[instruction:]
			continue
		}
		var operands [7]uint64
		for i := range operands {
			if instruction&(1<<i) == 0 {
				continue
			}
			if len(delta) == 0 {
				return nil, false
			}
			operands[i] = uint64(delta[0])
			delta = delta[1:]
		}
		offset := operands[0] | operands[1]<<8 | operands[2]<<16 | operands[3]<<24
		length := operands[4] | operands[5]<<8 | operands[6]<<16
		if length == 0 {
			length = 0x10000
		}
		if offset+length > uint64(len(base)) {
			return nil, false
		}
		result = append(result, base[offset:offset+length]...)
		if len(result) > 1<<20 {
			return nil, false
		}
	}
	return result, sizes[0] == uint64(len(base)) && sizes[1] == uint64(len(result))
}

// FuzzDelta compares with that, into new memory and into a buffer that was used.
func FuzzDelta(f *testing.F) {
	piece := []byte("0123456789abcdef")
	f.Add(piece, uint16(1<<12), []byte{0x80, 0x80, 0x04, 0x80, 0x80, 0x04, 0x80}) // a copy of 64 KiB
	f.Add([]byte("base"), uint16(1), []byte{4, 3, 3, 'a', 'b', 'c'})
	f.Add(piece, uint16(1), []byte{16, 20, 0x91, 2, 14, 6, '1', '2', '3', '4', '5', '6'})
	f.Add([]byte{}, uint16(0), []byte{0, 0})
	f.Fuzz(func(t *testing.T, piece []byte, times uint16, delta []byte) {
		base := bytes.Repeat(piece[:min(len(piece), 32)], int(times)%(1<<13))
		want, wantOK := literally(base, delta)
		used := bytes.Repeat([]byte{'?'}, 100)
		for _, buffer := range []*[]byte{nil, &used} {
			got, ok := applyDelta(base, delta, buffer)
			if ok && len(got) > 1<<20 {
				return // the other one gives up there
			}
			if ok != wantOK || ok && !bytes.Equal(got, want) {
				t.Errorf("%x gives %q, %v; expected %q, %v", delta, got, ok, want, wantOK)
			}
		}
	})
}
