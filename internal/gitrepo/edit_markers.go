package gitrepo

import (
	"bytes"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// defaultMarkerSize is git's number of characters in a conflict marker.
const defaultMarkerSize = 7

// findMarkers notes the conflict markers in a file that was in conflict. A line
// that one of the merged versions has, too, is no marker of this conflict: such as
// the underlining of a heading.
func (s *editScan) findMarkers(path string, content []byte) {
	conflict, ok := s.conflicts[path]
	if !ok {
		return
	}
	size := conflict.MarkerSize
	if size <= 0 {
		size = defaultMarkerSize
	}
	var suspects []MarkerPlace
	var lines []string
	number := 0
	for line := range bytes.Lines(content) {
		number++
		// A file that was merged, renamed and merged again has longer ones inside.
		if isMarker(line, size) || isMarker(line, size+1) {
			suspects = append(suspects, MarkerPlace{path, number})
			lines = append(lines, strings.TrimRight(string(line), "\r\n"))
		}
	}
	if len(suspects) == 0 {
		return
	}
	known := s.linesOf(conflict)
	for i, place := range suspects {
		if !known[lines[i]] {
			s.markers = append(s.markers, place)
		}
	}
}

// isMarker reports whether a line is a conflict marker of that size: one of four
// characters repeated, followed by a space or by nothing; only the one in the
// middle has no label ever.
func isMarker(line []byte, size int) bool {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) < size || !strings.ContainsRune("<|=>", rune(line[0])) {
		return false
	}
	for _, c := range line[:size] {
		if c != line[0] {
			return false
		}
	}
	return len(line) == size || line[size] == ' ' && line[0] != '='
}

// linesOf gives the lines of the versions that were merged. One that cannot be read
// has none.
func (s *editScan) linesOf(conflict recordConflict) map[string]bool {
	lines := map[string]bool{}
	for _, version := range []EditVersion{conflict.Base, conflict.Ours, conflict.Theirs} {
		if !version.Mode.IsFile() {
			continue
		}
		content, err := s.edit.repository.Blob(version.ID, editBlobLimit)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(content) {
			lines[strings.TrimRight(string(line), "\r\n")] = true
		}
	}
	return lines
}

// checkForm refuses a file that git seems to have written in another form than it
// stores, which only git can turn back.
func (s *editScan) checkForm(path string, content []byte, stored []object.ID) error {
	reason := ""
	for _, id := range stored {
		before, err := s.edit.repository.Blob(id, editBlobLimit)
		if err != nil {
			return err
		}
		reason = converted(before, content)
		if reason == "" {
			return nil // it is of the same form as one of them
		}
	}
	if reason == "" {
		return nil
	}
	return &Error{Kind: ErrUnresolved, What: path + " " + reason,
		Advice: "have git store it in its own form: git -C " + s.edit.place.dir + " add " + path}
}
