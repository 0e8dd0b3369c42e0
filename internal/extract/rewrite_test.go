package extract_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Extracting bit by bit gives the commits that extracting all at once gives, in
// another repository as well.
func TestBitByBit(t *testing.T) {
	t.Parallel()
	histories(t, 60, func(t *testing.T, random *rand.Rand, history generated) {
		mappings := []release.Mapping{{From: "a", To: "."}, {From: "b", To: "x/b", Except: []string{"*.map"}}}
		for _, mode := range []extract.Mode{extract.FirstParent, extract.Full} {
			once, steps := gittest.New(t), gittest.New(t)
			ids := history.write(t, once)
			head := ids[len(ids)-1]
			whole := openExtraction(t, once)
			if _, err := whole.run(mode, object.ID{}, head, mappings...); err != nil {
				t.Fatal(err)
			}
			history.write(t, steps)
			e := openExtraction(t, steps)
			e.ahead = true
			var from object.ID
			for _, node := range e.line(extract.FirstParent, object.ID{}, head) {
				if node.ID != head && random.IntN(3) > 0 {
					continue
				}
				rewriter, err := e.run(mode, from, node.ID, mappings...)
				if err != nil {
					t.Fatal(err)
				}
				if made := rewriter.Made(); len(made) > 0 {
					from = made[len(made)-1].Source
				}
			}
			if want, got := once.Git("rev-parse", "extracted"), steps.Git("rev-parse", "extracted"); want != got {
				t.Errorf("%s: bit by bit gives\n%s\nand at once\n%s", mode, steps.Git("log", "--graph", "--oneline", got), once.Git("log", "--graph", "--oneline", want))
			}
		}
	})
}

// one is a repository whose upstream has two commits, and what the branch "extracted"
// has after the first.
type one struct {
	*extraction
	first, second object.ID
}

var oneMapping = []release.Mapping{{From: "src", To: "."}, {From: "shared", To: "content/shared"}}

func newOne(t *testing.T, changes gittest.Files) one {
	t.Helper()
	repo := gittest.New(t)
	first := repo.Commit("Bug 1 - Begin. r=qa", gittest.Files{
		"src/app.js": "1\n", "src/content/page.html": "page\n", "src/package.json": "0.1.0\n", "shared/a.js": "a\n", "shared/b.js": "b\n", "else": "1\n",
	})
	second := repo.Commit("Go on", changes)
	e := openExtraction(t, repo)
	if _, err := e.run(extract.FirstParent, object.ID{}, first, oneMapping...); err != nil {
		t.Fatal(err)
	}
	return one{e, first, second}
}

// local commits on the branch "extracted": an empty content removes the file.
func (o one) local(files gittest.Files) {
	o.t.Helper()
	work := o.repo.At(o.t.TempDir())
	work.Git("clone", "--quiet", "--branch=extracted", o.repo.Dir, ".")
	for path, content := range files {
		if content == "" {
			work.Git("rm", "--quiet", path)
			delete(files, path)
		}
	}
	work.Commit("By hand", files)
	work.Git("push", "--quiet", "origin", "extracted")
}

func (o one) files() string { return o.repo.Git("ls-tree", "-r", "--name-only", "extracted") }

