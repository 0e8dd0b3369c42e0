package plan_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// ancestors are a commit and all that it contains, newest first where the
// history is a line.
func (w *world) ancestors(id object.ID) []object.ID {
	var found []object.ID
	for queue := []object.ID{id}; len(queue) > 0; queue = queue[1:] {
		if !slices.Contains(found, queue[0]) {
			found = append(found, queue[0])
			queue = append(queue, w.commitAt(queue[0]).Parents...)
		}
	}
	return found
}

// observe reads a branch as package observe does.
func (w *world) observe(choice plan.BranchChoice, at object.ID) *plan.Branch {
	w.t.Helper()
	branch := &plan.Branch{BranchChoice: choice, Tip: w.revision(choice.Head), At: w.revision(choice.Head)}
	if !at.IsZero() {
		branch.At = w.revision(at)
	}
	contained := w.ancestors(branch.At.ID)
	for ref := range w.Refs.IDs {
		name, isTag := strings.CutPrefix(ref, plan.TagRef(""))
		released, isRelease := w.Component.TagPattern.ParseTag(name)
		commit, _ := w.Refs.Commit(ref)
		switch {
		case isTag && !isRelease:
			branch.Ignored = append(branch.Ignored, name)
		case isTag && slices.Contains(contained, commit) && released.Compare(branch.Base.Version) > 0:
			branch.Base = plan.Base{Version: released, Tag: ref, Commit: commit}
		}
	}
	slices.Sort(branch.Ignored)
	onTip := w.ancestors(branch.Tip.ID)
	for ref := range w.Refs.IDs {
		released, isRelease := w.Component.TagPattern.ParseTag(strings.TrimPrefix(ref, plan.TagRef("")))
		if commit, _ := w.Refs.Commit(ref); isRelease && slices.Contains(onTip, commit) && released.Compare(branch.Latest) > 0 {
			branch.Latest = released
		}
	}
	var before []object.ID
	if !branch.Base.Commit.IsZero() {
		before = w.ancestors(branch.Base.Commit)
		branch.Unchanged = w.sameBut(plan.ReleaseFiles(w.Component), branch.Base.Commit, branch.At.ID)
	}
	for _, id := range contained {
		if !slices.Contains(before, id) {
			branch.Changes = append(branch.Changes, notes.FromObject(id, w.commitAt(id)))
		}
	}
	return branch
}

func (w *world) revision(id object.ID) plan.Revision { return w.revisionOf(id, w.commitAt(id).Tree) }

func (w *world) revisionOf(id, root object.ID) plan.Revision {
	revision := plan.Revision{ID: id, Root: root, Files: map[string][]byte{}, Trees: object.TreeMap{}}
	for path, content := range w.tree(root, "", revision.Trees) {
		if slices.Contains(plan.ReleaseFiles(w.Component), path) {
			revision.Files[path] = []byte(content)
		}
	}
	return revision
}

// tree reads all files of a tree, and keeps the directories in trees.
func (w *world) tree(id object.ID, prefix string, trees object.TreeMap) files {
	w.t.Helper()
	tree, err := w.objects.Tree(id)
	if err != nil {
		w.t.Fatal(err)
	}
	trees[id] = tree
	found := files{}
	for _, entry := range tree {
		if entry.Mode == object.ModeDirectory {
			maps.Copy(found, w.tree(entry.ID, prefix+entry.Name+"/", trees))
			continue
		}
		found[prefix+entry.Name] = string(w.objects[entry.ID].Data)
	}
	return found
}

// filesOf are the files of a commit.
func (w *world) filesOf(id object.ID) files {
	w.t.Helper()
	return w.tree(w.commitAt(id).Tree, "", object.TreeMap{})
}

func (w *world) sameBut(paths []string, a, b object.ID) bool {
	one, other := w.filesOf(a), w.filesOf(b)
	for _, path := range paths {
		delete(one, path)
		delete(other, path)
	}
	return maps.Equal(one, other)
}
