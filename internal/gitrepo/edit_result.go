package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/index"
	"github.com/mozilla-services/looprel/internal/object"
)

// EditResult is what a person has made of an edit.
type EditResult struct {
	// Tree is the tree of the files as they are now.
	Tree object.ID
	// Objects are the blobs and trees of Tree that the clone does not have, what is
	// named before what names it.
	Objects []object.Object
	// LeftOut are the files that git does not track there and does not ignore,
	// directories without any tracked file as one, with a slash at the end. They
	// are not in Tree.
	LeftOut []string
	// Unresolved are paths that the index still has in conflict, and that nobody has
	// touched: a file that one side removed, a binary file, a link. Tree has them as
	// they were written. "git add" or "git rm" takes them from the list.
	Unresolved []string
}

// Result builds the tree that the edit's files make, and writes nothing. Tracked
// files are taken as they are in the worktree, whether or not they were added;
// those that are gone are removed; new files are taken when they were added.
//
// It is an ErrUnresolved when there is more to do first: conflict markers in files
// that were in conflict (a MarkersError), a submodule in conflict, a file that git
// has written in another form than it stores, or a HEAD that is no longer where it
// was. It is an ErrUnsupported when the index cannot be read.
func (e *Edit) Result(ctx context.Context) (EditResult, error) {
	if err := e.checkHead(); err != nil {
		return EditResult{}, err
	}
	scan, err := e.newScan()
	if err != nil {
		return EditResult{}, err
	}
	if err := scan.run(ctx); err != nil {
		return EditResult{}, err
	}
	leftOut, err := scan.untracked(ctx)
	if err != nil {
		return EditResult{}, err
	}
	tree, objects, err := scan.build()
	return EditResult{Tree: tree, Objects: objects, LeftOut: leftOut, Unresolved: scan.unresolved}, err
}

// checkHead makes sure that the worktree is there, nothing was committed and no branch
// was checked out. Of a worktree that was deleted every file would seem to be removed.
func (e *Edit) checkHead() error {
	admin := e.place.admin(e.record.Admin)
	if _, err := os.Lstat(e.place.dir); errors.Is(err, fs.ErrNotExist) {
		return &Error{Kind: ErrEditIncomplete, What: fmt.Sprintf("the worktree %s is gone, and what was made of the conflict with it", e.place.dir),
			Advice: "remove what is left of it, and start again: " + abortCommand}
	}
	if !e.place.owns(e.record.Admin) {
		return &Error{Kind: ErrEditIncomplete, What: fmt.Sprintf("git no longer knows the worktree %s", e.place.dir),
			Advice: "if the clone was moved: git worktree repair " + e.place.dir + "; otherwise remove it, and start again: " + abortCommand}
	}
	if branch := headTarget(admin); branch != "" {
		return &Error{Kind: ErrUnresolved, What: fmt.Sprintf("%s is checked out in %s", branch, e.place.dir),
			Advice: fmt.Sprintf("leave it, and keep the files: git -C %s checkout --detach", e.place.dir)}
	}
	data, err := readBounded(filepath.Join(admin, "HEAD"), maxPointerSize)
	if err != nil {
		return err
	}
	head, err := object.ParseID(strings.TrimSpace(string(data)))
	if err != nil {
		return damaged("HEAD of "+e.place.dir, err)
	}
	if head != e.record.Head {
		return &Error{Kind: ErrUnresolved, What: fmt.Sprintf("HEAD in %s was moved to %s; looprel makes the commit itself", e.place.dir, head.Short()),
			Advice: fmt.Sprintf("undo the commit, and keep the files: git -C %s reset --soft %s", e.place.dir, e.record.Head)}
	}
	return nil
}

// editScan looks at the files of an edit, once.
type editScan struct {
	edit    *Edit
	entries []index.Entry
	// written is when the index was written: a file that was not changed before is
	// read, whatever the index knows of it.
	written index.Time
	// executables: the file system keeps the right to execute. links: it has
	// symbolic links.
	executables, links bool
	conflicts          map[string]recordConflict

	// real are directories of the worktree, by whether they are directories and
	// not links.
	real       map[string]bool
	found      []scannedFile
	blobs      map[object.ID]object.Object
	unresolved []string
	markers    []MarkerPlace
}

