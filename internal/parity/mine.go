package main

import (
	"cmp"
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
)

// trailer is the line by which git cherry-pick -x names the commit picked.
var trailer = regexp.MustCompile(`\(cherry picked from commit ([0-9a-f]{40})\)`)

// mine finds the backports in a repository's history by their trailers, the
// newest first, that have one parent and whose picked commit is there. A commit
// with several trailers is a backport of each.
func mine(ctx context.Context, repository string) ([]row, error) {
	const format = "--format=%H %P%n%B"
	log, err := git(ctx, repository, "", "log", "--all", "-z", "--no-merges", "--grep=(cherry picked from commit", format)
	if err != nil {
		return nil, err
	}
	var rows []row
	for message := range strings.SplitSeq(log, "\x00") {
		ids, body, _ := strings.Cut(message, "\n")
		backport, parent, _ := strings.Cut(ids, " ")
		if parent == "" {
			continue
		}
		for _, found := range trailer.FindAllStringSubmatch(body, -1) {
			rows = append(rows, row{backport: backport, ours: parent, theirs: found[1]})
		}
	}
	return findTrees(ctx, repository, rows)
}

// findTrees fills in the bases and all trees, and leaves out the rows whose
// commits are not all there.
func findTrees(ctx context.Context, repository string, rows []row) ([]row, error) {
	var names []string
	for _, row := range rows {
		names = append(names, row.theirs+"^1", row.theirs+"^1^{tree}", row.ours+"^{tree}", row.theirs+"^{tree}", row.backport+"^{tree}")
	}
	answers, err := identify(ctx, repository, names)
	if err != nil {
		return nil, err
	}
	var found []row
	for i, group := range slices.Collect(slices.Chunk(answers, len(names)/max(len(rows), 1))) {
		row := rows[i]
		row.base, row.trees, row.recorded = group[0], [3]string(group[1:4]), group[4]
		if row.trees[1] == "" || row.trees[2] == "" {
			continue
		}
		if row.base == "" {
			row.base, row.trees[0] = emptyTree, emptyTree
		}
		found = append(found, row)
	}
	return found, nil
}

// identify finds the ids of objects by their names, "" where there is none.
func identify(ctx context.Context, repository string, names []string) ([]string, error) {
	output, err := git(ctx, repository, strings.Join(names, "\n")+"\n", "cat-file", "--batch-check=%(objectname) %(objecttype)")
	if err != nil {
		return nil, err
	}
	var ids []string
	for line := range strings.Lines(output) {
		id, kind, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if kind != "commit" && kind != "tree" {
			id = ""
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// findPicks gives the rows to try.
func findPicks(ctx context.Context, o options) ([]row, error) {
	if o.picks == "" {
		return mine(ctx, o.repository)
	}
	content, err := os.ReadFile(o.picks)
	if err != nil {
		return nil, err
	}
	var rows []row
	for line := range strings.Lines(string(content)) {
		ours, theirs, _ := strings.Cut(strings.TrimSpace(line), " ")
		rows = append(rows, row{backport: ours, ours: ours, theirs: theirs})
	}
	return findTrees(ctx, o.repository, rows)
}

// findBases fills in the first parents of the picked commits.
func findBases(ctx context.Context, repository string, rows []row) error {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.theirs + "^1"
	}
	bases, err := identify(ctx, repository, names)
	if err != nil {
		return err
	}
	for i, base := range bases {
		rows[i].base = cmp.Or(base, emptyTree)
	}
	return nil
}
