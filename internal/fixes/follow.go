package fixes

import (
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// maxFollowed bounds how often a file is followed to another name.
const maxFollowed = 8

// follow is what a commit's tree has at a path, or under the name that the file was
// given since: the commit that removed it is found, and where it took the file.
// Commit by commit that takes a few files to compare, where the two trees may differ
// in thousands.
func (s *Survey) follow(onto int, path string) (merge.Version, error) {
	root := s.graph.commits[onto].Tree
	version, err := s.lookUp(root, path)
	if err != nil || !version.IsZero() {
		return version, err
	}
	key := place{root, path}
	if known, ok := s.followed[key]; ok {
		return known, nil
	}
	if version, err = s.followFrom(onto, path); err == nil {
		s.followed[key] = version
	}
	return version, err
}

func (s *Survey) followFrom(onto int, path string) (merge.Version, error) {
	root := s.graph.commits[onto].Tree
	for range maxFollowed {
		version, err := s.lookUp(root, path)
		if err != nil || !version.IsZero() {
			return version, err
		}
		remover, err := s.removerOf(onto, path)
		if err != nil || remover < 0 {
			return merge.Version{}, err
		}
		if path, err = s.movedTo(remover, path); err != nil || path == "" {
			return merge.Version{}, err
		}
	}
	return merge.Version{}, nil
}

// removerOf is the youngest commit before another that removed a path, -1 if none is
// known.
func (s *Survey) removerOf(onto int, path string) (int, error) {
	if err := s.indexPaths([]string{path}); err != nil {
		return -1, err
	}
	for _, at := range s.touching[path] {
		if at < onto || !s.graph.reach[at].contains(s.graph.reach[onto]) {
			continue
		}
		version, err := s.lookUp(s.graph.commits[at].Tree, path)
		if err != nil || version.IsZero() {
			return at, err
		}
	}
	return -1, nil
}

// movedTo is where a commit moved a file that it removed, "" if nowhere. It is asked
// of the merge, with a change of the file on the other side: that goes where the file
// went.
func (s *Survey) movedTo(at int, path string) (string, error) {
	key := place{s.graph.commits[at].Tree, path}
	if known, ok := s.moves[key]; ok {
		return known, nil
	}
	to, err := s.findMove(at, path)
	if _, err = s.unread(err); err != nil {
		return "", err
	}
	s.moves[key] = to
	return to, nil
}

func (s *Survey) findMove(at int, path string) (string, error) {
	parent, err := s.treeOf(s.graph.commits[at].Parents[0])
	if err != nil {
		return "", err
	}
	var before, after []fileEntry
	added := false
	err = s.compare("", parent, s.graph.commits[at].Tree, func(name string, old, new merge.Version) {
		if !old.IsZero() {
			before = append(before, fileEntry{name, old})
		}
		added = added || old.IsZero()
		if !new.IsZero() {
			after = append(after, fileEntry{name, new})
		}
	})
	if err != nil || !added {
		return "", err
	}
	base, ours, theirs := filesOf(before), filesOf(after), filesOf(before)
	content, err := s.blob(base[path].ID)
	if err != nil || !base[path].Mode.IsFile() {
		return "", err
	}
	probe := object.Blob(append([]byte("looked for\n"), content...))
	s.layer.Add(probe)
	theirs[path] = merge.Version{Mode: base[path].Mode, ID: probe.ID()}
	tree := s.makeTree(ours)
	result, err := merge.Trees(s.layer, s.makeTree(base), tree, s.makeTree(theirs), merge.Options{})
	if err != nil || !result.Clean {
		return "", err
	}
	s.layer.Add(result.Objects...)
	to := ""
	err = s.compare("", tree, result.Tree, func(name string, _, _ merge.Version) { to = name })
	return to, err
}

type fileEntry struct {
	path    string
	version merge.Version
}

func filesOf(entries []fileEntry) map[string]merge.Version {
	files := map[string]merge.Version{}
	for _, entry := range entries {
		files[entry.path] = entry.version
	}
	return files
}
