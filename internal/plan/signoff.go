package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// SignOffRequest is what `signoff` was asked for.
type SignOffRequest struct {
	Environment string
	Version     release.Version
	// Set is what names the set, where the train releases sets.
	Set  string
	Note string
	// Ref is where the result is to be found, a URL.
	Ref string
	// Revoke withdraws what the same person said before.
	Revoke bool
}

// MakeSignOff plans to record that the operator has tried a release on an
// environment and found it good, or does not any more.
func MakeSignOff(s *Snapshot, request SignOffRequest) (*DecisionPlan, error) {
	if err := checkSignOff(request); err != nil {
		return nil, err
	}
	environment, err := s.releasesTo(request.Environment)
	if err != nil {
		return nil, err
	}
	known, called, err := s.subject(request.Version, request.Set)
	if err != nil {
		return nil, err
	}
	p := s.decision("signoff", ledger.KindSignedOff)
	p.about(known, called)
	p.Environment, p.Note, p.Ref = environment.Name, request.Note, request.Ref
	p.Entry.SignedOff = &ledger.SignedOff{
		Environment: environment.Name, Version: known.Version, Set: p.Set, Note: request.Note, Ref: request.Ref,
		Revoked: request.Revoke, Signed: s.Sign.Ledger,
	}
	before := signOffOf(known, environment.Name, s.Operator)
	switch {
	case request.Revoke && before == nil:
		p.Already = fmt.Sprintf("%s has no sign-off of %s on %s to withdraw", s.Operator.Name, releaseTitle(known), environment.Name)
		return p, nil
	case request.Revoke:
		p.record(s, "so that it does not count any more")
		return p, nil
	case !known.WasOn(environment.Name):
		return nil, refuse(fmt.Sprintf("looprel promote %s %s", environment.Name, called),
			"%s has not been on %s, where it would have been tried", p.About(), environment.Name)
	case before != nil && before.Note == request.Note && before.Ref == request.Ref:
		p.Already = fmt.Sprintf("%s signed off %s on %s already on %s", before.By.Name, releaseTitle(known), environment.Name, s.civil(before.At))
		return p, nil
	}
	p.record(s, "so that the gates which ask for it see it")
	p.Notes = append(p.Notes, s.uncounted(environment.Name, known)...)
	overtaken, err := s.supersededNote(&known)
	p.Notes = append(p.Notes, overtaken...)
	return p, err
}

func checkSignOff(request SignOffRequest) error {
	if request.Revoke && (request.Note != "" || request.Ref != "") {
		return misuse("leave them out, or leave out --revoke", "--revoke withdraws a sign-off and takes neither --note nor --ref")
	}
	if err := checkText("--note", request.Note); err != nil {
		return err
	}
	return checkRef(request.Ref)
}

func signOffOf(known ledger.Release, environment string, by ledger.Person) *ledger.SignOff {
	at := slices.IndexFunc(known.SignOffs, func(one ledger.SignOff) bool { return one.Environment == environment && one.By.Same(by) })
	if at < 0 {
		return nil
	}
	return &known.SignOffs[at]
}

// uncounted says which gates will not count the operator's word, and why.
func (s *Snapshot) uncounted(on string, known ledger.Release) []string {
	var notes []string
	for _, environment := range s.Train.Environments {
		gate, declared := environment.Gate(release.GateSignOff)
		if !declared || s.signOffPlace(environment, gate.SignOff) != on {
			continue
		}
		if why := s.whyUncounted(gate.SignOff, known, s.Operator); why != "" {
			notes = append(notes, fmt.Sprintf("it will not count for %s: %s", environment.Name, why))
		}
	}
	return notes
}

// whyUncounted is why somebody's word does not count, "" if it does.
func (s *Snapshot) whyUncounted(wanted release.SignOff, known ledger.Release, by ledger.Person) string {
	switch {
	case !s.hasRole(by, []string{wanted.Role}):
		return fmt.Sprintf("%s is not of %s%s", nameOf(by), wanted.Role, s.loginWanted(by, wanted.Role))
	case !known.Adopted && by.MayBe(known.By):
		if by.Name != known.By.Name {
			return fmt.Sprintf("%s is %s, who tagged it", nameOf(by), known.By.Name)
		}
		return by.Name + " tagged it"
	}
	return ""
}

// signOffPlace is the environment on which a release is tried before it may go to
// another.
func (s *Snapshot) signOffPlace(environment release.Environment, wanted release.SignOff) string {
	if wanted.On != "" {
		return wanted.On
	}
	before, _ := s.Train.Predecessor(environment)
	return before.Name
}

// signOffGate wants the word of enough people who did not tag the release
// themselves.
func signOffGate(s *Snapshot, sel *Selection, wanted release.SignOff) Gate {
	const name = release.GateSignOff
	on := s.signOffPlace(sel.Environment, wanted)
	switch {
	case sel.Release == nil:
		return Gate{Name: name, Verdict: Undecided, Reason: "the ledger knows no sign-offs of a release that it does not know", Cure: "looprel adopt"}
	case on == "":
		// The environment before it was taken out of service.
		return Gate{Name: name, Verdict: Undecided, Reason: "no environment before " + sel.Environment.Name + " is in service, so that nobody can try it there",
			Cure: "say in environments.yaml on which one it is tried"}
	}
	var counted, evidence []string
	for _, signed := range sel.Release.SignOffs {
		if signed.Environment != on {
			continue
		}
		line := s.signOffText(signed)
		if why := s.whyUncounted(wanted, *sel.Release, signed.By); why != "" {
			line += "; it does not count: " + why
		} else {
			counted = append(counted, signed.By.Name)
		}
		evidence = append(evidence, line)
	}
	gate := pass(name, "signed off on %s by %s", on, strings.Join(counted, ", "))
	if missing := wanted.People - len(counted); missing > 0 {
		gate = fail(name, fmt.Sprintf("looprel signoff %s %s, by %d of %s", on, sel.Version, missing, wanted.Role),
			"%d of %d sign-offs on %s by %s", len(counted), wanted.People, on, wanted.Role)
	}
	gate.Evidence = evidence
	return gate
}

// signOffText is a sign-off in a line.
func (s *Snapshot) signOffText(signed ledger.SignOff) string {
	text := fmt.Sprintf("%s%s signed it off (%s, %s)", signed.By, IdentityText(signed.By, signed.Signed), signed.Environment, s.civil(signed.At))
	if signed.Note != "" {
		text += ": " + signed.Note
	}
	if signed.Ref != "" {
		text += " (" + signed.Ref + ")"
	}
	return text
}
