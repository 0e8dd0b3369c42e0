package gitrepo_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// The queue keeps the order of names, replaces, passes over what a crash left, and is
// one for all worktrees.
func TestQueue(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("first", nil)
	repo.Git("worktree", "add", "--quiet", "--detach", filepath.Join(repo.Home, "other"))
	queue := open(t, repo).Queue()
	want := func(names string) {
		t.Helper()
		list, err := open(t, repo.At(filepath.Join(repo.Home, "other"))).Queue().List()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range list {
			got = append(got, one.Name+"="+string(one.Content))
		}
		if strings.Join(got, " ") != names {
			t.Errorf("queue %v, want %s", got, names)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want("")
	must(queue.Put("2", []byte("b")))
	must(queue.Put("1", []byte("a")))
	must(os.WriteFile(filepath.Join(filepath.Dir(queue.Path("1")), "tmp_obj_X"), []byte("half"), 0o600))
	want("1=a 2=b")
	must(queue.Put("2", []byte("c")))
	want("1=a 2=c")
	must(queue.Remove("1"))
	must(queue.Remove("1"))
	want("2=c")
	for _, bad := range []string{"", "../x", "a.b", `a\b`} {
		if queue.Put(bad, nil) == nil {
			t.Errorf("%q was taken for a name", bad)
		}
	}
	must(os.Remove(queue.Path("2")))
	must(os.Mkdir(queue.Path("2"), 0o700))
	if _, err := queue.List(); err == nil {
		t.Error("a directory was read as an entry")
	}
}
