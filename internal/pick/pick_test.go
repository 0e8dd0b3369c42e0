package pick_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/release"
)

// shelf holds objects in memory.
type shelf map[object.ID]object.Object

func (s shelf) Tree(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	found, ok := s[id]
	if !ok {
		return nil, fmt.Errorf("no tree %s", id)
	}
	return object.DecodeTree(found.Data)
}

func (s shelf) Blob(id object.ID) ([]byte, error) {
	found, ok := s[id]
	if !ok {
		return nil, fmt.Errorf("no blob %s", id)
	}
	return found.Data, nil
}

func (s shelf) BlobSize(id object.ID) (int64, error) { return int64(len(s[id].Data)), nil }

// tree makes a tree of files.
func (s shelf) tree(t *testing.T, files map[string]string) object.ID {
	t.Helper()
	contents := map[string][]byte{}
	for path, content := range files {
		contents[path] = append([]byte{}, content...)
	}
	root, objects, err := object.Edit(s, object.ID{}, contents)
	if err != nil {
		t.Fatal(err)
	}
	s.add(objects...)
	return root
}

func (s shelf) add(objects ...object.Object) {
	for _, one := range objects {
		s[one.ID()] = one
	}
}

// files reads a tree of the outcome.
func (s shelf) files(t *testing.T, root object.ID, prefix string, into map[string]string) map[string]string {
	t.Helper()
	tree, err := s.Tree(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range tree {
		if entry.Mode == object.ModeDirectory {
			s.files(t, entry.ID, prefix+entry.Name+"/", into)
			continue
		}
		content, err := s.Blob(entry.ID)
		if err != nil {
			t.Fatal(err)
		}
		into[prefix+entry.Name] = string(content)
	}
	return into
}

func rules() pick.Rules {
	return pick.RulesOf(release.Component{
		VersionFiles: []release.VersionFile{{Path: "package.json", Key: "version"}},
		Changelog:    &release.Changelog{Path: "docs/CHANGELOG"},
	})
}

// manifest is a package.json.
func manifest(version, sodium string) string {
	return fmt.Sprintf("{\n  \"version\": %q,\n  \"sodium\": %q\n}\n", version, sodium)
}

type files = map[string]string

// with is a copy of files with some of them changed; an empty text removes one.
func with(base, changed files) files {
	all := maps.Clone(base)
	for path, content := range changed {
		if content == "" {
			delete(all, path)
			continue
		}
		all[path] = content
	}
	return all
}

func TestOnto(t *testing.T) {
	t.Parallel()
	base := files{"index.js": "a\nb\nc\n", "package.json": manifest("0.10.0-dev", "1.0.1"), "docs/CHANGELOG": "0.10.0 (unreleased)\n\n- One\n"}
	line := with(base, files{"package.json": manifest("0.9.0", "1.0.1"), "docs/CHANGELOG": "0.9.0 (2014-07-08)\n\n- Old\n"})
	fixed := files{"index.js": "a\nB\nc\n"}
	entry := files{"docs/CHANGELOG": "0.10.0 (unreleased)\n\n- One\n- Fix\n"}
	cases := []struct {
		name         string
		ours, theirs files
		want         files
		kept         []string
		conflicts    []string
	}{
		{name: "clean", ours: line, theirs: with(base, fixed), want: with(line, fixed)},
		{name: "already there", ours: with(line, fixed), theirs: with(base, fixed), want: with(line, fixed)},
		{
			name: "the changelog alone conflicts: the line's stays", ours: line, theirs: with(with(base, fixed), entry),
			want: with(line, fixed), kept: []string{"docs/CHANGELOG"},
		},
		{
			name: "the version conflicts, and a pin beside it is kept",
			ours: line, theirs: with(base, files{"package.json": manifest("0.11.0-dev", "1.0.2")}),
			want: with(line, files{"package.json": manifest("0.9.0", "1.0.2")}), kept: []string{"package.json"},
		},
		{
			name: "the line has no changelog", ours: with(line, files{"docs/CHANGELOG": ""}), theirs: with(with(base, fixed), entry),
			want: with(with(line, files{"docs/CHANGELOG": ""}), fixed), kept: []string{"docs/CHANGELOG"},
		},
		{
			name: "a conflict in the code", ours: with(line, files{"index.js": "a\nx\nc\n"}), theirs: with(with(base, fixed), entry),
			conflicts: []string{"docs/CHANGELOG", "index.js"},
		},
		{
			name: "a version file in which more than the version conflicts",
			ours: with(line, files{"package.json": manifest("0.9.0", "1.0.0")}), theirs: with(base, files{"package.json": manifest("0.11.0-dev", "1.0.2")}),
			conflicts: []string{"package.json"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := shelf{}
			ours := store.tree(t, c.ours)
			change := pick.Change{Base: store.tree(t, base), Theirs: store.tree(t, c.theirs)}
			outcome, err := pick.Onto(store, ours, change, rules(), merge.Options{Ours: "0.9.x", Theirs: "fix"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.conflicts, slices.Clip(outcome.Paths()), cmp.Comparer(slices.Equal[[]string])); diff != "" {
				t.Fatalf("conflicts (-want +got):\n%s", diff)
			}
			if c.conflicts != nil {
				return
			}
			store.add(outcome.Objects...)
			if diff := cmp.Diff(c.want, store.files(t, outcome.Tree, "", files{})); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if !slices.Equal(outcome.Kept, c.kept) || !outcome.Clean {
				t.Errorf("clean %v, kept %v; expected %v", outcome.Clean, outcome.Kept, c.kept)
			}
		})
	}
}

func TestResidual(t *testing.T) {
	t.Parallel()
	base := files{"index.js": "a\n", "package.json": manifest("0.22.0-dev", "1.0.22"), "docs/CHANGELOG": "0.22.0 (unreleased)\n"}
	cases := []struct {
		name   string
		theirs files
		want   files
	}{
		{"a release commit has none", with(base, files{"package.json": manifest("0.21.1", "1.0.22"), "docs/CHANGELOG": "0.21.1 (2016-05-17)\n"}), base},
		{
			"a pin slipped into a release commit",
			with(base, files{"package.json": manifest("0.21.1", "1.0.13"), "docs/CHANGELOG": "0.21.1 (2016-05-17)\n"}),
			with(base, files{"package.json": manifest("0.22.0-dev", "1.0.13")}),
		},
		{"code", with(base, files{"index.js": "b\n"}), with(base, files{"index.js": "b\n"})},
		{"a changelog removed", with(base, files{"docs/CHANGELOG": ""}), base},
		{"a version file that no longer has one", with(base, files{"package.json": "{}\n"}), with(base, files{"package.json": "{}\n"})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := shelf{}
			layer := pick.NewLayer(store)
			change := pick.Change{Base: store.tree(t, base), Theirs: store.tree(t, c.theirs)}
			residual, err := pick.Residual(layer, change, rules())
			if err != nil {
				t.Fatal(err)
			}
			store.add(layer.Made()...)
			if diff := cmp.Diff(c.want, store.files(t, residual.Theirs, "", files{})); diff != "" {
				t.Errorf("residual (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLayerGivesWhatATreeNeeds(t *testing.T) {
	t.Parallel()
	store := shelf{}
	base := store.tree(t, files{"a/one": "1\n", "b/two": "2\n"})
	layer := pick.NewLayer(store)
	changed, objects, err := object.Edit(layer, base, map[string][]byte{"a/one": []byte("one\n"), "c": []byte("new\n"), "b/two": nil})
	if err != nil {
		t.Fatal(err)
	}
	layer.Add(objects...)
	layer.Add(object.Blob([]byte("nobody needs it\n")))
	paths, err := layer.Paths(base, changed)
	if want := []string{"a/one", "b/two", "c"}; err != nil || !slices.Equal(paths, want) {
		t.Errorf("paths %v, %v; expected %v", paths, err, want)
	}
	added, err := layer.Added(base, changed)
	if err != nil || len(added) != len(objects) || added[len(added)-1] != changed {
		t.Errorf("%v are added, %v; expected %d objects", added, err, len(objects))
	}
	for _, id := range added {
		if made, ok := layer.Object(id); !ok || made.ID() != id {
			t.Errorf("object %s is %v, %v", id, made, ok)
		}
	}
	if _, ok := layer.Object(base); ok {
		t.Error("what is below the layer was not made on it")
	}
	if all, err := layer.Added(object.ID{}, base); err != nil || len(all) != 5 {
		t.Errorf("of nothing, %d objects are added, %v; expected two files in two directories, and the root", len(all), err)
	}
	if size, err := layer.BlobSize(object.Blob([]byte("new\n")).ID()); err != nil || size != 4 {
		t.Errorf("size %d, %v", size, err)
	}
}
