package blame_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/blame"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// history is a repository of which all objects are in memory.
type history struct {
	objects map[object.ID]object.Object
	inRange map[object.ID]bool
}

// readObjects reads all objects of a repository.
func readObjects(t *testing.T, repo *gittest.Repo) map[object.ID]object.Object {
	t.Helper()
	output, err := repo.Try("", "cat-file", "--batch-all-objects", "--unordered", "--batch")
	if err != nil {
		t.Fatal(err)
	}
	objects := map[object.ID]object.Object{}
	for reader := bufio.NewReader(strings.NewReader(output)); ; {
		header, err := reader.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return objects
		}
		fields := strings.Fields(header)
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, size+1)
		if _, err := io.ReadFull(reader, data); err != nil {
			t.Fatal(err)
		}
		id, err := object.ParseID(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		objects[id] = object.Object{Kind: object.Kind(fields[1]), Data: data[:size]}
	}
}

// newHistory is the range of the commits that git lists.
func newHistory(t *testing.T, repo *gittest.Repo, objects map[object.ID]object.Object, revisions ...string) history {
	t.Helper()
	h := history{objects: objects, inRange: map[object.ID]bool{}}
	for line := range strings.FieldsSeq(repo.Git(append([]string{"rev-list"}, revisions...)...)) {
		id, err := object.ParseID(line)
		if err != nil {
			t.Fatal(err)
		}
		h.inRange[id] = true
	}
	return h
}

func (h history) read(id object.ID) ([]byte, error) {
	found, ok := h.objects[id]
	if !ok {
		return nil, fmt.Errorf("there is no object %s", id)
	}
	return found.Data, nil
}

func (h history) Commit(id object.ID) (object.Commit, error) {
	data, err := h.read(id)
	if err != nil {
		return object.Commit{}, err
	}
	return object.DecodeCommit(data)
}

func (h history) Tree(id object.ID) (object.Tree, error) {
	data, err := h.read(id)
	if err != nil {
		return nil, err
	}
	return object.DecodeTree(data)
}

func (h history) Blob(id object.ID) ([]byte, error) { return h.read(id) }

func (h history) BlobSize(id object.ID) (int64, error) {
	data, err := h.read(id)
	return int64(len(data)), err
}

func (h history) InRange(id object.ID) bool { return h.inRange[id] }

// origin is where a line comes from: a commit of the range and the file's path in
// it, or nothing.
type origin struct {
	commit object.ID
	path   string
}

// gitBlame asks git where each line of a file comes from.
func gitBlame(t *testing.T, repo *gittest.Repo, h history, revisions []string, path string) []origin {
	t.Helper()
	arguments := append([]string{"blame", "--line-porcelain"}, revisions...)
	var origins []origin
	var current origin
	for line := range strings.Lines(repo.Git(append(arguments, "--", path)...) + "\n") {
		line = strings.TrimSuffix(line, "\n")
		switch name, isName := strings.CutPrefix(line, "filename "); {
		case strings.HasPrefix(line, "\t"):
			if !h.inRange[current.commit] {
				current = origin{}
			}
			origins = append(origins, current)
			current = origin{}
		case current.commit.IsZero():
			id, err := object.ParseID(line[:2*object.IDSize])
			if err != nil {
				t.Fatal(err)
			}
			current.commit = id
		case isName:
			current.path = name
		}
	}
	return origins
}

// perLine spreads an answer over the lines of the file.
func perLine(touched []blame.Touched, total int) []origin {
	origins := make([]origin, total)
	for _, one := range touched {
		for _, lines := range one.Lines {
			for i := lines.Start; i < lines.End(); i++ {
				origins[i] = origin{one.Commit, one.Path}
			}
		}
	}
	return origins
}

func wholeFile(content []byte) (lines []merge.LineRange, total int) {
	total = len(merge.Lines(content))
	return []merge.LineRange{{Count: total}}, total
}
