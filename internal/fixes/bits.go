package fixes

import (
	"math/bits"
	"slices"
)

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

func (s set) isEmpty() bool {
	return !slices.ContainsFunc(s, func(word uint64) bool { return word != 0 })
}

func (s set) clone() set { return slices.Clone(s) }

// all lists the numbers, the lowest first.
func (s set) all() []int {
	var numbers []int
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			numbers = append(numbers, i*64+bits.TrailingZeros64(word))
		}
	}
	return numbers
}
