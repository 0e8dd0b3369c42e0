package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// emptyTree is the base of a commit that has no parent.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// findBases fills in the first parents of the picked commits.
func findBases(ctx context.Context, repository string, rows []row) error {
	var names strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&names, "%s^1\n", row.theirs)
	}
	command := exec.CommandContext(ctx, "git", "cat-file", "--batch-check=%(objectname) %(objecttype)")
	command.Env = append(os.Environ(), "GIT_DIR="+gitDir(repository))
	command.Stdin = strings.NewReader(names.String())
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("git cat-file in %s: %w", repository, err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(rows) {
		return fmt.Errorf("git cat-file in %s: %d answers to %d questions", repository, len(lines), len(rows))
	}
	for i, line := range lines {
		id, kind, _ := strings.Cut(line, " ")
		rows[i].base = emptyTree
		if kind == "commit" {
			rows[i].base = id
		}
	}
	return nil
}

// gitDir is the directory that has a repository's objects.
func gitDir(repository string) string {
	if _, err := os.Stat(repository + "/.git"); err == nil {
		return repository + "/.git"
	}
	return repository
}

// ask has looprel merge all rows in one run, and says what that cost.
func ask(ctx context.Context, looprel, repository string, rows []row) (answers []answer, cost string, err error) {
	var merges strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&merges, "%s -- %s %s\n", row.base, row.ours, row.theirs)
	}
	command := exec.CommandContext(ctx, looprel, "merge-tree", "--stdin", "--attr-source", "ours")
	command.Env = append(os.Environ(), "GIT_DIR="+gitDir(repository))
	command.Stdin = strings.NewReader(merges.String())
	command.Stderr = os.Stderr
	var output bytes.Buffer
	command.Stdout = &output
	if err := command.Run(); err != nil {
		return nil, "", fmt.Errorf("%s merge-tree: %w", looprel, err)
	}
	state := command.ProcessState
	each := (state.UserTime() + state.SystemTime()) / time.Duration(max(len(rows), 1))
	fields := strings.Split(output.String(), "\x00")
	for range rows {
		if len(fields) < 3 {
			return nil, "", fmt.Errorf("%s merge-tree: %d answers to %d questions", looprel, len(answers), len(rows))
		}
		one := answer{clean: fields[0] == "1", tree: fields[1]}
		for fields = fields[2:]; fields[0] != ""; fields = fields[1:] {
			one.paths = append(one.paths, fields[0])
		}
		fields = fields[1:]
		answers = append(answers, one)
	}
	return answers, fmt.Sprintf("%s of CPU for each", each.Round(10*time.Microsecond)), nil
}
