package plan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

const (
	// maxHunks and maxHunkLines bound what is shown of a file in conflict.
	maxHunks     = 5
	maxHunkLines = 40
)

// DescribeConflict tells of each file in conflict why it is, and shows the lines.
// objects gives what the merge has made as well; attributes is the tree whose
// .gitattributes say how long markers are.
func DescribeConflict(result merge.Result, objects merge.Objects, attributes object.ID) ([]ConflictFile, error) {
	files := []ConflictFile{}
	for _, conflict := range result.Conflicts {
		file := ConflictFile{Path: conflict.Path, Why: reasonOf(result, conflict), Hunks: []string{}}
		if len(conflict.Hunks) > 0 {
			content, err := contentAt(objects, result.Tree, conflict.Path)
			if err != nil {
				return nil, err
			}
			size, err := merge.MarkerSize(objects, attributes, conflict.Path)
			if err != nil {
				return nil, err
			}
			file.Hunks = hunksOf(content, size)
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		// A directory that was renamed to several places has no path of its own.
		for _, message := range result.Messages {
			if message.Kind != merge.Remark {
				files = append(files, ConflictFile{Path: message.Path, Why: message.Text, Hunks: []string{}})
			}
		}
	}
	return files, nil
}

// reasonOf is what the merge says about a path, or what its versions tell.
func reasonOf(result merge.Result, conflict merge.PathConflict) string {
	for _, message := range result.Messages {
		// That both sides changed lines is said better below, without the labels.
		if message.Path == conflict.Path && !slices.Contains([]merge.MessageKind{merge.Remark, merge.ContentConflict}, message.Kind) {
			return message.Text
		}
	}
	switch {
	case conflict.Ours.IsZero():
		return "the commit changes it, and the line does not have it"
	case conflict.Theirs.IsZero():
		return "the commit removes it, and the line changes it"
	case conflict.Base.IsZero():
		return "the line and the commit both add it"
	}
	return "the line and the commit change the same lines"
}

// contentAt reads a file of a tree.
func contentAt(objects merge.Objects, root object.ID, path string) ([]byte, error) {
	id := root
	for name := range strings.SplitSeq(path, "/") {
		tree, err := objects.Tree(id)
		if err != nil {
			return nil, err
		}
		entry, found := tree.Find(name)
		if !found {
			return nil, nil
		}
		id = entry.ID
	}
	return objects.Blob(id)
}

// hunksOf are the parts of a file between conflict markers of a size, with the markers.
func hunksOf(content []byte, size int) []string {
	hunks := []string{}
	start := -1
	lines := merge.Lines(content)
	for i, line := range lines {
		switch {
		case start < 0 && isMarker(line, '<', size):
			start = i
		case start >= 0 && isMarker(line, '>', size):
			hunks = append(hunks, shortened(lines[start:i+1]))
			start = -1
		}
		if len(hunks) == maxHunks {
			break
		}
	}
	return hunks
}

// isMarker reports whether a line begins with so many of a marker's characters. Longer
// ones are of a merge within.
func isMarker(line []byte, character byte, size int) bool {
	rest, ok := bytes.CutPrefix(line, bytes.Repeat([]byte{character}, size))
	return ok && (len(rest) == 0 || rest[0] != character)
}

// shortened is a hunk's text; of a long one, its beginning and its end.
func shortened(lines [][]byte) string {
	if len(lines) > maxHunkLines {
		half := maxHunkLines / 2
		lines = slices.Concat(lines[:half], [][]byte{[]byte("...\n")}, lines[len(lines)-half:])
	}
	return strings.TrimRight(string(bytes.Join(lines, nil)), "\r\n")
}
