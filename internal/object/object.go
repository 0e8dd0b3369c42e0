// Package object is git's object model as plain values: identifiers, trees,
// commits and annotated tags, with their exact bytes. Everything that looprel
// creates is built here in memory before anything is sent anywhere, so that a
// dry run can name the very identifiers that the real run will push.
//
// It is pure: it imports the standard library only, does no I/O, and never
// needs a repository. What must be read on the way (the trees along an edited
// path) is asked for through the small Trees interface.
//
// The formats are those of git's documentation ("Git Objects" and
// gitformat-signature); repositories that use SHA-256 are not supported and are
// refused where a repository is opened.
package object

import (
	"bytes"
	"cmp"
	"crypto/sha1" //nolint:gosec // the identifier of a git object, not a security measure
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// IDSize is the number of bytes in an ID.
const IDSize = sha1.Size

// ID identifies a git object by its SHA-1. The zero ID stands for "no object":
// as the old value of a reference it means that the reference must not exist.
type ID [IDSize]byte

// ParseID reads the 40 hexadecimal digits of an identifier.
func ParseID(text string) (ID, error) {
	var id ID
	if len(text) != 2*IDSize {
		return ID{}, fmt.Errorf("object id %q: expected %d hexadecimal digits", text, 2*IDSize)
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("object id %q: expected %d hexadecimal digits", text, 2*IDSize)
	}
	return id, nil
}

// String gives the identifier as 40 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short gives the first seven digits, for people; it is never looked up.
func (id ID) Short() string { return id.String()[:7] }

// IsZero reports whether the identifier stands for "no object".
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the identifier as hexadecimal digits (nothing for zero).
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Kind is the type of an object, by git's name for it.
type Kind string

// The four kinds of objects.
const (
	KindBlob   Kind = "blob"
	KindTree   Kind = "tree"
	KindCommit Kind = "commit"
	KindTag    Kind = "tag"
)

// Object is one object's kind and content, without git's header.
type Object struct {
	Kind Kind
	Data []byte
}

// ID computes the object's identifier.
func (o Object) ID() ID {
	hash := sha1.New() //nolint:gosec // see the import
	hash.Write([]byte(string(o.Kind) + " " + strconv.Itoa(len(o.Data)) + "\x00"))
	hash.Write(o.Data)
	return ID(hash.Sum(nil))
}

// Blob makes the object of a file's content.
func Blob(content []byte) Object { return Object{Kind: KindBlob, Data: content} }

// Mode is the mode of a tree entry, as git writes it (in octal).
type Mode uint32

// The modes that git writes.
const (
	ModeDirectory  Mode = 0o040000
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeSubmodule  Mode = 0o160000
)

// IsFile reports whether the entry is a regular file, executable or not
// (including the group-writable mode of very old repositories).
func (m Mode) IsFile() bool { return m&0o170000 == 0o100000 }

// TreeEntry is one line of a tree.
type TreeEntry struct {
	Mode Mode
	Name string
	ID   ID
}

// Tree is a directory: its entries in git's order.
type Tree []TreeEntry

// Find returns the entry of that name.
func (t Tree) Find(name string) (TreeEntry, bool) {
	// A linear search: git's order sorts directories as if their names ended
	// in a slash, so a name's place depends on what it is.
	for _, entry := range t {
		if entry.Name == name {
			return entry, true
		}
	}
	return TreeEntry{}, false
}

// EmptyTree is the identifier of the tree without entries, which need not be
// stored.
var EmptyTree = Tree{}.Object().ID()

// With returns a copy of the tree in which the entry of that name is the given
// one.
func (t Tree) With(entry TreeEntry) Tree {
	changed := t.Without(entry.Name)
	changed = append(changed, entry)
	slices.SortFunc(changed, CompareEntries)
	return changed
}

// Without returns a copy of the tree that has no entry of that name.
func (t Tree) Without(name string) Tree {
	changed := make(Tree, 0, len(t)+1)
	for _, entry := range t {
		if entry.Name != name {
			changed = append(changed, entry)
		}
	}
	return changed
}

// CompareEntries orders the entries of a tree as git does: a directory comes where
// its name would with a slash at its end.
func CompareEntries(a, b TreeEntry) int {
	return cmp.Compare(sortName(a), sortName(b))
}

func sortName(entry TreeEntry) string {
	if entry.Mode == ModeDirectory {
		return entry.Name + "/"
	}
	return entry.Name
}

// Object encodes the tree.
func (t Tree) Object() Object {
	var data bytes.Buffer
	for _, entry := range t {
		fmt.Fprintf(&data, "%o %s\x00", uint32(entry.Mode), entry.Name)
		data.Write(entry.ID[:])
	}
	return Object{Kind: KindTree, Data: data.Bytes()}
}

// Signature says who made something and when. The time's zone is kept as git
// keeps it: as minutes from UTC.
type Signature struct {
	Name  string
	Email string
	When  time.Time
}

// String encodes the signature as git writes it in an object.
func (s Signature) String() string {
	return fmt.Sprintf("%s <%s> %d %s", clean(s.Name), clean(s.Email), s.When.Unix(), s.When.Format("-0700"))
}

// clean drops what would break the line or end a field early; git does the same
// when it makes a commit.
func clean(field string) string {
	field = strings.Map(func(r rune) rune {
		if r == '<' || r == '>' || r == '\n' || r == 0 {
			return -1
		}
		return r
	}, field)
	return strings.Trim(field, " .,:;\"\\'\t\r")
}

// parseZone reads a zone such as "-0700" as seconds east of UTC.
func parseZone(text string) (offset int, ok bool) {
	if len(text) != 5 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	number, err := strconv.ParseUint(text[1:], 10, 16)
	const maxHours = 24
	if err != nil || number/100 > maxHours || number%100 > 60 {
		return 0, false
	}
	offset = int(number/100*60+number%100) * 60
	if text[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// ParseSignature reads what String writes. As in git, a damaged date does not
// make the object unreadable: the time is then the epoch.
func ParseSignature(text string) Signature {
	open := strings.IndexByte(text, '<')
	end := strings.LastIndexByte(text, '>')
	if open < 0 || end < open {
		return Signature{Name: strings.TrimSpace(text), When: time.Unix(0, 0).UTC()}
	}
	signature := Signature{
		Name:  strings.TrimSpace(text[:open]),
		Email: text[open+1 : end],
		When:  time.Unix(0, 0).UTC(),
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) == 0 {
		return signature
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return signature
	}
	zone := time.UTC
	if len(fields) > 1 {
		if offset, ok := parseZone(fields[1]); ok {
			zone = time.FixedZone("", offset)
		}
	}
	signature.When = time.Unix(seconds, 0).In(zone)
	return signature
}
