package fixes

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// outcome is what picking a change onto a tree would do.
type outcome int

const (
	// unknown: an object is missing, or a file wants an external merge driver.
	unknown outcome = iota
	// empty: nothing would change, the content is there.
	empty
	// clean: something would change, without a conflict.
	clean
	conflict
)

// pickOnPoint is pickOnto for a point. Only if following is renamed files are looked
// for under their other names.
func (s *Survey) pickOnPoint(at, point int, following bool) (outcome, error) {
	head, known := s.graph.places[s.points[point].Commit]
	if known && following {
		return s.pickOnto(at, head)
	}
	if s.roots[point].IsZero() {
		root, err := s.treeOf(s.points[point].Commit)
		if err != nil {
			return s.unread(err)
		}
		s.roots[point] = root
	}
	return s.pickOntoTree(at, s.roots[point], s.lookUp)
}

// pickOnto tells what picking a commit's change onto another commit would do. A file
// that was renamed is found under its other name, unless the files that are there are
// in conflict already.
func (s *Survey) pickOnto(at, onto int) (outcome, error) {
	root := s.graph.commits[onto].Tree
	stuck, err := s.isStuck(at, root)
	if err != nil {
		return s.unread(err)
	}
	if stuck {
		return conflict, nil
	}
	return s.pickOntoTree(at, root, func(_ object.ID, path string) (merge.Version, error) {
		return s.follow(onto, path)
	})
}

// isStuck reports whether some of a change's files are not there, and the others are
// in a conflict that nothing settles.
func (s *Survey) isStuck(at int, root object.ID) (bool, error) {
	whole, err := s.changeOf(at)
	if err != nil {
		return false, err
	}
	there := &change{Change: whole.Change}
	var ours []merge.Version
	for _, file := range whole.files {
		version, err := s.lookUp(root, file.path)
		if err != nil {
			return false, err
		}
		if !version.IsZero() {
			there.files, ours = append(there.files, file), append(ours, version)
		}
	}
	if len(ours) == len(whole.files) || len(ours) == 0 {
		return false, nil // everything is there, or nothing
	}
	key := outcomeKey(at, append([]merge.Version{{}}, ours...))
	if known, ok := s.outcomes[key]; ok {
		return known == conflict, nil
	}
	result, special, err := s.pickFiles(there, root, ours)
	if err != nil {
		return false, err
	}
	if special {
		result = unknown
	}
	s.outcomes[key] = result
	return result == conflict, nil
}

// pickOntoTree looks only at the files that the change touches, and merges them one
// by one. Where attributes, or the rules for release files, may settle a conflict,
// the trees are merged, narrowed to these files.
func (s *Survey) pickOntoTree(at int, root object.ID, find func(root object.ID, path string) (merge.Version, error)) (outcome, error) {
	change, err := s.changeOf(at)
	if err != nil {
		return s.unread(err)
	}
	ours := make([]merge.Version, len(change.files))
	for i, file := range change.files {
		if ours[i], err = find(root, file.path); err != nil {
			return s.unread(err)
		}
	}
	key := outcomeKey(at, ours)
	if known, ok := s.outcomes[key]; ok {
		return known, nil
	}
	// What is special depends on more than these files.
	whole := outcomeKey(at, append(ours, merge.Version{ID: root}))
	if known, ok := s.outcomes[whole]; ok {
		return known, nil
	}
	result, special, err := s.pickFiles(change, root, ours)
	if err == nil && special {
		key = whole
		result, err = s.pickNarrow(change, root, ours)
	}
	if err != nil {
		return s.unread(err)
	}
	s.outcomes[key] = result
	return result, nil
}

// unread makes what cannot be read an unknown outcome; other failures are errors.
func (s *Survey) unread(err error) (outcome, error) {
	if err == nil {
		return unknown, nil
	}
	var driver *merge.DriverError
	if errors.Is(err, ErrMissing) || errors.As(err, &driver) {
		return unknown, nil
	}
	return unknown, err
}

type contentKey struct {
	commit   int
	versions string
}

func outcomeKey(at int, versions []merge.Version) contentKey {
	var text strings.Builder
	for _, version := range versions {
		text.WriteString(strconv.FormatUint(uint64(version.Mode), 8))
		text.Write(version.ID[:])
	}
	return contentKey{at, text.String()}
}

// pickFiles decides path by path; special says that there is a conflict that more
// than the files' lines may settle.
func (s *Survey) pickFiles(change *change, root object.ID, ours []merge.Version) (result outcome, special bool, err error) {
	moved := renames(change.files)
	result = empty
	for i, file := range change.files {
		one := unknown
		if other, renamed := moved[i]; renamed {
			one = pickRename(file, ours[i], ours[other])
		}
		if one == unknown {
			if one, err = s.pickFile(file, ours[i]); err != nil {
				return unknown, false, err
			}
		}
		result = max(result, one)
		if one == conflict {
			special, err = s.isSpecial(root, file.path)
			if err != nil || !special {
				return conflict, false, err // a conflict that nothing settles is the outcome
			}
		}
	}
	return result, special, nil
}

