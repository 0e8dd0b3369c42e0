package index

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the checksum of the format, not a security measure
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/object"
)

// UnsupportedError is an index that cannot be read without more than itself.
type UnsupportedError struct {
	What   string // what kind of index it is
	Advice string // the git command that makes an ordinary one of it
}

func (e *UnsupportedError) Error() string { return e.What }

// Hint says what to type.
func (e *UnsupportedError) Hint() string { return e.Advice }

var errShort = errors.New("damaged index: it is cut short")

// Decode reads an index file. It fails with an UnsupportedError, and when the file
// is damaged.
func Decode(data []byte) (Index, error) {
	if len(data) < headerSize+checksumSize || string(data[:len(signature)]) != signature {
		return Index{}, errors.New("damaged index: it does not begin as one")
	}
	if err := check(data); err != nil {
		return Index{}, err
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version < 2 || version > 4 {
		return Index{}, &UnsupportedError{What: fmt.Sprintf("the index has version %d", version),
			Advice: "write it as an older version: git update-index --index-version 2"}
	}
	r := reader{rest: data[headerSize : len(data)-checksumSize], version: version}
	// The count is not trusted with memory: no entry is smaller than its fixed part.
	entries := make([]Entry, 0, min(int(count), len(r.rest)/fixedEntrySize))
	// Half of a split index has entries without a path, so that the extensions are
	// looked at before.
	var disorder error
	for range count {
		entry, err := r.entry()
		if err != nil {
			return Index{}, err
		}
		if last := len(entries) - 1; last >= 0 && compareEntries(entries[last], entry) >= 0 {
			disorder = fmt.Errorf("damaged index: %q is out of order", entry.Path)
		}
		if entry.Path == "" {
			disorder = errors.New("damaged index: an entry has no path")
		}
		if entry.Mode == object.ModeDirectory {
			return Index{}, sparse()
		}
		entries = append(entries, entry)
	}
	if err := r.extensions(); err != nil {
		return Index{}, err
	}
	if disorder != nil {
		return Index{}, disorder
	}
	return Index{Version: version, Entries: entries}, nil
}

// check compares the checksum; one of zeros means that git was told not to make
// one (index.skipHash).
func check(data []byte) error {
	content, stored := data[:len(data)-checksumSize], data[len(data)-checksumSize:]
	sum := sha1.Sum(content) //nolint:gosec // see the import
	if !bytes.Equal(stored, sum[:]) && !bytes.Equal(stored, make([]byte, checksumSize)) {
		return errors.New("damaged index: its checksum is wrong")
	}
	return nil
}

func sparse() error {
	return &UnsupportedError{What: "the index is a sparse one, which leaves directories out",
		Advice: "make it a full one: git sparse-checkout reapply --no-sparse-index"}
}

// reader takes an index apart.
type reader struct {
	rest    []byte
	version uint32
	// path is the path of the entry before, on which version 4 builds.
	path string
}

func (r *reader) take(size int) ([]byte, error) {
	if size < 0 || len(r.rest) < size {
		return nil, errShort
	}
	taken := r.rest[:size]
	r.rest = r.rest[size:]
	return taken, nil
}

func (r *reader) entry() (Entry, error) {
	before := len(r.rest)
	fixed, err := r.take(fixedEntrySize)
	if err != nil {
		return Entry{}, err
	}
	number := func(i int) uint32 { return binary.BigEndian.Uint32(fixed[4*i:]) }
	entry := Entry{
		Mode: object.Mode(number(6)),
		Stat: Stat{
			Changed: Time{number(0), number(1)}, Modified: Time{number(2), number(3)},
			Device: number(4), Inode: number(5), User: number(7), Group: number(8), Size: number(9),
		},
	}
	copy(entry.ID[:], fixed[statSize:])
	flags := binary.BigEndian.Uint16(fixed[statSize+object.IDSize:])
	entry.AssumeValid = flags&flagAssumeValid != 0
	entry.Stage = Stage(flags >> stageShift & stageMask)
	if flags&flagExtended != 0 {
		more, err := r.take(2)
		if err != nil {
			return Entry{}, err
		}
		extended := binary.BigEndian.Uint16(more)
		entry.SkipWorktree = extended&flagSkipWorktree != 0
		entry.IntentToAdd = extended&flagIntentToAdd != 0
	}
	entry.Path, err = r.name(before - len(r.rest))
	r.path = entry.Path
	return entry, err
}

// name reads the path of an entry whose bytes so far are given.
func (r *reader) name(size int) (string, error) {
	prefix := ""
	if r.version == 4 {
		strip, err := r.varint()
		if err != nil {
			return "", err
		}
		if strip > uint64(len(r.path)) {
			return "", errors.New("damaged index: a path is shortened by more than its length")
		}
		prefix = r.path[:len(r.path)-int(strip)] //nolint:gosec // bounded by the line above
	}
	end := bytes.IndexByte(r.rest, 0)
	if end < 0 {
		return "", errShort
	}
	path := prefix + string(r.rest[:end])
	padding := 1
	if r.version < 4 {
		padding = 8 - (size+end)%8
	}
	_, err := r.take(end + padding)
	return path, err
}

// varint reads a number as git's packs have offsets: seven bits in a byte, the
// highest first, one added for each byte that follows.
func (r *reader) varint() (uint64, error) {
	const maxBytes = 5
	value := uint64(0)
	for i := range maxBytes {
		one, err := r.take(1)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			value = (value + 1) << 7
		}
		value |= uint64(one[0] & 0x7f)
		if one[0]&0x80 == 0 {
			return value, nil
		}
	}
	return 0, errors.New("damaged index: a number is too long")
}

// extensions passes over the extensions that can be done without: their names
// begin with a capital.
func (r *reader) extensions() error {
	for len(r.rest) > 0 {
		header, err := r.take(8)
		if err != nil {
			return err
		}
		switch name := string(header[:4]); {
		case name == "link":
			return &UnsupportedError{What: "the index is split into two files",
				Advice: "join them: git -c core.splitIndex=false update-index --no-split-index"}
		case name == "sdir":
			return sparse()
		case name[0] < 'A' || name[0] > 'Z':
			return &UnsupportedError{What: fmt.Sprintf("the index has the extension %q, which is not known", name),
				Advice: "switch the feature of git off that writes it"}
		}
		if _, err := r.take(int(binary.BigEndian.Uint32(header[4:]))); err != nil {
			return err
		}
	}
	return nil
}
