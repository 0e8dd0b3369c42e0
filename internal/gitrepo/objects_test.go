package gitrepo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

func TestReadObjects(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("tag", "--annotate", "--message=a tag of a tag", "nested", "0.1.0")
	repo.Git("tag", "of-a-tree", "HEAD^{tree}")
	for _, packed := range []bool{false, true} {
		if packed {
			repo.Git("gc", "--quiet")
		}
		opened := open(t, repo)
		head := repo.ID("HEAD")
		commit, err := opened.Commit(head)
		if err != nil || commit.Tree != repo.ID("HEAD^{tree}") || commit.Subject() != "second" || commit.Object().ID() != head {
			t.Errorf("the commit is %+v, %v", commit, err)
		}
		tag, err := opened.Tag(repo.ID("refs/tags/0.1.0"))
		if err != nil || tag.Name != "0.1.0" || tag.Target != repo.ID("HEAD~1") {
			t.Errorf("the tag is %+v, %v", tag, err)
		}
		if peeled, err := opened.Peel(repo.ID("refs/tags/nested")); err != nil || peeled != repo.ID("HEAD~1") {
			t.Errorf("the nested tag leads to %s, %v", peeled, err)
		}
		if tree, err := opened.TreeAt(head, "loop"); err != nil || tree != repo.ID("HEAD:loop") {
			t.Errorf("the tree of loop is %s, %v", tree, err)
		}
		if tree, err := opened.Tree((object.Tree{}).Object().ID()); err != nil || len(tree) != 0 {
			t.Errorf("the empty tree is %v, %v", tree, err)
		}
		_, err = opened.Peel(repo.ID("HEAD^{tree}"))
		wantKind(t, err, gitrepo.ErrWrongKind)
		_, err = opened.Commit(repo.ID("HEAD^{tree}"))
		wantKind(t, err, gitrepo.ErrWrongKind)
		for _, path := range []string{"nothing", "loop/nothing", "package.json/x", "loop/", "/loop", "loop//index.js"} {
			_, _, err = opened.ReadFile(head, path)
			wantKind(t, err, gitrepo.ErrNotFound)
		}
		_, _, err = opened.ReadFile(head, "loop")
		wantKind(t, err, gitrepo.ErrWrongKind)
		_, err = opened.TreeAt(head, "package.json")
		wantKind(t, err, gitrepo.ErrWrongKind)
		_, err = opened.Blob(repo.ID("HEAD:loop/index.js"), 3)
		wantKind(t, err, gitrepo.ErrTooLarge)
		_, err = opened.Read(object.ID{1})
		wantError(t, err, gitrepo.ErrMissing, "0100000000000000000000000000000000000000", "git fsck")
		if has, err := opened.Has(head); err != nil || !has {
			t.Errorf("the head is there: %v, %v", has, err)
		}
		if has, err := opened.Has(object.ID{1}); err != nil || has {
			t.Errorf("an object that is not there is: %v, %v", has, err)
		}
	}
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("the error is %v, expected %v", err, kind)
	}
}

// Large files are measured before they are read, in packs and outside.
func TestLargeBlobIsRefusedUnread(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("large", gittest.Files{"large": strings.Repeat("0123456789abcdef", 4<<20)})
	for range 2 {
		opened := open(t, repo)
		_, _, err := opened.ReadFile(repo.ID("HEAD"), "large")
		wantKind(t, err, gitrepo.ErrTooLarge)
		content, err := opened.Blob(repo.ID("HEAD:large"), 64<<20)
		if err != nil || len(content) != 64<<20 {
			t.Errorf("read %d bytes, %v", len(content), err)
		}
		repo.Git("gc", "--quiet")
	}
}

func TestPartialCloneNamesTheMissingObject(t *testing.T) {
	t.Parallel()
	repo := service(t)
	remote := repo.Bare()
	remote.Git("config", "uploadpack.allowFilter", "true")
	clone := remote.Clone("--filter=blob:none", "--no-checkout")
	_, _, err := open(t, clone).ReadFile(clone.ID("HEAD"), "loop/index.js")
	var missing *gitrepo.MissingError
	if !errors.As(err, &missing) || missing.ID != repo.ID("HEAD:loop/index.js") || !missing.Partial {
		t.Errorf("the error is %v, expected a MissingError of a partial clone", err)
	}
}

func TestPacksThatComeLaterAreSeen(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("gc", "--quiet")
	opened := open(t, repo)
	if _, err := opened.Commit(repo.ID("HEAD")); err != nil {
		t.Fatal(err)
	}
	later := repo.Commit("later", gittest.Files{"later": "x\n"})
	repo.Git("repack", "-dq")
	if _, err := opened.Commit(later); err != nil {
		t.Errorf("an object of a new pack: %v", err)
	}
	repo.Git("gc", "--quiet", "--prune=now")
	if _, err := opened.Commit(repo.ID("HEAD~2")); err != nil {
		t.Errorf("an object of a pack that replaced another: %v", err)
	}
}

func TestDamagedObjectIsAnError(t *testing.T) {
	t.Parallel()
	repo := service(t)
	head := repo.ID("HEAD").String()
	path := filepath.Join(repo.Dir, ".git", "objects", head[:2], head[2:])
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, repo).Commit(repo.ID("HEAD"))
	wantError(t, err, gitrepo.ErrDamaged, head, "git fsck")
}

