package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// LostFixes are the fixes that one release has and another, which is to take its
// place, has not.
type LostFixes struct {
	Lost []FixMissed
	// Unclear are those of which it cannot be told whether the other has them.
	Unclear []FixMissed
	// LeftOut are those that the other was made without on purpose.
	LeftOut []FixMissed
	// Failure says, if set, why nothing could be told.
	Failure string
}

// ReleaseHead is a release as a point that can be asked about its fixes.
func ReleaseHead(s *Snapshot, version release.Version) (FixHead, error) {
	return s.namedHead(version.String())
}

// FindLost compares two releases of a table by their places among the survey's
// points. without are fixes that the wanted one was made without on purpose. Where the
// history ends early, fixes may not have been found: nothing is told then.
func FindLost(table *fixes.Table, running, wanted int, without []object.ID) *LostFixes {
	found := &LostFixes{}
	if !table.Complete {
		found.Failure = "this clone's history ends early: git fetch --unshallow"
	}
	for i := range table.Fixes {
		fix := &table.Fixes[i]
		before, _ := fix.StandingAt(running)
		after, asked := fix.StandingAt(wanted)
		if !asked || !before.State.Has() {
			continue
		}
		missed := FixMissed{Commit: fix.Commit.ID, Subject: fix.Commit.Subject, FixStanding: standingOf(after)}
		onPurpose := slices.ContainsFunc(append([]object.ID{fix.Commit.ID}, fix.Others...), func(id object.ID) bool {
			return slices.Contains(without, id)
		})
		switch {
		case after.State.Lacks() && onPurpose:
			found.LeftOut = append(found.LeftOut, missed)
		case after.State.Lacks():
			found.Lost = append(found.Lost, missed)
		case after.State == fixes.Unclear:
			found.Unclear = append(found.Unclear, missed)
		}
	}
	return found
}

// noLostFixesGate wants the release to have what runs there now was fixed by.
func noLostFixesGate(sel *Selection, target *Target) Gate {
	const name = release.GateNoLostFixes
	undecided := func(cure, format string, values ...any) Gate {
		return Gate{Name: name, Verdict: Undecided, Cure: cure, Reason: fmt.Sprintf(format, values...)}
	}
	running := sel.State.Running
	switch {
	case sel.Release == nil:
		return undecided("looprel adopt", "the ledger does not know %s", sel.Version)
	case running == nil && target.Seen.shown() != "":
		return undecided("looprel adopt", "the ledger does not know what %s runs", sel.Environment.Name)
	case running == nil:
		return pass(name, "nothing runs on %s yet that could be lost", sel.Environment.Name)
	case target.Lost == nil:
		return undecided("looprel fixes --missing-from "+sel.Version, "%s runs %s, which is no release", sel.Environment.Name, running.Version)
	case target.Lost.Failure != "":
		return undecided("looprel fixes --missing-from "+sel.Version, "the fixes of %s could not be compared: %s", running.Version, target.Lost.Failure)
	case len(target.Lost.Lost) > 0:
		gate := fail(name, bringAll(sel.Version, target.Lost.Lost), "it lacks %s of %s, which %s runs", countFixes(target.Lost.Lost), running.Version, sel.Environment.Name)
		gate.Evidence = missedTexts(target.Lost.Lost)
		return gate
	case len(target.Lost.Unclear) > 0:
		gate := undecided("looprel fixes --missing-from "+sel.Version, "it cannot be told whether it has %s of %s", countFixes(target.Lost.Unclear), running.Version)
		gate.Evidence = missedTexts(target.Lost.Unclear)
		return gate
	}
	gate := pass(name, "it has the fixes of %s, which %s runs", running.Version, sel.Environment.Name)
	if left := target.Lost.LeftOut; len(left) > 0 {
		gate.Reason += fmt.Sprintf(", but for %s that it was made without on purpose", countFixes(left))
		gate.Evidence = missedTexts(left)
	}
	return gate
}

func countFixes(missed []FixMissed) string {
	if len(missed) == 1 {
		return "a fix"
	}
	return fmt.Sprintf("%d fixes", len(missed))
}

func missedTexts(missed []FixMissed) []string {
	var lines []string
	for _, one := range missed {
		line := one.Commit.Short() + " " + one.Subject
		if one.Reason != "" {
			line += ": " + one.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

// bringAll is what brings the fixes to the line of a version.
func bringAll(version string, missed []FixMissed) string {
	commits := make([]string, len(missed))
	for i, one := range missed {
		commits[i] = one.Commit.Short()
	}
	return "looprel backport " + version + " " + strings.Join(commits, " ")
}
