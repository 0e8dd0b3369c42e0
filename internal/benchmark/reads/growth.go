package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// growth measures on repositories of 10⁴ to 10⁶ commits with few references, and of
// 10² to 10⁵ references with few commits: what is not asked for must not cost.
func (b *benchmark) growth(out, progress io.Writer) error {
	const few, fewRefs = 10_000, 100
	for _, commits := range []int{10_000, 100_000, 1_000_000} {
		if err := b.grown(commits, fewRefs, out, progress); err != nil {
			return err
		}
	}
	for _, refs := range []int{10_000, 100_000} { // few of them were measured above
		if err := b.grown(few, refs, out, progress); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchmark) grown(commits, refs int, out, progress io.Writer) error {
	_, _ = fmt.Fprintf(progress, "making a repository of %d commits and %d references\n", commits, refs)
	dir := filepath.Join(b.dir, fmt.Sprintf("grown-%d-%d.git", commits, refs))
	if err := b.generate(dir, commits, refs); err != nil {
		return err
	}
	since, err := b.back(dir, 1000)
	if err != nil {
		return err
	}
	before, err := b.back(dir, commits/2)
	if err != nil {
		return err
	}
	rows, err := b.rows(dir, ends{since: since[:12], before: before[:12]})
	if err != nil {
		return err
	}
	remote := strings.TrimSuffix(dir, ".git") + "-remote.git"
	if _, err := b.git(b.dir, "clone", "--quiet", "--mirror", dir, remote); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n%d commits, %d references:\n", commits, refs); err != nil {
		return err
	}
	return b.measureWithRemote(dir, remote, rows, out)
}

// generate makes a bare repository: a line of commits with a topic merged now and
// then, each changing one file of many, and tags spread over it.
func (b *benchmark) generate(dir string, commits, refs int) error {
	if _, err := b.git(b.dir, "init", "--quiet", "--bare", "--initial-branch=master", dir); err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeHistory(writer, commits)) }()
	marks := filepath.Join(dir, "marks")
	if _, err := b.gitInput(dir, reader, "fast-import", "--quiet", "--done", "--export-marks="+marks); err != nil {
		return err
	}
	ids, err := readMarks(marks, commits)
	if err != nil {
		return err
	}
	var updates strings.Builder
	for i := range refs {
		fmt.Fprintf(&updates, "create refs/tags/v%d.%d.%d %s\n", i/1000, i/10%100, i%10, ids[i*len(ids)/refs])
	}
	if _, err := b.gitInput(dir, strings.NewReader(updates.String()), "update-ref", "--stdin"); err != nil {
		return err
	}
	for _, arguments := range [][]string{{"pack-refs", "--all"}, {"commit-graph", "write", "--reachable"}} {
		if _, err := b.git(dir, arguments...); err != nil {
			return err
		}
	}
	return nil
}

// writeHistory writes the history for git fast-import.
func writeHistory(to io.Writer, commits int) error {
	const topicEvery, files = 10, 500
	out := bufio.NewWriterSize(to, 1<<20)
	for i := 1; i <= commits; i++ {
		when := epoch().Add(time.Duration(i) * time.Minute).Unix()
		message := fmt.Sprintf("Change number %d of the service\n", i)
		_, _ = fmt.Fprintf(out, "commit refs/heads/master\nmark :%d\ncommitter Developer <developer@example.org> %d +0000\ndata %d\n%s", i, when, len(message), message)
		switch {
		case i > 2 && i%topicEvery == 1:
			_, _ = fmt.Fprintf(out, "from :%d\n", i-2) // beside the one before
		case i > 2 && i%topicEvery == 2:
			_, _ = fmt.Fprintf(out, "from :%d\nmerge :%d\n", i-1, i-2)
		case i > 1:
			_, _ = fmt.Fprintf(out, "from :%d\n", i-1)
		}
		content := fmt.Sprintf("setting = %d\nanother = %d\n", i, i*7919%1000)
		_, _ = fmt.Fprintf(out, "M 100644 inline module%d/part%d\ndata %d\n%s\n", i%files/20, i%files, len(content), content)
	}
	_, _ = fmt.Fprintln(out, "done")
	return out.Flush()
}

// readMarks reads the ids of the commits in their order.
func readMarks(name string, count int) ([]string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	ids := make([]string, count)
	for line := range strings.Lines(string(content)) {
		mark, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, err := strconv.Atoi(strings.TrimPrefix(mark, ":"))
		if err != nil || number < 1 || number > count {
			return nil, fmt.Errorf("%s: unexpected line %q", name, line)
		}
		ids[number-1] = id
	}
	return ids, nil
}
