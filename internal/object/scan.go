package object

import (
	"bytes"
	"errors"
	"fmt"
)

// TreeScanner reads a tree object's content entry by entry, without making a Tree
// of it: whoever looks for a few entries of large trees reads very many.
//
//	for scanner := NewTreeScanner(data); scanner.Next(); { use(scanner.Name()) }
//
// What it gives is the data itself. The zero value is at the end of an empty tree.
type TreeScanner struct {
	rest []byte
	mode Mode
	name []byte
	id   []byte
	err  error
}

// NewTreeScanner stands before the first entry.
func NewTreeScanner(data []byte) TreeScanner { return TreeScanner{rest: data} }

// Next goes to the next entry, and reports whether there is one.
func (s *TreeScanner) Next() bool {
	if len(s.rest) == 0 {
		return false
	}
	space := bytes.IndexByte(s.rest, ' ')
	if space < 0 {
		return s.fail(errors.New("damaged tree object: an entry is cut short"))
	}
	length := bytes.IndexByte(s.rest[space:], 0)
	if length < 0 || len(s.rest) < space+length+1+IDSize {
		return s.fail(errors.New("damaged tree object: an entry is cut short"))
	}
	end := space + length
	s.mode = 0
	for _, digit := range s.rest[:space] {
		if digit < '0' || digit > '7' || s.mode >= 1<<29 {
			return s.fail(fmt.Errorf("damaged tree object: mode %q", s.rest[:space]))
		}
		s.mode = s.mode<<3 | Mode(digit-'0')
	}
	if space == 0 {
		return s.fail(fmt.Errorf("damaged tree object: mode %q", ""))
	}
	s.name, s.id = s.rest[space+1:end], s.rest[end+1:end+1+IDSize]
	s.rest = s.rest[end+1+IDSize:]
	return true
}

func (s *TreeScanner) fail(err error) bool {
	s.rest, s.err = nil, err
	return false
}

// Err is why there is no next entry, nil at the tree's end.
func (s *TreeScanner) Err() error { return s.err }

// Mode is the entry's mode.
func (s *TreeScanner) Mode() Mode { return s.mode }

// Name is the entry's name, as bytes of the data.
func (s *TreeScanner) Name() []byte { return s.name }

// ID is the entry's object.
func (s *TreeScanner) ID() ID { return ID(s.id) }

// Entry is a copy of the entry.
func (s *TreeScanner) Entry() TreeEntry {
	return TreeEntry{Mode: s.mode, Name: string(s.name), ID: ID(s.id)}
}

// Same reports whether both stand on entries of the same mode, name and object.
func (s *TreeScanner) Same(other *TreeScanner) bool {
	return s.mode == other.mode && bytes.Equal(s.id, other.id) && bytes.Equal(s.name, other.name)
}

// Compare says which of two entries comes first: git orders directories as if
// their names ended in a slash.
func (s *TreeScanner) Compare(other *TreeScanner) int {
	common := min(len(s.name), len(other.name))
	if order := bytes.Compare(s.name[:common], other.name[:common]); order != 0 {
		return order
	}
	return int(s.after(common)) - int(other.after(common))
}

// after is the byte of the name at a place, as git orders names.
func (s *TreeScanner) after(place int) byte {
	switch {
	case place < len(s.name):
		return s.name[place]
	case s.mode == ModeDirectory && place == len(s.name):
		return '/'
	default:
		return 0
	}
}

// DecodeTree reads a tree object's content.
func DecodeTree(data []byte) (Tree, error) {
	// The names are parts of one copy, and there is room for all entries at once: what
	// each would allocate takes longer than reading it.
	text := string(data)
	tree := make(Tree, 0, countEntries(data))
	scanner := NewTreeScanner(data)
	for scanner.Next() {
		end := len(data) - len(scanner.rest) - IDSize - 1
		tree = append(tree, TreeEntry{Mode: scanner.mode, Name: text[end-len(scanner.name) : end], ID: ID(scanner.id)})
	}
	if scanner.Err() != nil {
		return nil, scanner.Err()
	}
	return tree, nil
}

// countEntries is how many entries a tree has, if it is sound.
func countEntries(data []byte) int {
	count := 0
	for {
		length := bytes.IndexByte(data, 0)
		if length < 0 || len(data) < length+1+IDSize {
			return count
		}
		data = data[length+1+IDSize:]
		count++
	}
}
