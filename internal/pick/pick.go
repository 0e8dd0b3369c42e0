// Package pick applies a commit's change to another tree, as git cherry-pick
// does, in memory: a three-way merge in which the base is the tree of the commit's
// parent.
//
//	Change   what a commit changes: the tree of its parent and its own
//	Onto     Change + tree ─merge▶ Outcome
//	Layer    objects that are made on the way, over those that exist, so that the
//	         next pick can stand on the one before
//	Residual what a change does besides setting a version and writing a changelog
//
// Where git merges without a conflict the result is git's. Where it finds
// conflicts in nothing but version files and the changelog, they are resolved by
// meaning (Rules): which version a line has and what its changelog says is the
// line's own business, and the release commit that follows writes both. All other
// conflicts are git's, on the same files, and for a person to decide.
//
// The package is pure: it reads through merge.Objects, and writes nothing.
package pick

import (
	"slices"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
	"github.com/mozilla-services/looprel/internal/versionfile"
)

// Change is what a commit changes: the tree of its parent (zero for a commit
// without one) and its own.
type Change struct{ Base, Theirs object.ID }

// Rules say which files belong to the release process.
type Rules struct {
	VersionFiles []release.VersionFile
	// Changelog is the changelog's path, "" without one.
	Changelog string
}

// RulesOf are the rules of a component.
func RulesOf(component release.Component) Rules {
	rules := Rules{VersionFiles: component.VersionFiles}
	if component.Changelog != nil {
		rules.Changelog = component.Changelog.Path
	}
	return rules
}

// Owns reports whether the path is a version file or the changelog.
func (r Rules) Owns(path string) bool {
	return path == r.Changelog && path != "" ||
		slices.ContainsFunc(r.VersionFiles, func(file release.VersionFile) bool { return file.Path == path })
}

// Outcome is a pick's result. Its Objects are those that its Tree needs and that
// did not exist before.
type Outcome struct {
	merge.Result
	// Kept are the release files whose conflicts were resolved by meaning: the
	// changelog stayed as it was, a version file kept its version.
	Kept []string
}

// Onto applies the change to the tree ours. It fails when an object cannot be
// read, and with a merge.DriverError.
func Onto(objects merge.Objects, ours object.ID, change Change, rules Rules, options merge.Options) (Outcome, error) {
	result, err := merge.Trees(objects, change.Base, ours, change.Theirs, options)
	if err != nil || result.Clean || !onlyRelease(result, rules) {
		return Outcome{Result: result}, err
	}
	layer := NewLayer(objects)
	aligned, err := align(layer, ours, change, rules)
	if err != nil {
		return Outcome{}, err
	}
	again, err := merge.Trees(layer, aligned.Base, ours, aligned.Theirs, options)
	if err != nil {
		return Outcome{}, err
	}
	if !again.Clean {
		return Outcome{Result: result}, nil
	}
	again.Objects = append(layer.made, again.Objects...)
	return Outcome{Result: again, Kept: result.Paths()}, nil
}

// onlyRelease reports whether all that is in conflict are release files.
func onlyRelease(result merge.Result, rules Rules) bool {
	return len(result.Conflicts) > 0 &&
		!slices.ContainsFunc(result.Conflicts, func(conflict merge.PathConflict) bool { return !rules.Owns(conflict.Path) })
}

// align makes the change one that leaves the version and the changelog of a tree
// alone: on both of its sides they are what the tree has.
func align(layer *Layer, ours object.ID, change Change, rules Rules) (Change, error) {
	own, err := readRelease(layer, ours, rules)
	if err != nil {
		return Change{}, err
	}
	var aligned Change
	for _, side := range []struct{ from, to *object.ID }{{&change.Base, &aligned.Base}, {&change.Theirs, &aligned.Theirs}} {
		if *side.to, err = own.into(layer, *side.from, rules); err != nil {
			return Change{}, err
		}
	}
	return aligned, nil
}

