package observe

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// maxElsewhere bounds the releases of other lines whose changelogs are read.
const maxElsewhere = 50

// elsewhere reads the changelogs of releases that the train's branch does not
// contain and that were made since its last one: those above it by version, and
// what looprel released on lines that still have a branch. Lowest first.
func (s *Session) elsewhere(ctx context.Context, branch *plan.Branch) ([]plan.LineRelease, error) {
	changelog := s.snapshot.Component.Changelog
	if changelog == nil || branch.Base.Version.IsZero() {
		return nil, nil
	}
	candidates, err := s.releasedSince(branch.Base.Version)
	if err != nil {
		return nil, err
	}
	var found []plan.LineRelease
	for _, candidate := range candidates {
		if err := s.fetchTagged(ctx, candidate); err != nil {
			return nil, err
		}
		contained, err := s.repository.IsAncestor(ctx, candidate.Commit, branch.At.ID)
		if errors.Is(err, gitrepo.ErrWrongKind) {
			continue // a tag may be on anything
		}
		if err != nil {
			return nil, s.deepen(err)
		}
		if contained {
			continue
		}
		revision, err := s.revision(candidate.Commit)
		if err != nil {
			return nil, err
		}
		if content, exists := revision.Files[changelog.Path]; exists {
			found = append(found, plan.LineRelease{Version: candidate.Version, Changelog: content})
		}
	}
	return found, nil
}

// releasedSince lists the patch releases that may have been made since a release
// of the train's branch, lowest first.
func (s *Session) releasedSince(base release.Version) ([]plan.Base, error) {
	known, err := s.snapshot.Ledger.Tags(s.snapshot.Component.Name)
	if err != nil {
		return nil, err
	}
	last, lastKnown, err := s.snapshot.Ledger.Release(s.snapshot.Component.Name, base)
	if err != nil {
		return nil, err
	}
	lines := map[release.Line]bool{}
	for _, line := range s.snapshot.Lines() {
		lines[line.Line] = true
	}
	var candidates []plan.Base
	for ref := range s.shown.Refs {
		version, ok := s.snapshot.Release(ref)
		if !ok || !version.IsPatch() {
			continue
		}
		commit, _ := s.shown.Commit(ref)
		candidate := plan.Base{Version: version, Tag: ref, Commit: commit}
		if version.Compare(base) > 0 {
			candidates = append(candidates, candidate)
			continue
		}
		if _, recorded := known[version]; !recorded || !lines[version.Line()] || !lastKnown {
			continue
		}
		one, _, err := s.snapshot.Ledger.Release(s.snapshot.Component.Name, version)
		if err != nil {
			return nil, err
		}
		if !one.Adopted && one.At.After(last.At) {
			candidates = append(candidates, candidate)
		}
	}
	slices.SortFunc(candidates, func(a, b plan.Base) int { return a.Version.Compare(b.Version) })
	// Of very many, the youngest lines are those that people still look up.
	return candidates[max(0, len(candidates)-maxElsewhere):], nil
}

// ignoreNotFound makes what is not there no error.
func ignoreNotFound(err error) error {
	if errors.Is(err, gitrepo.ErrNotFound) {
		return nil
	}
	return err
}
