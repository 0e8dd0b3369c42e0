package merge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// renameMarker is by how much conflict markers are longer in a file that is
// merged once more afterwards, at the place that it was renamed to.
const renameMarker = 1

// markerLimit bounds the conflict-marker-size that a tree may ask for.
const markerLimit = 10000

// contentMerge is a file, a link or a submodule of which both sides have a
// version.
type contentMerge struct {
	// path is the one whose attributes count.
	path     string
	versions [stageCount]Version
	// origins are the paths that the versions come from.
	origins     [stageCount]string
	extraMarker int
}

// mergedContent is the outcome of a contentMerge.
type mergedContent struct {
	version Version
	clean   bool
}

// DriverError says that a file asks for a merge driver that is another program.
type DriverError struct {
	Path   string
	Driver string
}

func (e *DriverError) Error() string {
	return fmt.Sprintf("%s has the attribute merge=%s, an external merge driver, and cannot be merged without it", e.Path, e.Driver)
}

// Hint says what to do about it.
func (e *DriverError) Hint() string {
	return "merge that file by hand with git, or take the attribute out of .gitattributes"
}

// mergeContent merges modes and contents. The versions of the two sides are of
// one type.
func (m *merger) mergeContent(c contentMerge) (mergedContent, error) {
	base, ours, theirs := c.versions[baseStage], c.versions[ourStage], c.versions[theirStage]
	merged := mergedContent{clean: true}
	merged.version.Mode = theirs.Mode
	if ours.Mode != theirs.Mode && ours.Mode != base.Mode {
		merged.version.Mode = ours.Mode
		merged.clean = theirs.Mode == base.Mode
	}
	switch {
	case ours.ID == theirs.ID, ours.ID == base.ID:
		merged.version.ID = theirs.ID
	case theirs.ID == base.ID:
		merged.version.ID = ours.ID
	case ours.Mode.IsFile():
		id, clean, err := m.mergeFile(c)
		if err != nil {
			return mergedContent{}, err
		}
		merged.version.ID = id
		merged.clean = merged.clean && clean
	case ours.Mode == object.ModeSymlink:
		merged = mergedContent{version: Version{merged.version.Mode, ours.ID}}
		m.tell(c.path, SymlinkConflict, "the symbolic link %s leads elsewhere in %s than in %s", c.path, m.options.Ours, m.options.Theirs)
	default:
		merged = mergedContent{version: Version{merged.version.Mode, ours.ID}}
		m.tell(c.path, SubmoduleConflict, "the submodule %s is at another commit in %s than in %s", c.path, m.options.Ours, m.options.Theirs)
	}
	return merged, nil
}

// mergeFile merges a file's lines as its attributes ask.
func (m *merger) mergeFile(c contentMerge) (id object.ID, clean bool, err error) {
	options, err := m.textOptions(c)
	if err != nil {
		return object.ID{}, false, err
	}
	options.Added = c.versions[baseStage].kind() != c.versions[ourStage].kind()
	var texts [stageCount][]byte
	for s, version := range c.versions {
		if version.IsZero() || version.kind() != c.versions[ourStage].kind() {
			continue
		}
		if texts[s], err = m.blob(version.ID); err != nil {
			return object.ID{}, false, err
		}
	}
	merged := Text(texts[baseStage], texts[ourStage], texts[theirStage], options)
	if merged.Binary {
		m.tell(c.path, BinaryConflict, "%s is binary, or not to be merged, and was changed on both sides", c.path)
		return c.versions[ourStage].ID, false, nil
	}
	if !merged.Clean() {
		m.hunks[c.path] = merged.Conflicts
	}
	return m.keep(object.Blob(merged.Text)), merged.Clean(), nil
}

// textOptions reads a file's attributes and makes its labels, which name the
// paths where these differ.
func (m *merger) textOptions(c contentMerge) (TextOptions, error) {
	options := TextOptions{Ours: m.options.Ours, Theirs: m.options.Theirs}
	if c.origins[baseStage] != c.origins[ourStage] || c.origins[ourStage] != c.origins[theirStage] {
		options.Ours += ":" + c.origins[ourStage]
		options.Theirs += ":" + c.origins[theirStage]
	}
	size, err := m.attributes.markerSize(c.path)
	if err != nil {
		return options, err
	}
	options.MarkerSize = size + c.extraMarker
	driver, err := m.attributes.lookup(c.path, "merge")
	if err != nil {
		return options, err
	}
	return options, m.chooseDriver(c.path, driver, &options)
}

// chooseDriver sets how a file is merged.
func (m *merger) chooseDriver(path string, driver attribute, options *TextOptions) error {
	switch driver.state {
	case attributeUnset:
		options.Binary = true
		return nil
	case attributeValue:
	default:
		return nil
	}
	builtIn := slices.Contains([]string{"text", "binary", "union"}, driver.value)
	if m.options.External == nil && !builtIn || m.options.External != nil && m.options.External(driver.value) {
		return &DriverError{Path: path, Driver: driver.value}
	}
	options.Binary = driver.value == "binary"
	options.Union = driver.value == "union"
	return nil
}

// leadingNumber reads the digits that a value begins with, zero if there are
// none; more than anybody needs is one above markerLimit.
func leadingNumber(value string) int {
	value = strings.TrimPrefix(strings.TrimLeft(value, " \t\n\v\f\r"), "+")
	end := 0
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	number, err := strconv.Atoi(value[:end])
	if err != nil && end > 0 {
		return markerLimit + 1
	}
	return number
}
