package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// Verdict is what a gate says.
type Verdict string

// The verdicts. What cannot be decided does not pass.
const (
	Pass      Verdict = "pass"
	Fail      Verdict = "fail"
	Undecided Verdict = "unknown"
	// Waived: the gate would have failed and was set aside on purpose.
	Waived Verdict = "waived"
)

// Gate is a condition of a promotion, with the reason for its verdict and, where
// it does not pass, what to type.
type Gate struct {
	Name string `json:"gate"`
	// Component is the member of a set that it is about, "" for the set or release.
	Component string  `json:"component,omitempty"`
	Verdict   Verdict `json:"verdict"`
	Reason    string  `json:"reason"`
	// Evidence is what the verdict rests on, a line each.
	Evidence []string `json:"evidence,omitempty"`
	Cure     string   `json:"cure,omitempty"`

	// waiver is what set the gate aside, nil unless somebody's word did.
	waiver *ledger.Waiver
	// from is when the gate is going to pass if nothing happens, zero if that is not
	// known.
	from time.Time
}

// passes reports whether the gate does not stop the promotion.
func (g Gate) passes() bool { return g.Verdict == Pass || g.Verdict == Waived }

// The gates that hold for every environment and that nobody may set aside: what is
// brought there must be what was released.
const (
	gateCommissioned = "commissioned"
	gateKnown        = "known"
	gateUnmoved      = "tag-unmoved"
)

func pass(name, format string, values ...any) Gate {
	return Gate{Name: name, Verdict: Pass, Reason: fmt.Sprintf(format, values...)}
}

func fail(name, cure, format string, values ...any) Gate {
	return Gate{Name: name, Verdict: Fail, Cure: cure, Reason: fmt.Sprintf(format, values...)}
}

// gates judges a promotion. A resumed one finishes an attempt that was let
// through before; the calendar does not stop it half-way. Without a target those
// that look beyond the ledger are left out: they are judged when it is promoted.
func gates(s *Snapshot, sel *Selection, target *Target, request PromoteRequest, resumed bool) []Gate {
	return settle(s, sel, judge(s, sel, target), request, resumed)
}

// settle sets aside what may be and was asked for.
func settle(s *Snapshot, sel *Selection, list []Gate, request PromoteRequest, resumed bool) []Gate {
	for i, gate := range list {
		switch {
		case gate.passes():
		case isCalendars(gate.Name) && resumed:
			list[i] = gate.setAside("this finishes an attempt that has begun")
		case request.OffCycle && s.Train.MaySkip(gate.Name):
			list[i] = s.skip(request, gate)
		default:
			list[i] = s.waive(sel, request, gate)
		}
	}
	return list
}

// judge gives the verdicts as they are before anything is set aside, in the order
// in which they are shown.
func judge(s *Snapshot, sel *Selection, target *Target) []Gate {
	list := []Gate{commissionedGate(sel.Environment)}
	if sel.Environment.Follows != "" {
		return append(list, noBlockersGate(s, sel))
	}
	blockers := noBlockersGate(s, sel)
	if gate, declared := sel.Environment.Gate(release.GateNoBlockers); declared && target != nil {
		blockers = blockedByIssues(blockers, gate.Blockers, target.Issues)
	}
	list = append(list, knownGate(s, sel), unmovedGate(s, sel), orderGate(s, sel), blockers, notBackedOffGate(s, sel))
	if _, declared := sel.Environment.Gate(release.GateSigned); declared && target != nil {
		list = append(list, signedGate(sel, target.Signatures))
	}
	if gate, declared := sel.Environment.Gate(release.GateChecks); declared && target != nil {
		list = append(list, checksGate(gate.Checks, target.Checks))
	}
	if _, declared := sel.Environment.Gate(release.GateLive); declared && target != nil {
		list = append(list, liveGate(s, sel, target))
	}
	if gate, declared := sel.Environment.Gate(release.GateSoak); declared {
		list = append(list, soakGate(s, sel, gate.Soak))
	}
	if gate, declared := sel.Environment.Gate(release.GateSignOff); declared {
		list = append(list, signOffGate(s, sel, gate.SignOff))
	}
	if _, declared := sel.Environment.Gate(release.GateNoLostFixes); declared && target != nil {
		list = append(list, noLostFixesGate(sel, target))
	}
	list = append(list, notFrozenGate(s, sel))
	if sel.Environment.PushWindow {
		list = append(list, windowGate(s, sel))
	}
	return list
}

