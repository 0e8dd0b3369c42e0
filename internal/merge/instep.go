package merge

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// inStep goes through three directories at once, by name, and visits each name
// with its versions. The order is git's, since the order in which files are met
// decides between renames that are equally good: the smallest of the names that
// come next in the trees, where a directory stands in a tree as if its name ended
// in a slash.
func inStep(trees [stageCount]object.Tree, visit func(name string, versions [stageCount]Version)) {
	var cursors [stageCount]treeCursor
	for s, tree := range trees {
		cursors[s] = treeCursor{tree: tree}
	}
	for {
		next, found := "", false
		for s := range cursors {
			if name, more := cursors[s].peek(); more && (!found || name < next) {
				next, found = name, true
			}
		}
		if !found {
			return
		}
		var versions [stageCount]Version
		for s := range cursors {
			versions[s] = cursors[s].take(next)
		}
		visit(next, versions)
	}
}

// treeCursor is a position in a tree.
type treeCursor struct {
	tree object.Tree
	at   int
	// early are entries after the position that were taken already.
	early map[int]bool
}

func (c *treeCursor) peek() (string, bool) {
	for c.at < len(c.tree) && c.early[c.at] {
		delete(c.early, c.at)
		c.at++
	}
	if c.at == len(c.tree) {
		return "", false
	}
	return c.tree[c.at].Name, true
}

// take gives the version of that name, which no name before the position can be.
func (c *treeCursor) take(name string) Version {
	for i := c.at; i < len(c.tree); i++ {
		entry := c.tree[i]
		if entry.Name == name && !c.early[i] {
			c.skip(i)
			return Version{canonicalMode(entry.Mode), entry.ID}
		}
		// A directory "a" comes after a file "a.b": only names that begin with the
		// one looked for can stand before it.
		if entry.Name > name && !strings.HasPrefix(entry.Name, name) {
			break
		}
	}
	return Version{}
}

func (c *treeCursor) skip(i int) {
	if i == c.at {
		c.at++
		return
	}
	if c.early == nil {
		c.early = map[int]bool{}
	}
	c.early[i] = true
}

// canonicalMode is what git takes an entry's mode for: of a file's permissions
// only the owner's right to execute counts.
func canonicalMode(mode object.Mode) object.Mode {
	const typeMask, ownerExecute = 0o170000, 0o100
	switch {
	case mode.IsFile() && mode&ownerExecute != 0:
		return object.ModeExecutable
	case mode.IsFile():
		return object.ModeFile
	case mode&typeMask == object.ModeSymlink, mode&typeMask == object.ModeDirectory:
		return mode & typeMask
	default:
		return object.ModeSubmodule
	}
}
