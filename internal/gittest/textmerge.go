package gittest

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TextMerge is a merge of one file.
type TextMerge struct {
	Base, Ours, Theirs string
	// Attributes are those of the file as .gitattributes has them, such as
	// "merge=union".
	Attributes string
	// Added says that both sides add the file; Base is then not looked at.
	Added bool
}

// TextOutcome is what git makes of a TextMerge: the merged file with conflict
// markers labelled "ours" and "theirs", and whether there is a conflict.
type TextOutcome struct {
	Text     string
	Conflict bool
}

// TextMerger merges files by git merge-tree, many at a time: they become the
// files of one merge of two commits. It costs some fifty microseconds for each.
type TextMerger struct {
	repo *Repo
}

// NewTextMerger makes a repository to merge in.
func NewTextMerger(t testing.TB) *TextMerger {
	t.Helper()
	return &TextMerger{repo: NewBare(t)}
}

// For gives a merger in the same repository that fails another test: a fuzz
// target may not use the test around it.
func (m *TextMerger) For(t testing.TB) *TextMerger {
	repo := *m.repo
	repo.t = t
	return &TextMerger{repo: &repo}
}

// Merge gives the outcomes in the order of the merges.
func (m *TextMerger) Merge(merges []TextMerge) []TextOutcome {
	m.repo.t.Helper()
	m.writeAttributes(merges)
	m.repo.GitInput(textMergeStream(merges), "fast-import", "--quiet", "--done", "--force")
	tree, conflicts := m.mergeTree()
	outcomes := make([]TextOutcome, len(merges))
	for i, text := range m.read(tree, len(merges)) {
		outcomes[i] = TextOutcome{Text: text, Conflict: conflicts[textMergePath(i)]}
	}
	return outcomes
}

func textMergePath(position int) string { return fmt.Sprintf("%06d", position) }

// writeAttributes writes $GIT_DIR/info/attributes, the one source that git heeds
// in a repository without a worktree.
func (m *TextMerger) writeAttributes(merges []TextMerge) {
	m.repo.t.Helper()
	var attributes strings.Builder
	for i, merge := range merges {
		if merge.Attributes != "" {
			fmt.Fprintf(&attributes, "%s %s\n", textMergePath(i), merge.Attributes)
		}
	}
	m.repo.Write(filepath.Join("info", "attributes"), attributes.String())
}

// textMergeStream writes the commits: base, and ours and theirs upon it.
func textMergeStream(merges []TextMerge) string {
	var stream bytes.Buffer
	sides := []struct {
		branch, from string
		text         func(TextMerge) string
	}{
		{branch: "base", text: func(m TextMerge) string { return m.Base }},
		{branch: "ours", from: "from :1\n", text: func(m TextMerge) string { return m.Ours }},
		{branch: "theirs", from: "from :1\n", text: func(m TextMerge) string { return m.Theirs }},
	}
	for number, side := range sides {
		// The commits of an earlier run are no parents of these.
		fmt.Fprintf(&stream, "reset refs/heads/%s\n\n", side.branch)
		fmt.Fprintf(&stream, "commit refs/heads/%s\nmark :%d\ncommitter %s <%s> %d +0000\ndata 0\n%s",
			side.branch, number+1, Name, Email, Epoch().Unix(), side.from)
		for i, merge := range merges {
			if merge.Added && side.branch == "base" {
				continue
			}
			text := side.text(merge)
			fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", textMergePath(i), len(text), text)
		}
	}
	stream.WriteString("\ndone\n")
	return stream.String()
}

// mergeTree gives the merged tree and the paths in conflict.
func (m *TextMerger) mergeTree() (tree string, conflicts map[string]bool) {
	m.repo.t.Helper()
	output := m.repo.GitInput("ours theirs\n", "merge-tree", "--write-tree", "--name-only", "--no-messages", "--stdin")
	fields := strings.Split(output, "\x00")
	if len(fields) < 2 {
		m.repo.t.Fatalf("git merge-tree --stdin: unexpected output %q", output)
	}
	conflicts = map[string]bool{}
	for _, path := range fields[2:] {
		conflicts[path] = true
	}
	return fields[1], conflicts
}

// read reads the files of the merged tree.
func (m *TextMerger) read(tree string, count int) []string {
	m.repo.t.Helper()
	var names strings.Builder
	for i := range count {
		fmt.Fprintf(&names, "%s:%s\n", tree, textMergePath(i))
	}
	output, err := m.repo.Try(names.String(), "cat-file", "--batch")
	if err != nil {
		m.repo.t.Fatal(err)
	}
	texts := make([]string, count)
	for i := range texts {
		header, rest, _ := strings.Cut(output, "\n")
		fields := strings.Fields(header)
		if len(fields) != 3 {
			m.repo.t.Fatalf("git cat-file --batch: unexpected header %q", header)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			m.repo.t.Fatal(err)
		}
		texts[i], output = rest[:size], rest[size+1:]
	}
	return texts
}
