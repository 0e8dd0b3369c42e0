package merge

import (
	"cmp"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

// Objects gives the trees and files that are merged.
type Objects interface {
	// Tree reads a directory.
	Tree(object.ID) (object.Tree, error)
	// Blob reads a file. Its bytes are not changed.
	Blob(object.ID) ([]byte, error)
	// BlobSize is the length of a file in bytes. It is asked for before files are
	// compared by content, since most pairs differ too much in size to be read.
	BlobSize(object.ID) (int64, error)
}

// Options say how Trees merges.
type Options struct {
	// Ours and Theirs name the two sides in conflict markers and in the names of
	// files that had to be moved out of the way.
	Ours, Theirs string
	// Attributes is the tree whose .gitattributes files are heeded, at its root
	// and below; zero for none.
	Attributes object.ID
	// External reports whether the merge driver of that name is an external
	// program, which makes the merge of a file that asks for it a DriverError.
	// A driver that is neither external nor built in is a text merge, as in git.
	// Without the function every driver that is not built in counts as external.
	External func(driver string) bool
	// RenameLimit is git's merge.renameLimit; zero or less means
	// DefaultRenameLimit.
	RenameLimit int
}

// DefaultRenameLimit is the number of sources and destinations up to which
// renames with changed content are looked for: their product is held against its
// square.
const DefaultRenameLimit = 7000

// Version is a file, or a directory, as one of the trees has it. The zero
// Version is that there is none.
type Version struct {
	Mode object.Mode
	ID   object.ID
}

// IsZero reports whether there is nothing.
func (v Version) IsZero() bool { return v.Mode == 0 }

// kind is the version's type without its permissions.
func (v Version) kind() object.Mode { return v.Mode & 0o170000 }

// Result is the outcome of Trees.
type Result struct {
	// Tree is the merged tree. With conflicts it holds the files as git leaves
	// them: with markers, moved out of the way, or as one side has them.
	Tree object.ID
	// Clean reports that there was no conflict of any kind. A merge may be
	// unclean without a conflicted path: when it is unclear where a renamed
	// directory went.
	Clean bool
	// Conflicts are the conflicted paths, sorted.
	Conflicts []PathConflict
	// Messages tell what happened on the way, in no order that means anything.
	Messages []Message
	// Objects are the blobs and trees that the merge made, what is named before
	// what names it. The last one is Tree, unless Tree existed before.
	Objects []object.Object
	// RenamesSkipped is the limit that would have been needed to look for all
	// renames, zero when none were skipped.
	RenamesSkipped int
}

// Paths are the conflicted paths, as git merge-tree --name-only lists them.
func (r Result) Paths() []string {
	paths := make([]string, len(r.Conflicts))
	for i, conflict := range r.Conflicts {
		paths[i] = conflict.Path
	}
	return paths
}

// PathConflict is a path that a person has to decide about, with the versions
// that git's index would have there.
type PathConflict struct {
	Path               string
	Base, Ours, Theirs Version
	// Hunks are the conflicting lines, counted in the versions that were merged;
	// empty where the conflict is not one of lines.
	Hunks []Conflict
}

// Trees merges the changes from base to ours and from base to theirs, as
// "git merge-tree --write-tree" does with the one merge base. A zero tree is the
// empty one. It fails when an object cannot be read, and with a DriverError.
func Trees(objects Objects, base, ours, theirs object.ID, options Options) (Result, error) {
	if options.RenameLimit <= 0 {
		options.RenameLimit = DefaultRenameLimit
	}
	m := &merger{
		objects:    objects,
		options:    options,
		attributes: newAttributeReader(objects, options.Attributes),
		made:       map[object.ID]int{},
		hunks:      map[string][]Conflict{},
		root:       newRoot(base, ours, theirs),
	}
	m.sides[ourStage] = newSide(ourStage)
	m.sides[theirStage] = newSide(theirStage)
	return m.run()
}

// merger is one merge under way.
type merger struct {
	objects    Objects
	options    Options
	attributes *attributeReader

	root  *place
	sides [stageCount]*side // the base has none

	// seenAtFirst and seenAtLast are how many paths git has met before and after
	// it has looked into directories that one side alone has changed.
	seenAtFirst, seenAtLast int

	result  Result
	unclean bool              // by something other than a conflicted path
	made    map[object.ID]int // positions in the result's objects
	hunks   map[string][]Conflict
}

func (m *merger) run() (Result, error) {
	steps := []func() error{
		m.findDifferences,
		m.findRenames,
		m.followRenames,
		m.decide,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return Result{}, err
		}
	}
	slices.SortFunc(m.result.Conflicts, func(a, b PathConflict) int { return cmp.Compare(a.Path, b.Path) })
	m.result.Clean = !m.unclean && len(m.result.Conflicts) == 0
	return m.result, nil
}

// keep adds an object to the result, each once.
func (m *merger) keep(made object.Object) object.ID {
	id := made.ID()
	if _, known := m.made[id]; !known {
		m.made[id] = len(m.result.Objects)
		m.result.Objects = append(m.result.Objects, made)
	}
	return id
}

// blob reads a file, also one that this merge has made.
func (m *merger) blob(id object.ID) ([]byte, error) {
	if i, known := m.made[id]; known {
		return m.result.Objects[i].Data, nil
	}
	return m.objects.Blob(id)
}

// label names a side.
func (m *merger) label(s stage) string {
	if s == ourStage {
		return m.options.Ours
	}
	return m.options.Theirs
}
