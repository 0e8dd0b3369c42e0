package extract_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// file is a file of a generated history.
type file struct{ mode, content string }

// state are the files of a commit.
type state map[string]file

// generated is a history: its commits' files and parents, oldest first.
type generated struct {
	states  []state
	parents [][]int
}

const (
	plain      = "100644"
	executable = "100755"
	symlink    = "120000"
	submodule  = "160000"
)

// generate makes a history in which files below a few directories are edited, added,
// removed, moved, made executable and replaced by links and submodules, directories
// move, vanish and come back, and branches are merged: file by file, or as one side
// has it.
func generate(random *rand.Rand, length int) generated {
	history := generated{states: []state{{"README": {plain, "begin\n"}}}, parents: [][]int{nil}}
	for len(history.states) < length {
		count := len(history.states)
		recent := func() int { return count - 1 - random.IntN(min(count, 6)) }
		parents := []int{recent()}
		if random.IntN(10) == 0 && count > 20 {
			parents = nil // another root
		}
		for parents != nil && random.IntN(4) == 0 {
			if other := recent(); !slices.Contains(parents, other) {
				parents = append(parents, other)
			}
		}
		next := state{}
		for i, parent := range parents {
			if i == 0 {
				maps.Copy(next, history.states[parent])
				continue
			}
			merge(random, next, history.states[parent])
		}
		if len(parents) < 2 || random.IntN(3) == 0 {
			for range 1 + random.IntN(3) {
				change(random, next)
			}
		}
		history.states, history.parents = append(history.states, next), append(history.parents, parents)
	}
	return history.merged()
}

// merged adds a commit that merges all that nothing was made on.
func (g generated) merged() generated {
	isParent := map[int]bool{}
	for _, parents := range g.parents {
		for _, parent := range parents {
			isParent[parent] = true
		}
	}
	var heads []int
	for i := range slices.Backward(g.states) {
		if !isParent[i] {
			heads = append(heads, i)
		}
	}
	last := maps.Clone(g.states[heads[0]])
	last["a/last"] = file{plain, "last\n"}
	return generated{append(g.states, last), append(g.parents, heads)}
}

func merge(random *rand.Rand, into, other state) {
	whole := random.IntN(3)
	if whole == 0 {
		return // as the first parent has it
	}
	for _, path := range slices.Sorted(maps.Keys(other)) {
		if whole == 1 || random.IntN(2) == 0 {
			into.set(path, other[path])
		}
	}
	if whole == 1 {
		for path := range into {
			if _, there := other[path]; !there {
				delete(into, path)
			}
		}
	}
}

// set puts a file in place, and removes what is in its way.
func (s state) set(path string, f file) {
	for other := range s {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			delete(s, other)
		}
	}
	s[path] = f
}

var (
	directories = []string{"a", "a/x", "a/x/deep", "a/y", "b", "b/x", "c"}
	names       = []string{"one", "two", "three.map", "x"}
)

func change(random *rand.Rand, s state) {
	paths := slices.Sorted(maps.Keys(s))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	fresh := file{plain, fmt.Sprintf("%d\n", random.IntN(40))}
	switch kind := random.IntN(12); {
	case kind < 6 || len(paths) == 0:
		s.set(pick(directories)+"/"+pick(names), fresh)
	case kind == 6:
		delete(s, pick(paths))
	case kind == 7:
		from := pick(paths)
		moved := s[from]
		delete(s, from)
		s.set(pick(directories)+"/"+pick(names), moved)
	case kind == 8:
		path := pick(paths)
		f := s[path]
		f.mode = map[string]string{plain: executable, executable: plain}[f.mode]
		if f.mode != "" {
			s[path] = f
		}
	case kind == 9:
		fresh.mode = pick([]string{symlink, submodule})
		s.set(pick(directories)+"/"+pick(names), fresh)
	case kind == 10:
		moveDirectory(s, pick(directories), pick(directories))
	default:
		for _, path := range paths {
			if strings.HasPrefix(path, pick(directories)+"/") {
				delete(s, path)
			}
		}
	}
}

