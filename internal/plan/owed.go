package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// OwingLine is a release line that got something after its first release, by
// references: what it got is owed by the next release.
type OwingLine struct {
	Line release.Line
	// Releases are the full names of the tags, by version; Tip is the full name of the
	// branch, "" without one.
	Releases []string
	Tip      string
}

// Refs are the full names of the line's tags and of its branch.
func (l OwingLine) Refs() []string {
	if l.Tip == "" {
		return l.Releases
	}
	return append(slices.Clone(l.Releases), l.Tip)
}

// OwingLines are the lines whose fixes a release of a branch owes, the highest first:
// for the train's branch all, for a line those up to itself. It reads references
// alone.
func OwingLines(s *Snapshot, branch *Branch) []OwingLine {
	byLine := map[release.Line]*OwingLine{}
	line := func(of release.Line) *OwingLine {
		if byLine[of] == nil {
			byLine[of] = &OwingLine{Line: of}
		}
		return byLine[of]
	}
	versions := s.taggedVersions()
	slices.SortFunc(versions, release.Version.Compare)
	for _, version := range versions {
		own := line(version.Line())
		own.Releases = append(own.Releases, TagRef(s.Component.TagPattern.Tag(version)))
	}
	for _, tip := range s.Lines() {
		if own := line(tip.Line); own.Tip == "" {
			own.Tip = tip.Ref
		}
	}
	var lines []OwingLine
	for of, own := range byLine {
		if branch.Line != nil && of.Compare(*branch.Line) > 0 || !s.gotSomething(own) {
			continue
		}
		lines = append(lines, *own)
	}
	slices.SortFunc(lines, func(a, b OwingLine) int { return b.Line.Compare(a.Line) })
	return lines
}

// gotSomething reports whether a line has more than its first release.
func (s *Snapshot) gotSomething(line *OwingLine) bool {
	if len(line.Releases) == 0 {
		return false
	}
	first, _ := s.Refs.Commit(line.Releases[0])
	return slices.ContainsFunc(line.Refs(), func(ref string) bool {
		commit, _ := s.Refs.Commit(ref)
		return commit != first
	})
}

// Owed are the fixes that a release does not have.
type Owed struct {
	Table *fixes.Table
	// Head is the released commit, by its place among the survey's points.
	Head int
	// Without are the commits that the operator leaves out.
	Without []object.ID
}

// HoldToFixes refuses a release that would lose a fix of an earlier line, unless the
// operator leaves it out. What is not clear, or not released yet, is noted.
func (p *TagPlan) HoldToFixes(s *Snapshot, branch *Branch, owed Owed) error {
	if p.Already != "" {
		return nil
	}
	var lost []FixMissed
	var waived []object.ID
	for _, loss := range owed.Table.Coming {
		for _, missed := range loss.Fixes {
			fix := &owed.Table.Fixes[missed.Fix]
			one := FixMissed{fix.Commit.ID, fix.Commit.Subject, standingOf(missed.Standing)}
			before, err := s.leftOutBefore(fix, p.Version)
			switch {
			case err != nil:
				return err
			case !loss.Holder.IsRelease():
				p.Notes = append(p.Notes, fmt.Sprintf("%s has %s %q, not released yet, and this release does not: %s",
					loss.Holder.Name, one.Commit.Short(), one.Subject, bringCommand(s, ShortRef(branch.Ref), one.Commit)))
			case isOneOf(fix, owed.Without):
				waived = append(waived, one.Commit)
			case !before.IsZero():
				p.Notes = append(p.Notes, fmt.Sprintf("%s %q was left out of %s on purpose, and is not in this release either", one.Commit.Short(), one.Subject, before))
			default:
				one.Reason = loss.Holder.Name
				lost = append(lost, one)
			}
		}
	}
	if err := checkWaivers(owed, waived); err != nil {
		return err
	}
	if len(lost) > 0 {
		return p.refuseLoss(branch, lost)
	}
	p.noteUnclear(owed)
	if p.Without = waived; p.Entry.Tagged != nil {
		p.Entry.Tagged.Without = waived
	}
	return nil
}

// isOneOf reports whether one of the commits is the fix, or the same change.
func isOneOf(fix *fixes.Fix, commits []object.ID) bool {
	return slices.ContainsFunc(commits, func(id object.ID) bool { return id == fix.Commit.ID || slices.Contains(fix.Others, id) })
}

// leftOutBefore is an earlier release that was made without the fix on purpose, no
// version if there is none.
func (s *Snapshot) leftOutBefore(fix *fixes.Fix, version release.Version) (release.Version, error) {
	lines, err := s.Ledger.Lines(s.Component.Name)
	if err != nil {
		return release.Version{}, err
	}
	for _, line := range slices.Backward(lines) {
		if line.Compare(fix.Line) < 0 {
			break
		}
		versions, err := s.Ledger.Versions(s.Component.Name, line)
		if err != nil {
			return release.Version{}, err
		}
		for _, one := range slices.Backward(versions) {
			known, _, err := s.Ledger.Release(s.Component.Name, one)
			if err != nil {
				return release.Version{}, err
			}
			if one.Compare(version) < 0 && isOneOf(fix, known.Without) {
				return one, nil
			}
		}
	}
	return release.Version{}, nil
}

// checkWaivers refuses --without-fix for what would not be lost: a mistyped commit
// must not look like a decision.
func checkWaivers(owed Owed, waived []object.ID) error {
	for _, id := range owed.Without {
		known := slices.ContainsFunc(owed.Table.Fixes, func(fix fixes.Fix) bool {
			return slices.Contains(waived, fix.Commit.ID) && isOneOf(&fix, []object.ID{id})
		})
		if !known {
			return misuse("leave out --without-fix "+id.Short(), "%s is no fix that this release would lose", id.Short())
		}
	}
	return nil
}

func (p *TagPlan) refuseLoss(branch *Branch, lost []FixMissed) error {
	var names, ids, flags []string
	for _, one := range lost {
		names = append(names, fmt.Sprintf("%s %q, which %s has", one.Commit.Short(), one.Subject, one.Reason))
		ids = append(ids, one.Commit.Short())
		flags = append(flags, "--without-fix "+one.Commit.Short())
	}
	own := ShortRef(branch.Ref)
	cure := fmt.Sprintf("bring it to %s: git cherry-pick -x %s", own, strings.Join(ids, " "))
	if branch.Line != nil {
		cure = fmt.Sprintf("looprel backport %s %s", branch.Line, strings.Join(ids, " "))
	}
	command := "looprel tag"
	switch {
	case branch.Line != nil:
		command += fmt.Sprintf(" --line %s", branch.Line)
	case p.Version.IsPatch():
		command += fmt.Sprintf(" %s --line %s", p.Version, own)
	}
	return refuse(fmt.Sprintf("%s; or, without it: %s %s --reason TEXT", cure, command, strings.Join(flags, " ")),
		"%s %s would lose %s", p.Component, p.Version, strings.Join(names, "; "))
}

// noteUnclear notes the fixes of which nobody can tell whether the release has them.
func (p *TagPlan) noteUnclear(owed Owed) {
	var unclear []string
	for i := range owed.Table.Fixes {
		fix := &owed.Table.Fixes[i]
		if standing, ok := fix.StandingAt(owed.Head); ok && standing.State == fixes.Unclear && fix.First != nil {
			unclear = append(unclear, fix.Commit.ID.Short())
		}
	}
	if len(unclear) > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("it is unclear whether this release has %s of earlier lines: looprel fixes", joinSome(unclear)))
	}
}