// isCalendars reports whether a gate is the calendar's.
func isCalendars(gate string) bool {
	return gate == release.GateNotFrozen || gate == release.GateWindow
}

// setAside is the gate without force, for a reason. What it would have said stays.
func (g Gate) setAside(why string) Gate {
	return Gate{Name: g.Name, Component: g.Component, Verdict: Waived, Reason: why + "; otherwise: " + g.Reason, Evidence: g.Evidence}
}

func commissionedGate(environment release.Environment) Gate {
	if !environment.Commissioned {
		return fail(gateCommissioned, "set \"commissioned: true\" in environments.yaml once it exists", "%s is not commissioned", environment.Name)
	}
	return pass(gateCommissioned, "%s is in service", environment.Name)
}

func knownGate(s *Snapshot, sel *Selection) Gate {
	switch {
	case sel.Release != nil:
		return pass(gateKnown, "%s", s.origin(*sel.Release))
	case sel.Commit.IsZero():
		return fail(gateKnown, "looprel tag "+sel.Version, "%s %s has not been released", s.Component.Name, sel.Version)
	}
	return fail(gateKnown, "looprel adopt", "%s has tag %s, which the ledger does not know", s.Remote, ShortRef(sel.Tag))
}

func unmovedGate(s *Snapshot, sel *Selection) Gate {
	const name = gateUnmoved
	if sel.Release == nil {
		return Gate{Name: name, Verdict: Undecided, Reason: "the ledger does not say where the tag belongs", Cure: "looprel adopt"}
	}
	problem := s.tagProblem(sel.Release.Tag, sel.Release.TagID)
	if problem != "" {
		return fail(name, s.putBack(*sel.Release), "%s", problem)
	}
	return pass(name, "tag %s is %s, as recorded", ShortRef(sel.Release.Tag), sel.Release.TagID.Short())
}

// tagProblem says how a release's tag differs from what the ledger recorded, ""
// if it does not.
func (s *Snapshot) tagProblem(ref string, recorded object.ID) string {
	now, exists := s.Refs.IDs[ref]
	switch {
	case !exists:
		return fmt.Sprintf("tag %s has been deleted on %s", ShortRef(ref), s.Remote)
	case now != recorded:
		return fmt.Sprintf("tag %s has been moved on %s: it is %s, recorded was %s", ShortRef(ref), s.Remote, now.Short(), recorded.Short())
	}
	return ""
}

// putBack is what gives a release its tag again, moved or deleted.
func (s *Snapshot) putBack(known ledger.Release) string {
	return fmt.Sprintf("put it back: git push --force %s %s:%s", s.Remote, known.TagID, known.Tag)
}

func orderGate(s *Snapshot, sel *Selection) Gate {
	const name = release.GateOrder
	predecessor, ok := s.Train.Predecessor(sel.Environment)
	if !ok {
		return pass(name, "%s comes right after the tag", sel.Environment.Name)
	}
	if sel.Release != nil && sel.Release.WasOn(predecessor.Name) {
		return pass(name, "it has been on %s", predecessor.Name)
	}
	return s.neverThere(sel, predecessor)
}

// neverThere says that the release has not been on the environment before. One that
// runs something higher by then takes it only on its way to a later one.
func (s *Snapshot) neverThere(sel *Selection, predecessor release.Environment) Gate {
	const name = release.GateOrder
	wanted, _ := sel.Deployment.Release()
	if running := sel.Before.Running; running != nil {
		runs, isRelease := running.Release()
		if isRelease && wanted.Compare(runs) < 0 {
			gate := fail(name, "", "it has not been on %s, which runs %s by now", predecessor.Name, runs)
			if to, _, err := s.onItsWay(predecessor, wanted); err == nil && to != "" {
				gate.Cure = fmt.Sprintf("looprel promote %s %s", predecessor.Name, sel.Version)
			}
			if !s.Train.MaySkip(name) {
				gate.alsoCuredBy(fmt.Sprintf("let a release off the calendar skip it, in environments.yaml: train: {off-cycle: {may-skip: [%s]}}",
					strings.Join(append([]string{name}, s.Train.OffCycle...), ", ")))
			}
			return gate
		}
	}
	return fail(name, fmt.Sprintf("looprel promote %s %s", predecessor.Name, sel.Version), "it has not been on %s", predecessor.Name)
}