func moveDirectory(s state, from, to string) {
	if strings.HasPrefix(from+"/", to+"/") || strings.HasPrefix(to+"/", from+"/") {
		return
	}
	moved := state{}
	for path, f := range s {
		if below, found := strings.CutPrefix(path, from+"/"); found {
			moved[to+"/"+below] = f
			delete(s, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(moved)) {
		s.set(path, moved[path])
	}
}

// write makes the commits in a repository, on the branch master.
func (g generated) write(t *testing.T, repo *gittest.Repo) []object.ID {
	t.Helper()
	var stream strings.Builder
	for i, files := range g.states {
		if len(g.parents[i]) == 0 {
			stream.WriteString("reset refs/heads/master\n\n")
		}
		message := fmt.Sprintf("Change %d\n\nBody of it.\n", i)
		if i%5 == 0 {
			message += "\nReviewed-by: QA <qa@example.org>\n"
		}
		fmt.Fprintf(&stream, "commit refs/heads/master\nmark :%d\nauthor Developer %d <dev@example.org> %d +0200\ncommitter %s <%s> %d +0000\ndata %d\n%s\n",
			i+1, i%3, gittest.Epoch().Unix()+int64(i)*50, gittest.Name, gittest.Email, gittest.Epoch().Unix()+int64(i)*60, len(message), message)
		for j, parent := range g.parents[i] {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge"}[min(j, 1)], parent+1)
		}
		stream.WriteString("deleteall\n")
		for _, path := range slices.Sorted(maps.Keys(files)) {
			if f := files[path]; f.mode == submodule {
				fmt.Fprintf(&stream, "M 160000 %s %s\n", object.Blob([]byte("elsewhere "+f.content)).ID(), path)
			} else {
				fmt.Fprintf(&stream, "M %s inline %s\ndata %d\n%s\n", f.mode, path, len(f.content), f.content)
			}
		}
		stream.WriteString("\n")
	}
	repo.GitInput(stream.String()+"done\n", "fast-import", "--quiet", "--done", "--force")
	ids := make([]object.ID, len(g.states))
	listed := strings.Fields(repo.Git("log", "--format=%ct %H", "master"))
	for at := 0; at < len(listed); at += 2 {
		var seconds int64
		if _, err := fmt.Sscan(listed[at], &seconds); err != nil {
			t.Fatal(err)
		}
		ids[(seconds-gittest.Epoch().Unix())/60], _ = object.ParseID(listed[at+1])
	}
	return ids
}

// extraction is what a Rewriter reads in a repository, and makes there.
type extraction struct {
	t    *testing.T
	repo *gittest.Repo
	*gitrepo.Repository
	made []object.Object
	// opened counts how often each tree was read, which is guarded.
	guard  sync.Mutex
	opened map[object.ID]int
	// ahead: commits are looked at before they are added.
	ahead bool
}

func openExtraction(t *testing.T, repo *gittest.Repo) *extraction {
	t.Helper()
	repository, err := gitrepo.Open(t.Context(), gitrepo.Options{Dir: repo.Dir, Environ: repo.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = repository.Close() })
	return &extraction{t: t, repo: repo, Repository: repository, opened: map[object.ID]int{}}
}

func (e *extraction) TreeData(id object.ID) ([]byte, error) {
	e.guard.Lock()
	e.opened[id]++
	e.guard.Unlock()
	return e.Repository.TreeData(id)
}

func (e *extraction) IsAncestor(a, b object.ID) (bool, error) {
	return e.Repository.IsAncestor(context.Background(), a, b)
}

// Extracted finds the commit of the branch "extracted" that names an upstream commit.
func (e *extraction) Extracted(source object.ID) (extract.Existing, bool, error) {
	text, err := e.repo.Try("", "log", "--format=%H", "--grep=^"+extract.Trailer+": "+source.String()+"$", "refs/heads/extracted")
	if err != nil || text == "" {
		return extract.Existing{}, false, nil //nolint:nilerr // there is no branch
	}
	id, err := object.ParseID(strings.Fields(text)[0])
	return e.existing(id), err == nil, err
}

func (e *extraction) existing(id object.ID) extract.Existing {
	return extract.Existing{ID: id, Tree: e.repo.ID(id.String() + "^{tree}")}
}

func (e *extraction) Node(id object.ID) (extract.Node, error) {
	node, err := e.Repository.Node(id)
	return extract.Node(node), err
}

// lookedAt is how many commits are looked at at once.
const lookedAt = 7

// run extracts up to an upstream commit, on top of the branch "extracted", which it
// moves. from is the upstream commit where the branch is, zero for none.
func (e *extraction) run(mode extract.Mode, from, to object.ID, mappings ...release.Mapping) (*extract.Rewriter, error) {
	e.t.Helper()
	rewriter, err := e.runOnce(false, mode, from, to, mappings)
	if err != nil {
		return nil, err
	}
	if letsGo, err := rewriter.LetsGo(); err != nil {
		return nil, err
	} else if letsGo {
		if rewriter, err = e.runOnce(true, mode, from, to, mappings); err != nil {
			return nil, err
		}
	}
	if err := e.StoreObjects(e.made); err != nil {
		return nil, err
	}
	if head := rewriter.Head(); !head.IsZero() {
		e.repo.Git("update-ref", "refs/heads/extracted", head.String())
	}
	return rewriter, nil
}

func (e *extraction) runOnce(hold bool, mode extract.Mode, from, to object.ID, mappings []release.Mapping) (*extract.Rewriter, error) {
	e.t.Helper()
	e.made = nil
	layout, err := extract.NewLayout(mappings)
	if err != nil {
		return nil, err
	}
	rewriter := extract.NewRewriter(extract.Input{
		Layout: layout, Mode: mode, Hold: hold, Trees: e, Commits: e, Existing: e, History: e,
		Kept: func(path string) bool { return path == "package.json" },
		Send: func(o object.Object) { e.made = append(e.made, o) },
	})
	if err := rewriter.Begin(e.start(from)); err != nil {
		return nil, err
	}
	line := e.line(mode, from, to)
	for i, node := range line {
		if e.ahead && i%lookedAt == 0 {
			var next []extract.Node
			for _, one := range line[i:min(i+lookedAt, len(line))] {
				next = append(next, extract.Node(one))
			}
			if err := rewriter.Look(next); err != nil {
				return nil, err
			}
		}
		if err := rewriter.Add(extract.Node(node)); err != nil {
			return nil, err
		}
	}
	return rewriter, rewriter.Finish(extract.Node{ID: to})
}

func (e *extraction) start(from object.ID) extract.Start {
	var start extract.Start
	if _, err := e.repo.Try("", "rev-parse", "--verify", "--quiet", "refs/heads/extracted"); err != nil {
		return start
	}
	start.Tip = e.existing(e.repo.ID("refs/heads/extracted"))
	if !from.IsZero() {
		start.Upstream, _ = e.Node(from)
		start.Extracted, _, _ = e.Extracted(from)
	}
	return start
}

func (e *extraction) line(mode extract.Mode, from, to object.ID) []gitrepo.HistoryNode {
	e.t.Helper()
	var line []gitrepo.HistoryNode
	var err error
	if mode == extract.Full {
		var exclude []object.ID
		if !from.IsZero() {
			exclude = append(exclude, from)
		}
		line, err = e.Topological(e.t.Context(), to, exclude)
	} else {
		line, _, err = e.FirstParents(e.t.Context(), to, from)
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return line
}
