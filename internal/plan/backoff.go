package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// BackOffRequest is what `backoff` was asked for.
type BackOffRequest struct {
	Version release.Version
	// Set is what names the set, where the train releases sets.
	Set    string
	Reason string
	// Revoke lets the release go on after all.
	Revoke bool
}

// MakeBackOff plans to record that a release goes nowhere any more. Neither the
// branch, nor the tag, nor what runs is touched.
func MakeBackOff(s *Snapshot, request BackOffRequest) (*DecisionPlan, error) {
	if err := checkBackOff(request); err != nil {
		return nil, err
	}
	known, called, err := s.subject(request.Version, request.Set)
	if err != nil {
		return nil, err
	}
	p := s.decision("backoff", ledger.KindBackedOff)
	p.about(known, called)
	p.Reason, p.Entry.Reason = request.Reason, request.Reason
	p.Entry.BackedOff = &ledger.BackedOff{Version: known.Version, Set: p.Set, Revoked: request.Revoke, Signed: s.Sign.Ledger}
	switch {
	case request.Revoke && known.BackedOff == nil:
		p.Already = releaseTitle(known) + " is not backed off"
		return p, nil
	case request.Revoke:
		p.Notes = append(p.Notes, s.backedOffText(known))
		p.recordAndTell(s, known, ledger.EventReinstated, "so that it may go on again")
		return p, nil
	case known.BackedOff != nil:
		p.Already = s.backedOffText(known)
		return p, nil
	}
	if last, arrived, err := s.hasArrived(known, called); err != nil {
		return nil, err
	} else if arrived {
		return nil, refuse(fmt.Sprintf("looprel rollback %s --reason TEXT", last), "%s runs %s: a release that has arrived is rolled back", last, releaseTitle(known))
	}
	overtaken, err := s.supersededNote(&known)
	if err != nil {
		return nil, err
	}
	if len(overtaken) == 0 {
		overtaken = s.afterBackOff(known)
	}
	p.Notes = append(p.Notes, overtaken...)
	p.recordAndTell(s, known, ledger.EventBackedOff, "so that nobody promotes it, and the next train is told")
	return p, nil
}

// hasArrived reports whether the last environment runs what a decision is about.
func (s *Snapshot) hasArrived(known ledger.Release, called string) (last string, arrived bool, err error) {
	last, running, err := lastEnvironment(s)
	if err != nil || known.Component != ledger.AllComponents {
		return last, running == known.Version, err
	}
	state, err := s.setEnvironment(last)
	return last, state.Running != nil && state.Running.Version == called, err
}

// recordAndTell adds the steps that write the entry, and tell people of it.
func (p *DecisionPlan) recordAndTell(s *Snapshot, known ledger.Release, event ledger.Event, reason string) {
	p.record(s, reason)
	if p.Set != "" {
		return // people are told of releases
	}
	p.Entry.Owes = s.owe(announced{event: event, version: known.Version, notBefore: known.Embargo, act: p.Entry.ID})
	p.Steps = append(p.Steps, s.announceSteps(p.Entry.Owes)...)
}

func checkBackOff(request BackOffRequest) error {
	if request.Revoke && request.Reason == "" {
		return nil
	}
	return checkDecision(request.Reason, "")
}

// afterBackOff is what can be done instead of a release.
func (s *Snapshot) afterBackOff(known ledger.Release) []string {
	fix := fmt.Sprintf("a fix makes the next patch of it: looprel backport %s COMMIT", known.Version)
	if known.Component == ledger.AllComponents {
		fix = "a fix of a member makes the next set: looprel backport --component NAME VERSION COMMIT"
	}
	following, ok := s.Calendar().Next(s.Today())
	if !ok {
		return []string{fix}
	}
	return []string{fix + ", on the same train if it arrives before " + calendar.Day(following.Tag),
		"otherwise the next train brings what is on the branch by then; it is tagged on " + calendar.Day(following.Tag)}
}

// backedOffText says of a release that is backed off by whom and why.
func (s *Snapshot) backedOffText(known ledger.Release) string {
	off := known.BackedOff
	return fmt.Sprintf("%s is backed off since %s, by %s%s: %s", releaseTitle(known), s.civil(off.At), off.By.Name, IdentityText(off.By, off.Signed), off.Reason)
}

// backedOffNote tells a train of the release before it, if that was backed off.
func (s *Snapshot) backedOffNote(version release.Version) ([]string, error) {
	known, ok, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil || !ok || known.BackedOff == nil {
		return nil, err
	}
	return []string{s.backedOffText(known)}, nil
}

// notBackedOffGate wants that nobody has taken the release off the train.
func notBackedOffGate(s *Snapshot, sel *Selection) Gate {
	const name = release.GateNotBackedOff
	if sel.Release == nil || sel.Release.BackedOff == nil {
		return pass(name, "nobody has backed it off")
	}
	off := sel.Release.BackedOff
	gate := fail(name, fmt.Sprintf("looprel backoff %s --revoke --reason TEXT, if it is good after all", sel.Version),
		"%s is backed off by %s: %s", releaseTitle(*sel.Release), off.By.Name, off.Reason)
	gate.Evidence = []string{s.backedOffText(*sel.Release)}
	return gate
}

// replace adds what to do about a release of the current cycle that is backed off,
// unless a higher one has taken its place.
func (n *Next) replace(s *Snapshot) error {
	cycle, ok := s.Calendar().Current(n.Today)
	if !ok {
		return nil
	}
	version, err := s.Ledger.CycleRelease(s.Component.Name, cycle.Planned)
	if err != nil || version.IsZero() {
		return err
	}
	known, _, err := s.Ledger.Release(s.Component.Name, version)
	if err != nil || known.BackedOff == nil {
		return err
	}
	above, err := releasesAbove(s, version)
	if err != nil || len(above) > 0 {
		return err
	}
	if known, err = s.highestBackedOff(known); err != nil {
		return err
	}
	version = known.Version
	n.Situation = s.backedOffText(known)
	n.Due = append(n.Due, Due{
		What: fmt.Sprintf("replace %s, or wait for the next train", version), Who: ReleaseManager,
		Command: fmt.Sprintf("looprel backport %s COMMIT", version), Reason: strings.Join(s.afterBackOff(known), "; "),
		turn: turn{act: ActReplace, version: version},
	})
	return nil
}

// highestBackedOff is the highest release of the line that is backed off, as one that
// was made to take the place of a release that was.
func (s *Snapshot) highestBackedOff(first ledger.Release) (ledger.Release, error) {
	versions, err := s.Ledger.Versions(s.Component.Name, first.Version.Line())
	if err != nil {
		return first, err
	}
	for _, version := range slices.Backward(versions) {
		known, _, err := s.Ledger.Release(s.Component.Name, version)
		if err != nil || known.BackedOff != nil {
			return known, err
		}
	}
	return first, nil
}
