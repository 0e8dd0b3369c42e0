package merge

import "github.com/mozilla-services/looprel/internal/object"

// DefaultDiffRenameLimit is git's limit where it compares two commits (diff, log,
// blame), as DefaultRenameLimit is where it merges.
const DefaultDiffRenameLimit = 1000

// Renames compares two trees and gives, for each file of the tree after that was
// renamed, the path that it had in the tree before, as "git diff --find-renames"
// does by default: equal files first, then similar ones of a name that is unique
// among the removed and among the added files, then similar ones. A zero tree is
// the empty one. Above the limit (zero or less: DefaultDiffRenameLimit) only the
// first two are looked for.
func Renames(objects Objects, before, after object.ID, limit int) (map[string]string, error) {
	if limit <= 0 {
		limit = DefaultDiffRenameLimit
	}
	m := &merger{
		objects:    objects,
		options:    Options{RenameLimit: limit},
		attributes: newAttributeReader(objects, object.ID{}),
	}
	side := newSide(ourStage)
	if err := side.collectChanged(objects, "", before, after); err != nil {
		return nil, err
	}
	m.sides[ourStage] = side
	if err := m.findSideRenames(side); err != nil {
		return nil, err
	}
	renames := map[string]string{}
	for _, d := range side.destinations {
		if d.from != nil {
			renames[d.path] = d.from.path
		}
	}
	return renames, nil
}

// collectChanged records what one tree has and the other has not. It matters of
// every removed file where it went, and of no directory.
func (s *side) collectChanged(objects Objects, dir string, before, after object.ID) error {
	if before == after {
		return nil
	}
	var trees [stageCount]object.Tree
	for stage, id := range [stageCount]object.ID{baseStage: before, ourStage: after} {
		if id.IsZero() {
			continue
		}
		tree, err := objects.Tree(id)
		if err != nil {
			return err
		}
		trees[stage] = tree
	}
	var failure error
	inStep(trees, func(name string, versions [stageCount]Version) {
		if failure == nil {
			failure = s.collectName(objects, childPath(dir, name), versions[baseStage], versions[ourStage])
		}
	})
	return failure
}

func (s *side) collectName(objects Objects, path string, before, after Version) error {
	var treeBefore, treeAfter object.ID
	if before.Mode == object.ModeDirectory {
		treeBefore, before = before.ID, Version{}
	}
	if after.Mode == object.ModeDirectory {
		treeAfter, after = after.ID, Version{}
	}
	switch {
	case after.IsZero() && !before.IsZero():
		s.remove(path, before, relevantContent)
	case before.IsZero() && !after.IsZero():
		s.add(path, after)
	}
	return s.collectChanged(objects, path, treeBefore, treeAfter)
}
