package merge

import (
	"github.com/mozilla-services/looprel/internal/object"
)

// findDifferences walks the three trees where they differ. It makes places of
// what is undecided and collects, for each side, the files that it removed and
// added, among which renames are looked for.
//
// A directory that only one side has changed is taken as that side has it,
// unread, unless a file that the other side has changed may have been moved into
// it. Whether there is such a file is known only after everything else was
// looked at, so these directories wait.
func (m *merger) findDifferences() error {
	if err := m.compare(m.root, "", noStage); err != nil {
		return err
	}
	m.seenAtFirst = m.seenAtLast
	for _, side := range m.sides[ourStage:] {
		if side.relevant == 0 {
			continue
		}
		for _, i := range hashOrder(side.waitingPaths()) {
			waiting := side.waiting[i]
			if err := m.collect(side, waiting.path, waiting.place.versions[baseStage], waiting.place.versions[side.stage]); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare looks at what is in a directory. The set watched says whose new files
// would move along if the directory was renamed: one side, when the other has
// removed this directory or one above it; all, when there are such files, so that
// it matters where the directory went.
func (m *merger) compare(dir *place, path string, watched stageSet) error {
	if err := m.open(dir); err != nil {
		return err
	}
	m.seenAtLast += len(dir.contents.settled) + len(dir.contents.places)
	if watched.isOneSide() {
		for _, p := range dir.contents.places {
			if p.files == watched {
				watched = allStages
				break
			}
		}
	}
	for _, p := range dir.contents.places {
		if err := m.comparePlace(p, path, watched); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) comparePlace(p *place, dir string, watched stageSet) error {
	path := childPath(dir, p.name)
	if remaining := p.directories &^ baseStage.set(); watched != allStages && p.directories.has(baseStage) && remaining.isOneSide() {
		watched = remaining
	}
	m.noteRemovedDirectory(p, path, watched)
	if watched == allStages && p.files.isOneSide() {
		m.sides[p.files.side().other()].removed[dir] = neededItself
	}
	m.collectPlace(p, path, watched)
	if p.directories == 0 {
		return nil
	}
	if p.changer != baseStage && watched != allStages {
		side := m.sides[p.changer]
		side.waiting = append(side.waiting, waiting{path: path, place: p})
		return nil
	}
	return m.compare(p, path, watched)
}

// noteRemovedDirectory records which sides no longer have a directory of the
// base.
func (m *merger) noteRemovedDirectory(p *place, path string, watched stageSet) {
	if !p.directories.has(baseStage) {
		return
	}
	need := notNeeded
	if watched == allStages {
		need = neededForParent
	}
	for _, side := range m.sides[ourStage:] {
		if !p.directories.has(side.stage) {
			side.removed[path] = need
		}
	}
}

// collectPlace records what each side has removed or added at a place.
func (m *merger) collectPlace(p *place, path string, watched stageSet) {
	if p.files == 0 || p.files == allStages {
		return
	}
	for _, side := range m.sides[ourStage:] {
		before, after := p.files.has(baseStage), p.files.has(side.stage)
		switch {
		case before && !after:
			side.remove(path, p.versions[baseStage], relevanceOf(p, watched))
		case !before && after:
			side.add(path, p.versions[side.stage])
		}
	}
}

// relevanceOf says why it matters where a removed file has gone: because the
// other side has changed it, or because it tells where its directory has gone.
func relevanceOf(p *place, watched stageSet) relevance {
	switch {
	case p.same&p.files == 0:
		return relevantContent
	case watched == allStages:
		return relevantLocation
	}
	return irrelevant
}

// collect records what a side has removed and added in a directory that the
// other side has left alone.
func (m *merger) collect(side *side, path string, before, after Version) error {
	var trees [stageCount]object.Tree
	for s, version := range map[stage]Version{baseStage: before, side.stage: after} {
		if version.Mode != object.ModeDirectory {
			continue
		}
		tree, err := m.objects.Tree(version.ID)
		if err != nil {
			return err
		}
		trees[s] = tree
	}
	var err error
	inStep(trees, func(name string, versions [stageCount]Version) {
		m.seenAtLast++
		before, after := versions[baseStage], versions[side.stage]
		if err == nil && before != after {
			err = m.collectEntry(side, childPath(path, name), before, after)
		}
	})
	return err
}

// collectEntry does so for an entry that differs.
func (m *merger) collectEntry(side *side, path string, before, after Version) error {
	wasDirectory, isDirectory := before.Mode == object.ModeDirectory, after.Mode == object.ModeDirectory
	if wasDirectory && !isDirectory {
		side.removed[path] = notNeeded
	}
	wasFile, isFile := !wasDirectory && !before.IsZero(), !isDirectory && !after.IsZero()
	switch {
	case wasFile && !isFile:
		side.remove(path, before, irrelevant)
	case isFile && !wasFile:
		side.add(path, after)
	}
	if wasDirectory || isDirectory {
		return m.collect(side, path, before, after)
	}
	return nil
}

func childPath(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
