package merge

import (
	"math"
	"slices"
)

// git keeps paths in hash tables, and where several renames or directories are
// equally good, the order of such a table decides. These are the facts of the
// table that its order follows from.
const (
	hashOffset = 0x811c9dc5 // FNV-1 with 32 bits
	hashPrime  = 0x01000193

	firstBuckets   = 64
	growBy         = 4
	loadPercent    = 80
	wholeInPerCent = 100
)

// pathHash is the part of a path's hash that matters: the number of buckets is a
// power of two.
func pathHash(path string) int {
	hash := uint32(hashOffset)
	for i := range len(path) {
		hash = hash*hashPrime ^ uint32(path[i])
	}
	return int(hash & math.MaxInt32)
}

// hashOrder gives the order in which git would go through a table that the keys,
// which are different from each other, were put into one after the other: indexes
// into keys.
func hashOrder(keys []string) []int {
	hashes := make([]int, len(keys))
	buckets := make([][]int, firstBuckets)
	for i, key := range keys {
		hashes[i] = pathHash(key)
		// What comes later stands first in its bucket.
		bucket := hashes[i] % len(buckets)
		buckets[bucket] = slices.Insert(buckets[bucket], 0, i)
		if i+1 > len(buckets)*loadPercent/wholeInPerCent {
			buckets = grow(buckets, hashes)
		}
	}
	return slices.Concat(buckets...)
}

// grow makes a table with more buckets, in which the entries of the old one
// arrive bucket by bucket.
func grow(old [][]int, hashes []int) [][]int {
	buckets := make([][]int, growBy*len(old))
	for _, entries := range old {
		for _, i := range entries {
			bucket := hashes[i] % len(buckets)
			buckets[bucket] = slices.Insert(buckets[bucket], 0, i)
		}
	}
	return buckets
}