// Residual is what a change does besides setting the version and writing the
// changelog: a release commit's is empty (Base equals Theirs), unless a fix was
// slipped into it. Its trees are read through the layer.
func Residual(layer *Layer, change Change, rules Rules) (Change, error) {
	touched, err := rules.touchedBy(layer, change)
	if err != nil {
		return Change{}, err
	}
	before, err := readRelease(layer, change.Base, touched)
	if err != nil {
		return Change{}, err
	}
	theirs, err := before.into(layer, change.Theirs, touched)
	return Change{Base: change.Base, Theirs: theirs}, err
}

// touchedBy are the rules for those files that a change touches: most touch none,
// and nothing need be read for them.
func (r Rules) touchedBy(layer *Layer, change Change) (Rules, error) {
	var touched Rules
	differs := func(path string) (bool, error) {
		before, err := layer.entry(change.Base, path)
		if err != nil {
			return false, err
		}
		after, err := layer.entry(change.Theirs, path)
		return before != after && (before == nil || after == nil || *before != *after), err
	}
	for _, file := range r.VersionFiles {
		if changed, err := differs(file.Path); err != nil {
			return touched, err
		} else if changed {
			touched.VersionFiles = append(touched.VersionFiles, file)
		}
	}
	if r.Changelog == "" {
		return touched, nil
	}
	changed, err := differs(r.Changelog)
	if changed {
		touched.Changelog = r.Changelog
	}
	return touched, err
}

// releaseParts are the version texts and the changelog of one tree.
type releaseParts struct {
	versions  map[string]string // by path; without files that have none
	changelog *object.TreeEntry // nil: the tree has none
}

func readRelease(layer *Layer, root object.ID, rules Rules) (releaseParts, error) {
	parts := releaseParts{versions: map[string]string{}}
	for _, file := range rules.VersionFiles {
		content, err := layer.file(root, file.Path)
		if err != nil {
			return parts, err
		}
		if version, err := versionfile.Read(file, content); err == nil {
			parts.versions[file.Path] = version.Text
		}
	}
	if rules.Changelog == "" {
		return parts, nil
	}
	var err error
	parts.changelog, err = layer.entry(root, rules.Changelog)
	return parts, err
}

// into gives a tree in which the parts stand. What cannot be put there, since the
// tree lacks the file or it has no version, stays as it is.
func (p releaseParts) into(layer *Layer, root object.ID, rules Rules) (object.ID, error) {
	files := map[string][]byte{}
	for _, file := range rules.VersionFiles {
		version, known := p.versions[file.Path]
		if !known {
			continue
		}
		content, err := layer.file(root, file.Path)
		if err != nil {
			return object.ID{}, err
		}
		if now, err := versionfile.Read(file, content); err != nil || now.Text == version {
			continue
		}
		if changed, err := versionfile.Set(file, content, version); err == nil {
			files[file.Path] = changed
		}
	}
	if err := p.addChangelog(layer, root, rules, files); err != nil || len(files) == 0 {
		return root, err
	}
	changed, objects, err := object.Edit(layer, root, files)
	if err != nil {
		return object.ID{}, err
	}
	layer.Add(objects...)
	return changed, nil
}

// addChangelog puts the changelog among the files to be written, if the tree has
// another one.
func (p releaseParts) addChangelog(layer *Layer, root object.ID, rules Rules, files map[string][]byte) error {
	if rules.Changelog == "" {
		return nil
	}
	now, err := layer.entry(root, rules.Changelog)
	switch {
	case err != nil:
		return err
	case now != nil && !now.Mode.IsFile(), p.changelog != nil && !p.changelog.Mode.IsFile():
		return nil // a link, or a directory: not a changelog that anybody edits
	case p.changelog == nil && now == nil, p.changelog != nil && now != nil && p.changelog.ID == now.ID:
		return nil
	case p.changelog == nil:
		files[rules.Changelog] = nil
		return nil
	}
	content, err := layer.Blob(p.changelog.ID)
	if err != nil {
		return err
	}
	files[rules.Changelog] = append([]byte{}, content...) // nil would remove the file
	return nil
}
