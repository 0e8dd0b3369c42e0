package main

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchRuns measures a small repository: the table has to have all rows. How long
// anything takes is not looked at.
func TestBenchRuns(t *testing.T) {
	t.Parallel()
	looprel := filepath.Join(t.TempDir(), "looprel")
	if said, err := exec.Command("go", "build", "-o", looprel, "../../../cmd/looprel").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"-looprel", looprel, "-commits", "120", "-files", "100", "-split", "3", "-count", "1"}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"git log --first-parent", "blobs borrowed", "self-contained", "pack-objects", "nothing new", "subtree split"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the table lacks %q:\n%s", name, out.String())
		}
	}
}

// TestMistakesAreRefused: a benchmark of something else than was asked for would be
// believed.
func TestMistakesAreRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "-looprel x surplus", "-looprel x -count 0", "-looprel x -repo .", "-looprel x -paths a"} {
		if err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
