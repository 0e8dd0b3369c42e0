package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/object"
)

// An edit is a linked worktree of the tool's own in which a person resolves the
// conflicts of a merge. In the directory that all worktrees of the clone share:
//
//	looprel/edit/NAME.edit    the record: what is made, and the caller's state
//	looprel/edit/NAME/        the worktree
//	worktrees/ID/             its HEAD, its index, and what git wants besides
//
// It is laid out as by "git worktree add --detach --lock", so that git works in it
// as in any other, and "git worktree prune" leaves it alone. Its life:
//
//	MakeEdit  the record first, the worktree, the directory under worktrees in one
//	          step, the record again                        (edit_make.go, edit_checkout.go)
//	Result    the tree that the worktree's files make now   (edit_result.go, edit_read.go, edit_tree.go)
//	Remove    the reverse, the record last                  (edit_remove.go)
//
// A process may end at any point of this: whatever is there has a record, and by
// that it can be removed.
//
// Files are written as the blobs are, and taken as they are: neither line endings
// are converted nor filters run. git does both when it writes a file into the
// worktree itself ("git checkout --theirs FILE"); such a file is refused until
// "git add" has put it into the index in the form that git stores (edit_convert.go).
//
// The user's own worktree, index, HEAD, references and configuration are never
// written. Objects are: the blobs that the index of the edit names. As all objects
// that nothing names any more, these stay until "git gc" removes them.

// EditVersion is a file as one side of a merge has it; the zero value is that it
// has none.
type EditVersion struct {
	Mode object.Mode
	ID   object.ID
}

// IsZero reports whether there is no file.
func (v EditVersion) IsZero() bool { return v.Mode == 0 }

// EditConflict is a path that a person has to decide about.
type EditConflict struct {
	Path               string
	Base, Ours, Theirs EditVersion
	// MarkerSize is the number of characters of the conflict markers in the file;
	// zero is git's default of 7.
	MarkerSize int
}

// EditSpec says what is put into an edit.
type EditSpec struct {
	// Head is the commit that is checked out, and on which the result will be
	// built. The clone has it.
	Head object.ID
	// Pick is the commit whose changes are taken over, which "git status" then
	// names. The clone has it. Zero: none.
	Pick object.ID
	// Message is proposed to whoever runs "git commit" there; it may be empty.
	Message string
	// Tree is the merged tree, in which conflicted files have markers.
	Tree object.ID
	// Objects are those that the merge made; the clone need not have them.
	Objects []object.Object
	// Conflicts are the conflicted paths.
	Conflicts []EditConflict
	// State is kept for the caller.
	State []byte
}

// Edit is a worktree in which conflicts are being resolved.
type Edit struct {
	repository *Repository
	place      editPlace
	record     editRecord
}

// Name is what the edit was called when it was made.
func (e *Edit) Name() string { return e.place.name }

// Dir is the absolute path of its worktree.
func (e *Edit) Dir() string { return e.place.dir }

// Head is the commit that was checked out.
func (e *Edit) Head() object.ID { return e.record.Head }

// State is what the caller left with it.
func (e *Edit) State() []byte { return slices.Clone(e.record.State) }

// Conflicts are the paths that were in conflict when it was made.
func (e *Edit) Conflicts() []EditConflict {
	conflicts := make([]EditConflict, len(e.record.Conflicts))
	for i, one := range e.record.Conflicts {
		conflicts[i] = one.conflict()
	}
	return conflicts
}

// SetState replaces the state. It has reached the disk when SetState returns.
func (e *Edit) SetState(state []byte) error {
	changed := e.record
	changed.State = slices.Clone(state)
	if err := changed.write(e.place); err != nil {
		return err
	}
	e.record = changed
	return nil
}

// EditInfo is what is known of an edit without looking into its worktree.
type EditInfo struct {
	Name string
	Dir  string // the worktree
	Head object.ID
	// Complete: it was made to the end, and nobody has begun to remove it. One that
	// is not can only be removed.
	Complete bool
	State    []byte
}

