package gitrepo

import (
	"bytes"

	"github.com/mozilla-services/looprel/internal/object"
)

// lfsPointer begins a file that stands for one in git's large file storage.
const lfsPointer = "version https://git-lfs.github.com/spec/"

// converted says how a file's form differs from the one that git has stored, in a
// way that a conversion of git's explains: line endings (core.autocrlf, the
// attributes text and eol), large files (filter=lfs), the encoding
// (working-tree-encoding). It is "" when the form is the same.
func converted(stored, content []byte) string {
	switch {
	case hasOnlyCRLF(content) && !bytes.Contains(stored, []byte("\r\n")) && bytes.Contains(stored, []byte("\n")):
		return "has lines that end in CR LF, which were stored with LF"
	case bytes.HasPrefix(stored, []byte(lfsPointer)) && !bytes.HasPrefix(content, []byte(lfsPointer)):
		return "is a large file, of which git stores a pointer"
	case hasWideMark(content) && !hasWideMark(stored):
		return "is in UTF-16, and was stored in another encoding"
	default:
		return ""
	}
}

func hasOnlyCRLF(content []byte) bool {
	breaks := bytes.Count(content, []byte("\n"))
	return breaks > 0 && bytes.Count(content, []byte("\r\n")) == breaks
}

// hasWideMark reports whether the content begins with UTF-16's mark of byte order.
func hasWideMark(content []byte) bool {
	return bytes.HasPrefix(content, []byte("\xfe\xff")) || bytes.HasPrefix(content, []byte("\xff\xfe"))
}

// withLF is the id of a file's content once git has converted its line endings.
func withLF(content []byte) object.ID {
	return object.Blob(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))).ID()
}
