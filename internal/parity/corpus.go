package main

import (
	"fmt"
	"os"
	"strings"
)

// row is a backport, and what git makes of it.
type row struct {
	backport           string
	base, ours, theirs string
	status             string // "clean", "empty" or "conflict"
	tree               string
	paths              string

	// trees are those of base, ours and theirs, synthetic the commits that were
	// made of them, and recorded the tree of the backport. A mined row has them.
	trees, synthetic [3]string
	recorded         string
}

// The columns of a corpus that count.
const (
	oursColumn = iota + 2
	theirsColumn
	statusColumn
	treeColumn
	pathsColumn
	columns
)

// header names the columns.
const header = "#repo\tbackport_sha\tparent_sha\tpicked_sha\toracle_status\toracle_tree\tconflicted_paths\trecorded_tree\n"

// none stands in a column for nothing.
const none = "-"

func readCorpus(name string) ([]row, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var rows []row
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) < columns {
			return nil, fmt.Errorf("%s has a line with %d columns, expected %d at least: %q", name, len(fields), columns, line)
		}
		rows = append(rows, row{
			ours: fields[oursColumn], theirs: fields[theirsColumn],
			status: fields[statusColumn], tree: fields[treeColumn], paths: fields[pathsColumn],
		})
	}
	return rows, nil
}

// writeCorpus writes the rows that git has an outcome for.
func writeCorpus(name, repository string, rows []row) error {
	var text strings.Builder
	text.WriteString(header)
	for _, row := range rows {
		if row.status != "" {
			columns := []string{repository, row.backport, row.ours, row.theirs, row.status, row.tree, row.paths, row.recorded}
			text.WriteString(strings.Join(columns, "\t") + "\n")
		}
	}
	return os.WriteFile(name, []byte(text.String()), 0o600)
}

// settle takes an answer of git for the row's outcome.
func (r *row) settle(a answer) {
	r.status, r.tree, r.paths = "clean", a.tree, none
	switch {
	case !a.clean:
		r.status, r.tree, r.paths = "conflict", none, strings.Join(a.paths, "|")
	case a.tree == r.trees[1]:
		r.status = "empty"
	}
}

// answer is what looprel, or git, makes of a backport.
type answer struct {
	clean bool
	tree  string
	paths []string
}

// compare says in what an answer differs, "" when in nothing.
func (r row) compare(a answer) string {
	switch {
	case a.clean && r.status == "conflict":
		return "clean, but git has conflicts in " + r.paths
	case !a.clean && r.status != "conflict":
		return "conflicts in " + strings.Join(a.paths, ", ") + ", but git has none"
	case a.clean && a.tree != r.tree:
		return fmt.Sprintf("tree %s, but git makes %s", a.tree, r.tree)
	case !a.clean && strings.Join(a.paths, "|") != r.paths:
		return fmt.Sprintf("conflicts in %s, but git has them in %s", strings.Join(a.paths, "|"), r.paths)
	}
	return ""
}
