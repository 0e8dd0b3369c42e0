package idtable_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
	"github.com/mozilla-services/looprel/internal/objectstore/idtable"
)

// tables are sorted ids, spread in every way that a search may meet: evenly as SHA-1
// does, all with the same beginning, in clusters, and hardly any.
func tables(random *rand.Rand) map[string][]object.ID {
	even := func(count int, shape func(*object.ID, int)) []object.ID {
		ids := make([]object.ID, count)
		for i := range ids {
			for at := range ids[i] {
				ids[i][at] = byte(random.Uint32())
			}
			shape(&ids[i], i)
		}
		slices.SortFunc(ids, func(a, b object.ID) int { return bytes.Compare(a[:], b[:]) })
		return slices.Compact(ids)
	}
	return map[string][]object.ID{
		"none":      nil,
		"one":       even(1, func(*object.ID, int) {}),
		"few":       even(300, func(*object.ID, int) {}),
		"many":      even(60_000, func(*object.ID, int) {}),
		"one byte":  even(5_000, func(id *object.ID, _ int) { id[0] = 0x7f }),
		"beginning": even(5_000, func(id *object.ID, _ int) { copy(id[:], "the same") }),
		"ascending": even(5_000, func(id *object.ID, i int) { *id = object.ID{0xff, 18: byte(i >> 8), 19: byte(i)} }),
		"clusters": even(5_000, func(id *object.ID, i int) {
			id[0], id[1], id[2] = 3, byte(i%3)*100, 0
		}),
	}
}

// write makes a table with gaps of stride-20 bytes between the ids.
func write(t *testing.T, ids []object.ID, stride int) string {
	t.Helper()
	var data []byte
	for first := range 256 {
		count, _ := slices.BinarySearchFunc(ids, first+1, func(id object.ID, first int) int { return int(id[0]) - first })
		data = binary.BigEndian.AppendUint32(data, uint32(count))
	}
	for _, id := range ids {
		data = append(append(data, id[:]...), make([]byte, stride-object.IDSize)...)
	}
	name := filepath.Join(t.TempDir(), "table")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFind looks for all ids, and for others, and holds the outcome against that of
// looking through a list.
func TestFind(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for name, ids := range tables(random) {
		for _, stride := range []int{object.IDSize, object.IDSize + 4} {
			for _, options := range []filemap.Options{{Unmapped: true}, {Scattered: true}} {
				file, err := filemap.Open(write(t, ids, stride), options)
				if err != nil {
					t.Fatal(err)
				}
				table := idtable.Table{File: file, Start: idtable.FanoutSize, Stride: stride}
				if err := table.ReadFanout(0); err != nil {
					t.Fatal(err)
				}
				for i, id := range ids {
					checkFind(t, name, &table, id, i, true)
					beside := id
					beside[object.IDSize-1]++
					at, found := slices.BinarySearchFunc(ids, beside, func(a, b object.ID) int { return bytes.Compare(a[:], b[:]) })
					checkFind(t, name, &table, beside, at, found)
					if i%97 == 0 {
						checkPrefix(t, name, &table, ids, id[:2+i%(object.IDSize-1)])
					}
				}
				checkFind(t, name, &table, object.ID{}, 0, len(ids) > 0 && ids[0].IsZero())
				if err := file.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func checkFind(t *testing.T, name string, table *idtable.Table, id object.ID, want int, there bool) {
	t.Helper()
	at, found, err := table.Find(id)
	if err != nil || found != there || found && at != want {
		t.Fatalf("%s: %s is found at %d: %v, %v; expected at %d: %v", name, id, at, found, err, want, there)
	}
}

func checkPrefix(t *testing.T, name string, table *idtable.Table, ids []object.ID, prefix []byte) {
	t.Helper()
	var got, want []object.ID
	if err := table.WithPrefix(prefix, func(id object.ID) { got = append(got, id) }); err != nil {
		t.Fatal(err)
	}
	at, _ := slices.BinarySearchFunc(ids, prefix, func(id object.ID, prefix []byte) int { return bytes.Compare(id[:], prefix) })
	for ; at < len(ids) && bytes.HasPrefix(ids[at][:], prefix); at++ {
		want = append(want, ids[at])
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %x begins %d ids, expected %d", name, prefix, len(got), len(want))
	}
}
