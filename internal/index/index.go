// Package index reads and writes git's index file, as gitformat-index(5)
// describes it: the paths of a worktree with their modes, objects and stages, and
// what the file system said about each when it was last known to be unchanged.
//
//	Decode  reads versions 2, 3 and 4                     (decode.go)
//	Encode  writes version 2, which every git reads       (encode.go)
//
// Of the extensions, those that are only there for speed or for undoing are passed
// over. A split index and a sparse one, which do not hold all paths, are refused
// with an UnsupportedError. The package is pure: it imports package object and the
// standard library, and does no I/O.
package index

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// Index is the content of an index file.
type Index struct {
	// Version is the format that the file was written in; Encode does not heed it.
	Version uint32
	// Entries are sorted by path, and those of one path by stage.
	Entries []Entry
}

// Stage says whose version of a path an entry is. All but Merged are there for
// paths in conflict.
type Stage uint8

// The stages.
const (
	Merged Stage = iota
	Base
	Ours
	Theirs
)

// Entry is a version of a path.
type Entry struct {
	Path  string
	Stage Stage
	Mode  object.Mode
	ID    object.ID
	Stat  Stat
	// AssumeValid: git does not look whether the file was changed.
	AssumeValid bool
	// SkipWorktree: the file need not be in the worktree, and is not looked at.
	SkipWorktree bool
	// IntentToAdd: "git add --intent-to-add" named a file whose content is not yet
	// in the index; ID is that of the empty file.
	IntentToAdd bool
}

// Stat is what the file system says of a file, each number cut to 32 bits. The
// zero Stat matches no file.
type Stat struct {
	Changed, Modified Time
	Device, Inode     uint32
	User, Group       uint32
	Size              uint32 // in bytes
}

// Time is a time of the file system, in seconds since 1970.
type Time struct{ Seconds, Nanoseconds uint32 }

// Before reports whether a time is before another one.
func (t Time) Before(other Time) bool {
	return t.Seconds < other.Seconds || t.Seconds == other.Seconds && t.Nanoseconds < other.Nanoseconds
}

// SameFile reports whether two Stats tell of the same, unchanged file, as git
// compares them by default: the parts of a second and the device do not count,
// since not every system keeps them.
func (s Stat) SameFile(other Stat) bool {
	return s != Stat{} &&
		s.Modified.Seconds == other.Modified.Seconds && s.Changed.Seconds == other.Changed.Seconds &&
		s.Inode == other.Inode && s.User == other.User && s.Group == other.Group && s.Size == other.Size
}

// Sort brings entries into the index's order.
func Sort(entries []Entry) { slices.SortFunc(entries, compareEntries) }

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Stage, b.Stage))
}

const (
	signature      = "DIRC"
	headerSize     = 12
	checksumSize   = object.IDSize
	fixedEntrySize = 62 // of an entry without extended flags and path
	statSize       = 40

	flagAssumeValid  = 0x8000
	flagExtended     = 0x4000
	stageShift       = 12
	stageMask        = 0x3
	nameLengthMask   = 0xfff
	flagSkipWorktree = 0x4000 // of the extended flags
	flagIntentToAdd  = 0x2000
)
