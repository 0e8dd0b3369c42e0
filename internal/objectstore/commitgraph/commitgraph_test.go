package commitgraph_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/commitgraph"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// history has merges of two and of many parents, several roots, and clocks that
// were wrong.
func history(t testing.TB) (*gittest.Repo, []object.ID) {
	t.Helper()
	repo := gittest.New(t)
	repo.Git("config", "gc.auto", "0")
	commits := gittest.Line(20)
	for i := range 12 {
		branch := gittest.Commit{Parents: []int{i}, Files: gittest.Files{"branch" + strconv.Itoa(i): "x\n"}}
		commits = append(commits, branch)
	}
	commits = append(commits,
		gittest.Commit{Parents: []int{19, 20}},
		gittest.Commit{Parents: []int{32, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}},
		gittest.Commit{Files: gittest.Files{"root": "x\n"}},
		gittest.Commit{Parents: []int{33, 34}})
	return repo, repo.Import(commits, map[string]int{"refs/heads/master": len(commits) - 1})
}

// writings make commit-graphs of different kinds.
var writings = map[string]func(repo *gittest.Repo, all []object.ID){
	"one file": func(repo *gittest.Repo, _ []object.ID) { repo.Git("commit-graph", "write", "--reachable") },
	"levels": func(repo *gittest.Repo, _ []object.ID) {
		repo.Git("-c", "commitGraph.generationVersion=1", "commit-graph", "write", "--reachable")
	},
	"with filters": func(repo *gittest.Repo, _ []object.ID) {
		repo.Git("commit-graph", "write", "--reachable", "--changed-paths")
	},
	"chain": func(repo *gittest.Repo, all []object.ID) {
		for _, tip := range []int{9, 19, len(all) - 1} {
			repo.GitInput(all[tip].String()+"\n", "commit-graph", "write", "--stdin-commits", "--split=no-merge")
		}
	},
	"chain of levels": func(repo *gittest.Repo, all []object.ID) {
		repo.GitInput(all[9].String()+"\n", "-c", "commitGraph.generationVersion=1", "commit-graph", "write", "--stdin-commits", "--split=no-merge")
		repo.GitInput(all[len(all)-1].String()+"\n", "commit-graph", "write", "--stdin-commits", "--split=no-merge")
	},
}

func objectsDir(repo *gittest.Repo) string { return filepath.Join(repo.Dir, ".git", "objects") }

