package gitrepo

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/mozilla-services/looprel/internal/object"
)

// Storer gives what the repository has by go-git's interfaces, so that go-git's own
// code (package plumbing/object, say) reads by this package's means. It is for reading
// alone: objects and references are written by the methods of Repository.
type Storer struct{ repository *Repository }

var (
	_ storer.EncodedObjectStorer = Storer{}
	_ storer.ReferenceStorer     = Storer{}
)

// ErrReadOnly is what a Storer says to whoever writes.
var ErrReadOnly = errors.New("go-git is to read this repository, and not to write it")

// Storer is the repository for go-git.
func (r *Repository) Storer() Storer { return Storer{repository: r} }

// EncodedObject gives an object whose content is read when it is asked for. It is
// plumbing.ErrObjectNotFound where there is none of the type.
func (s Storer) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	id := object.ID(hash)
	header, err := s.repository.store.Header(id)
	if err != nil {
		return nil, notFound(s.repository.readFailed(id, "look for", err))
	}
	found := storedObject{repository: s.repository, id: id, size: header.Size}
	if found.kind, err = plumbing.ParseObjectType(string(header.Kind)); err != nil {
		return nil, err
	}
	if kind != plumbing.AnyObject && kind != found.kind {
		return nil, plumbing.ErrObjectNotFound
	}
	return found, nil
}

// notFound says of what is missing what go-git says.
func notFound(err error) error {
	switch {
	case errors.Is(err, ErrMissing):
		return plumbing.ErrObjectNotFound
	case errors.Is(err, ErrNotFound):
		return plumbing.ErrReferenceNotFound
	}
	return err
}

// EncodedObjectSize is the length of an object's content in bytes, by its header.
func (s Storer) EncodedObjectSize(hash plumbing.Hash) (int64, error) {
	size, err := s.repository.Size(object.ID(hash))
	return size, notFound(err)
}

// HasEncodedObject is plumbing.ErrObjectNotFound where there is no such object.
func (s Storer) HasEncodedObject(hash plumbing.Hash) error {
	has, err := s.repository.Has(object.ID(hash))
	if err == nil && !has {
		err = plumbing.ErrObjectNotFound
	}
	return err
}

// IterEncodedObjects gives all objects of a type, in the order of their ids.
func (s Storer) IterEncodedObjects(kind plumbing.ObjectType) (storer.EncodedObjectIter, error) {
	ids, err := s.repository.store.All()
	if err != nil {
		return nil, damaged("cannot list the objects of "+s.repository.dir, err)
	}
	var hashes []plumbing.Hash
	for _, id := range ids {
		if kind != plumbing.AnyObject {
			own, err := s.repository.kind(id)
			if err != nil {
				return nil, err
			}
			if string(own) != kind.String() {
				continue
			}
		}
		hashes = append(hashes, plumbing.Hash(id))
	}
	return storer.NewEncodedObjectLookupIter(s, kind, hashes), nil
}

// NewEncodedObject makes an object in memory, which belongs to no repository.
func (Storer) NewEncodedObject() plumbing.EncodedObject { return &plumbing.MemoryObject{} }

// SetEncodedObject refuses.
func (Storer) SetEncodedObject(plumbing.EncodedObject) (plumbing.Hash, error) {
	return plumbing.ZeroHash, ErrReadOnly
}

// AddAlternate refuses.
func (Storer) AddAlternate(string) error { return ErrReadOnly }

// Reference gives a reference by its full name: HEAD as it names a branch, others as
// they lead to an object. It is plumbing.ErrReferenceNotFound where there is none.
func (s Storer) Reference(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	if name == plumbing.HEAD {
		if branch := headTarget(s.repository.layout.gitDir); branch != "" {
			return plumbing.NewSymbolicReference(name, plumbing.ReferenceName(branch)), nil
		}
	}
	id, err := s.repository.Ref(name.String())
	if err != nil {
		return nil, notFound(err)
	}
	return plumbing.NewHashReference(name, plumbing.Hash(id)), nil
}

// IterReferences gives HEAD and all references, in the order of their names.
func (s Storer) IterReferences() (storer.ReferenceIter, error) {
	refs, err := s.repository.Refs("refs/")
	if err != nil {
		return nil, err
	}
	var all []*plumbing.Reference
	head, err := s.Reference(plumbing.HEAD)
	switch {
	case err == nil:
		all = append(all, head)
	case !errors.Is(err, plumbing.ErrReferenceNotFound):
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		all = append(all, plumbing.NewHashReference(plumbing.ReferenceName(name), plumbing.Hash(refs[name])))
	}
	return storer.NewReferenceSliceIter(all), nil
}

// SetReference refuses.
func (Storer) SetReference(*plumbing.Reference) error { return ErrReadOnly }

// CheckAndSetReference refuses.
func (Storer) CheckAndSetReference(_, _ *plumbing.Reference) error { return ErrReadOnly }

// RemoveReference refuses.
func (Storer) RemoveReference(plumbing.ReferenceName) error { return ErrReadOnly }

// CountLooseRefs refuses: it is asked before references are packed.
func (Storer) CountLooseRefs() (int, error) { return 0, ErrReadOnly }

// PackRefs refuses.
func (Storer) PackRefs() error { return ErrReadOnly }

// storedObject is an object of the repository, of which the header was read.
type storedObject struct {
	repository *Repository
	id         object.ID
	kind       plumbing.ObjectType
	size       int64
}

// Hash is the object's id.
func (o storedObject) Hash() plumbing.Hash { return plumbing.Hash(o.id) }

// Type is the object's kind.
func (o storedObject) Type() plumbing.ObjectType { return o.kind }

// Size is the length of the content, in bytes.
func (o storedObject) Size() int64 { return o.size }

// SetType does nothing: the object is what it is.
func (storedObject) SetType(plumbing.ObjectType) {}

// SetSize does nothing, likewise.
func (storedObject) SetSize(int64) {}

// Reader reads the content, which is in memory then: it is an ErrTooLarge for one that
// Read does not read.
func (o storedObject) Reader() (io.ReadCloser, error) {
	found, err := o.repository.Read(o.id)
	if err != nil {
		return nil, notFound(err)
	}
	return io.NopCloser(bytes.NewReader(found.Data)), nil
}

// Writer refuses.
func (storedObject) Writer() (io.WriteCloser, error) { return nil, ErrReadOnly }