func notFrozenGate(s *Snapshot, sel *Selection) Gate {
	const name = release.GateNotFrozen
	freeze, frozen := s.Calendar().Frozen(s.Today())
	switch {
	case !frozen:
		return pass(name, "no freeze on %s", s.Today())
	case sel.isPatch():
		return pass(name, "frozen until %s%s, which does not hold for a patch release", freeze.To, because(freeze))
	case s.isPushDay(sel):
		return pass(name, "frozen until %s%s, but an exception puts this push on today", freeze.To, because(freeze))
	}
	gate := fail(name, "wait", "frozen from %s to %s%s", freeze.From, freeze.To, because(freeze))
	gate.from = s.thaw(freeze).At(0, s.Train.Zone)
	return gate
}

// thaw is the first day after a freeze, and after those that follow it at once.
func (s *Snapshot) thaw(freeze release.Freeze) release.Date {
	for range s.Train.Schedule.Freezes {
		next, frozen := s.Calendar().Frozen(freeze.To.AddDays(1))
		if !frozen {
			break
		}
		freeze = next
	}
	return freeze.To.AddDays(1)
}

// because adds a freeze's reason, if it has one.
func because(freeze release.Freeze) string {
	if freeze.Reason == "" {
		return ""
	}
	return " (" + freeze.Reason + ")"
}

// isPushDay reports whether today is the push day of the selected release. The
// calendar puts none into a freeze; only an exception does.
func (s *Snapshot) isPushDay(sel *Selection) bool {
	cycle, ok := s.cycleOf(sel)
	return ok && cycle.Push == s.Today()
}

// isPatch reports whether the calendar does not apply: to a patch, unless it is a
// cycle's release, as on a train that raises the patch number.
func (sel *Selection) isPatch() bool {
	if sel.Set != nil {
		return sel.Set.Patch
	}
	version, isRelease := sel.Deployment.Release()
	ofCycle := sel.Release != nil && !sel.Release.Cycle.IsZero()
	return isRelease && version.IsPatch() && !ofCycle
}

func windowGate(s *Snapshot, sel *Selection) Gate {
	const name = release.GateWindow
	if sel.isPatch() {
		return pass(name, "the calendar does not apply to a patch release")
	}
	cycle, ok := s.cycleOf(sel)
	if !ok {
		return fail(name, "", "%s belongs to no cycle of the calendar, so it has no push day", sel.Version)
	}
	judgement := s.Calendar().JudgePush(cycle, s.Now)
	if !judgement.Verdict.Allows() {
		cure := "wait"
		if judgement.Opens.IsZero() {
			cure = "" // waiting does not help
		}
		return fail(name, cure, "%s", s.refusal(judgement))
	}
	return pass(name, "%s", judgement.Reason)
}

// refusal is a judgement that does not allow something, with the time from which
// the calendar does, in the train's zone and the operator's; when there is none,
// with the time that it is.
func (s *Snapshot) refusal(judgement calendar.Judgement) string {
	if judgement.Opens.IsZero() {
		return fmt.Sprintf("%s; it is %s", judgement.Reason, calendar.Local(s.Now, s.Train.Zone, s.Now.Location()))
	}
	opens := calendar.Local(judgement.Opens, s.Train.Zone, s.Now.Location())
	if there := calendar.Local(judgement.Opens, s.Train.Zone, s.Train.Zone); strings.Contains(judgement.Reason, there) {
		return strings.Replace(judgement.Reason, there, opens, 1)
	}
	return fmt.Sprintf("%s; open from %s", judgement.Reason, opens)
}

// cycleOf is the cycle whose release is selected.
func (s *Snapshot) cycleOf(sel *Selection) (calendar.Cycle, bool) {
	if sel.Release == nil || sel.Release.Cycle.IsZero() {
		return calendar.Cycle{}, false
	}
	return s.Calendar().ByPlanned(sel.Release.Cycle)
}

// daysLate is how many days after its push day a train release goes to an
// environment with a push window.
func daysLate(s *Snapshot, sel *Selection) int {
	cycle, ok := s.cycleOf(sel)
	if !ok || !sel.Environment.PushWindow {
		return 0
	}
	return s.Calendar().JudgePush(cycle, s.Now).DaysLate
}
