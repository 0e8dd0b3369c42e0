package usage

import (
	"cmp"
	"slices"
)

// Median is the median of what is measured of each sample; of an even number of them,
// the larger of the two in the middle. There must be one at least.
func Median[S any, T cmp.Ordered](samples []S, measure func(S) T) T {
	values := make([]T, len(samples))
	for i, one := range samples {
		values[i] = measure(one)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
