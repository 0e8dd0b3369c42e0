package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/mozilla-services/looprel/internal/index"
	"github.com/mozilla-services/looprel/internal/object"
)

// MakeEdit makes an edit: a worktree with the merged files, its index, which has
// the conflicted paths in their stages and everything else as merged, and a
// detached HEAD. "git status" there shows the conflicts and what was taken over.
//
// It fails with ErrEditExists when there is a complete edit of that name, and
// replaces an incomplete one. It fails with ErrPathName, and has written nothing,
// when a path cannot be written on this system, or must not be; when something
// fails later, what was made is removed again. A context that ends counts as such
// a failure.
func (r *Repository) MakeEdit(ctx context.Context, name string, spec EditSpec) (*Edit, error) {
	return r.makeEdit(ctx, name, spec, func(string) {})
}

// makeEdit tells of every step that it has made, so that a test can end it there.
func (r *Repository) makeEdit(ctx context.Context, name string, spec EditSpec, made func(step string)) (edit *Edit, err error) {
	place, err := r.editPlace(name)
	if err != nil {
		return nil, err
	}
	err = r.withEditLock(name, func() error {
		maker := &editMaker{repository: r, place: place, spec: spec, objects: newEditObjects(r, spec.Objects), made: made}
		if err := maker.prepare(ctx); err != nil {
			return fmt.Errorf("cannot make the edit %s: %w", name, err)
		}
		if err := maker.make(ctx); err != nil {
			// The removal is to happen also when the context has ended.
			return errors.Join(fmt.Errorf("cannot make the edit %s: %w", name, err), place.remove(context.WithoutCancel(ctx)))
		}
		edit = &Edit{repository: r, place: place, record: maker.record}
		return nil
	})
	return edit, err
}

// editMaker makes one edit.
type editMaker struct {
	repository *Repository
	place      editPlace
	spec       EditSpec
	objects    *editObjects
	made       func(step string)

	checkout checkout
	record   editRecord
}

// prepare finds out all that can be wrong before anything is written, and removes
// what a process left that did not come to its end.
func (m *editMaker) prepare(ctx context.Context) error {
	record, err := readEditRecord(m.place)
	if err == nil && record.Complete {
		return &Error{Kind: ErrEditExists, What: fmt.Sprintf("there is one already, in %s", m.place.dir),
			Advice: "continue or abort that one first"}
	}
	for _, commit := range []object.ID{m.spec.Head, m.spec.Pick} {
		if commit.IsZero() && commit != m.spec.Head {
			continue
		}
		if _, err := m.repository.Commit(commit); err != nil {
			return err
		}
	}
	if m.checkout, err = m.repository.newCheckout(m.objects); err != nil {
		return err
	}
	if err := m.checkout.collect(ctx, m.spec.Tree); err != nil {
		return err
	}
	return m.place.remove(ctx)
}

func (m *editMaker) make(ctx context.Context) error {
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"record", m.begin},
		{"blobs", m.storeBlobs},
		{"files", m.writeFiles},
		{"draft", m.writeDraft},
		{"git file", m.writeGitFile},
		{"worktrees", m.placeDraft},
		{"complete", m.complete},
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step.run(ctx); err != nil {
			return err
		}
		m.made(step.name)
	}
	return nil
}

// begin writes the record of an edit that is not complete.
func (m *editMaker) begin(context.Context) error {
	admin, err := m.place.freeAdmin()
	if err != nil {
		return err
	}
	m.record = editRecord{Version: editRecordVersion, Admin: admin, Head: m.spec.Head, State: slices.Clone(m.spec.State)}
	for _, conflict := range m.spec.Conflicts {
		m.record.Conflicts = append(m.record.Conflicts, recordConflict{
			Path: []byte(conflict.Path), Base: conflict.Base, Ours: conflict.Ours, Theirs: conflict.Theirs,
			MarkerSize: conflict.MarkerSize, Written: m.checkout.version(conflict.Path),
		})
	}
	return m.record.write(m.place)
}

// freeAdmin is a name under worktrees that nobody uses.
func (p editPlace) freeAdmin() (string, error) {
	const tries = 1000
	for i := range tries {
		id := "looprel-" + p.name
		if i > 0 {
			id += "-" + strconv.Itoa(i)
		}
		if !pathExists(p.admin(id)) {
			return id, nil
		}
	}
	return "", fmt.Errorf("all names for it under %s are taken", p.worktrees)
}

