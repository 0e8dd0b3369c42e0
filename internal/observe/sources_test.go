package observe

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
)

// A parent comes before its children whatever the range's order, and each commit once.
func TestOldestFirst(t *testing.T) {
	t.Parallel()
	id := func(n byte) object.ID { return object.ID{n} }
	commit := func(n byte, parents ...byte) gitrepo.CommitInfo {
		one := gitrepo.CommitInfo{ID: id(n)}
		for _, parent := range parents {
			one.Parents = append(one.Parents, id(parent))
		}
		return one
	}
	cases := map[string]struct {
		commits []gitrepo.CommitInfo
		want    []byte
	}{
		"by date":             {[]gitrepo.CommitInfo{commit(3, 2), commit(2, 1), commit(1, 9)}, []byte{1, 2, 3}},
		"a parent named last": {[]gitrepo.CommitInfo{commit(1, 9), commit(2, 1), commit(3, 2)}, []byte{1, 2, 3}},
		"a merge":             {[]gitrepo.CommitInfo{commit(2, 1), commit(4, 2, 3), commit(3, 1), commit(1)}, []byte{1, 3, 2, 4}},
		"a diamond":           {[]gitrepo.CommitInfo{commit(1), commit(4, 2, 3), commit(3, 1), commit(2, 1)}, []byte{1, 2, 3, 4}},
		"none":                {nil, nil},
	}
	for name, c := range cases {
		var want []object.ID
		for _, n := range c.want {
			want = append(want, id(n))
		}
		if got := oldestFirst(c.commits); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
