package merge

import (
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// place is a path on which the three trees do not agree so simply that its
// outcome would be known at sight.
type place struct {
	name   string
	parent *place // nil for the root

	versions [stageCount]Version
	// origins are the paths that the versions come from, "" for this place.
	origins [stageCount]string
	// files and directories are the stages that have a file and a directory here.
	files, directories stageSet
	// same are the stages whose versions are equal: two of them, or none.
	same stageSet
	// changer is the side whose version is the outcome as long as the directory
	// is not opened; baseStage where that is not so.
	changer stage
	// contents are what is in the directory, nil until it is opened.
	contents *contents

	// settled says that outcome is the last word.
	settled bool
	outcome Version
	// displaced says that the place itself, not its content, is in conflict.
	displaced bool
	// blocked says that there is a directory where a file should be.
	blocked bool
	// unopened says of a directory that git has not opened it, and that it was
	// opened here to put a file into it.
	unopened bool
	// unseen says that git knows nothing of the place, in such a directory.
	unseen bool
}

// contents is an opened directory.
type contents struct {
	// settled are the entries whose outcome is known at sight.
	settled []object.TreeEntry
	// places are the others, in the order in which git meets them.
	places []*place
	// extra are names that were given to files moved out of the way.
	extra []string
}

func newRoot(trees ...object.ID) *place {
	root := &place{}
	for i, id := range trees {
		if id.IsZero() {
			continue
		}
		root.versions[i] = Version{object.ModeDirectory, id}
		root.directories |= stage(i).set()
	}
	return root
}

// path is the place's full path.
func (p *place) path() string {
	if p.parent == nil {
		return ""
	}
	var names []string
	for at := p; at.parent != nil; at = at.parent {
		names = append(names, at.name)
	}
	slices.Reverse(names)
	return strings.Join(names, "/")
}

// origin is the path that a version comes from.
func (p *place) origin(s stage) string {
	if p.origins[s] != "" {
		return p.origins[s]
	}
	return p.path()
}

// clear removes a version that is not a file.
func (p *place) clearDirectories() {
	for s := baseStage; s < stageCount; s++ {
		if !p.files.has(s) {
			p.versions[s] = Version{}
		}
	}
}

func (c *contents) place(name string) *place {
	for _, p := range c.places {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (c *contents) settledEntry(name string) int {
	return slices.IndexFunc(c.settled, func(entry object.TreeEntry) bool { return entry.Name == name })
}

// has reports whether a name is taken.
func (c *contents) has(name string) bool {
	return c.place(name) != nil || c.settledEntry(name) >= 0 || slices.Contains(c.extra, name)
}

func (c *contents) remove(p *place) {
	c.places = slices.DeleteFunc(c.places, func(one *place) bool { return one == p })
}

// open reads a directory and sorts out what is known at sight.
func (m *merger) open(dir *place) error {
	if dir.contents != nil {
		return nil
	}
	trees, err := m.trees(dir)
	if err != nil {
		return err
	}
	dir.contents = &contents{}
	dir.same &= dir.files
	dir.changer = baseStage
	if dir.directories == 0 {
		return nil
	}
	inStep(trees, func(name string, versions [stageCount]Version) {
		if outcome, known := atSight(versions); known {
			dir.contents.settled = append(dir.contents.settled, object.TreeEntry{Mode: outcome.Mode, Name: name, ID: outcome.ID})
			return
		}
		dir.contents.places = append(dir.contents.places, newPlace(dir, name, versions))
	})
	return nil
}

// trees reads a directory of each stage that has one; equal ones once.
func (m *merger) trees(dir *place) ([stageCount]object.Tree, error) {
	var trees [stageCount]object.Tree
	for s := baseStage; s < stageCount; s++ {
		if !dir.directories.has(s) {
			continue
		}
		known := slices.Index(dir.versions[:s], dir.versions[s])
		if known >= 0 {
			trees[s] = trees[known]
			continue
		}
		tree, err := m.objects.Tree(dir.versions[s].ID)
		if err != nil {
			return trees, err
		}
		trees[s] = tree
	}
	return trees, nil
}

// atSight gives the outcome that follows from the ids alone and that no rename
// can change: everything equal, or a file that one side at most has changed.
func atSight(versions [stageCount]Version) (Version, bool) {
	base, ours, theirs := versions[baseStage], versions[ourStage], versions[theirStage]
	if base.IsZero() || ours.IsZero() || theirs.IsZero() {
		return Version{}, false
	}
	if base == ours && ours == theirs {
		return base, true
	}
	for _, version := range versions {
		if version.Mode == object.ModeDirectory {
			return Version{}, false
		}
	}
	switch {
	case ours == theirs, base == theirs:
		return ours, true
	case base == ours:
		return theirs, true
	}
	return Version{}, false
}

func newPlace(parent *place, name string, versions [stageCount]Version) *place {
	p := &place{name: name, parent: parent, versions: versions, unseen: parent.unopened}
	for s, version := range versions {
		switch {
		case version.IsZero():
		case version.Mode == object.ModeDirectory:
			p.directories |= stage(s).set()
		default:
			p.files |= stage(s).set()
		}
	}
	p.blocked = p.files != 0 && p.directories != 0
	p.same = equalStages(versions)
	if p.directories != 0 {
		p.changer = soleChanger(p)
	}
	return p
}

// equalStages gives the two stages that have the same thing, or none.
func equalStages(versions [stageCount]Version) stageSet {
	base, ours, theirs := versions[baseStage], versions[ourStage], versions[theirStage]
	switch {
	case !base.IsZero() && base == ours:
		return baseStage.set() | ourStage.set()
	case !base.IsZero() && base == theirs:
		return baseStage.set() | theirStage.set()
	case !ours.IsZero() && ours == theirs:
		return bothSides
	}
	return noStage
}

// soleChanger is the side that alone has changed what is at a place with a
// directory, or baseStage.
func soleChanger(p *place) stage {
	switch {
	case p.files == 0 && p.directories.isOneSide():
		return p.directories.side()
	case p.same == baseStage.set()|ourStage.set():
		return theirStage
	case p.same == baseStage.set()|theirStage.set():
		return ourStage
	}
	return baseStage
}
