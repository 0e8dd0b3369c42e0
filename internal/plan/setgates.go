package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/release"
)

// judgeSet gives the verdicts about a set, in the order in which they are shown. What is
// about tags, and what the environments show, is judged of each member; order, soak,
// sign-offs, blocks and the calendar of the set. Without targets those that look beyond
// the ledger are left out.
func judgeSet(whole *Snapshot, members []*Snapshot, sel *SetSelection, targets []Target) []Gate {
	each := func(judge func(s *Snapshot, one *Selection, target *Target) Gate) []Gate {
		var list []Gate
		for i, member := range members {
			var target *Target
			if targets != nil {
				target = &targets[i]
			}
			list = append(list, judge(member, sel.Members[i], target).ofMember(member.Component.Name))
		}
		return list
	}
	declared := func(name string) (release.Gate, bool) {
		gate, ok := sel.Environment.Gate(name)
		return gate, ok && targets != nil
	}
	list := []Gate{commissionedGate(sel.Environment), knownGate(whole, sel.Selection)}
	list = append(list, each(func(s *Snapshot, one *Selection, _ *Target) Gate { return unmovedGate(s, one) })...)
	list = append(list, orderGate(whole, sel.Selection))
	blockers := noBlockersGate(whole, sel.Selection)
	if gate, ok := declared(release.GateNoBlockers); ok {
		for i, member := range members {
			if member.Elsewhere == "" {
				blockers = blockedByIssues(blockers, gate.Blockers, targets[i].Issues)
			}
		}
	}
	list = append(list, blockers, notBackedOffGate(whole, sel.Selection))
	for i, member := range sel.Members {
		if gate := notBackedOffGate(members[i], member); !gate.passes() {
			list = append(list, gate.ofMember(members[i].Component.Name))
		}
	}
	if _, ok := declared(release.GateSigned); ok {
		list = append(list, each(func(_ *Snapshot, one *Selection, target *Target) Gate { return signedGate(one, target.Signatures) })...)
	}
	if gate, ok := declared(release.GateChecks); ok {
		list = append(list, each(func(_ *Snapshot, _ *Selection, target *Target) Gate { return checksGate(gate.Checks, target.Checks) })...)
	}
	if _, ok := declared(release.GateLive); ok {
		list = append(list, each(liveGate)...)
	}
	if gate, ok := sel.Environment.Gate(release.GateSoak); ok {
		list = append(list, soakGate(whole, sel.Selection, gate.Soak))
	}
	if gate, ok := sel.Environment.Gate(release.GateSignOff); ok {
		list = append(list, signOffGate(whole, sel.Selection, gate.SignOff))
	}
	if _, ok := declared(release.GateNoLostFixes); ok {
		list = append(list, each(func(_ *Snapshot, one *Selection, target *Target) Gate { return noLostFixesGate(one, target) })...)
	}
	list = append(list, notFrozenGate(whole, sel.Selection))
	if sel.Environment.PushWindow {
		list = append(list, windowGate(whole, sel.Selection))
	}
	return list
}

// ofMember says of which component of a set a verdict is.
func (g Gate) ofMember(component string) Gate {
	g.Component = component
	g.Reason = fmt.Sprintf("%s: %s", component, g.Reason)
	return g
}
