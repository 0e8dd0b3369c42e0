// Package versionfile reads and changes the version that a file carries: a
// package.json by its key, a YAML or TOML file likewise, any other text by a
// regular expression.
//
// A change replaces the bytes of the value and nothing else. Indentation, key
// order, comments, quotes, line ends, a byte order mark and the presence or
// absence of a last line break stay as they are. It goes like this:
//
//	outline  a real parser reads the file and says where the value stands
//	         (span) and what everything else is (rest)
//	splice   the new version takes the place of those bytes
//	outline  the result is read again; the value must be the new version and
//	         the rest must be equal, otherwise nothing is changed
//
// The package is pure: bytes in, bytes out. It imports the release vocabulary
// and parsers, and must not import anything that reads files or repositories.
package versionfile

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/release"
)

// MaxSize is the largest file that is read, in bytes. The largest version files
// in use, package-lock.json of big projects, stay below it.
const MaxSize = 16 << 20

// Read returns the version that the file's content carries. The error names the
// file, the key or pattern, and what to change, when the value is not there, is
// there twice, is not a string, or is not a version.
func Read(file release.VersionFile, data []byte) (release.FileVersion, error) {
	found, err := locate(file, data)
	if err != nil {
		return release.FileVersion{}, err
	}
	text := string(data[found.value.start:found.value.end])
	version, ok := release.ParseFileVersion(text)
	if !ok {
		return release.FileVersion{}, fmt.Errorf("%s, line %d: %q is not a version: write MAJOR.MINOR.PATCH, such as 0.10.0 or 0.10.0-dev",
			file.Path, lineOf(data, found.value.start), text)
	}
	return version, nil
}

// Set returns the content with the version in place of the one it carries. The
// given bytes are not touched. What stood there before need not be a version;
// the new text must be one, with or without a pre-release.
func Set(file release.VersionFile, data []byte, version string) ([]byte, error) {
	// A version has neither quotes nor backslashes nor spaces, so it needs no
	// escaping in any of the formats.
	if _, ok := release.ParseFileVersion(version); !ok {
		return nil, fmt.Errorf("%s: %q is not a version to write: expected MAJOR.MINOR.PATCH, such as 0.10.0 or 0.10.0-dev", file.Path, version)
	}
	before, err := locate(file, data)
	if err != nil {
		return nil, err
	}
	changed := slices.Concat(data[:before.value.start], []byte(version), data[before.value.end:])
	after, err := locate(file, changed)
	if err != nil {
		return nil, fmt.Errorf("writing %s would damage the file: %w", version, err)
	}
	if string(changed[after.value.start:after.value.end]) != version || !slices.Equal(before.rest, after.rest) {
		return nil, fmt.Errorf("%s: writing %s at line %d would change more than the version: write it there by hand, or use a pattern",
			file.Path, version, lineOf(data, before.value.start))
	}
	return changed, nil
}

// span is a range of bytes.
type span struct{ start, end int }

// outline is what a parser saw in a file.
type outline struct {
	// value is where the version stands, without quotes around it.
	value span
	// rest is everything else that the parser read, in its order: two files with
	// equal rests differ in the value alone.
	rest []string
}

// finder is an outline under construction.
type finder struct {
	outline
	values []span
}

func (f *finder) add(value span) { f.values = append(f.values, value) }

// locate outlines the content and insists on exactly one value.
func locate(file release.VersionFile, data []byte) (outline, error) {
	if len(data) > MaxSize {
		return outline{}, fmt.Errorf("%s has %d bytes: a version file has at most %d", file.Path, len(data), MaxSize)
	}
	switch {
	case file.Pattern != "" && file.Key != "":
		return outline{}, fmt.Errorf("%s: key %q and pattern %q are both given in version-files: keep one", file.Path, file.Key, file.Pattern)
	case file.Pattern != "":
		return locatePattern(file, data)
	case file.Key == "":
		return outline{}, fmt.Errorf("%s has neither key nor pattern in version-files: say where its version stands, such as key: version", file.Path)
	}
	read, ok := reader(file.Path)
	if !ok {
		return outline{}, fmt.Errorf("%s: a key is known in .json, .yaml, .yml and .toml files only: use pattern: instead of key %q", file.Path, file.Key)
	}
	// A byte order mark is no part of any of the formats' grammars.
	mark := len(data) - len(bytes.TrimPrefix(data, []byte("\uFEFF")))
	found, err := read(data[mark:], splitKey(file.Key))
	if err != nil {
		return outline{}, keyError(file, data, mark, err)
	}
	switch len(found.values) {
	case 1:
		only := found.values[0]
		found.value = span{mark + only.start, mark + only.end}
		return found.outline, nil
	case 0:
		return outline{}, fmt.Errorf("%s has no key %q: name it in version-files, or use pattern: there", file.Path, file.Key)
	default:
		return outline{}, fmt.Errorf("%s has key %q %d times, at lines %s: keep one, or use pattern: in version-files",
			file.Path, file.Key, len(found.values), linesOf(data[mark:], found.values))
	}
}

// readFunc outlines content in one format. The spans count from its first byte.
type readFunc func(data []byte, key []string) (*finder, error)

func reader(name string) (readFunc, bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".json":
		return readJSON, true
	case ".yaml", ".yml":
		return readYAML, true
	case ".toml":
		return readTOML, true
	}
	return nil, false
}

// unusableError says why a value that is there cannot be taken for a version.
type unusableError struct {
	offset int
	reason string
}

func (e *unusableError) Error() string { return e.reason }

func keyError(file release.VersionFile, data []byte, mark int, err error) error {
	var value *unusableError
	if errors.As(err, &value) {
		return fmt.Errorf("%s, line %d: key %q %s", file.Path, lineOf(data[mark:], value.offset), file.Key, value.reason)
	}
	return fmt.Errorf("%s cannot be read: %w", file.Path, err)
}

// splitKey splits a dotted path; "\." is a dot and "\\" a backslash within a
// segment. An empty segment is an empty name, as in the path "packages..version"
// of a package-lock.json.
func splitKey(key string) []string {
	segments := []string{""}
	for i := 0; i < len(key); i++ {
		last := len(segments) - 1
		switch {
		case key[i] == '\\' && i+1 < len(key) && (key[i+1] == '.' || key[i+1] == '\\'):
			i++
			segments[last] += key[i : i+1]
		case key[i] == '.':
			segments = append(segments, "")
		default:
			segments[last] += key[i : i+1]
		}
	}
	return segments
}

// lineOf is the number of the line that the offset is on, from 1.
func lineOf(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte("\n"))
}

// linesOf lists the lines of the first few spans.
func linesOf(data []byte, spans []span) string {
	const most = 8
	var lines []string
	for _, at := range spans[:min(most, len(spans))] {
		lines = append(lines, fmt.Sprint(lineOf(data, at.start)))
	}
	if len(spans) > most {
		lines = append(lines, "…")
	}
	return strings.Join(lines, ", ")
}
