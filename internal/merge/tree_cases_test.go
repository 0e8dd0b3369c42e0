package merge_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
)

// numbered makes a text of numbered lines, of which some are replaced.
func numbered(name string, count int, replaced ...int) string {
	var text strings.Builder
	for i := range count {
		if slices.Contains(replaced, i) {
			fmt.Fprintf(&text, "other line %d\n", i)
			continue
		}
		fmt.Fprintf(&text, "%s %d\n", name, i)
	}
	return text.String()
}

func regular(text string) file    { return file{object.ModeFile, text} }
func executable(text string) file { return file{object.ModeExecutable, text} }
func link(to string) file         { return file{object.ModeSymlink, to} }
func submodule(digit int) file    { return file{object.ModeSubmodule, fmt.Sprintf("%040x", digit)} }

// with adds files to a tree; without removes them.
func (f files) with(path string, one file) files {
	changed := maps.Clone(f)
	changed[path] = one
	return changed
}

func (f files) without(paths ...string) files {
	changed := maps.Clone(f)
	for _, path := range paths {
		delete(changed, path)
	}
	return changed
}

// TestTreeCases holds against git what happens to files and directories, case by
// case, and the cases in which the engine was once wrong.
func TestTreeCases(t *testing.T) {
	t.Parallel()
	text := numbered("line", 20)
	other := numbered("something else", 20)
	plain := files{"keep": regular("kept\n"), "a": regular(text)}
	directory := files{"keep": regular("kept\n"), "old/one": regular(text), "old/two": regular(other), "old/three": regular(numbered("third", 9))}
	moved := files{"keep": regular("kept\n"), "new/one": regular(text), "new/two": regular(other), "new/three": regular(numbered("third", 9))}
	cases := map[string]treeCase{
		"nothing changed":            {plain, plain, plain},
		"everything removed":         {plain, files{}, plain},
		"removed by both":            {plain, plain.without("a"), plain.without("a")},
		"from nothing":               {files{}, plain, files{"b": regular(other)}},
		"modified and deleted":       {plain, plain.with("a", regular(numbered("line", 20, 3))), plain.without("a")},
		"deleted and modified":       {plain, plain.without("a"), plain.with("a", regular(numbered("line", 20, 3)))},
		"added twice":                {plain, plain.with("b", regular(text)), plain.with("b", regular(other))},
		"added twice, alike":         {plain, plain.with("b", regular(other)), plain.with("b", regular(other))},
		"mode against content":       {plain, plain.with("a", executable(text)), plain.with("a", regular(numbered("line", 20, 3)))},
		"modes of added files":       {plain, plain.with("b", executable(other)), plain.with("b", regular(other))},
		"renamed and modified":       {plain, plain.without("a").with("b", regular(text)), plain.with("a", regular(numbered("line", 20, 3)))},
		"renamed and in conflict":    {plain, plain.without("a").with("b", regular(numbered("line", 20, 3))), plain.with("a", regular(numbered("line", 20, 2, 3)))},
		"renamed and deleted":        {plain, plain.without("a").with("b", regular(text)), plain.without("a")},
		"renamed twice":              {plain, plain.without("a").with("b", regular(text)), plain.without("a").with("c", regular(numbered("line", 20, 3)))},
		"renamed alike":              {plain, plain.without("a").with("b", regular(numbered("line", 20, 9))), plain.without("a").with("b", regular(numbered("line", 20, 3)))},
		"renamed onto an added file": {plain, plain.without("a").with("b", regular(text)), plain.with("a", regular(numbered("line", 20, 3))).with("b", regular(other))},
		"two renamed to one path": {plain.with("b", regular(other)),
			plain.without("a").with("b", regular(other)).with("c", regular(text)),
			plain.with("a", regular(numbered("line", 20, 3))).with("c", regular(other))},
		"renamed over CRLF":             {plain.with("b", regular(strings.ReplaceAll(other, "\n", "\r\n"))), plain.with("c", regular(other)), plain.with("b", regular("new\n"+other))},
		"half of it renamed":            {plain, plain.without("a").with("b", regular(numbered("line", 20, 0, 1, 2, 3, 4, 5, 6, 7, 8))), plain.with("a", regular(numbered("line", 20, 19)))},
		"less than half of it":          {plain, plain.without("a").with("b", regular(numbered("line", 20, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))), plain.with("a", regular(numbered("line", 20, 19)))},
		"directory renamed":             {directory, moved, directory.with("old/four", regular("new\n"))},
		"directory renamed, below":      {directory, moved, directory.with("old/four", regular("new\n")).with("old/deep/five", regular("new\n"))},
		"directory renamed, only below": {directory, moved, directory.with("old/deep/five", regular("new\n"))},
		"directory renamed twice": {directory, moved, files{"other/one": regular(text), "other/two": regular(other), "other/three": regular(numbered("third", 9)),
			"old/four": regular("new\n"), "keep": regular("kept\n")}},
		"directory split":                         {directory, moved.without("new/two", "new/three").with("next/two", regular(other)), directory.with("old/four", regular("new\n"))},
		"directory to the root":                   {directory, files{"one": regular(text), "two": regular(other), "three": regular(numbered("third", 9))}, directory.with("old/four", regular("new\n"))},
		"a file in the way":                       {directory, moved.with("new/four", regular("mine\n")), directory.with("old/four", regular("new\n"))},
		"renamed into the old one":                {directory.with("a", regular("moved\n")), moved.with("a", regular("moved\n")), directory.with("old/a", regular("moved\n"))},
		"file against directory":                  {plain, plain.without("a").with("a/b", regular(other)), plain.with("a", regular(numbered("line", 20, 3)))},
		"file becomes directory":                  {plain, plain.without("a").with("a/b", regular(other)), plain},
		"directory becomes file":                  {directory, files{"old": regular("file\n")}, directory.with("old/one", regular(numbered("line", 20, 3)))},
		"the name is taken":                       {plain, plain.without("a").with("a/b", regular(other)), plain.with("a", regular(numbered("line", 20, 3))).with("a~THEIRS", regular("x"))},
		"link against file":                       {plain, plain.with("a", link("keep")), plain.with("a", regular(numbered("line", 20, 3)))},
		"links that differ":                       {plain.with("l", link("a")), plain.with("l", link("b")), plain.with("l", link("c"))},
		"submodules that differ":                  {plain.with("s", submodule(1)), plain.with("s", submodule(2)), plain.with("s", submodule(3))},
		"submodule against link":                  {plain, plain.with("s", submodule(2)), plain.with("s", link("a"))},
		"submodule renamed":                       {plain.with("s", submodule(1)), plain.with("d/s", submodule(1)), plain.with("s", submodule(2))},
		"binary":                                  {plain.with("b", regular("\x00a")), plain.with("b", regular("\x00b")), plain.with("b", regular("\x00c"))},
		"binary renamed twice":                    {plain.with("b", regular("\x00"+text)), plain.with("c", regular("\x00"+text+"c")), plain.with("d", regular("\x00"+text+"d"))},
		"empty against binary":                    {files{}, files{"a": regular("")}, files{"a": regular("\x00binary\n")}},
		"order of names":                          {plain.with("d.c", regular(text)).with("d/x", regular(other)), plain.with("d0", regular(text)), plain.with("d-", regular(other)).with("d/x", regular("x\n"))},
		"unusual names":                           {files{"世/é": regular(text)}, files{"世/\"q\" \\": regular(text)}, files{"世/é": regular(numbered("line", 20, 3))}},
		"more in a directory that is opened late": {files{"e/x": regular(text)}, files{}, files{"d/new/x": executable(text), "d/new/b/c": regular("")}},
		"a file where a directory should go": {files{"u/d/a": regular(text)}, files{"u/a": regular(""), "u/e/new/e": regular("")},
			files{"d/new/d/a": regular(text), "d/new/e": regular("")}},
		"a directory where a renamed file was": {files{"b/e": regular(text)}, files{"e": regular(text)},
			files{"b/a": regular(""), "b/b/e/d": regular("")}},
		"a renamed directory puts files below a changed link": {
			files{"b/f": regular("1\r\n2\r\n"), "f": regular("")},
			files{"b/n": regular(""), "b/f/n": regular(""), "f": link("x")},
			files{"b": regular("1\r\n2\r\n"), "f": regular("")}},
		"a renamed directory puts files below a changed file": {
			files{"b/f": regular("1\r\n2\r\n"), "f": regular(text)},
			files{"b/n": regular(""), "b/f/n": regular(""), "f": regular(numbered("line", 20, 3))},
			files{"b": regular("1\r\n2\r\n"), "f": regular(numbered("line", 20, 15))}},
		"a renamed directory puts files below a file in conflict": {
			files{"b/f": regular("1\r\n2\r\n"), "f": regular(text)},
			files{"b/n": regular(""), "b/f/n": regular(""), "f": regular(numbered("line", 20, 3))},
			files{"b": regular("1\r\n2\r\n"), "f": regular(numbered("line", 20, 2, 3))}},
		"a renamed directory puts files below an added file": {
			files{"b/f": regular("1\r\n2\r\n")},
			files{"b/n": regular(""), "b/f/n": regular("")},
			files{"b": regular("1\r\n2\r\n"), "f": regular(text)}},
		"into a new directory that git does not open": {directory.with("new/x", regular("x\n")),
			directory.with("new/x", regular("x\n")).with("old/four", regular("4\n")).with("old/deep/five", regular("5\n")).with("new/deep/five", regular("5\n")),
			moved.with("new/x", regular("x\n"))},
		"in place of a file in a directory that git does not open": {directory.with("new/deep/five", regular("5\n")),
			directory.with("old/four", regular("4\n")).with("old/deep/five", regular("moved\n")).with("new/deep/five", regular("changed\n")),
			moved.with("new/deep/five", regular("5\n"))},
		"below a file in a directory that git does not open": {directory.with("new/x", regular("x\n")),
			directory.with("new/x", regular("x\n")).with("old/four", regular("4\n")).with("old/deep/five/six", regular("6\n")).with("new/deep/five", regular("5\n")),
			moved.with("new/x", regular("x\n"))},
		"in place of a directory in one that git does not open": {directory.with("new/x", regular("x\n")),
			directory.with("new/x", regular("x\n")).with("old/four", regular("4\n")).with("old/deep/five", regular("5\n")).with("new/deep/five/six", regular("6\n")),
			moved.with("new/x", regular("x\n"))},
		"into a directory that is the same everywhere": {directory.with("new/deep/five", regular("5\n")).with("new/deep/six", regular("6\n")),
			directory.with("new/deep/five", regular("5\n")).with("new/deep/six", regular("6\n")).with("old/four", regular("4\n")).
				with("old/deep/five", regular("moved\n")).with("old/deep/six", regular("moved\n")),
			moved.with("new/deep/five", regular("5\n")).with("new/deep/six", regular("6\n"))},
		"git starts over": {files{"e/a/a.b": regular(text)}, files{"e/d": regular("")},
			files{"d/a/a/a/e/new/d/c": regular(""), "new/a/a.b": regular(text), "new/d/c": regular(""), "new/x.c": regular("")}},
	}
	oracle := newTreeOracle(t)
	names := slices.Sorted(maps.Keys(cases))
	all := make([]treeCase, len(names))
	for i, name := range names {
		all[i] = cases[name]
	}
	for i, outcome := range oracle.merge(all) {
		if difference := oracle.compare(all[i], outcome); difference != "" || outcome.crashed {
			t.Errorf("%s: git and Trees disagree: %s", names[i], oracle.explain(all[i]))
		}
	}
}
