package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test be the program that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestBenchRuns measures a small repository: both programs have to print the same,
// and the table has to have all rows. How long anything takes is not looked at.
func TestBenchRuns(t *testing.T) {
	t.Parallel()
	b, err := newBench(t.Context(), t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := b.grown(200, 20, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(b.dir, "origin.git")
	if err := b.generate(dir, 300, 20); err != nil {
		t.Fatal(err)
	}
	if err := b.clone(benchOptions{repository: dir, count: 1}, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"open and resolve", "all tags", "newest version tag", "commits of ", "is-ancestor", "tree difference",
		"annotated tag and ref", "random blobs", "list of the tags over HTTP", "fetch of 100 commits over HTTP", "push of that tag",
	} {
		if !strings.Contains(out.String(), "\n| "+name) && !strings.Contains(out.String(), " "+name+" |") {
			t.Errorf("the table lacks %q:\n%s", name, out.String())
		}
	}
	out.Reset()
	if err := run(t.Context(), []string{"compare", dir}, &out, io.Discard); err != nil || !strings.Contains(out.String(), "all as git reads them") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestMistakesAreRefused: a benchmark of something else than was asked for would be
// believed.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "bench -count 0", "bench surplus", "bench -growth=false", "unknown .", "compare", "tags"} {
		if err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