func TestReadsFromManyGoroutines(t *testing.T) {
	t.Parallel()
	repo := gittest.NewBare(t)
	all := repo.Import(gittest.Line(200), map[string]int{"refs/heads/master": 199})
	opened := open(t, repo)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			listed, err := opened.Range(t.Context(), all[199:], nil, gitrepo.RangeOptions{})
			if err != nil || len(listed) != 200 {
				t.Errorf("listed %d commits, %v", len(listed), err)
			}
		})
	}
	group.Wait()
}

func TestDiffAgainstGit(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	first := repo.Commit("first", gittest.Files{
		"a": "1\n", "dir/x": "1\n", "dir/y": "1\n", "dir.txt": "1\n", "same/deep/file": "1\n", "to-dir": "1\n", "from-dir/a": "1\n", "gone/z": "1\n",
	})
	repo.Git("rm", "-rq", "to-dir", "from-dir", "gone")
	repo.Git("update-index", "--chmod=+x", "a")
	repo.Git("commit", "--quiet", "--message=remove")
	second := repo.Commit("second", gittest.Files{"dir/y": "2\n", "to-dir/b": "1\n", "from-dir": "1\n", "new": "1\n"})
	opened := open(t, repo)
	for _, pair := range [][2]object.ID{{first, second}, {second, first}, {first, first}} {
		var lines []string
		err := opened.Diff(treeOf(t, opened, pair[0]), treeOf(t, opened, pair[1]), func(path string, before, after object.TreeEntry) bool {
			lines = append(lines, fmt.Sprintf(":%06o %06o %s %s\t%s", uint32(before.Mode), uint32(after.Mode), before.ID, after.ID, path))
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		output := repo.Git("diff-tree", "-r", "--raw", "--no-renames", "--no-abbrev", pair[0].String(), pair[1].String())
		var want []string
		for line := range strings.Lines(output) {
			fields := strings.Fields(line)
			want = append(want, strings.Join(fields[:4], " ")+"\t"+fields[5])
		}
		if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("the difference is\n%s\nexpected\n%s", got, strings.Join(want, "\n"))
		}
	}
	count := 0
	err := opened.Diff(object.ID{}, treeOf(t, opened, first), func(string, object.TreeEntry, object.TreeEntry) bool {
		count++
		return count < 3
	})
	if err != nil || count != 3 {
		t.Errorf("the comparison went on to %d, %v", count, err)
	}
}

func treeOf(t *testing.T, opened *gitrepo.Repository, commit object.ID) object.ID {
	t.Helper()
	tree, err := opened.TreeAt(commit, "")
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestStoreObjects(t *testing.T) {
	t.Parallel()
	repo := service(t)
	repo.Git("gc", "--quiet")
	opened := open(t, repo)
	blob := object.Blob([]byte("content\n"))
	tree := (object.Tree{{Mode: object.ModeFile, Name: "file", ID: blob.ID()}}).Object()
	known, err := opened.Read(repo.ID("HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := opened.StoreObjects([]object.Object{blob, tree, known}); err != nil {
			t.Fatal(err)
		}
	}
	if got := repo.Git("cat-file", "-p", tree.ID().String()+":file"); got != "content" {
		t.Errorf("git reads %q", got)
	}
	if got := repo.Git("count-objects"); !strings.HasPrefix(got, "2 objects") {
		t.Errorf("git counts %s, expected what was there not to be written again", got)
	}
	if content, err := opened.Blob(blob.ID(), 0); err != nil || string(content) != "content\n" {
		t.Errorf("read back %q, %v", content, err)
	}
	leftovers, err := filepath.Glob(filepath.Join(repo.Dir, ".git", "objects", "*", "tmp_*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("temporary files are left: %v, %v", leftovers, err)
	}
	repo.Git("fsck", "--strict")
}

// Many objects become one pack, which git finds nothing wrong with.
func TestStoreManyObjects(t *testing.T) {
	t.Parallel()
	repo := service(t)
	opened := open(t, repo)
	var objects []object.Object
	var tree object.Tree
	for n := range 300 {
		blob := object.Blob([]byte(strings.Repeat("content "+strconv.Itoa(n)+"\n", n+1)))
		objects = append(objects, blob)
		tree = append(tree, object.TreeEntry{Mode: object.ModeFile, Name: fmt.Sprintf("file%03d", n), ID: blob.ID()})
	}
	objects = append(objects, tree.Object(), objects[0])
	before := repo.Git("count-objects")
	for range 2 {
		if err := opened.StoreObjects(objects); err != nil {
			t.Fatal(err)
		}
	}
	if after := repo.Git("count-objects"); after != before {
		t.Errorf("git counts %s loose, before it was %s", after, before)
	}
	if found, err := filepath.Glob(filepath.Join(repo.Dir, ".git", "objects", "pack", "*")); err != nil || len(found) != 2 {
		t.Errorf("the packs are %v, %v; expected one with its index", found, err)
	}
	for _, one := range objects {
		if read, err := opened.Read(one.ID()); err != nil || string(read.Data) != string(one.Data) {
			t.Errorf("%s: %v", one.ID(), err)
		}
	}
	if got := repo.Git("cat-file", "blob", tree.Object().ID().String()+":file299"); !strings.HasPrefix(got, "content 299") {
		t.Errorf("git reads %.20q", got)
	}
	repo.Git("fsck", "--strict")
}
