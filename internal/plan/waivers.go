package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// checkWaive holds --waive to the gates that the environment lets anybody set
// aside.
func checkWaive(environment release.Environment, request PromoteRequest) error {
	if request.RecordOnly {
		return misuse("leave out --waive", "--record-only judges no gate, so that there is none to waive")
	}
	waivable := waivableGates(environment)
	advice := fmt.Sprintf("environments.yaml says so: {gate: NAME, waive: [ROLE]} among the gates of %s", environment.Name)
	if len(waivable) > 0 {
		advice = fmt.Sprintf("those of %s that may be waived are %s", environment.Name, strings.Join(waivable, ", "))
	}
	for _, name := range request.Waive {
		if !slices.Contains(waivable, name) {
			return misuse(advice, "%s has no gate %q that may be waived", environment.Name, name)
		}
	}
	return nil
}

func waivableGates(environment release.Environment) []string {
	var names []string
	for _, gate := range environment.Gates {
		if len(gate.WaivedBy) > 0 {
			names = append(names, gate.Name)
		}
	}
	return names
}

// checkWaivers holds --waive to those who have a role that may.
func (s *Snapshot) checkWaivers(sel *Selection, request PromoteRequest) error {
	for _, name := range request.Waive {
		gate, _ := sel.Environment.Gate(name)
		if !s.hasRole(s.Operator, gate.WaivedBy) {
			return &Unauthorised{
				Reason: fmt.Sprintf("%s may not waive the gate %s of %s: that is for %s%s", nameOf(s.Operator), name, sel.Environment.Name,
					strings.Join(gate.WaivedBy, " or "), s.loginWanted(s.Operator, gate.WaivedBy[0])),
				Advice: "ask one of them; contacts in environments.yaml says who has the role",
			}
		}
	}
	return nil
}

// hasRole reports whether somebody has one of the roles, by the contacts.
func (s *Snapshot) hasRole(person ledger.Person, roles []string) bool {
	return slices.ContainsFunc(roles, func(role string) bool {
		contact, ok := s.Train.Contact(role)
		return ok && contact.Includes(person.Name, person.Email, person.Login)
	})
}

// waive sets a gate aside if that was asked for, or was when the attempt began
// that this promotion finishes.
func (s *Snapshot) waive(sel *Selection, request PromoteRequest, gate Gate) Gate {
	if waiver, ok := s.waiver(sel, request, gate); ok {
		how := "waived"
		if waiver.OffCycle {
			how = "off-cycle"
		}
		set := gate.setAside(fmt.Sprintf("%s (%s)", how, waiver.Reason))
		set.Evidence = append(set.Evidence, "waived by "+waiver.By.String()+IdentityText(waiver.By, waiver.Signed))
		set.waiver = &waiver
		return set
	}
	command := fmt.Sprintf("looprel promote %s %s", sel.Environment.Name, sel.Version)
	if s.Train.MaySkip(gate.Name) {
		gate.alsoCuredBy("off the calendar: " + command + " --off-cycle --reason TEXT")
	}
	if declared, _ := sel.Environment.Gate(gate.Name); len(declared.WaivedBy) > 0 {
		gate.alsoCuredBy(fmt.Sprintf("as %s: %s --waive %s --reason TEXT", strings.Join(declared.WaivedBy, " or "), command, gate.Name))
	}
	if request.OffCycle {
		gate.Evidence = append(gate.Evidence, "off the calendar these may be skipped: "+orNothing(s.Train.OffCycle)+" (off-cycle in environments.yaml)")
	}
	return gate
}

// alsoCuredBy adds another way.
func (g *Gate) alsoCuredBy(way string) {
	if g.Cure != "" {
		g.Cure += "; or, "
	}
	g.Cure += way
}

func orNothing(gates []string) string {
	if len(gates) == 0 {
		return "none"
	}
	return strings.Join(gates, ", ")
}

// skip sets a gate aside for a promotion off the calendar, where the file lets it. That
// the calendar's are is what the entry says anyway; others are recorded.
func (s *Snapshot) skip(request PromoteRequest, gate Gate) Gate {
	set := gate.setAside(fmt.Sprintf("off-cycle (%s)", request.Reason))
	if !isCalendars(gate.Name) {
		set.waiver = &ledger.Waiver{Gate: gate.Name, Otherwise: gate.Reason, Reason: request.Reason, By: s.Operator, Signed: s.Sign.Ledger, OffCycle: true}
	}
	return set
}

// waiver is what sets a gate aside that did not pass; ok is false without one.
func (s *Snapshot) waiver(sel *Selection, request PromoteRequest, gate Gate) (waiver ledger.Waiver, ok bool) {
	if slices.Contains(request.Waive, gate.Name) {
		return ledger.Waiver{Gate: gate.Name, Otherwise: gate.Reason, Reason: request.Reason, By: s.Operator, Signed: s.Sign.Ledger}, true
	}
	if !resumes(sel) {
		return ledger.Waiver{}, false
	}
	var begun []ledger.Waiver
	switch {
	case sel.State.Underway != nil:
		begun = sel.State.Underway.Waived
	case sel.State.Broken != nil:
		begun = sel.State.Broken.Waived
	}
	at := slices.IndexFunc(begun, func(one ledger.Waiver) bool { return one.Gate == gate.Name })
	if at < 0 {
		return ledger.Waiver{}, false
	}
	return begun[at], true
}

// waivers are what set gates of a promotion aside, to be recorded. A gate that
// passes needs none, whatever was asked for.
func waivers(gates []Gate) []ledger.Waiver {
	var list []ledger.Waiver
	for _, gate := range gates {
		if gate.waiver != nil {
			list = append(list, *gate.waiver)
		}
	}
	return list
}
