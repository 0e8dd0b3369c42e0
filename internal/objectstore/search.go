package objectstore

import (
	"errors"

	"github.com/mozilla-services/looprel/internal/object"
)

// maxSearches bounds how often an object is looked for again because packs have
// come or gone meanwhile.
const maxSearches = 10

// place is where an object was found.
type place interface {
	// read reads the object, of at most limit bytes, into the buffer if that is given
	// and of use.
	read(id object.ID, limit int64, buffer *[]byte) (object.Object, error)
	header() (Header, error)
	// exists makes sure that what the place names is there at all.
	exists() error
}

// find has a function use the object's place. Where that fails, other copies of
// the object are tried, and packs that have come since.
func (s *Store) find(id object.ID, use func(place) error) error {
	for range maxSearches {
		searched := s.generation.Load()
		err := s.guarded(func() error { return s.search(id, use) })
		if err == nil || isFinal(err) {
			return err
		}
		changed, failure := s.rescan()
		if failure != nil {
			return errors.Join(err, failure)
		}
		// Another reader may have seen the change first.
		if !changed && s.generation.Load() == searched {
			return err
		}
	}
	return ErrNotFound
}

// isFinal reports whether an error has nothing to do with which packs there are.
func isFinal(err error) bool {
	var large *TooLargeError
	return errors.As(err, &large)
}

// search looks into packs, then for a loose object. The first copy that can be
// used is enough; if there are only damaged ones, the error is the first one's.
func (s *Store) search(id object.ID, use func(place) error) error {
	attempt := attempt{id: id, use: use}
	if recent := s.recent.Load(); recent != nil && attempt.inPack(recent) {
		return attempt.final
	}
	for _, d := range s.directories {
		if attempt.inMultiIndex(d) {
			return attempt.final
		}
		for _, p := range d.packs {
			if !p.covered && attempt.inPack(p) {
				s.recent.Store(p)
				return attempt.final
			}
		}
	}
	for _, d := range s.directories {
		if attempt.loose(d) {
			return attempt.final
		}
	}
	// An index of many packs may be damaged, or older than a pack of the same name.
	for p := range s.packs() {
		if p.covered && attempt.inPack(p) {
			return attempt.final
		}
	}
	if attempt.failure != nil {
		return attempt.failure
	}
	return ErrNotFound
}

// doubted makes sure that an object which is not found is not hidden by a damaged
// index: each index is compared with its checksum, once.
func (s *Store) doubted(err error) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	if damage := s.guarded(s.audit); damage != nil {
		return damage
	}
	return err
}

func (s *Store) audit() error {
	for p := range s.packs() {
		index, err := p.openIndex()
		if err == nil {
			err = index.audit()
		}
		if err != nil && !errors.Is(err, errGone) {
			return err
		}
	}
	return nil
}

// attempt is a search under way. Its methods report whether it is over.
type attempt struct {
	id  object.ID
	use func(place) error
	// failure is what was wrong with the first copy, and final how the search ended.
	failure, final error
}

func (a *attempt) inPack(p *pack) bool {
	if p.gone.Load() {
		return false
	}
	index, err := p.openIndex()
	if err != nil {
		return a.failed(err)
	}
	position, found, err := index.Find(a.id)
	if err != nil {
		return a.failed(err)
	}
	if !found {
		return false
	}
	offset, err := index.offset(position)
	if err != nil {
		return a.failed(err)
	}
	return a.try(packed{pack: p, offset: offset})
}

func (a *attempt) inMultiIndex(d *directory) bool {
	if d.multi == nil {
		return false
	}
	pack, offset, found, err := d.multi.find(a.id)
	if err != nil {
		return a.failed(err)
	}
	if !found || pack == nil || pack.gone.Load() {
		return false
	}
	return a.try(packed{pack: pack, offset: offset})
}

func (a *attempt) loose(d *directory) bool {
	at := looseAt(d, a.id)
	err := at.open()
	if errors.Is(err, ErrNotFound) {
		return false
	}
	if err != nil {
		return a.failed(err)
	}
	defer at.close()
	return a.try(at)
}

func (a *attempt) try(at place) bool {
	err := a.use(at)
	if err == nil || isFinal(err) {
		a.final = err
		return true
	}
	return a.failed(err)
}

// failed remembers the first failure; a search goes on after it. A pack that is
// gone is none.
func (a *attempt) failed(err error) bool {
	if a.failure == nil && !errors.Is(err, errGone) {
		a.failure = err
	}
	return false
}

// rescan looks which packs there are now, and reports whether that has changed.
func (s *Store) rescan() (changed bool, err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, d := range s.directories {
		news, err := d.scan()
		if err != nil {
			return changed, err
		}
		changed = changed || news
	}
	if changed {
		s.generation.Add(1)
		s.recent.Store(nil)
		s.cache.clear()
	}
	return changed, nil
}