// Edits lists the edits of the clone, by name.
func (r *Repository) Edits() ([]EditInfo, error) {
	entries, err := os.ReadDir(editsDir(r.layout.commonDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the edits: %w", err)
	}
	var list []EditInfo
	for _, entry := range entries {
		name, isRecord := strings.CutSuffix(entry.Name(), recordSuffix)
		if !isRecord || entry.IsDir() {
			continue
		}
		place, err := r.editPlace(name)
		if err != nil {
			continue // no file of ours
		}
		// An unreadable record is one of an edit that can only be removed.
		record, err := readEditRecord(place)
		list = append(list, EditInfo{
			Name: name, Dir: place.dir, Head: record.Head, Complete: err == nil && record.Complete, State: record.State,
		})
	}
	return list, nil
}

// OpenEdit opens the edit of that name. It fails with ErrNotFound, and with
// ErrEditIncomplete for one that can only be removed (RemoveEdit).
func (r *Repository) OpenEdit(name string) (*Edit, error) {
	place, err := r.editPlace(name)
	if err != nil {
		return nil, err
	}
	record, err := readEditRecord(place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: ErrNotFound, What: fmt.Sprintf("there is no edit %s", name)}
	}
	if err != nil || !record.Complete {
		return nil, &Error{Kind: ErrEditIncomplete, What: fmt.Sprintf("the edit %s is incomplete", name), Cause: err,
			Advice: "remove it, and start again: " + abortCommand}
	}
	return &Edit{repository: r, place: place, record: record}, nil
}

// RemoveEdit removes every trace of the edit of that name, complete or not, and
// does nothing where there is none. What a person has done there is lost. Nothing
// outside of the edit is removed: links are not followed.
func (r *Repository) RemoveEdit(ctx context.Context, name string) error {
	place, err := r.editPlace(name)
	if err != nil {
		return err
	}
	return r.withEditLock(name, func() error { return place.remove(ctx) })
}

// Remove is RemoveEdit for this one.
func (e *Edit) Remove(ctx context.Context) error {
	return e.repository.RemoveEdit(ctx, e.place.name)
}

// withEditLock keeps other processes from making or removing edits meanwhile.
func (r *Repository) withEditLock(name string, act func() error) (err error) {
	lock, holder, err := r.Lock("edit", name)
	if err != nil {
		return err
	}
	if lock == nil {
		return &Error{Kind: ErrLocked, What: fmt.Sprintf("another process makes or removes the edit %s", holder), Advice: "try again"}
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	return act()
}

const (
	recordSuffix = ".edit"
	draftSuffix  = ".draft"
)

// editPlace is where the parts of an edit are; all paths are absolute.
type editPlace struct {
	name      string
	dir       string // the worktree
	record    string
	draft     string // the directory under worktrees, before it is put there
	worktrees string
	commonDir string
}

func editsDir(commonDir string) string { return filepath.Join(toolDir(commonDir), "edit") }

// editName is what an edit may be called: a name that every file system takes.
var editName = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

func (r *Repository) editPlace(name string) (editPlace, error) {
	if !editName.MatchString(name) || strings.HasSuffix(name, ".") || checkWindowsName(name) != "" ||
		strings.HasSuffix(name, recordSuffix) || strings.HasSuffix(name, draftSuffix) {
		return editPlace{}, fmt.Errorf("%q is not a name for an edit", name)
	}
	// git compares the paths in its files with real ones.
	common, err := filepath.EvalSymlinks(r.layout.commonDir)
	if err != nil {
		return editPlace{}, err
	}
	dir := filepath.Join(editsDir(common), name)
	return editPlace{
		name: name, dir: dir, record: dir + recordSuffix, draft: dir + draftSuffix,
		worktrees: filepath.Join(common, "worktrees"), commonDir: common,
	}, nil
}

// admin is the directory of an id under worktrees.
func (p editPlace) admin(id string) string { return filepath.Join(p.worktrees, id) }

// owns reports whether the directory of an id under worktrees is this edit's.
func (p editPlace) owns(id string) bool {
	data, err := readBounded(filepath.Join(p.admin(id), "gitdir"), maxPointerSize)
	return err == nil && strings.TrimRight(string(data), "\r\n") == p.gitFile()
}

// gitFile is the path of the worktree's .git file, as git writes it.
func (p editPlace) gitFile() string { return filepath.ToSlash(filepath.Join(p.dir, ".git")) }
