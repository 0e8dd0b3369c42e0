package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// followedSet is the set whose place a new one takes: of a patch the newest that has
// the release that it patches, otherwise the newest of all; zero for the first.
func (s *Snapshot) followedSet(tags []MemberTag) (ledger.Set, error) {
	for _, tag := range tags {
		if tag.Plan == nil || tag.Plan.Already != "" || !tag.Plan.Version.IsPatch() || !tag.Plan.Cycle.IsZero() {
			continue
		}
		sets, err := s.Ledger.SetsOf(tag.Plan.Component, tag.Plan.Previous)
		if err != nil || len(sets) == 0 {
			return ledger.Set{}, err
		}
		known, _, err := s.Ledger.Set(sets[len(sets)-1])
		return known, err
	}
	recent, err := s.Ledger.RecentSets()
	if err != nil || len(recent) == 0 {
		return ledger.Set{}, err
	}
	known, _, err := s.Ledger.Set(recent[0])
	return known, err
}

// setMember says which release of a component the set has.
func (s *Snapshot) setMember(tag MemberTag, base ledger.Set) (SetMember, error) {
	member := SetMember{Component: tag.Snapshot.Component.Name, Release: tag.Plan, Repository: tag.Snapshot.Elsewhere, snapshot: tag.Snapshot}
	if p := tag.Plan; p != nil && p.Awaits() {
		return member, refuse("finish it first, or close it: "+p.Proposal.Page, "%s waits for a pull request, and a set is made at once", member.Component)
	} else if p != nil {
		member.Fate, member.Version, member.Why, member.Tag, member.TagID = MemberReleased, p.Version, p.Why, p.Tag, p.TagID
		if p.Already != "" {
			member.Fate, member.Why, member.Commit = MemberTagged, p.Already, p.known.Commit
		} else {
			member.Commit = p.Entry.Tagged.Commit
		}
		return member, nil
	}
	version, why, err := s.pinned(tag, base)
	if err != nil {
		return member, err
	}
	known, ok, err := s.Ledger.Release(member.Component, version)
	if err == nil && !ok {
		err = refuse(fmt.Sprintf("to take it over: looprel adopt --component %s", member.Component), "the ledger does not know %s %s", member.Component, version)
	}
	if err == nil {
		if problem := tag.Snapshot.tagProblem(known.Tag, known.TagID); problem != "" {
			err = refuse(tag.Snapshot.putBack(known), "%s: %s", member.Component, problem)
		}
	}
	member.Fate, member.Version, member.Why = MemberPinned, version, why
	member.Tag, member.TagID, member.Commit = known.Tag, known.TagID, known.Commit
	return member, err
}

// pinned is the release of a component that is not released anew: that of the set
// before, or a higher one that its branch has.
func (s *Snapshot) pinned(tag MemberTag, base ledger.Set) (version release.Version, why string, err error) {
	name := tag.Snapshot.Component.Name
	before, ok := base.Member(name)
	switch {
	case ok && before.Version.Compare(tag.Last) >= 0 && tag.Last.IsZero():
		return before.Version, "as in " + base.Title(), nil
	case ok && before.Version.Compare(tag.Last) >= 0:
		return before.Version, "nothing has changed since " + base.Title(), nil
	case !tag.Last.IsZero():
		return tag.Last, "nothing has changed since", nil
	}
	_, running, err := lastEnvironment(tag.Snapshot)
	if err != nil || !running.IsZero() {
		return running, "no set before has one, and it runs in production", err
	}
	newest, err := s.newestRelease(name)
	if err == nil && newest.IsZero() {
		err = refuse("looprel tag --all", "%s has no release yet, and a set has one of each component", name)
	}
	return newest, "no set before has one, and it is the newest", err
}

// newestRelease is the highest release of a component, zero if there is none.
func (s *Snapshot) newestRelease(component string) (release.Version, error) {
	lines, err := s.Ledger.Lines(component)
	if err != nil || len(lines) == 0 {
		return release.Version{}, err
	}
	versions, err := s.Ledger.Versions(component, lines[len(lines)-1])
	if err != nil || len(versions) == 0 {
		return release.Version{}, err
	}
	return versions[len(versions)-1], nil
}