// What the branch has of its own stays; what differs from the mappings is a conflict.
func TestLocalChanges(t *testing.T) {
	t.Parallel()
	change := gittest.Files{"src/app.js": "2\n", "src/new.js": "new\n", "shared/sub/c.js": "c\n", "src/package.json": "0.2.0\n"}
	cases := map[string]struct {
		local     gittest.Files
		conflicts []string
		keeps     []string // "path content"
		overruled []string
	}{
		"nothing":                       {keeps: []string{"app.js 2", "package.json 0.2.0", "content/shared/sub/c.js c"}},
		"files beside":                  {local: gittest.Files{"CHANGELOG": "mine\n", "docs/a/b": "mine\n", "content/own": "mine\n"}, keeps: []string{"CHANGELOG mine", "docs/a/b mine", "content/own mine", "app.js 2"}},
		"a release file":                {local: gittest.Files{"package.json": "1.0.0\n"}, keeps: []string{"package.json 1.0.0", "app.js 2"}, overruled: []string{"package.json"}},
		"a release file, as it comes":   {local: gittest.Files{"package.json": "0.2.0\n"}, keeps: []string{"package.json 0.2.0", "app.js 2"}},
		"a mapped file":                 {local: gittest.Files{"content/page.html": "mine\n"}, conflicts: []string{"content/page.html was changed on the branch"}},
		"two mapped files":              {local: gittest.Files{"app.js": "mine\n", "content/shared/a.js": "mine\n"}, conflicts: []string{"app.js was changed on the branch", "content/shared/a.js was changed on the branch"}},
		"a mapped file, removed":        {local: gittest.Files{"content/shared/a.js": ""}, conflicts: []string{"content/shared/a.js was deleted on the branch"}},
		"a directory in a file's place": {local: gittest.Files{"new.js/x": "mine\n"}, conflicts: []string{"new.js was added on the branch, and a mapping gives it too"}},
		"a file in a directory's place": {local: gittest.Files{"content/shared/sub": "mine\n"}, conflicts: []string{"content/shared/sub was added on the branch, and a mapping gives it too"}},
		"what upstream adds, otherwise": {local: gittest.Files{"new.js": "mine\n"}, conflicts: []string{"new.js was added on the branch, and a mapping gives it too"}},
		"what upstream adds, the same":  {local: gittest.Files{"new.js": "new\n"}, keeps: []string{"new.js new"}},
		"a directory that upstream has": {local: gittest.Files{"content/shared/sub/own": "mine\n"}, keeps: []string{"content/shared/sub/own mine", "content/shared/sub/c.js c"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOne(t, maps.Clone(change))
			if c.local != nil {
				o.local(c.local)
			}
			before := o.repo.Git("rev-parse", "extracted")
			rewriter, err := o.run(extract.FirstParent, o.first, o.second, oneMapping...)
			var conflict *extract.ConflictError
			if errors.As(err, &conflict) {
				var got []string
				for _, one := range conflict.Conflicts {
					got = append(got, one.Path+" "+one.Why)
				}
				if !slices.Equal(got, c.conflicts) {
					t.Errorf("conflicts %q, want %q", got, c.conflicts)
				}
				return
			}
			if err != nil || len(c.conflicts) > 0 {
				t.Fatalf("error %v, want conflicts %q", err, c.conflicts)
			}
			for _, kept := range c.keeps {
				path, content, _ := strings.Cut(kept, " ")
				if got := o.repo.Git("show", "extracted:"+path); got != content {
					t.Errorf("%s has %q, want %q; all: %s", path, got, content, o.files())
				}
			}
			last, err := o.Node(o.second)
			if err != nil {
				t.Fatal(err)
			}
			if overruled, err := rewriter.Overruled(last); err != nil || !slices.Equal(overruled, c.overruled) {
				t.Errorf("overruled are %q, %v; want %q", overruled, err, c.overruled)
			}
			if got := o.repo.Git("rev-parse", "extracted^"); got != before {
				t.Errorf("the commit is on top of %s, want %s", got, before)
			}
		})
	}
}

// A branch without anything of upstream is gone on from, and so is one of which the
// operator says which commit it is.
func TestBranchMadeByHand(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Git("checkout", "--quiet", "--orphan", "extracted")
	repo.Commit("By hand", gittest.Files{"README": "mine\n"})
	repo.Git("checkout", "--quiet", "--orphan", "master")
	repo.Git("rm", "-r", "--quiet", "--cached", ".")
	first := repo.Commit("Begin", gittest.Files{"src/app.js": "1\n"})
	e := openExtraction(t, repo)
	if _, err := e.run(extract.FirstParent, object.ID{}, first, release.Mapping{From: "src", To: "."}); err != nil {
		t.Fatal(err)
	}
	if got := repo.Git("ls-tree", "--name-only", "extracted"); got != "README\napp.js" {
		t.Errorf("the branch has %q", got)
	}
	if got := repo.Git("log", "--format=%s", "extracted"); got != "Begin\nBy hand" {
		t.Errorf("its history is %q", got)
	}
}

