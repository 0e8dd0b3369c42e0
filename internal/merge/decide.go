package merge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// decide settles every place, from the innermost directories outwards, and makes
// the merged tree.
func (m *merger) decide() error {
	tree, err := m.decideDirectory(m.root)
	if err != nil {
		return err
	}
	m.result.Tree = tree.ID
	if tree.IsZero() {
		m.result.Tree = m.keep(object.Tree{}.Object())
	}
	return nil
}

// decideDirectory settles what is in a directory and gives its tree, zero when
// nothing is left in it.
func (m *merger) decideDirectory(dir *place) (Version, error) {
	if err := m.open(dir); err != nil {
		return Version{}, err
	}
	// In reverse, so that what is below a directory is settled before a file that
	// has the directory's name.
	places := slices.Clone(dir.contents.places)
	slices.SortFunc(places, func(a, b *place) int { return cmp.Compare(b.name+"/", a.name+"/") })
	for _, p := range places {
		if err := m.decidePlace(p); err != nil {
			return Version{}, err
		}
	}
	if len(dir.contents.settled) == 0 {
		return Version{}, nil
	}
	tree := sortedTree(dir.contents.settled)
	return Version{object.ModeDirectory, m.keepTree(dir, tree)}, nil
}

// keepTree adds a tree to the result, unless one of the sides has it already.
func (m *merger) keepTree(dir *place, tree object.Tree) object.ID {
	made := tree.Object()
	id := made.ID()
	for _, version := range dir.versions {
		if version.ID == id {
			return id
		}
	}
	return m.keep(made)
}

// record puts an entry into the merged directory; a version that is none is left
// out.
func (c *contents) record(name string, version Version) {
	if !version.IsZero() {
		c.settled = append(c.settled, object.TreeEntry{Mode: version.Mode, Name: name, ID: version.ID})
	}
}

func (m *merger) decidePlace(p *place) error {
	siblings := p.parent.contents
	if p.directories == 0 && p.contents != nil && len(p.contents.places) > 0 {
		// A renamed directory has put files below what is a file. They are in
		// conflict, and as in git a file that is undecided has the place, and
		// otherwise the directory.
		tree, err := m.decideDirectory(p)
		if err != nil {
			return err
		}
		if p.settled {
			p.outcome = tree
		}
	}
	switch {
	case p.contents == nil && p.changer != baseStage:
		siblings.record(p.name, p.versions[p.changer])
		return nil
	case p.directories != 0:
		tree, err := m.decideDirectory(p)
		if err != nil {
			return err
		}
		if p.files == 0 || !tree.IsZero() {
			siblings.record(p.name, tree)
		}
		if p.files == 0 {
			return nil
		}
		return m.decideBlocked(p, tree)
	case p.settled:
		siblings.record(p.name, p.outcome)
		return nil
	}
	return m.decideFile(p, p.name)
}

// decideBlocked settles a file at a place that is a directory on one side.
func (m *merger) decideBlocked(p *place, tree Version) error {
	free := tree.IsZero()
	if free && p.settled {
		p.parent.contents.record(p.name, p.outcome)
		return nil
	}
	if !free && (p.settled || p.files == baseStage.set()) {
		return nil // the directory stays, and the file is gone on both sides
	}
	name, keeper := p.name, p.fileSide()
	if free {
		p.blocked = false
	} else {
		name = m.freeName(p, keeper)
	}
	file := *p
	file.clearDirectories()
	file.same &^= file.directories
	if file.same&(file.same-1) == 0 {
		file.same = noStage
	}
	if err := m.decideFile(&file, name); err != nil || free || file.outcome.IsZero() {
		return err
	}
	path := childPath(p.parent.path(), name)
	m.tell(path, FileDirectory, "%s of %s is in the way of a directory and was moved to %s", p.path(), m.label(keeper), path)
	return nil
}

// fileSide is the side that has a file where the other one has a directory.
func (p *place) fileSide() stage {
	if p.directories.has(ourStage) {
		return theirStage
	}
	return ourStage
}

// freeName makes a name for the file of a side that cannot have its own.
func (m *merger) freeName(p *place, s stage) string {
	wanted := p.name + "~" + strings.ReplaceAll(m.label(s), "/", "_")
	name := wanted
	for suffix := 0; p.parent.contents.has(name); suffix++ {
		name = fmt.Sprintf("%s_%d", wanted, suffix)
	}
	p.parent.contents.extra = append(p.parent.contents.extra, name)
	return name
}

