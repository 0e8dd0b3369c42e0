package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// row is something that is measured.
type row struct {
	name string
	// of is the row that this one is compared with, nil for none, and target by how
	// much it may differ: its cost is to be at most so many times that.
	of     *row
	target float64
	// less is the row whose cost is left out of the comparison, nil for none.
	less *row
	// prepare makes what it runs on anew; nil: nothing is needed.
	prepare func(ctx context.Context) error
	dir     string
	run     []string
	input   string // a file
	samples []sample
}

// rows are what is measured, in the order in which each round does it.
func (g *ground) rows() []*row {
	log := &row{name: "git log --first-parent --name-only", dir: g.dir,
		run: append([]string{"git", "--git-dir=" + g.gitDir(), "log", "--first-parent", "--name-only", "HEAD", "--"}, g.paths...)}
	first := &row{name: "looprel extract, first, blobs borrowed", of: log, target: 1.5, dir: g.path("train"), prepare: g.removing("look"),
		run: []string{g.looprel, "extract", "--preview", g.path("look")}}
	whole := &row{name: "looprel extract, first, self-contained", dir: g.path("train"), prepare: g.removing("whole"),
		run: []string{g.looprel, "extract", "--preview", g.path("whole"), "--self-contained"}}
	pack := &row{name: "git pack-objects --revs of the same", dir: g.path("look"), prepare: g.nameBranch,
		run: []string{"git", "pack-objects", "--revs", "--quiet", "--delta-base-offset", g.path("packed")}, input: g.path("branch")}
	whole.of, whole.target, whole.less = pack, 1.3, first
	full := &row{name: "git log --name-only, all of history", dir: g.dir,
		run: append([]string{"git", "--git-dir=" + g.gitDir(), "log", "--name-only", "HEAD", "--"}, g.paths...)}
	rows := []*row{log, first, full,
		{name: "looprel extract --full, blobs borrowed", of: full, dir: g.path("train"), prepare: g.removing("look-full"),
			run: []string{g.looprel, "extract", "--full", "--preview", g.path("look-full")}},
		whole, pack,
		{name: "looprel extract, nothing new", dir: g.path("kept"), prepare: g.extracted, run: []string{g.looprel, "extract", "--yes"}},
	}
	if _, err := exec.LookPath("git-filter-repo"); err == nil {
		filter := []string{"git", "filter-repo", "--quiet", "--force"}
		for _, path := range g.paths {
			filter = append(filter, "--path", path+"/")
		}
		rows = append(rows, &row{name: "git filter-repo", of: first, dir: g.path("filtered"), prepare: g.cloneForFilter, run: filter})
	}
	split := &row{name: "git subtree split, of a few commits", dir: g.path("splitting"), prepare: g.worktreeForSplit,
		run: []string{"git", "subtree", "-q", "split", "--prefix=" + g.paths[0], g.early}}
	early := &row{name: "looprel extract --full of the same", dir: g.path("early"), prepare: g.removing("look-early"),
		run: []string{g.looprel, "extract", "--full", "--to", g.early, "--preview", g.path("look-early")}}
	split.of = early
	return append(rows, early, split)
}

func (g *ground) removing(name string) func(context.Context) error {
	return func(context.Context) error { return os.RemoveAll(g.path(name)) }
}

// nameBranch says what git is to pack, out of the repository that borrows.
func (g *ground) nameBranch(context.Context) error {
	return os.WriteFile(g.path("branch"), []byte("refs/heads/master\n"), 0o644)
}

// extracted pushes a first extraction, once.
func (g *ground) extracted(ctx context.Context) error {
	command := exec.CommandContext(ctx, g.looprel, "extract", "--yes")
	command.Dir, command.Env = g.path("kept"), g.environ()
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("extract: %w\n%s", err, said)
	}
	return nil
}

// cloneForFilter makes the fresh clone that git filter-repo works on.
func (g *ground) cloneForFilter(ctx context.Context) error {
	if err := os.RemoveAll(g.path("filtered")); err != nil {
		return err
	}
	head, err := g.git(ctx, nil, "--git-dir="+g.gitDir(), "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	for _, arguments := range [][]string{
		{"init", "--quiet", "--bare", "--initial-branch=master", g.path("filtered")},
		{"--git-dir=" + g.path("filtered"), "fetch", "--quiet", "--no-tags", g.gitDir(), head + ":refs/heads/master"},
	} {
		if _, err := g.git(ctx, nil, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// worktreeForSplit makes a clone with the directory in its worktree, on which git
// insists, and forgets what an earlier run has kept.
func (g *ground) worktreeForSplit(ctx context.Context) error {
	if err := os.RemoveAll(g.path("splitting")); err != nil {
		return err
	}
	if _, err := g.git(ctx, nil, "clone", "--quiet", "--shared", "--no-checkout", g.repository, g.path("splitting")); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(g.path("splitting"), filepath.FromSlash(strings.TrimSuffix(g.paths[0], "/"))), 0o755)
}
