package object_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
)

// The same objects are made by git and here; every id must be git's.
func TestObjectsEqualGit(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	commit := repo.Commit("A subject\nover two lines\n\nA body.\n", gittest.Files{
		"package.json": "{}\n", "a/b/c.txt": "c\n", "a.txt": "a\n", "a-b": "x\n", "ü/é": "é\n",
	})
	repo.Git("tag", "-a", "-m", "Release 0.1.0", "0.1.0")

	decoded, err := object.DecodeCommit([]byte(raw(repo, commit.String())))
	if err != nil {
		t.Fatal(err)
	}
	if got := decoded.Object().ID(); got != commit {
		t.Errorf("the commit comes out as %s, git has %s", got, commit)
	}
	if got, want := decoded.Subject(), "A subject over two lines"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	for _, path := range []string{"HEAD^{tree}", "HEAD:a", "HEAD:a/b"} {
		id := repo.Git("rev-parse", path)
		tree, err := object.DecodeTree([]byte(raw(repo, id)))
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Object().ID().String(); got != id {
			t.Errorf("tree %s comes out as %s, git has %s", path, got, id)
		}
	}
	tagID := repo.Git("rev-parse", "refs/tags/0.1.0")
	tag, err := object.DecodeTag([]byte(raw(repo, tagID)))
	if err != nil {
		t.Fatal(err)
	}
	if got := tag.Object().ID().String(); got != tagID {
		t.Errorf("the tag comes out as %s, git has %s", got, tagID)
	}
}

// Edits of a tree must give what git's index gives.
func TestEditEqualsGit(t *testing.T) {
	t.Parallel()
	start := gittest.Files{"a": "1\n", "d/x": "x\n", "d/e/f": "f\n", "d.txt": "t\n", "d-e": "-\n", "run.sh": "#!/bin/sh\n"}
	cases := map[string]map[string][]byte{
		"change a file":                 {"a": []byte("2\n")},
		"change a nested file":          {"d/e/f": []byte("new\n")},
		"add a file between":            {"d0": []byte("0\n"), "c": []byte("c\n")},
		"add directories":               {"n/e/w": []byte("w\n"), "d/e/g/h": []byte("h\n")},
		"remove a file":                 {"a": nil},
		"remove the last of a tree":     {"d/e/f": nil},
		"remove a whole tree":           {"d/e/f": nil, "d/x": nil},
		"remove what is not there":      {"zzz": nil},
		"empty file":                    {"a": {}},
		"keep the mode of a script":     {"run.sh": []byte("#!/bin/sh\necho\n")},
		"an order that git is proud of": {"d.": []byte("1"), "d/a": []byte("2"), "d0": []byte("3")},
	}
	for name, edits := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := gittest.New(t)
			repo.Commit("start", start)
			repo.Git("update-index", "--chmod=+x", "run.sh")
			repo.Git("commit", "--quiet", "--amend", "--no-edit")
			root, err := object.ParseID(repo.Git("rev-parse", "HEAD^{tree}"))
			if err != nil {
				t.Fatal(err)
			}
			got, objects, err := object.Edit(gitTrees{repo}, root, edits)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range slices.Sorted(maps.Keys(edits)) {
				if edits[path] == nil {
					repo.Git("rm", "--quiet", "--cached", "--ignore-unmatch", "--", path)
					continue
				}
				mode := "100644"
				if path == "run.sh" {
					mode = "100755"
				}
				blob := repo.GitInput(string(edits[path]), "hash-object", "-w", "--stdin")
				repo.Git("update-index", "--add", "--cacheinfo", mode+","+blob+","+path)
			}
			if want := repo.Git("write-tree"); got.String() != want {
				t.Errorf("tree %s, git makes %s", got, want)
			}
			if last := objects[len(objects)-1]; last.ID() != got {
				t.Errorf("the last object is %s and not the root %s", last.ID(), got)
			}
		})
	}
}

func TestEditRefusesPaths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/a", "../a", "a//b", "a/./b", ".git/config", "a/.GIT/x", "file/below"} {
		root := object.Tree{{Mode: object.ModeFile, Name: "file", ID: object.Blob(nil).ID()}}.Object()
		trees := object.TreeMap{root.ID(): object.Tree{{Mode: object.ModeFile, Name: "file"}}}
		if _, _, err := object.Edit(trees, root.ID(), map[string][]byte{path: []byte("x")}); err == nil {
			t.Errorf("path %q was accepted", path)
		}
	}
}

func TestSignatureCannotBreakTheHeader(t *testing.T) {
	t.Parallel()
	signature := object.Signature{Name: "Eve <x>\nparent 0", Email: "eve@example.org>\n", When: time.Unix(1, 0).In(time.FixedZone("", -3600))}
	if got, want := signature.String(), "Eve xparent 0 <eve@example.org> 1 -0100"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// raw is an object's content as git has it: what follows the header line of a
// batch, whose last line break is not part of the object.
func raw(repo *gittest.Repo, id string) string {
	_, content, _ := strings.Cut(repo.GitInput(id+"\n", "cat-file", "--batch"), "\n")
	return content
}

type gitTrees struct{ repo *gittest.Repo }

func (g gitTrees) Tree(id object.ID) (object.Tree, error) {
	return object.DecodeTree([]byte(raw(g.repo, id.String())))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@example.org> 1 +0000\n b\n\nx"))
	f.Add([]byte("100644 a\x0001234567890123456789"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tree, err := object.DecodeTree(data); err == nil {
			again, err := object.DecodeTree(tree.Object().Data)
			if err != nil || !cmp.Equal(tree, again) {
				t.Errorf("tree %v comes back as %v, %v", tree, again, err)
			}
		}
		if commit, err := object.DecodeCommit(data); err == nil {
			first := commit.Object().Data
			again, err := object.DecodeCommit(first)
			if err != nil || !bytes.Equal(first, again.Object().Data) {
				t.Errorf("commit %q comes back as %q, %v", first, again.Object().Data, err)
			}
		}
		_, _ = object.DecodeTag(data)
	})
}

// TestAppendUnsigned: what is left is the commit without its signature, whatever
// else it has.
func TestAppendUnsigned(t *testing.T) {
	t.Parallel()
	const (
		before  = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n"
		signed  = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n wsBc\n -----END PGP SIGNATURE-----\n \n"
		message = "\ngpgsig is only a word here\n"
		after   = "mergetag object 1\n gpgsig x\nencoding ISO-8859-1\n"
	)
	for _, test := range []struct{ data, want string }{
		{before + signed + message, before + message},
		{before + signed + after + message, before + after + message},
		{before + after + message, before + after + message},
		{before + signed, before},
		{before + "gpgsig cut off", before},
		{before, before},
		{"", ""},
	} {
		got := object.AppendUnsigned(nil, []byte(test.data))
		if string(got) != test.want {
			t.Errorf("%q became %q", test.data, got)
		}
		whole, _ := object.ParseUnsigned(test.data)
		if rest, _ := object.ParseUnsigned(string(got)); rest.Message != whole.Message || len(rest.Extra) != len(whole.Extra) {
			t.Errorf("%q is read as %+v, without its signature as %+v", test.data, whole, rest)
		}
	}
}
