package main

import (
	"fmt"
	"os"
	"strings"
)

// row is a backport, and what git makes of it.
type row struct {
	base, ours, theirs string
	status             string // "clean", "empty" or "conflict"
	tree               string
	paths              string
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

// answer is what looprel makes of a backport.
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