// pickRename is the pick of one half of a rename, the removed path or the added one,
// onto the version of its path and that of the other half; unknown where a rename
// would not be followed.
func pickRename(half fileChange, ours, other merge.Version) outcome {
	from, to := ours, other
	if half.before.IsZero() {
		from, to = other, ours
	}
	switch {
	case from.IsZero() && !to.IsZero():
		return empty
	case !from.IsZero() && to.IsZero():
		return clean
	}
	return unknown
}

// isSpecial reports whether a file may be merged in another way than by its lines:
// a release file, or one for which there are attributes.
func (s *Survey) isSpecial(root object.ID, path string) (bool, error) {
	if path == s.rules.Changelog {
		return true, nil
	}
	for _, file := range s.rules.VersionFiles {
		if path == file.Path {
			return true, nil
		}
	}
	for _, name := range attributeFiles(path) {
		attributes, err := s.lookUp(root, name)
		if err != nil {
			return false, err
		}
		if !attributes.Mode.IsFile() {
			continue
		}
		content, err := s.blob(attributes.ID)
		if err != nil || bytes.Contains(content, []byte("merge")) || bytes.Contains(content, []byte("binary")) {
			return err == nil, err // no other attribute has to do with how files are merged
		}
	}
	return false, nil
}

// pickFile is the pick of one file onto the version of the same path.
func (s *Survey) pickFile(file fileChange, ours merge.Version) (outcome, error) {
	switch {
	case ours == file.after:
		return empty, nil
	case ours == file.before:
		return clean, nil
	case ours.IsZero(), file.after.IsZero(), !ours.Mode.IsFile(), !file.after.Mode.IsFile(), !file.before.IsZero() && !file.before.Mode.IsFile():
		return conflict, nil
	}
	result := empty
	if ours.Mode != file.after.Mode && file.before.Mode != file.after.Mode {
		result = clean
	}
	switch {
	case ours.ID == file.after.ID, file.before.ID == file.after.ID:
		return result, nil
	case ours.ID == file.before.ID:
		return clean, nil
	}
	var before []byte
	var err error
	if !file.before.IsZero() {
		if before, err = s.blob(file.before.ID); err != nil {
			return unknown, err
		}
	}
	own, err := s.blob(ours.ID)
	if err != nil {
		return unknown, err
	}
	after, err := s.blob(file.after.ID)
	if err != nil {
		return unknown, err
	}
	merged := merge.Text(before, own, after, merge.TextOptions{Added: file.before.IsZero()})
	switch {
	case !merged.Clean():
		return conflict, nil
	case !bytes.Equal(merged.Text, own):
		return clean, nil
	}
	return result, nil
}

// pickNarrow merges the trees, as far as they matter: the files that the change
// touches, and the attributes that they may have. The version that a renamed file has
// in ours stands at its old path.
func (s *Survey) pickNarrow(change *change, root object.ID, ours []merge.Version) (outcome, error) {
	var sides [3]map[string]merge.Version
	for i := range sides {
		sides[i] = map[string]merge.Version{}
	}
	attributes := map[string]bool{}
	for i, file := range change.files {
		for side, version := range []merge.Version{file.before, ours[i], file.after} {
			if !version.IsZero() {
				sides[side][file.path] = version
			}
		}
		for _, name := range attributeFiles(file.path) {
			attributes[name] = true
		}
	}
	for name := range attributes {
		version, err := s.lookUp(root, name)
		if err != nil {
			return unknown, err
		}
		for _, side := range sides {
			if _, touched := side[name]; !touched && !version.IsZero() {
				side[name] = version
			}
		}
	}
	narrow := pick.Change{Base: s.makeTree(sides[0]), Theirs: s.makeTree(sides[2])}
	tree := s.makeTree(sides[1])
	picked, err := pick.Onto(s.layer, tree, narrow, s.rules, merge.Options{Attributes: tree, External: s.external})
	switch {
	case err != nil:
		return unknown, err
	case !picked.Clean:
		return conflict, nil
	case picked.Tree == tree:
		return empty, nil
	}
	return clean, nil
}

// attributeFiles are the places where attributes of a path may be given.
func attributeFiles(path string) []string {
	names := []string{".gitattributes"}
	for at := range len(path) {
		if path[at] == '/' {
			names = append(names, path[:at+1]+".gitattributes")
		}
	}
	return names
}

// makeTree makes a tree of files on the layer.
func (s *Survey) makeTree(files map[string]merge.Version) object.ID {
	var tree object.Tree
	below := map[string]map[string]merge.Version{}
	for path, version := range files {
		first, rest, nested := strings.Cut(path, "/")
		if !nested {
			tree = append(tree, object.TreeEntry{Mode: version.Mode, Name: first, ID: version.ID})
			continue
		}
		if below[first] == nil {
			below[first] = map[string]merge.Version{}
		}
		below[first][rest] = version
	}
	for name, files := range below {
		tree = append(tree, object.TreeEntry{Mode: object.ModeDirectory, Name: name, ID: s.makeTree(files)})
	}
	slices.SortFunc(tree, object.CompareEntries)
	made := tree.Object()
	s.layer.Add(made)
	return made.ID()
}
