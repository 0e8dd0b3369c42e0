package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// oracle merges by the installed git. Every version of git that has merge-tree
// --write-tree merges two commits since their merge base; not every one takes a
// base, and the attributes of a tree. So each row's trees become three commits of
// a repository of the oracle's own, base and two upon it, which borrows the
// objects, and the .gitattributes of OURS lie in its worktree.
type oracle struct {
	dir    string
	reader *objectReader
	// cost counts the processor time of git's merges.
	cost cost
}

func newOracle(ctx context.Context, repository string) (*oracle, error) {
	dir, err := os.MkdirTemp("", "parity-")
	if err != nil {
		return nil, err
	}
	o := &oracle{dir: dir}
	info := filepath.Join(dir, ".git", "objects", "info")
	if err := os.MkdirAll(info, 0o750); err != nil {
		return o, err
	}
	if _, err := git(ctx, dir, "", "init", "--quiet"); err != nil {
		return o, err
	}
	objects, err := filepath.Abs(filepath.Join(gitDir(repository), "objects"))
	if err != nil {
		return o, err
	}
	if err := os.WriteFile(filepath.Join(info, "alternates"), []byte(objects+"\n"), 0o600); err != nil {
		return o, err
	}
	o.reader, err = newObjectReader(ctx, repository)
	return o, err
}

func (o *oracle) close() error {
	var err error
	if o.reader != nil {
		err = o.reader.close()
	}
	return errors.Join(err, os.RemoveAll(o.dir))
}

// prepare makes the commits of all rows.
func (o *oracle) prepare(ctx context.Context, rows []row) error {
	var stream strings.Builder
	for i, row := range rows {
		for j, tree := range row.trees {
			mark := 3*i + j + 1
			fmt.Fprintf(&stream, "reset refs/heads/row\n\ncommit refs/heads/row\nmark :%d\ncommitter parity <> %d +0000\ndata 0\n", mark, j)
			if j > 0 {
				fmt.Fprintf(&stream, "from :%d\n", 3*i+1)
			}
			fmt.Fprintf(&stream, "M 040000 %s \"\"\n", tree)
		}
	}
	ids, err := fastImport(ctx, o.dir, stream.String())
	for mark, id := range ids {
		rows[(mark-1)/3].synthetic[(mark-1)%3] = id
	}
	return err
}

// batch is how many merges git is given at once.
const batch = 500

// judge has git merge the rows, grouped by the attributes that they are merged
// with, and says of each what git makes of it, in git's words: "" when git
// stopped at it.
func (o *oracle) judge(ctx context.Context, rows []row) ([]string, error) {
	groups := map[string][]int{}
	attributes := map[string]map[string]string{}
	for i, row := range rows {
		files, err := o.reader.attributesOf(row.trees[1])
		if err != nil {
			return nil, err
		}
		name := key(files)
		attributes[name] = files
		groups[name] = append(groups[name], i)
	}
	words := make([]string, len(rows))
	for name, members := range groups {
		if err := o.clearWorktree(); err != nil {
			return nil, err
		}
		if err := o.reader.put(attributes[name], o.dir); err != nil {
			return nil, err
		}
		for part := range slices.Chunk(members, batch) {
			if err := o.merge(ctx, rows, part, words); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

func (o *oracle) clearWorktree() error {
	entries, err := os.ReadDir(o.dir)
	for _, entry := range entries {
		if entry.Name() != ".git" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(o.dir, entry.Name())))
		}
	}
	return err
}

// merge merges some of the rows. One at which git stops is looked for by halves.
func (o *oracle) merge(ctx context.Context, rows []row, members []int, words []string) error {
	var pairs strings.Builder
	for _, i := range members {
		fmt.Fprintf(&pairs, "%s %s\n", rows[i].synthetic[1], rows[i].synthetic[2])
	}
	command := gitCommand(ctx, o.dir, "merge-tree", "--write-tree", "--name-only", "--no-messages", "--stdin")
	command.Stdin = strings.NewReader(pairs.String())
	output, err := command.Output()
	o.cost.add(command.ProcessState)
	var stopped *exec.ExitError
	switch {
	case err == nil:
		answers, err := splitAnswers(string(output), len(members))
		if err != nil {
			return fmt.Errorf("git merge-tree: %w", err)
		}
		for j, i := range members {
			words[i] = answers[j]
		}
		return nil
	case !errors.As(err, &stopped):
		return err
	case len(members) == 1:
		one := rows[members[0]]
		fmt.Printf("%s onto %s: git stopped: %s\n", one.theirs, one.ours, bytes.TrimSpace(stopped.Stderr))
		return nil
	}
	half := len(members) / 2
	return errors.Join(o.merge(ctx, rows, members[:half], words), o.merge(ctx, rows, members[half:], words))
}