// decideFile settles a place that has files only, under the name that it is to
// have.
func (m *merger) decideFile(p *place, name string) error {
	ours, theirs := p.versions[ourStage], p.versions[theirStage]
	both := p.files&bothSides == bothSides
	switch {
	case p.same != noStage:
		m.decideSame(p)
	case both && ours.kind() != theirs.kind():
		return m.decideTypes(p, name)
	case both:
		if err := m.decideContent(p, name); err != nil {
			return err
		}
	case p.files == baseStage.set(), p.files == noStage:
		p.outcome, p.settled = Version{}, !p.displaced
	case p.files.has(baseStage):
		m.decideModifyDelete(p, name)
	default:
		p.outcome = p.versions[p.files.side()]
		p.settled = !p.blocked && !p.displaced
	}
	m.finish(p, name)
	return nil
}

// finish records a place's outcome, and the conflict if there is one.
func (m *merger) finish(p *place, name string) {
	p.parent.contents.record(name, p.outcome)
	if p.settled {
		return
	}
	path := childPath(p.parent.path(), name)
	conflict := PathConflict{Path: path, Hunks: m.hunks[path]}
	for s, version := range map[stage]*Version{baseStage: &conflict.Base, ourStage: &conflict.Ours, theirStage: &conflict.Theirs} {
		if p.files.has(s) {
			*version = p.versions[s]
		}
	}
	if p.files == noStage {
		m.unclean = true // git's index has nothing to show for it
		return
	}
	m.result.Conflicts = append(m.result.Conflicts, conflict)
}

// decideSame settles a place where two stages have the same: the third is what
// was made of it.
func (m *merger) decideSame(p *place) {
	changed := ourStage
	if p.same != bothSides {
		changed = (allStages &^ p.same).side()
	}
	p.outcome = p.versions[changed]
	p.settled = !p.blocked && !p.displaced || p.same != bothSides && p.outcome.IsZero()
}

func (m *merger) decideContent(p *place, name string) error {
	content := contentMerge{path: childPath(p.parent.path(), name), versions: p.versions}
	for s := range content.origins {
		content.origins[s] = p.origin(stage(s))
	}
	merged, err := m.mergeContent(content)
	if err != nil {
		return err
	}
	p.outcome = merged.version
	p.settled = merged.clean && !p.blocked && !p.displaced
	if merged.clean && p.blocked {
		keeper := p.fileSide()
		p.files = keeper.set()
		p.versions[keeper] = merged.version
	}
	if !merged.clean && merged.version.Mode.IsFile() {
		kind, what := ContentConflict, "was changed"
		if !p.files.has(baseStage) {
			kind, what = AddAdd, "was added"
		}
		m.tell(content.path, kind, "%s %s in %s and in %s", content.path, what, m.options.Ours, m.options.Theirs)
	}
	return nil
}

func (m *merger) decideModifyDelete(p *place, name string) {
	changer := (p.files &^ baseStage.set()).side()
	p.outcome, p.settled = p.versions[changer], false
	if p.displaced && p.versions[baseStage].ID == p.outcome.ID {
		return // renamed on one side and deleted on the other, which was told
	}
	path := childPath(p.parent.path(), name)
	m.tell(path, ModifyDelete, "%s was deleted in %s and changed in %s, whose version was kept",
		path, m.label(changer.other()), m.label(changer))
}

// decideTypes settles a place where the sides have things of different types: a
// regular file goes out of the way of the other, and of a link and a submodule
// both do.
func (m *merger) decideTypes(p *place, name string) error {
	dir := p.parent.contents
	oursIsFile, theirsIsFile := p.versions[ourStage].Mode.IsFile(), p.versions[theirStage].Mode.IsFile()
	names := [stageCount]string{ourStage: name, theirStage: name}
	at := *p
	at.name = name
	if oursIsFile || !theirsIsFile {
		names[ourStage] = m.freeName(&at, ourStage)
	}
	if !oursIsFile {
		names[theirStage] = m.freeName(&at, theirStage)
	}
	m.tell(childPath(p.parent.path(), name), DistinctTypes, "%s has different types in %s and in %s", name, m.options.Ours, m.options.Theirs)
	if slices.Contains(names[:], name) {
		dir.extra = append(dir.extra, name)
	}
	for _, s := range []stage{theirStage, ourStage} {
		one := *p
		one.files = s.set()
		if p.files.has(baseStage) && p.versions[baseStage].kind() == p.versions[s].kind() {
			one.files |= baseStage.set()
		}
		one.outcome, one.settled = p.versions[s], false
		m.finish(&one, names[s])
	}
	return nil
}

// sortedTree puts entries into git's order, in which a directory stands as if its
// name ended in a slash.
func sortedTree(entries []object.TreeEntry) object.Tree {
	slices.SortFunc(entries, object.CompareEntries)
	return entries
}
