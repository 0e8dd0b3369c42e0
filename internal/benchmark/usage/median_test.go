package usage_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/benchmark/usage"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		samples []string
		want    int
	}{
		{[]string{"a"}, 1},
		{[]string{"aaaa", "a", "aa"}, 2},
		{[]string{"aaaa", "a", "aa", "aaa"}, 3},
	} {
		if got := usage.Median(c.samples, func(s string) int { return len(s) }); got != c.want {
			t.Errorf("the median of %q is %d, want %d", c.samples, got, c.want)
		}
	}
}