// TestEqualsGit compares every commit, and the ancestry of every pair.
func TestEqualsGit(t *testing.T) {
	t.Parallel()
	for name, write := range writings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo, all := history(t)
			write(repo, all)
			for _, options := range []commitgraph.Options{{Verify: true}, {Unmapped: true}} {
				graph, err := commitgraph.Open([]string{filepath.Join(t.TempDir(), "none"), objectsDir(repo)}, options)
				if err != nil || graph == nil {
					t.Fatal(graph, err)
				}
				if strings.HasPrefix(name, "chain") != isDirectory(filepath.Join(objectsDir(repo), "info", "commit-graphs")) {
					t.Error("git wrote another kind of commit-graph than is tested")
				}
				compare(t, graph, repo, all)
				if err := graph.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func compare(t *testing.T, graph *commitgraph.Graph, repo *gittest.Repo, all []object.ID) {
	t.Helper()
	if graph.Count() != len(all) {
		t.Errorf("the graph has %d commits of %d", graph.Count(), len(all))
	}
	ancestors := map[object.ID][]object.ID{}
	for line := range strings.Lines(repo.Git("log", "--all", "--reverse", "--topo-order", "--format=%H %T %ct %P")) {
		fields := strings.Fields(line)
		id := parse(t, fields[0])
		position, found, err := graph.Find(id)
		if err != nil || !found {
			t.Errorf("%s: %v, %v", id, found, err)
			continue
		}
		commit, err := graph.Commit(position, nil)
		if err != nil || commit.Tree != parse(t, fields[1]) || strconv.FormatInt(commit.Time, 10) != fields[2] || commit.Generation == commitgraph.Unknown {
			t.Errorf("%s is %+v, %v; git says %s", id, commit, err, line)
		}
		var parents []string
		ancestors[id] = []object.ID{id}
		for _, parent := range commit.Parents {
			other, err := graph.ID(parent)
			if err != nil {
				t.Fatal(err)
			}
			parents = append(parents, other.String())
			ancestors[id] = append(ancestors[id], ancestors[other]...)
			if generation, err := graph.Generation(parent); err != nil || generation >= commit.Generation {
				t.Errorf("the generation of %s is %d, that of its parent %d, %v", id, commit.Generation, generation, err)
			}
		}
		if !slices.Equal(parents, fields[3:]) {
			t.Errorf("the parents of %s are %v; git says %v", id, parents, fields[3:])
		}
	}
	for _, a := range all {
		for _, b := range all {
			first, _, _ := graph.Find(a)
			second, _, _ := graph.Find(b)
			is, err := graph.IsAncestor(t.Context(), first, second)
			if err != nil || is != slices.Contains(ancestors[b], a) {
				t.Errorf("%s is an ancestor of %s: %v, %v", a, b, is, err)
			}
		}
	}
	if _, found, err := graph.Find(object.ID{1}); found || err != nil {
		t.Errorf("found what is not there: %v", err)
	}
}

func parse(t testing.TB, text string) object.ID {
	t.Helper()
	id, err := object.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestDamage changes each byte in turn, and cuts the file after each. Nothing of it is
// believed; and where the checksum was made to fit, nothing bad happens.
func TestDamage(t *testing.T) {
	t.Parallel()
	repo, all := history(t)
	writings["one file"](repo, all)
	dir, content := filepath.Join(t.TempDir(), "objects"), read(t, filepath.Join(objectsDir(repo), "info", "commit-graph"))
	file := filepath.Join(dir, "info", "commit-graph")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for place := range content {
		changed := bytes.Clone(content)
		changed[place] ^= 1 << (place % 8)
		for _, damaged := range [][]byte{changed, content[:place]} {
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			graph, err := commitgraph.Open([]string{dir}, commitgraph.Options{})
			var wrong *filemap.Error
			if graph != nil || !errors.As(err, &wrong) || wrong.File != file || wrong.Offset > int64(len(content)) {
				t.Errorf("byte %d: %v", place, err)
			}
			if err := os.WriteFile(file, sealed(damaged), 0o600); err != nil {
				t.Fatal(err)
			}
			walkAll(t, dir, all)
		}
	}
}

// sealed makes a file's checksum that of its content.
func sealed(content []byte) []byte {
	end := len(content) - sha1.Size
	if end < 0 {
		return content
	}
	sum := sha1.Sum(content[:end])
	return append(bytes.Clone(content[:end]), sum[:]...)
}

// walkAll reads all there is, whatever it says.
func walkAll(t *testing.T, dir string, all []object.ID) {
	t.Helper()
	graph, err := commitgraph.Open([]string{dir}, commitgraph.Options{})
	if err != nil || graph == nil {
		return
	}
	defer graph.Close() //nolint:errcheck // only read
	err = filemap.Guard(func() error {
		for _, id := range all {
			position, found, err := graph.Find(id)
			if err != nil || !found {
				continue
			}
			if _, err := graph.Commit(position, nil); err == nil {
				_, _ = graph.IsAncestor(t.Context(), position, 0)
			}
		}
		return nil
	}, graph.Files())
	if err != nil {
		t.Error(err)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func FuzzCommitGraph(f *testing.F) {
	repo, all := history(f)
	writings["levels"](repo, all)
	f.Add(read(f, filepath.Join(objectsDir(repo), "info", "commit-graph")))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := filepath.Join(t.TempDir(), "objects")
		if err := os.MkdirAll(filepath.Join(dir, "info"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "info", "commit-graph"), sealed(content), 0o600); err != nil {
			t.Fatal(err)
		}
		walkAll(t, dir, all)
	})
}