// scannedFile is a file of the result.
type scannedFile struct {
	path string
	mode object.Mode
	id   object.ID
}

func (e *Edit) newScan() (*editScan, error) {
	path := filepath.Join(e.place.admin(e.record.Admin), "index")
	// It is looked at first: a newer index that takes its place meanwhile makes more
	// files be read, not fewer.
	written, err := lookAt(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the index of %s: %w", e.place.dir, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the index of %s: %w", e.place.dir, err)
	}
	decoded, err := index.Decode(data)
	var unsupported *index.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return nil, &Error{Kind: ErrUnsupported, What: fmt.Sprintf("the index of %s cannot be read", e.place.dir), Cause: err,
			Advice: strings.Replace(unsupported.Hint(), ": git ", ": git -C "+e.place.dir+" ", 1)}
	case err != nil:
		return nil, damaged("the index of "+e.place.dir, err)
	}
	scan := &editScan{
		edit: e, entries: decoded.Entries, written: written.stat.Modified,
		conflicts: map[string]recordConflict{}, real: map[string]bool{".": true}, blobs: map[object.ID]object.Object{},
	}
	for _, conflict := range e.record.Conflicts {
		scan.conflicts[string(conflict.Path)] = conflict
	}
	config := e.repository.config
	if scan.executables, err = config.boolOr("core.fileMode", runtime.GOOS != "windows"); err != nil {
		return nil, err
	}
	scan.links, err = config.boolOr("core.symlinks", runtime.GOOS != "windows")
	return scan, err
}

