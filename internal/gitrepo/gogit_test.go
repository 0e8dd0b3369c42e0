package gitrepo_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	gogit "github.com/go-git/go-git/v5/plumbing/object"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
)

// storedHistory has objects of each kind, half of them packed, and references, most of
// them packed.
func storedHistory(t *testing.T) (*gittest.Repo, gitrepo.Storer) {
	t.Helper()
	repo := gittest.New(t)
	repo.Import(graph(rand.New(rand.NewPCG(7, 7)), 60, 0), map[string]int{"refs/heads/master": 59, "refs/heads/other": 40})
	repo.Git("tag", "-a", "-m", "Release 0.1.0", "0.1.0", "master")
	repo.Git("repack", "-a", "-d", "-q")
	repo.Git("pack-refs", "--all")
	repo.Git("tag", "-a", "-m", "Release 0.2.0", "0.2.0", "other")
	return repo, open(t, repo).Storer()
}

// go-git reads, lists and walks through the store what git has.
func TestStorerGivesGoGitWhatGitHas(t *testing.T) {
	t.Parallel()
	repo, storer := storedHistory(t)
	all := map[plumbing.ObjectType][]string{}
	for line := range strings.Lines(repo.Git("cat-file", "--batch-all-objects", "--batch-check")) {
		fields := strings.Fields(line)
		kind, err := plumbing.ParseObjectType(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		all[kind] = append(all[kind], fields[0])
		all[plumbing.AnyObject] = append(all[plumbing.AnyObject], fields[0])
		found, err := storer.EncodedObject(plumbing.AnyObject, plumbing.NewHash(fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		size, err := storer.EncodedObjectSize(found.Hash())
		if err != nil || found.Type() != kind || fmt.Sprint(found.Size()) != fields[2] || size != found.Size() || storer.HasEncodedObject(found.Hash()) != nil {
			t.Errorf("%s is a %s of %d bytes, %v; expected %s of %s", fields[0], found.Type(), found.Size(), err, kind, fields[2])
		}
		reader, err := found.Reader()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil || plumbing.ComputeHash(kind, content) != found.Hash() {
			t.Errorf("%s reads %q, %v", fields[0], content, err)
		}
	}
	for kind, want := range all {
		objects, err := storer.IterEncodedObjects(kind)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = objects.ForEach(func(found plumbing.EncodedObject) error {
			got = append(got, found.Hash().String())
			return nil
		})
		if slices.Sort(want); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d of type %s, %v; expected %d", len(got), kind, err, len(want))
		}
	}
	head, err := gogit.GetCommit(storer, plumbing.NewHash(strings.TrimSpace(repo.Git("rev-parse", "master"))))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = gogit.NewCommitPreorderIter(head, nil, nil).ForEach(func(*gogit.Commit) error { count++; return nil })
	if want := strings.TrimSpace(repo.Git("rev-list", "--count", "master")); err != nil || fmt.Sprint(count) != want {
		t.Errorf("%d commits, %v; expected %s", count, err, want)
	}
}

func TestStorerReferences(t *testing.T) {
	t.Parallel()
	repo, storer := storedHistory(t)
	list := func() string {
		references, err := storer.IterReferences()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		_ = references.ForEach(func(one *plumbing.Reference) error {
			words := one.Strings()
			lines = append(lines, words[0]+" "+words[1])
			again, err := storer.Reference(one.Name())
			if err != nil || *again != *one {
				t.Errorf("%s is %v, %v", one, again, err)
			}
			return nil
		})
		return strings.Join(lines, "\n")
	}
	refs := strings.TrimSpace(repo.Git("for-each-ref", "--format=%(refname) %(objectname)"))
	if got, want := list(), "HEAD ref: refs/heads/master\n"+refs; got != want {
		t.Errorf("references:\n%s\nexpected\n%s", got, want)
	}
	repo.Git("update-ref", "--no-deref", "HEAD", "other")
	if got, want := list(), "HEAD "+strings.TrimSpace(repo.Git("rev-parse", "other"))+"\n"+refs; got != want {
		t.Errorf("detached, references:\n%s\nexpected\n%s", got, want)
	}
}

// What is not there is what go-git says of it, and nothing is written.
func TestStorerRefuses(t *testing.T) {
	t.Parallel()
	repo, storer := storedHistory(t)
	tree := plumbing.NewHash(strings.TrimSpace(repo.Git("rev-parse", "master^{tree}")))
	if _, err := storer.EncodedObject(plumbing.CommitObject, tree); !errors.Is(err, plumbing.ErrObjectNotFound) {
		t.Errorf("a tree as a commit: %v", err)
	}
	none := plumbing.NewHash(strings.Repeat("1", 40))
	_, get := storer.EncodedObject(plumbing.AnyObject, none)
	_, size := storer.EncodedObjectSize(none)
	for what, err := range map[string]error{"read": get, "size": size, "has": storer.HasEncodedObject(none)} {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			t.Errorf("%s what is not there: %v", what, err)
		}
	}
	if _, err := storer.Reference("refs/heads/none"); !errors.Is(err, plumbing.ErrReferenceNotFound) {
		t.Errorf("no such reference: %v", err)
	}
	before := repo.Git("for-each-ref")
	_, set := storer.SetEncodedObject(storer.NewEncodedObject())
	_, loose := storer.CountLooseRefs()
	reference := plumbing.NewHashReference("refs/heads/master", tree)
	found, err := storer.EncodedObject(plumbing.TreeObject, tree)
	if err != nil {
		t.Fatal(err)
	}
	_, write := found.Writer()
	for what, err := range map[string]error{
		"object": set, "alternate": storer.AddAlternate("elsewhere"), "reference": storer.SetReference(reference),
		"checked": storer.CheckAndSetReference(reference, nil), "remove": storer.RemoveReference("refs/heads/other"),
		"count": loose, "pack": storer.PackRefs(), "content": write,
	} {
		if !errors.Is(err, gitrepo.ErrReadOnly) {
			t.Errorf("write %s: %v", what, err)
		}
	}
	if repo.Git("for-each-ref") != before {
		t.Error("references have changed")
	}
}
