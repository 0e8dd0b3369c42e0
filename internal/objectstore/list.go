package objectstore

import (
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// WithPrefix lists the objects whose ids begin with the bytes, each once, in
// order. There must be one byte at least. That there is none is only said when no index
// is damaged.
func (s *Store) WithPrefix(prefix []byte) ([]object.ID, error) {
	var ids []object.ID
	collect := func(id object.ID) { ids = append(ids, id) }
	for range maxSearches {
		ids = nil
		err := s.guarded(func() error { return s.visit(prefix, collect) })
		if err != nil && !errors.Is(err, errGone) {
			return nil, err
		}
		// Nothing tells that a pack is missing from the list but a look at it.
		changed, failure := s.rescan()
		if failure != nil {
			return nil, failure
		}
		if err == nil && !changed {
			break
		}
	}
	if len(ids) == 0 {
		return nil, s.guarded(s.audit)
	}
	slices.SortFunc(ids, func(a, b object.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids), nil
}

func (s *Store) visit(prefix []byte, visit func(object.ID)) error {
	for p := range s.packs() {
		index, err := p.openIndex()
		if err != nil {
			return err
		}
		if err := index.WithPrefix(prefix, visit); err != nil {
			return err
		}
	}
	for _, d := range s.directories {
		if err := d.looseIDs(prefix, visit); err != nil {
			return err
		}
	}
	return nil
}

// All lists every object, in the order of ids.
func (s *Store) All() ([]object.ID, error) {
	var all []object.ID
	for first := range 256 {
		ids, err := s.WithPrefix([]byte{byte(first)})
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}