// run looks at every path of the index.
func (s *editScan) run(ctx context.Context) error {
	for rest := s.entries; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		size := 1
		for size < len(rest) && rest[size].Path == rest[0].Path {
			size++
		}
		if err := s.path(rest[:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	if len(s.markers) > 0 {
		return &MarkersError{Places: s.markers}
	}
	slices.Sort(s.unresolved)
	return nil
}

// path looks at one path, given by its entries.
func (s *editScan) path(entries []index.Entry) error {
	entry := entries[0]
	if entry.Stage == index.Merged && (entry.AssumeValid || entry.SkipWorktree) {
		s.take(entry.Path, entry.Mode, entry.ID)
		return nil
	}
	at, err := s.look(entry.Path)
	if err != nil {
		return err
	}
	if entry.Stage != index.Merged {
		return s.unmergedPath(entries, at)
	}
	switch {
	case entry.Mode == object.ModeSubmodule:
		if at.kind == directoryKind {
			s.take(entry.Path, entry.Mode, entry.ID)
		}
		return nil
	case at.kind == directoryKind || at.kind == nothing:
		return nil // the file is gone
	}
	_, conflicted := s.conflicts[entry.Path]
	clean := !entry.IntentToAdd && s.unchanged(entry, at)
	if clean && !conflicted {
		s.take(entry.Path, entry.Mode, entry.ID)
		return nil
	}
	content, mode, err := s.read(entry.Path, at, entry.Mode)
	if err != nil {
		return err
	}
	s.findMarkers(entry.Path, content)
	if clean || mode == entry.Mode && entry.Stat.SameFile(at.stat) && withLF(content) == entry.ID {
		// The form in which git has stored it.
		s.take(entry.Path, entry.Mode, entry.ID)
		return nil
	}
	return s.takeContent(entry.Path, mode, content, []object.ID{entry.ID})
}

// unmergedPath looks at a path that the index has in conflict.
func (s *editScan) unmergedPath(entries []index.Entry, at sight) error {
	path := entries[0].Path
	conflict, ours := s.conflicts[path]
	// Of a path that both sides have removed or renamed, nothing is left to decide.
	decidable := !conflict.Ours.IsZero() || !conflict.Theirs.IsZero()
	untouched := ours && decidable && at.kind == nothing && conflict.Written.IsZero()
	switch at.kind {
	case directoryKind:
		for _, entry := range entries {
			if entry.Mode == object.ModeSubmodule {
				return s.submoduleInConflict(path, entries)
			}
		}
	case nothing:
	default:
		content, mode, err := s.read(path, at, s.expectedMode(entries))
		if err != nil {
			return err
		}
		before := len(s.markers)
		s.findMarkers(path, content)
		id := object.Blob(content).ID()
		untouched = ours && len(s.markers) == before && conflict.Written == EditVersion{mode, id}
		var stages []object.ID
		for _, entry := range entries {
			if entry.Mode.IsFile() {
				stages = append(stages, entry.ID)
			}
		}
		if err := s.takeContent(path, mode, content, stages); err != nil {
			return err
		}
	}
	if untouched {
		s.unresolved = append(s.unresolved, path)
	}
	return nil
}

// expectedMode is the mode that a file in conflict has where the file system
// cannot tell: ours, or else that of whoever has it.
func (s *editScan) expectedMode(entries []index.Entry) object.Mode {
	mode := entries[0].Mode
	for _, entry := range entries {
		if entry.Stage == index.Ours {
			return entry.Mode
		}
		mode = entry.Mode
	}
	return mode
}

func (s *editScan) submoduleInConflict(path string, entries []index.Entry) error {
	advice := "choose a commit:"
	for _, entry := range entries {
		if entry.Mode == object.ModeSubmodule && entry.Stage != index.Base {
			advice += fmt.Sprintf(" git -C %s update-index --cacheinfo 160000,%s,%s (%s);", s.edit.place.dir, entry.ID, path, stageName(entry.Stage))
		}
	}
	return &Error{Kind: ErrUnresolved, What: fmt.Sprintf("the submodule %s is in conflict", path),
		Advice: fmt.Sprintf("%s or remove it: git -C %s rm --cached %s", advice, s.edit.place.dir, path)}
}

func stageName(stage index.Stage) string {
	return map[index.Stage]string{index.Base: "base", index.Ours: "ours", index.Theirs: "theirs"}[stage]
}

// unchanged reports whether the index knows that a file is as it was when it was
// added. Where the parts of a second are known, they count.
func (s *editScan) unchanged(entry index.Entry, at sight) bool {
	known, now := entry.Stat, at.stat
	if !known.SameFile(now) || s.modeOf(at, entry.Mode) != entry.Mode {
		return false
	}
	if known.Modified.Nanoseconds == 0 || s.written.Nanoseconds == 0 {
		return known.Modified.Seconds < s.written.Seconds
	}
	return known.Modified == now.Modified && known.Modified.Before(s.written)
}

// modeOf is the mode of what is at a path. Where the file system cannot tell, it is
// the one that the index has.
func (s *editScan) modeOf(at sight, known object.Mode) object.Mode {
	switch {
	case at.kind == linkKind:
		return object.ModeSymlink
	case !s.links && known == object.ModeSymlink:
		return known
	case !s.executables && known.IsFile():
		return known
	case at.executable && s.executables:
		return object.ModeExecutable
	default:
		return object.ModeFile
	}
}

func (s *editScan) take(path string, mode object.Mode, id object.ID) {
	s.found = append(s.found, scannedFile{path, mode, id})
}

// takeContent takes a file as it is, unless git would store it in another form
// than it is in.
func (s *editScan) takeContent(path string, mode object.Mode, content []byte, stored []object.ID) error {
	made := object.Blob(content)
	id := made.ID()
	if mode.IsFile() && !slices.Contains(stored, id) {
		if err := s.checkForm(path, content, stored); err != nil {
			return err
		}
	}
	s.take(path, mode, id)
	if _, known := s.blobs[id]; !known {
		made.Data = bytes.Clone(content)
		s.blobs[id] = made
	}
	return nil
}
