package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestBenchmarkRuns measures a small repository: that every command prints the
// right release is checked on the way, and the table has to have all rows. How
// long anything takes is not looked at.
func TestBenchmarkRuns(t *testing.T) {
	t.Parallel()
	s := sizes{Commits: 200, Tags: 20, Entries: 30}
	dir := t.TempDir()
	if err := newGround(dir, s, io.Discard).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	arguments := []string{"-dir", dir, "-count", "1", "-commits", "200", "-tags", "20", "-entries", "30"}
	if err := run(t.Context(), arguments, &output, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"git fetch + git log LAST..HEAD + git tag", "git init + git fetch --depth=1 of the ledger",
		"looprel status --no-probe, the ledger is here", "looprel tag --dry-run, the ledger is here",
		"looprel status --no-probe, the ledger is not here yet", "looprel tag --dry-run, the ledger is not here yet",
	} {
		for _, entries := range []int{fewEntries, s.Entries} {
			if row := fmt.Sprintf("\n| %s | %d |", name, entries); !strings.Contains(output.String(), row) {
				t.Errorf("the table lacks %q:\n%s", row, output.String())
			}
		}
	}
	for _, name := range []string{"git --version", "looprel --version"} {
		if row := fmt.Sprintf("\n| %s |", name); !strings.Contains(output.String(), row) {
			t.Errorf("the table lacks %q:\n%s", row, output.String())
		}
	}
}

// TestMistakesAreRefused: a benchmark of something else than was asked for would
// be believed.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := newGround(dir, sizes{Commits: 60, Tags: 4, Entries: 20}, io.Discard).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"-count 0", "-tags 0", "-entries 9", "-commits 100 -tags 100", "-prepare", "surplus",
		"-dir " + dir + " -commits 61 -tags 4 -entries 20",
	} {
		if err := run(t.Context(), strings.Fields(arguments), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
}
