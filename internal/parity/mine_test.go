package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/gittest"
)

// TestMinedBackports finds the backports of a small history and has git merge
// them: one clean, one empty, one that conflicts, and one that would if the
// .gitattributes of OURS were not heeded.
func TestMinedBackports(t *testing.T) {
	t.Parallel()
	repo := gittest.New(t)
	repo.Commit("base", gittest.Files{"a": "1\n2\n3\n4\n5\n", "b": "1\n", "list": "1\n"})
	repo.Git("switch", "--quiet", "--create", "line")
	repo.Commit("line", gittest.Files{"b": "line\n", "list": "1\nline\n", "d/.gitattributes": "x -merge\n", ".gitattributes": "list merge=union\n"})
	repo.Git("switch", "--quiet", "master")
	fixes := map[string]string{}
	for status, files := range map[string]gittest.Files{
		"clean": {"a": "1\n2\n3\n4\nfive\n"}, "conflict": {"b": "fix\n"}, "union": {"list": "1\nfix\n"},
	} {
		fixes[status] = repo.Commit(status, files).String()
		repo.Git("switch", "--quiet", "line")
		repo.Git("commit", "--quiet", "--allow-empty", "--message=by hand\n\n(cherry picked from commit "+fixes[status]+")")
		repo.Git("switch", "--quiet", "master")
	}
	repo.Git("switch", "--quiet", "line")
	repo.Git("cherry-pick", "--allow-empty", "-x", fixes["clean"])
	repo.Git("commit", "--quiet", "--allow-empty", "--message=again\n\n(cherry picked from commit "+fixes["clean"]+")")
	repo.Git("commit", "--quiet", "--allow-empty", "--message=gone\n\n(cherry picked from commit 1234567890123456789012345678901234567890)")

	rows, err := mine(t.Context(), repo.Dir)
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := newOracle(t.Context(), repo.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := oracle.close(); err != nil {
			t.Error(err)
		}
	}()
	judged, words, err := judge(t.Context(), oracle, rows)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, row := range judged {
		got = append(got, row.theirs+" "+row.status+" "+row.paths)
		if problem := row.compare(parseAnswer(words[i])); problem != "" {
			t.Errorf("a row disagrees with itself: %s", problem)
		}
	}
	want := []string{
		fixes["clean"] + " empty -", fixes["clean"] + " clean -", fixes["clean"] + " clean -", fixes["conflict"] + " conflict b", fixes["union"] + " clean -",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	holdWritten(t, judged)
}

// The repository that is made for measuring has backports of every kind.
func TestGeneratedRepository(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "generated")
	if err := generateRepository(t.Context(), dir, 2*busyFiles); err != nil {
		t.Fatal(err)
	}
	rows, err := mine(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := generatedFixes - generatedLine; len(rows) != want {
		t.Errorf("%d backports, want %d", len(rows), want)
	}
	oracle, err := newOracle(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := oracle.close(); err != nil {
			t.Error(err)
		}
	}()
	judged, _, err := judge(t.Context(), oracle, rows)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, row := range judged {
		counts[row.status]++
	}
	if counts["clean"] < 50 || counts["conflict"] < 20 {
		t.Errorf("outcomes %v", counts)
	}
}

// holdWritten writes the rows as a corpus and reads them again.
func holdWritten(t *testing.T, rows []row) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "corpus.tsv")
	if err := writeCorpus(name, "example", rows); err != nil {
		t.Fatal(err)
	}
	read, err := readCorpus(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range read {
		rows[i].base, rows[i].backport, rows[i].recorded, rows[i].trees, rows[i].synthetic = "", "", "", row.trees, row.synthetic
		if row != rows[i] {
			t.Errorf("wrote %+v, read %+v", rows[i], row)
		}
	}
	if content, err := os.ReadFile(name); err != nil || len(read) != len(rows) {
		t.Errorf("%d rows of %d in\n%s%v", len(read), len(rows), content, err)
	}
}
