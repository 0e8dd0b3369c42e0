package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration file, and where.
type Problem struct {
	File string
	// Line and Column count from 1; columns count characters, not bytes.
	Line, Column int
	// Message says what was found, what was expected and, where a name is near to
	// what was written, that name. Text from the file is quoted in it, so it holds
	// no control characters.
	Message string
}

// String gives file:line:column: message.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all problems of a file, in the order of the file.
//
//nolint:errname // a reader of a file gets its problems; "ProblemErrors" would say it twice
type Problems []Problem

// Error gives one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// maximumProblems bounds a report: a file with more is no configuration, and a
// hostile one shall not fill the screen.
const maximumProblems = 1000

// inFileOrder sorts, drops repetitions (an aliased value is read once for each
// alias) and bounds the list.
func (p Problems) inFileOrder() Problems {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	sorted = dropRepeated(sorted)
	if left := len(sorted) - maximumProblems; left > 0 {
		last := sorted[maximumProblems]
		last.Message = fmt.Sprintf("%d more problems from here on are not shown, expected at most %d", left, maximumProblems)
		sorted = append(sorted[:maximumProblems], last)
	}
	return sorted
}

// dropRepeated keeps the first of problems that are equal in place and words.
func dropRepeated(sorted Problems) Problems {
	seen := make(map[Problem]bool, len(sorted))
	return slices.DeleteFunc(sorted, func(problem Problem) bool {
		repeated := seen[problem]
		seen[problem] = true
		return repeated
	})
}
