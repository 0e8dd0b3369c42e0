package fixes

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// searchPatch joins a commit with those that do the same to the same lines. Only
// commits that touch the same paths are compared.
func (s *Survey) searchPatch(at int) error {
	if s.searched[at] {
		return nil
	}
	s.searched[at] = true
	err := s.comparePatches(at)
	_, err = s.unread(err)
	return err
}

func (s *Survey) comparePatches(at int) error {
	own, err := s.changeOf(at)
	if err != nil || own.isEmpty() {
		return err
	}
	if err := s.indexPaths(own.paths()[:1]); err != nil {
		return err
	}
	for _, other := range s.touching[own.files[0].path] {
		if s.kin.family(other) == s.kin.family(at) {
			continue
		}
		change, err := s.changeOf(other)
		if err != nil {
			return err
		}
		if !own.samePaths(change) {
			continue
		}
		same, err := s.samePatch(at, other)
		if err != nil {
			return err
		}
		if same {
			s.kin.join(at, other)
		}
	}
	return nil
}

func (s *Survey) samePatch(a, b int) (bool, error) {
	own, err := s.patchAt(a)
	if err != nil {
		return false, err
	}
	other, err := s.patchAt(b)
	return own == other, err
}

// patchAt is a commit's patch id.
func (s *Survey) patchAt(at int) (patchID, error) {
	if known, ok := s.kin.patches[at]; ok {
		return known, nil
	}
	change, err := s.changeOf(at)
	if err != nil {
		return patchID{}, err
	}
	id, err := s.patchOf(change)
	if err == nil {
		s.kin.patches[at] = id
	}
	return id, err
}

// indexPaths finds the commits that touch each of the paths, merges apart, in one
// pass for all.
func (s *Survey) indexPaths(paths []string) error {
	wanted := &pathTree{}
	for _, path := range paths {
		if _, known := s.touching[path]; !known {
			s.touching[path] = nil
			wanted.add(path)
		}
	}
	if wanted.below == nil {
		return nil
	}
	for at, commit := range s.graph.commits {
		if len(commit.Parents) != 1 {
			continue
		}
		parent, err := s.treeOf(commit.Parents[0])
		if err == nil {
			err = s.compareWithin(wanted, "", parent, commit.Tree, func(path string) {
				s.touching[path] = append(s.touching[path], at)
			})
		}
		if _, err = s.unread(err); err != nil {
			return err
		}
	}
	return nil
}

// pathTree is a set of paths by directory.
type pathTree struct {
	below map[string]*pathTree
	// whole: a path of the set ends here.
	whole bool
}

func (t *pathTree) add(path string) {
	for name := range strings.SplitSeq(path, "/") {
		if t.below == nil {
			t.below = map[string]*pathTree{}
		}
		if t.below[name] == nil {
			t.below[name] = &pathTree{}
		}
		t = t.below[name]
	}
	t.whole = true
}

// compareWithin visits the paths of the set in which two trees differ. Nothing else
// is read.
func (s *Survey) compareWithin(wanted *pathTree, prefix string, before, after object.ID, visit func(path string)) error {
	if before == after {
		return nil
	}
	old, err := s.tree(before)
	if err != nil {
		return err
	}
	new, err := s.tree(after)
	if err != nil {
		return err
	}
	for name, below := range wanted.below {
		if below.whole && fileOf(old, name) != fileOf(new, name) {
			visit(prefix + name)
		}
		if below.below == nil {
			continue
		}
		left, _ := search(old, name, true)
		right, _ := search(new, name, true)
		if err := s.compareWithin(below, prefix+name+"/", left.ID, right.ID, visit); err != nil {
			return err
		}
	}
	return nil
}

func fileOf(tree object.Tree, name string) merge.Version {
	entry, _ := search(tree, name, false)
	return versionOf(entry)
}
