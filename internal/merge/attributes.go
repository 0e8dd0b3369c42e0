package merge

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// attributesFile is the name of the files that attributes are read from.
const attributesFile = ".gitattributes"

// attributeState says what a line of .gitattributes makes of an attribute.
type attributeState int

const (
	// attributeUnspecified: nothing is said, or "!name" takes back what was.
	attributeUnspecified attributeState = iota
	attributeSet
	attributeUnset
	attributeValue
)

// attribute is an attribute of a path.
type attribute struct {
	state attributeState
	value string // of attributeValue
}

// attributeReader answers what attributes paths have in one tree.
type attributeReader struct {
	objects Objects
	root    object.ID
	// files are the attribute lines of the directories that were asked about.
	files map[string]attributeFile
	// trees are the directories themselves, zero where there is none.
	trees map[string]object.ID
	// macros are the states that come with a set attribute.
	macros map[string][]assignment
}

func newAttributeReader(objects Objects, root object.ID) *attributeReader {
	return &attributeReader{
		objects: objects,
		root:    root,
		files:   map[string]attributeFile{},
		trees:   map[string]object.ID{"": root},
	}
}

// lookup finds an attribute of a file. The .gitattributes file nearest to it goes
// before those above, and in a file a later line before an earlier one.
func (r *attributeReader) lookup(path, name string) (attribute, error) {
	if r.root.IsZero() {
		return attribute{}, nil
	}
	if err := r.readMacros(); err != nil {
		return attribute{}, err
	}
	decided := map[string]bool{}
	for dir := parent(path); ; dir = parent(dir) {
		file, err := r.file(dir)
		if err != nil {
			return attribute{}, err
		}
		if found, known := r.inFile(file, dir, path, name, decided); known {
			return found, nil
		}
		if dir == "" {
			return attribute{}, nil
		}
	}
}

func (r *attributeReader) inFile(file attributeFile, dir, path, name string, decided map[string]bool) (attribute, bool) {
	for i := len(file) - 1; i >= 0; i-- {
		line := file[i]
		if line.macro != "" || !line.pattern.matches(dir, path) {
			continue
		}
		if found, known := r.inAssignments(line.assignments, name, decided); known {
			return found, true
		}
	}
	return attribute{}, false
}

// inAssignments looks for an attribute among the assignments of one line, the
// last first, and among those that a macro stands for. What was decided about a
// macro before counts, and not what this line says.
func (r *attributeReader) inAssignments(assignments []assignment, name string, decided map[string]bool) (attribute, bool) {
	for i := len(assignments) - 1; i >= 0; i-- {
		one := assignments[i]
		if one.name == name {
			return one.attribute, true
		}
		if decided[one.name] {
			continue
		}
		decided[one.name] = true
		if one.state != attributeSet {
			continue
		}
		if found, known := r.inAssignments(r.macros[one.name], name, decided); known {
			return found, true
		}
	}
	return attribute{}, false
}

// readMacros takes up the macros of the root's file; "binary" is built in.
func (r *attributeReader) readMacros() error {
	if r.macros != nil {
		return nil
	}
	file, err := r.file("")
	if err != nil {
		return err
	}
	unset := attribute{state: attributeUnset}
	r.macros = map[string][]assignment{"binary": {{"diff", unset}, {"merge", unset}, {"text", unset}}}
	for _, line := range file {
		if line.macro != "" {
			r.macros[line.macro] = line.assignments
		}
	}
	return nil
}

// file reads the attribute file of a directory, which is empty where there is
// none. Links are not followed.
func (r *attributeReader) file(dir string) (attributeFile, error) {
	if file, known := r.files[dir]; known {
		return file, nil
	}
	entry, err := r.entry(dir, attributesFile)
	if err != nil {
		return nil, err
	}
	var file attributeFile
	if entry.Mode.IsFile() {
		content, err := r.objects.Blob(entry.ID)
		if err != nil {
			return nil, err
		}
		file = parseAttributes(content, dir == "")
	}
	r.files[dir] = file
	return file, nil
}

// entry finds what a directory has under a name, a zero entry if there is
// nothing.
func (r *attributeReader) entry(dir, name string) (object.TreeEntry, error) {
	id, err := r.tree(dir)
	if err != nil || id.IsZero() {
		return object.TreeEntry{}, err
	}
	tree, err := r.objects.Tree(id)
	if err != nil {
		return object.TreeEntry{}, err
	}
	entry, _ := tree.Find(name)
	return entry, nil
}

func (r *attributeReader) tree(dir string) (object.ID, error) {
	if id, known := r.trees[dir]; known {
		return id, nil
	}
	entry, err := r.entry(parent(dir), baseName(dir))
	if err != nil {
		return object.ID{}, err
	}
	id := object.ID{}
	if entry.Mode == object.ModeDirectory {
		id = entry.ID
	}
	r.trees[dir] = id
	return id, nil
}

// isAttributeName reports whether git takes the text for an attribute's name.
func isAttributeName(name string) bool {
	if name == "" || name[0] == '-' {
		return false
	}
	return strings.Trim(name, "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
