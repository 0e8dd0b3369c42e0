package gitrepo

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/objectstore/filemap"
)

// packedRefs is the content of a packed-refs file: "ID NAME" lines, each followed by
// "^ID" when it is a tag object and the file says what tags name. git sorts it by
// name and says so in the first line; then a name is found without reading the
// rest.
type packedRefs struct {
	file *filemap.File
	// data is what follows the first line, and start where that is in the file.
	data   []byte
	start  int64
	sorted bool
}

var (
	errRefLine = errors.New("the line is not \"ID NAME\"")
	errRefEnd  = errors.New("the last line is cut short")
)

// withPacked has a function read the packed references as they are now. The names
// that it gets must not be kept: they are the file's own bytes.
func (s refStore) withPacked(read func(packedRefs) error) error {
	name := filepath.Join(s.commonDir, "packed-refs")
	file, err := filemap.Open(name, filemap.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = filemap.Guard(func() error {
			refs, err := parsePackedRefs(file)
			if err != nil {
				return err
			}
			return read(refs)
		}, slices.Values([]*filemap.File{file}))
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return damaged("cannot read packed-refs", err)
	}
	return nil
}

// parsePackedRefs reads the first line.
func parsePackedRefs(file *filemap.File) (packedRefs, error) {
	if file.Size() > maxPackedRefsSize {
		return packedRefs{}, file.Errorf(maxPackedRefsSize, errors.New("the file is too large"))
	}
	data, err := file.Slice(0, int(file.Size()))
	if err != nil {
		return packedRefs{}, err
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		return packedRefs{}, file.Errorf(int64(len(data)), errRefEnd)
	}
	refs := packedRefs{file: file, data: data}
	if bytes.HasPrefix(data, []byte("#")) {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		traits, isHeader := bytes.CutPrefix(line, []byte("# pack-refs with:"))
		refs.sorted = isHeader && slices.Contains(strings.Fields(string(traits)), "sorted")
		refs.data, refs.start = rest, int64(len(line)+1)
	}
	return refs, nil
}

// packedRef is one reference.
type packedRef struct {
	name []byte
	id   object.ID
	// peeled is what a tag names in the end, zero where the file does not say.
	peeled object.ID
}

// below gives visit the references whose names begin with the prefix, until it
// returns false.
func (r packedRefs) below(prefix string, visit func(packedRef) bool) error {
	at := 0
	if r.sorted {
		var err error
		if at, err = r.search(prefix); err != nil {
			return err
		}
	}
	for at < len(r.data) {
		line, err := r.line(at)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(line.name, []byte(prefix)) {
			ref, err := r.ref(line)
			if err != nil || !visit(ref) {
				return err
			}
		} else if r.sorted {
			return nil
		}
		at = line.next
	}
	return nil
}

// find gives the reference of exactly that name.
func (r packedRefs) find(name string) (id object.ID, found bool, err error) {
	err = r.below(name, func(ref packedRef) bool {
		if string(ref.name) == name {
			id, found = ref.id, true
		}
		return !found && !r.sorted
	})
	return id, found, err
}

// search gives where the first reference is whose name is not below the given one.
func (r packedRefs) search(name string) (int, error) {
	low, high := 0, len(r.data)
	for low < high {
		at := r.lineStart(low + (high-low)/2)
		for at > low && r.data[at] == '^' {
			at = r.lineStart(at - 1)
		}
		line, err := r.line(at)
		if err != nil {
			return 0, err
		}
		if string(line.name) < name {
			low = line.next
		} else {
			high = at
		}
	}
	return low, nil
}

// lineStart is where the line of a byte begins.
func (r packedRefs) lineStart(at int) int { return bytes.LastIndexByte(r.data[:at], '\n') + 1 }

// refLine is where a reference is in the file.
type refLine struct {
	name []byte
	at   int
	// peeled is where the line is that says what a tag names, 0 where there is none.
	peeled int
	next   int // where the next reference is
}

// line reads the line that begins at a place, but for its ids.
func (r packedRefs) line(at int) (refLine, error) {
	const idDigits = 2 * object.IDSize
	text, next := r.text(at)
	if len(text) < idDigits+2 || text[idDigits] != ' ' {
		return refLine{}, r.file.Errorf(r.start+int64(at), errRefLine)
	}
	line := refLine{name: text[idDigits+1:], at: at, next: next}
	if next < len(r.data) && r.data[next] == '^' {
		line.peeled = next
		_, line.next = r.text(next)
	}
	return line, nil
}

// text is the text of a line from its beginning, and where the next one is.
func (r packedRefs) text(at int) (text []byte, next int) {
	text, _, _ = bytes.Cut(r.data[at:], []byte("\n"))
	return bytes.TrimRight(text, "\r"), at + len(text) + 1
}

// ref reads a reference's ids.
func (r packedRefs) ref(line refLine) (packedRef, error) {
	text, _ := r.text(line.at)
	id, err := object.ParseID(string(text[:2*object.IDSize]))
	if err != nil {
		return packedRef{}, r.file.Errorf(r.start+int64(line.at), err)
	}
	ref := packedRef{name: line.name, id: id}
	if line.peeled > 0 {
		text, _ = r.text(line.peeled)
		if ref.peeled, err = object.ParseID(string(text[1:])); err != nil {
			return packedRef{}, r.file.Errorf(r.start+int64(line.peeled), err)
		}
	}
	return ref, nil
}
