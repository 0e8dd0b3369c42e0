package fixes

import (
	"bytes"
	"errors"
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

// pickOnPoint is pickOnto for the tree of a point.
func (s *Survey) pickOnPoint(at, point int) (outcome, error) {
	if s.roots[point].IsZero() {
		root, err := s.treeOf(s.points[point].Commit)
		if err != nil {
			return s.unread(err)
		}
		s.roots[point] = root
	}
	return s.pickOnto(at, s.roots[point])
}

// pickOnto tells what picking a commit's change onto a tree would do. Files are
// merged one by one, and only those that the change touches are looked at, as long
// as that gives what the merge of the whole trees would: what may be a rename, and a
// conflict that attributes or the rules for release files could settle, is left to
// that.
func (s *Survey) pickOnto(at int, root object.ID) (outcome, error) {
	change, err := s.changeOf(at)
	if err != nil {
		return s.unread(err)
	}
	ours := make([]merge.Version, len(change.files))
	for i, file := range change.files {
		if ours[i], err = s.lookUp(root, file.path); err != nil {
			return s.unread(err)
		}
	}
	key := outcomeKey(at, ours)
	if known, ok := s.outcomes[key]; ok {
		return known, nil
	}
	result, settled, err := s.pickFiles(change, root, ours)
	if err != nil {
		return s.unread(err)
	}
	if settled {
		s.outcomes[key] = result
		return result, nil
	}
	key = outcomeKey(at, []merge.Version{{ID: root}})
	if known, ok := s.outcomes[key]; ok {
		return known, nil
	}
	if result, err = s.pickWhole(change, root); err != nil {
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
		text.WriteByte(byte(version.Mode >> 12))
		text.WriteByte(byte(version.Mode >> 6))
		text.WriteByte(byte(version.Mode))
		text.Write(version.ID[:])
	}
	return contentKey{at, text.String()}
}

// pickFiles decides path by path; settled is false where only the merge of the
// whole trees can tell.
func (s *Survey) pickFiles(change *change, root object.ID, ours []merge.Version) (result outcome, settled bool, err error) {
	result, settled = empty, true
	added, removed := false, false
	for i, file := range change.files {
		added = added || file.before.IsZero()
		removed = removed || file.after.IsZero()
		one, err := s.pickFile(file, ours[i])
		if err != nil {
			return unknown, false, err
		}
		result = max(result, one)
		switch {
		case one == empty:
		case ours[i].IsZero() && !file.before.IsZero():
			settled = false // it may have been renamed
		case one == conflict && settled:
			special, err := s.isSpecial(root, file.path)
			if err != nil {
				return unknown, false, err
			}
			settled = !special
		}
	}
	if result == empty {
		return empty, true, nil
	}
	return result, settled && !(added && removed), nil
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
	for at := strings.LastIndexByte(path, '/'); ; at = strings.LastIndexByte(path[:at], '/') {
		attributes, err := s.lookUp(root, path[:at+1]+".gitattributes")
		if err != nil || !attributes.IsZero() || at < 0 {
			return !attributes.IsZero(), err
		}
	}
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

// pickWhole merges the whole trees.
func (s *Survey) pickWhole(change *change, root object.ID) (outcome, error) {
	picked, err := pick.Onto(s.layer, root, change.Change, s.rules, merge.Options{Attributes: root, External: s.external})
	switch {
	case err != nil:
		return unknown, err
	case !picked.Clean:
		return conflict, nil
	case picked.Tree == root:
		return empty, nil
	}
	return clean, nil
}