// storeBlobs stores those blobs that the merge made and the index will name; the
// text with the markers is in the worktree only.
func (m *editMaker) storeBlobs(context.Context) error {
	var blobs []object.Object
	stored := map[object.ID]bool{}
	for _, entry := range m.indexEntries() {
		if made, ok := m.objects.made[entry.ID]; ok && made.Kind == object.KindBlob && !stored[entry.ID] {
			blobs = append(blobs, made)
			stored[entry.ID] = true
		}
	}
	return m.repository.StoreObjects(blobs)
}

func (m *editMaker) writeFiles(ctx context.Context) error {
	info, err := os.Stat(m.place.record)
	if err != nil {
		return err
	}
	return m.checkout.write(ctx, m.place.dir, info.ModTime(), m.made)
}

// indexEntries are the entries of the paths without conflict, and the stages of
// those with one.
func (m *editMaker) indexEntries() []index.Entry {
	var entries []index.Entry
	conflicted := map[string]bool{}
	for _, conflict := range m.spec.Conflicts {
		conflicted[conflict.Path] = true
		for i, version := range []EditVersion{conflict.Base, conflict.Ours, conflict.Theirs} {
			if !version.IsZero() {
				entries = append(entries, index.Entry{
					Path: conflict.Path, Stage: index.Base + index.Stage(i), Mode: version.Mode, ID: version.ID,
				})
			}
		}
	}
	for _, file := range m.checkout.files {
		if !conflicted[file.path] {
			entries = append(entries, index.Entry{Path: file.path, Mode: file.mode, ID: file.id, Stat: file.stat})
		}
	}
	index.Sort(entries)
	return entries
}

// writeDraft makes the directory that will be under worktrees, with what git puts
// there, and the index.
func (m *editMaker) writeDraft(context.Context) error {
	if err := os.Mkdir(m.place.draft, 0o777); err != nil { //nolint:gosec // as git makes them: the umask decides
		return err
	}
	files := map[string]string{
		"HEAD":      m.spec.Head.String() + "\n",
		"commondir": "../..\n",
		"gitdir":    m.place.gitFile() + "\n",
		"locked":    fmt.Sprintf("looprel keeps the edit %s here; it removes it itself\n", m.place.name),
		"index":     string(index.Index{Entries: m.indexEntries()}.Encode()),
	}
	if !m.spec.Pick.IsZero() {
		files["CHERRY_PICK_HEAD"] = m.spec.Pick.String() + "\n"
	}
	if m.spec.Message != "" {
		files["MERGE_MSG"] = m.spec.Message
	}
	for name, content := range files {
		if err := writeAtomic(filepath.Join(m.place.draft, name), []byte(content), 0o666); err != nil {
			return err
		}
	}
	return syncDirectory(m.place.draft)
}

func (m *editMaker) writeGitFile(context.Context) error {
	content := "gitdir: " + filepath.ToSlash(m.place.admin(m.record.Admin)) + "\n"
	if err := writeAtomic(filepath.Join(m.place.dir, ".git"), []byte(content), 0o666); err != nil {
		return err
	}
	return syncDirectory(m.place.dir)
}

// placeDraft puts the finished directory under worktrees, so that git never sees
// half of one.
func (m *editMaker) placeDraft(context.Context) error {
	if err := makeDirectory(m.place.worktrees); err != nil {
		return err
	}
	if err := os.Rename(m.place.draft, m.place.admin(m.record.Admin)); err != nil {
		return err
	}
	return syncDirectory(m.place.worktrees)
}

func (m *editMaker) complete(context.Context) error {
	complete := m.record
	complete.Complete = true
	if err := complete.write(m.place); err != nil {
		return err
	}
	m.record = complete
	return nil
}

// editBlobLimit is the size in bytes up to which files are written and taken.
const editBlobLimit = 1 << 30

// editObjects are the clone's objects and those that the merge made.
type editObjects struct {
	clone *Repository
	made  map[object.ID]object.Object
}

func newEditObjects(clone *Repository, objects []object.Object) *editObjects {
	made := make(map[object.ID]object.Object, len(objects))
	for _, one := range objects {
		made[one.ID()] = one
	}
	return &editObjects{clone: clone, made: made}
}

func (o *editObjects) tree(id object.ID) (object.Tree, error) {
	if made, ok := o.made[id]; ok {
		return object.DecodeTree(made.Data)
	}
	return o.clone.Tree(id)
}

func (o *editObjects) blob(id object.ID) ([]byte, error) {
	if made, ok := o.made[id]; ok {
		return made.Data, nil
	}
	return o.clone.Blob(id, editBlobLimit)
}
