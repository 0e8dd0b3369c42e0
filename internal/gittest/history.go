package gittest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// Commit is one commit of a history for Import.
type Commit struct {
	// Parents are positions of earlier commits.
	Parents []int
	// Time is the committer's and author's time, in seconds since 1970; zero: a
	// minute for each commit from Epoch on.
	Time int64
	// Files are the files that differ from the first parent; an empty content
	// removes the file.
	Files Files
	// Message is the whole message; empty: "commit N".
	Message string
}

// Import makes the commits with git fast-import, which takes about ten
// microseconds for each, and returns their ids in the given order. Branches maps
// full reference names to positions.
func (r *Repo) Import(commits []Commit, branches map[string]int) []object.ID {
	r.t.Helper()
	var stream bytes.Buffer
	for i, commit := range commits {
		writeCommit(&stream, i, commit)
	}
	for name, position := range branches {
		fmt.Fprintf(&stream, "reset %s\nfrom :%d\n\n", name, position+1)
	}
	// The commits are made on a reference that only keeps them reachable while
	// fast-import runs.
	fmt.Fprintf(&stream, "reset %s\nfrom %s\n\ndone\n", importRef, object.ID{})
	marks := filepath.Join(r.t.TempDir(), "marks")
	r.GitInput(stream.String(), "fast-import", "--quiet", "--done", "--force", "--export-marks="+marks)
	return r.readMarks(marks, len(commits))
}

const importRef = "refs/gittest/import"

func writeCommit(stream *bytes.Buffer, position int, commit Commit) {
	when, message := commit.Time, commit.Message
	if when == 0 {
		when = Epoch().Unix() + int64(position)*60
	}
	if message == "" {
		message = "commit " + strconv.Itoa(position) + "\n"
	}
	if len(commit.Parents) == 0 {
		// Without this fast-import would continue the reference's history.
		fmt.Fprintf(stream, "reset %s\n\n", importRef)
	}
	fmt.Fprintf(stream, "commit %s\nmark :%d\ncommitter %s <%s> %d +0000\ndata %d\n%s\n",
		importRef, position+1, Name, Email, when, len(message), message)
	for i, parent := range commit.Parents {
		verb := "merge"
		if i == 0 {
			verb = "from"
		}
		fmt.Fprintf(stream, "%s :%d\n", verb, parent+1)
	}
	for path, content := range commit.Files {
		if content == "" {
			fmt.Fprintf(stream, "D %s\n", path)
			continue
		}
		fmt.Fprintf(stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
	}
	stream.WriteByte('\n')
}

func (r *Repo) readMarks(path string, count int) []object.ID {
	r.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	ids := make([]object.ID, count)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		mark, text, _ := strings.Cut(strings.TrimPrefix(lines.Text(), ":"), " ")
		number, err := strconv.Atoi(mark)
		if err != nil || number < 1 || number > count {
			r.t.Fatalf("fast-import wrote an unexpected mark %q", lines.Text())
		}
		if ids[number-1], err = object.ParseID(text); err != nil {
			r.t.Fatal(err)
		}
	}
	return ids
}

// Line is a history without merges in which every commit changes one of many
// files in a few directories, as a service's does.
func Line(length int) []Commit {
	commits := make([]Commit, length)
	for i := range commits {
		commits[i].Files = Files{fmt.Sprintf("dir%d/file%d.txt", i%7, i%50): fmt.Sprintf("content %d\n", i)}
		if i > 0 {
			commits[i].Parents = []int{i - 1}
		}
	}
	return commits
}

// PackTags makes an annotated tag for each name, on the commit of the same
// position, written as packed references.
func (r *Repo) PackTags(names []string, commits []object.ID) {
	r.t.Helper()
	var stream strings.Builder
	for i, name := range names {
		message := "Release " + name + "\n"
		fmt.Fprintf(&stream, "tag %s\nfrom %s\ntagger %s <%s> %d +0000\ndata %d\n%s\n",
			name, commits[i], Name, Email, Epoch().Unix()+int64(i)*60, len(message), message)
	}
	r.GitInput(stream.String()+"done\n", "fast-import", "--quiet", "--done")
	r.Git("pack-refs", "--all")
}
