package gitrepo

import "math/bits"

// bitset is a small set of numbers.
type bitset []uint64

// singleBit is the set of one number below size.
func singleBit(number, size int) bitset {
	set := make(bitset, (size+63)/64)
	set[number/64] = 1 << (number % 64)
	return set
}

// add adds another set and reports whether that changed anything.
func (s *bitset) add(other bitset) bool {
	if len(*s) < len(other) {
		*s = append(*s, make(bitset, len(other)-len(*s))...)
	}
	changed := false
	for i, word := range other {
		if (*s)[i]|word != (*s)[i] {
			(*s)[i] |= word
			changed = true
		}
	}
	return changed
}

// full reports whether the set has all numbers below size.
func (s bitset) full(size int) bool {
	count := 0
	for _, word := range s {
		count += bits.OnesCount64(word)
	}
	return count == size
}
