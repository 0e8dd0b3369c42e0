package fixes

import "slices"

// set is a set of small numbers: of points, by their place.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) put(number int) { s[number/64] |= 1 << (number % 64) }

func (s set) has(number int) bool { return s[number/64]&(1<<(number%64)) != 0 }

// union adds another set of the same size.
func (s set) union(other set) {
	for i, word := range other {
		s[i] |= word
	}
}

// cut keeps what another set of the same size has, too.
func (s set) cut(other set) {
	for i, word := range other {
		s[i] &= word
	}
}

// meets reports whether two sets of the same size have something in common.
func (s set) meets(other set) bool {
	for i, word := range other {
		if s[i]&word != 0 {
			return true
		}
	}
	return false
}

// contains reports whether another set of the same size has nothing else.
func (s set) contains(other set) bool {
	for i, word := range other {
		if word&^s[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) clone() set { return slices.Clone(s) }