// Mappings that give something else than before are noticed; a squashed extraction
// takes the difference over.
func TestChangedMappings(t *testing.T) {
	t.Parallel()
	o := newOne(t, gittest.Files{"src/app.js": "2\n"})
	o.local(gittest.Files{"CHANGELOG": "mine\n"})
	mappings := append(slices.Clone(oneMapping), release.Mapping{From: "else", To: "lib/else"})
	_, err := o.run(extract.FirstParent, o.first, o.second, mappings...)
	var changed *extract.ChangedMappingError
	if !errors.As(err, &changed) || !strings.Contains(err.Error(), "lib differs") {
		t.Fatalf("the error is %v", err)
	}
	if _, err := o.run(extract.Squash, o.first, o.second, mappings...); err != nil {
		t.Fatal(err)
	}
	if got := o.files(); got != "CHANGELOG\napp.js\ncontent/page.html\ncontent/shared/a.js\ncontent/shared/b.js\nlib/else\npackage.json" {
		t.Errorf("the branch has %q", got)
	}
}

// What was extracted by other mappings is no change by hand: a branch of upstream that
// begins before these changed is extracted all the same.
func TestBranchFromBeforeMappingsChanged(t *testing.T) {
	t.Parallel()
	o := newOne(t, gittest.Files{"src/app.js": "2\n"})
	mappings := append(slices.Clone(oneMapping), release.Mapping{From: "else", To: "lib/else"})
	if _, err := o.run(extract.Squash, o.first, o.second, mappings...); err != nil {
		t.Fatal(err)
	}
	before := o.repo.Git("rev-parse", "extracted")
	o.repo.Git("checkout", "--quiet", "-b", "topic", o.first.String())
	o.repo.Commit("On a branch", gittest.Files{"shared/new.js": "new\n"})
	o.repo.Git("checkout", "--quiet", "master")
	o.repo.Git("merge", "--quiet", "--no-ff", "-m", "Merge", "topic")
	if _, err := o.run(extract.Full, o.second, o.repo.ID("HEAD"), mappings...); err != nil {
		t.Fatal(err)
	}
	if got := o.files(); !strings.Contains(got, "content/shared/new.js") || !strings.Contains(got, "lib/else") {
		t.Errorf("the branch has %q", got)
	}
	if got := o.repo.Git("rev-parse", "extracted^1"); got != before {
		t.Errorf("it goes on from %s, expected %s", got, before)
	}
}

// A squashed extraction is one commit, which names the last upstream commit.
func TestSquash(t *testing.T) {
	t.Parallel()
	o := newOne(t, gittest.Files{"src/app.js": "2\n"})
	third := o.repo.Commit("Bug 3 - More", gittest.Files{"shared/a.js": "aa\n"})
	last := o.repo.Commit("Elsewhere", gittest.Files{"else": "2\n"})
	rewriter, err := o.run(extract.Squash, o.first, last, oneMapping...)
	if err != nil {
		t.Fatal(err)
	}
	want := "Extract 2 commits up to upstream " + last.Short() + "\n\n" + o.second.Short() + " Go on\n" + third.Short() + " Bug 3 - More\n\nUpstream-Commit: " + last.String()
	if got := o.repo.Git("log", "-1", "--format=%B", "extracted"); strings.TrimSpace(got) != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
	if len(rewriter.Made()) != 1 || o.repo.Git("rev-parse", "extracted^{tree}") == o.repo.Git("rev-parse", "extracted^^{tree}") {
		t.Errorf("it made %+v", rewriter.Made())
	}
}

