package ledger

import "github.com/mozilla-services/looprel/internal/object"

// After is the state at an entry that was made on top of s and is not stored yet:
// its commit, the tree of that, and the objects that Append gave with it.
func (s *State) After(tip, root object.ID, objects []object.Object) *State {
	made := &unstored{below: s.store, objects: map[object.ID]object.Object{}}
	for _, one := range objects {
		made.objects[one.ID()] = one
	}
	return &State{tip: tip, root: root, store: made}
}

// unstored gives objects that are held in memory, over a store.
type unstored struct {
	below   Store // nil below the first entry
	objects map[object.ID]object.Object
}

// Tree reads a directory.
func (u *unstored) Tree(id object.ID) (object.Tree, error) {
	if one, made := u.objects[id]; made {
		return object.DecodeTree(one.Data)
	}
	if u.below == nil {
		return object.TreeMap{}.Tree(id)
	}
	return u.below.Tree(id)
}

// Blob reads a file.
func (u *unstored) Blob(id object.ID) ([]byte, error) {
	if one, made := u.objects[id]; made || u.below == nil {
		return one.Data, nil
	}
	return u.below.Blob(id)
}
