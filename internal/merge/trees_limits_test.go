package merge_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// A file of which an id says enough is not read, nor is a directory that one side
// alone has changed.
func TestOnlyWhatMattersIsRead(t *testing.T) {
	t.Parallel()
	base := files{"same": regular("same\n"), "ours": regular("1\n"), "theirs": regular("1\n"), "far/away/file": regular("x\n"), "gone": regular("y\n")}
	ours := base.with("ours", regular("2\n")).with("far/away/file", regular("z\n")).without("gone").with("new", regular("n\n"))
	theirs := base.with("theirs", regular("2\n"))
	memory := newMemory()
	ids := []object.ID{memory.add(base), memory.add(ours), memory.add(theirs)}
	for id := range memory.trees {
		if !slices.Contains(ids, id) {
			delete(memory.trees, id)
		}
	}
	result, err := merge.Trees(memory, ids[0], ids[1], ids[2], merge.Options{Ours: "ours", Theirs: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Clean || len(memory.read) > 0 {
		t.Errorf("clean %v, %d files read, expected a clean merge that reads none", result.Clean, len(memory.read))
	}
	if want := newMemory().add(ours.with("theirs", regular("2\n"))); result.Tree != want {
		t.Errorf("tree %s, want %s", result.Tree, want)
	}
	if len(result.Objects) != 1 {
		t.Errorf("%d objects made, expected the root tree alone", len(result.Objects))
	}
}

// An external merge driver stops the merge of a file that needs merging, and of
// no other.
func TestExternalDriverIsRefused(t *testing.T) {
	t.Parallel()
	base := files{"a": regular(numbered("line", 9)), ".gitattributes": regular("a merge=ours\n")}
	ours, theirs := base.with("a", regular(numbered("line", 9, 1))), base.with("a", regular(numbered("line", 9, 7)))
	memory := newMemory()
	options := merge.Options{Attributes: memory.add(ours)}
	_, err := memory.merge(treeCase{base, ours, theirs}, options)
	var driver *merge.DriverError
	if !errors.As(err, &driver) || driver.Path != "a" || driver.Driver != "ours" {
		t.Errorf("got %v, want a DriverError for a", err)
	}
	if _, err := memory.merge(treeCase{base, ours, base}, options); err != nil {
		t.Errorf("one side changed the file: %v", err)
	}
	options.External = func(name string) bool { return name != "ours" }
	if result, err := memory.merge(treeCase{base, ours, theirs}, options); err != nil || !result.Clean {
		t.Errorf("a driver that is not configured: clean %v, %v", result.Clean, err)
	}
}

// Above the limit, renames with changed content are not looked for, which the
// result says; equal files are found all the same.
func TestRenameLimit(t *testing.T) {
	t.Parallel()
	base, ours, theirs := files{}, files{}, files{}
	for i := range 3 {
		text := numbered(fmt.Sprintf("file %d has the line", i), 20)
		base[fmt.Sprintf("old%d", i)] = regular(text)
		ours[fmt.Sprintf("new%d", i)] = regular(text + "more\n")
		theirs[fmt.Sprintf("old%d", i)] = regular("before\n" + text)
	}
	memory := newMemory()
	for limit, clean := range map[int]bool{0: true, 3: true, 2: false} {
		result, err := memory.merge(treeCase{base, ours, theirs}, merge.Options{RenameLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if result.Clean != clean || (result.RenamesSkipped > 0) == clean {
			t.Errorf("limit %d: clean %v, %d skipped, want clean %v", limit, result.Clean, result.RenamesSkipped, clean)
		}
	}
}

// A tree that asks for enormous conflict markers is refused.
func TestMarkerSizeIsBounded(t *testing.T) {
	t.Parallel()
	base := files{"a": regular("1\n"), ".gitattributes": regular("a conflict-marker-size=99999999999999999999\n")}
	memory := newMemory()
	_, err := memory.merge(treeCase{base, base.with("a", regular("2\n")), base.with("a", regular("3\n"))},
		merge.Options{Attributes: memory.add(base)})
	if err == nil {
		t.Error("expected an error")
	}
}

// What cannot be read is an error with the object's id.
func TestMissingObject(t *testing.T) {
	t.Parallel()
	base := files{"a": regular("1\n")}
	memory := newMemory()
	ids := []object.ID{memory.add(base), memory.add(files{"a": regular("2\n")}), memory.add(files{"a": regular("3\n")})}
	delete(memory.blobs, regular("3\n").id())
	if _, err := merge.Trees(memory, ids[0], ids[1], ids[2], merge.Options{}); !errors.Is(err, errNotThere) {
		t.Errorf("got %v", err)
	}
	delete(memory.trees, ids[0])
	if _, err := merge.Trees(memory, ids[0], ids[1], ids[2], merge.Options{}); !errors.Is(err, errNotThere) {
		t.Errorf("got %v", err)
	}
}

// The tree and the objects of a result belong together.
func TestObjectsMakeTheTree(t *testing.T) {
	t.Parallel()
	base := files{"d/e/a": regular("1\n")}
	memory := newMemory()
	result, err := memory.merge(treeCase{base, files{"d/e/a": regular("2\n")}, files{"d/e/a": regular("3\n")}}, merge.Options{Ours: "ours", Theirs: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	if last := result.Objects[len(result.Objects)-1]; last.ID() != result.Tree {
		t.Errorf("the last object is %s and not the tree %s", last.ID(), result.Tree)
	}
	if len(result.Objects) != 4 {
		t.Errorf("%d objects, want the file and three trees", len(result.Objects))
	}
	conflict := result.Conflicts[0]
	if conflict.Path != "d/e/a" || conflict.Base.ID != regular("1\n").id() || conflict.Ours.ID != regular("2\n").id() ||
		conflict.Theirs.ID != regular("3\n").id() || len(conflict.Hunks) != 1 {
		t.Errorf("conflict %+v", conflict)
	}
}

// Where git 2.39 loses files that a renamed directory takes along, or those that
// they meet, they are kept and in conflict.
func TestNothingIsLostWithDirectories(t *testing.T) {
	t.Parallel()
	text := numbered("line", 9)
	cases := map[string]struct {
		treeCase
		kept []string
	}{
		"taken back to where it was": {treeCase{
			files{"b/d/y": regular(text), "e/x": regular("x\n")},
			files{"b/x": regular("x\n")},
			files{"e/d/y": regular(text), "e/x": regular("changed\n")},
		}, []string{"e/d/y", "e/x"}},
		"to where another was": {treeCase{
			files{"a/d/x": regular(text), "b/y": submodule(3)},
			files{"b/x": regular(text + "more\n"), "b/y": submodule(3)},
			files{"a/d/y": regular("new\n"), "b/a/z": regular("z\n"), "d/y": submodule(3)},
		}, []string{"b/a/z", "b/x", "b/y", "d/y"}},
		"into a directory that is the same everywhere": {treeCase{
			files{"b/x": regular(text), "e/d": regular("d\n")},
			files{"b/a": regular("a\n"), "b/e/a/a": regular("a\n"), "e/d": regular("d\n")},
			files{"x": regular(text), "e/d": regular("d\n")},
		}, []string{"a", "e/a/a", "e/d", "x"}},
	}
	oracle := newTreeOracle(t)
	for name, c := range cases {
		paths := oracle.paths(c.treeCase, treeOutcome{ours: "ours", theirs: "theirs"})
		if got := slices.Sorted(maps.Keys(paths)); !slices.Equal(got, c.kept) {
			t.Errorf("%s: kept %q, want %q", name, got, c.kept)
		}
	}
}