// Where a mapped directory moves, that is noticed, and so is where to.
func TestMovedAway(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(repo *gittest.Repo)
		moved  string
	}{
		"whole":        {func(r *gittest.Repo) { r.Git("mv", "src", "extensions") }, "extensions"},
		"deeper":       {func(r *gittest.Repo) { r.Write("ext/loop/x", "x"); r.Git("mv", "src", "ext/loop/") }, "ext/loop/src"},
		"with changes": {func(r *gittest.Repo) { r.Git("mv", "src", "extensions"); r.Write("extensions/app.js", "2\n") }, "extensions"},
		"removed":      {func(r *gittest.Repo) { r.Git("rm", "-r", "--quiet", "src") }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOne(t, gittest.Files{"src/app.js": "1\n"})
			c.change(o.repo)
			gone := o.repo.Commit("Move", nil)
			last := o.repo.Commit("Later", gittest.Files{"else": "3\n"})
			rewriter, err := o.run(extract.FirstParent, o.first, last, oneMapping...)
			if err != nil {
				t.Fatal(err)
			}
			absent, err := rewriter.Absent()
			if err != nil {
				t.Fatal(err)
			}
			if want := []extract.Absence{{Path: "src", Since: gone, MovedTo: c.moved}}; !slices.Equal(absent, want) {
				t.Errorf("absent %+v, want %+v", absent, want)
			}
		})
	}
}

// No tree is opened into which no mapping, pattern or local file leads, nor one that
// a commit before had at the same place.
func TestEqualTreesAreNotOpened(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	history := []gittest.Commit{{Files: gittest.Files{"a/src/deep/one": "1\n", "a/other/x": "1\n", "b/x": "1\n", "a/shared/x": "1\n"}}}
	for i := range 50 {
		files := gittest.Files{"b/x": string(rune('a' + i%26))}
		if i%10 == 0 {
			files = gittest.Files{"a/src/deep/one": string(rune('a' + i/10))}
		}
		history = append(history, gittest.Commit{Parents: []int{i}, Files: files})
	}
	ids := repo.Import(history, map[string]int{"refs/heads/master": len(history) - 1})
	e := openExtraction(t, repo)
	if _, err := e.run(extract.FirstParent, object.ID{}, ids[len(ids)-1], release.Mapping{From: "a/src", To: "."}, release.Mapping{From: "a/shared", To: "shared"}); err != nil {
		t.Fatal(err)
	}
	allowed := map[object.ID]bool{}
	for _, id := range ids {
		for _, path := range []string{"", "a", "a/src"} { // the last to put "shared" into it
			allowed[repo.ID(id.String()+":"+path)] = true
		}
	}
	for id, count := range e.opened {
		if !allowed[id] {
			t.Errorf("tree %s was opened:\n%s", id, repo.Git("ls-tree", id.String()))
		}
		if count > 1 {
			t.Errorf("tree %s was opened %d times", id, count)
		}
	}
}

// A message names an upstream commit in its last paragraph, and nowhere else.
func TestSource(t *testing.T) {
	t.Parallel()
	id := object.Blob([]byte("x")).ID()
	line := "Upstream-Commit: " + id.String() + "\n"
	cases := map[string]struct {
		message string
		found   bool
	}{
		"its own paragraph":  {"Title\n\nBody\n\n" + line, true},
		"among trailers":     {"Title\n\nReviewed-by: x\n" + line + "Signed-off-by: y\n", true},
		"alone":              {line, true},
		"blank lines after":  {"Title\n\n" + line + "\n\n", true},
		"carriage returns":   {"Title\r\n\r\nUpstream-Commit: " + id.String() + "\r\n", true},
		"not the last":       {"Title\n\n" + line + "\nMore\n", false},
		"quoted":             {"Title\n\n> " + line, false},
		"no id":              {"Title\n\nUpstream-Commit: HEAD\n", false},
		"picked with -x":     {"Title\n\n" + line + "(cherry picked from commit " + id.String() + ")\n", false},
		"of what was picked": {"Title\n\n(cherry picked from commit " + id.String() + ")\n" + line, true},
		"nothing":            {"", false},
		"a later one counts": {"Title\n\nUpstream-Commit: " + object.Blob(nil).ID().String() + "\n" + line, true},
	}
	for name, c := range cases {
		got, found := extract.Source(c.message)
		if found != c.found || found && got != id {
			t.Errorf("%s: %v, %v", name, got, found)
		}
	}
}

var _ extract.Commits = (*gitrepo.Repository)(nil)
