package objectstore

import (
	"cmp"
	"errors"
	"hash/crc32"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// PackedEntry is an object for another pack: as a pack has it, or whole.
type PackedEntry struct {
	ID object.ID
	// Kind is "" for a delta.
	Kind object.Kind
	// Base is what a delta builds on. It was given before.
	Base object.ID
	// Size is the length of the content, or of the delta, in bytes.
	Size int64
	// Deflated is the zlib stream, which is valid during the call alone; nil where
	// the content is given.
	Deflated []byte
	Content  []byte
}

// EachForPack gives each of the objects once, in an order in which bases come before
// what builds on them. Where a pack has an object as a delta of another of the
// objects, or whole, it is given as it stands there, and checked by the index's
// checksum; otherwise its content is given.
func (s *Store) EachForPack(ids []object.ID, visit func(PackedEntry) error) error {
	found, rest, err := s.locate(ids)
	if err != nil {
		return err
	}
	copying := copying{store: s, given: map[baseKey]object.ID{}, visit: visit}
	for start := 0; start < len(found); {
		end := start
		for end < len(found) && found[end].pack == found[start].pack {
			end++
		}
		if err := copying.fromPack(found[start:end]); err != nil {
			return err
		}
		start = end
	}
	for _, id := range rest {
		if err := copying.whole(id); err != nil {
			return err
		}
	}
	return nil
}

// located is an object's place in a pack.
type located struct {
	id     object.ID
	pack   *pack
	offset int64
}

// locate finds the objects' places in packs, in the order of packs and places; rest
// are those that are in none.
func (s *Store) locate(ids []object.ID) (found []located, rest []object.ID, err error) {
	order := map[*pack]int{}
	for _, id := range ids {
		var at place
		if err := s.find(id, func(p place) error { at = p; return nil }); err != nil {
			return nil, nil, err
		}
		if inPack, ok := at.(packed); ok {
			if _, known := order[inPack.pack]; !known {
				order[inPack.pack] = len(order)
			}
			found = append(found, located{id, inPack.pack, inPack.offset})
			continue
		}
		rest = append(rest, id)
	}
	slices.SortFunc(found, func(a, b located) int {
		if a.pack != b.pack {
			return order[a.pack] - order[b.pack]
		}
		return cmp.Compare(a.offset, b.offset)
	})
	return found, rest, nil
}

// copying is a visit of objects under way.
type copying struct {
	store *Store
	given map[baseKey]object.ID
	visit func(PackedEntry) error
	// ends are where the pack's entries end, nil where that is found out one by one.
	ends []int64
}

// fewOf is the share of a pack's objects below which it costs less to decompress each
// than to sort the places of all.
const fewOf = 20

func (c *copying) fromPack(entries []located) error {
	if err := c.prepare(entries); err != nil {
		return err
	}
	for _, one := range entries {
		copied := false
		err := c.store.guarded(func() (err error) {
			copied, err = c.copy(one)
			return err
		})
		var failed *visitError
		switch {
		case errors.As(err, &failed):
			return failed.cause
		case err != nil || !copied:
			// Another copy may be sound, or the pack has gone meanwhile: reading finds
			// out.
			if err := c.whole(one.id); err != nil {
				return err
			}
		}
		c.given[baseKey{one.pack, one.offset}] = one.id
	}
	return nil
}

// prepare finds out where entries end, where that pays.
func (c *copying) prepare(entries []located) error {
	c.ends = nil
	return c.store.guarded(func() error {
		index, err := entries[0].pack.openIndex()
		if err != nil || len(entries) < index.Count()/fewOf {
			return ignoreGone(err)
		}
		file, err := entries[0].pack.openFile()
		if err != nil {
			return ignoreGone(err)
		}
		ends := make([]int64, index.Count()+1)
		for i := range index.Count() {
			if ends[i], err = index.offset(i); err != nil {
				return err
			}
		}
		ends[index.Count()] = file.Size() - checksumSize
		slices.Sort(ends)
		c.ends = ends
		return nil
	})
}

func ignoreGone(err error) error {
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// visitError is a failure of the visitor's.
type visitError struct{ cause error }

func (e *visitError) Error() string { return e.cause.Error() }

// copy gives an entry as it stands in its pack, and reports whether it can be.
func (c *copying) copy(one located) (copied bool, err error) {
	e, err := one.pack.entry(one.offset)
	if err != nil {
		return false, err
	}
	entry := PackedEntry{ID: one.id, Kind: e.kind, Size: e.size}
	if e.kind == "" {
		base, given := c.given[baseKey{one.pack, e.base}]
		if !given {
			return false, nil
		}
		entry.Base = base
	}
	end, err := c.end(one, e)
	if err != nil {
		return false, err
	}
	if sound, err := c.sound(one, end); err != nil || !sound {
		return false, err
	}
	file, err := one.pack.openFile()
	if err != nil {
		return false, err
	}
	if entry.Deflated, err = file.Slice(e.data, int(end-e.data)); err != nil {
		return false, err
	}
	if err := c.visit(entry); err != nil {
		return false, &visitError{err}
	}
	return true, nil
}

// end is where an entry ends.
func (c *copying) end(one located, e entry) (int64, error) {
	if c.ends != nil {
		at, _ := slices.BinarySearch(c.ends, one.offset+1)
		if at < len(c.ends) && c.ends[at] > e.data {
			return c.ends[at], nil
		}
	}
	buffer := borrowBuffer(e.size)
	defer returnBuffer(buffer)
	return one.pack.inflateTo(e, *buffer)
}

// sound compares an entry with the index's checksum of it. An index of version 1 has
// none, and nothing is copied unseen.
func (c *copying) sound(one located, end int64) (bool, error) {
	index, err := one.pack.openIndex()
	if err != nil {
		return false, err
	}
	position, found, err := index.Find(one.id)
	if err != nil || !found {
		return false, err
	}
	want, ok, err := index.check(position)
	if err != nil || !ok {
		return false, err
	}
	file, err := one.pack.openFile()
	if err != nil {
		return false, err
	}
	piece, err := file.Slice(one.offset, int(end-one.offset))
	return err == nil && crc32.ChecksumIEEE(piece) == want, err
}

// whole gives an object's content.
func (c *copying) whole(id object.ID) error {
	found, err := c.store.Read(id, maxBase)
	if err != nil {
		return err
	}
	return c.visit(PackedEntry{ID: id, Kind: found.Kind, Size: int64(len(found.Data)), Content: found.Data})
}
