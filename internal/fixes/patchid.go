package fixes

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
)

// patchID names a change by what it does: the same lines taken from, and put
// between, the same lines. Line numbers and white space do not count, as with
// "git patch-id --stable"; paths, types and modes do.
type patchID [sha256.Size]byte

// contextLines is how many unchanged lines around a change belong to the patch, as
// in a diff of git.
const contextLines = 3

// patchOf computes the patch id of a change. A file that moved without a change of
// content is named by both paths, not by its lines.
func (s *Survey) patchOf(change *change) (patchID, error) {
	sum := sha256.New()
	moved := renames(change.files)
	for i, file := range change.files {
		from := file.path
		if other, is := moved[i]; is {
			if file.after.IsZero() {
				continue
			}
			from, file.before = change.files[other].path, change.files[other].before
		}
		write(sum, "file %q %q %o %o\n", from, file.path, uint32(file.before.Mode), uint32(file.after.Mode))
		if err := s.hashContent(sum, file); err != nil {
			return patchID{}, err
		}
	}
	return patchID(sum.Sum(nil)), nil
}

// renames pairs files that were removed with added ones of the same content, in
// the order of their paths.
func renames(files []fileChange) map[int]int {
	removed := map[merge.Version][]int{}
	for i, file := range files {
		if file.after.IsZero() {
			removed[file.before] = append(removed[file.before], i)
		}
	}
	pairs := map[int]int{}
	for i, file := range files {
		if from := removed[file.after]; file.before.IsZero() && len(from) > 0 {
			pairs[i], pairs[from[0]] = from[0], i
			removed[file.after] = from[1:]
		}
	}
	return pairs
}

func (s *Survey) hashContent(sum hash.Hash, file fileChange) error {
	if file.before.ID == file.after.ID {
		return nil
	}
	before, beforeIsText, err := s.textOf(file.before)
	if err != nil {
		return err
	}
	after, afterIsText, err := s.textOf(file.after)
	if err != nil {
		return err
	}
	if !beforeIsText || !afterIsText {
		write(sum, "content %s %s\n", file.before.ID, file.after.ID)
		return nil
	}
	hashLines(sum, merge.Lines(before), merge.Lines(after), merge.Changes(before, after))
	return nil
}

// textOf reads a file whose lines can be compared; nothing is an empty one. What is
// a submodule, or binary, is none.
func (s *Survey) textOf(version merge.Version) (content []byte, isText bool, err error) {
	if version.IsZero() {
		return nil, true, nil
	}
	if !version.Mode.IsFile() && version.Mode != object.ModeSymlink {
		return nil, false, nil
	}
	content, err = s.blob(version.ID)
	return content, !merge.IsBinary(content), err
}

// write adds a text to a hash, which never fails.
func write(sum hash.Hash, format string, values ...any) {
	sum.Write(fmt.Appendf(nil, format, values...))
}

// hashLines hashes what a diff would show: the changed lines, each with its sign,
// and up to three unchanged ones around them.
func hashLines(sum hash.Hash, before, after [][]byte, changes []merge.Change) {
	shown := 0 // lines of before that have been hashed
	add := func(sign byte, lines [][]byte) {
		for _, line := range lines {
			sum.Write(append([]byte{sign}, withoutSpace(line)...))
			sum.Write([]byte{'\n'})
		}
	}
	for i, one := range changes {
		add(' ', before[max(shown, one.Old.Start-contextLines):one.Old.Start])
		add('-', before[one.Old.Start:one.Old.End()])
		add('+', after[one.New.Start:one.New.End()])
		until := min(one.Old.End()+contextLines, len(before))
		if i+1 < len(changes) {
			until = min(until, changes[i+1].Old.Start)
		}
		add(' ', before[one.Old.End():until])
		shown = until
	}
}

// withoutSpace drops white space, as C's isspace knows it.
func withoutSpace(line []byte) []byte {
	return slices.DeleteFunc(slices.Clone(line), func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' })
}
