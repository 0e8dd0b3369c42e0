package release

import (
	"slices"
	"strings"
	"time"
)

// Gate is a condition that environments.yaml adds to an environment, or one that
// holds there anyway and that some may set aside.
type Gate struct {
	Name string
	// WaivedBy are the roles whose people may set the gate aside; none: nobody may.
	WaivedBy []string
	// SignOff is what the gate of that name asks for.
	SignOff SignOff
	// Soak is what the gate of that name asks for.
	Soak Soak
	// Checks is what the gate of that name asks for.
	Checks Checks
	// Blockers are what the gate no-blockers looks for at the forge.
	Blockers Blockers
}

// Checks asks for the forge's checks of a commit.
type Checks struct {
	// Required are the names of those that count; none: all that there are.
	Required []string
}

// Blockers are open issues that keep a release off an environment.
type Blockers struct {
	// Labels: an issue with any of them.
	Labels []string
	// Milestone is the pattern of the titles of milestones whose issues do, "" for none.
	Milestone Pattern
}

// IsZero reports whether no issues are looked for.
func (b Blockers) IsZero() bool { return len(b.Labels) == 0 && b.Milestone == "" }

// Soak asks for time on the environment before.
type Soak struct {
	For time.Duration
	// Working: hours of working days count alone.
	Working bool
	// Contiguous: a release that leaves in between begins anew.
	Contiguous bool
}

// SignOff asks for the word of people who have tried a release.
type SignOff struct {
	Role string
	// People is how many of them must have signed it off.
	People int
	// On is the environment that they tried it on; empty: the one before.
	On string
}

// The gates that hold for every environment (the window where one is declared). The
// file may name them to say who may set them aside.
const (
	GateOrder     = "order"
	GateNotFrozen = "not-frozen"
	GateWindow    = "window"
	// GateNoBlockers: nobody has blocked the release, or the environment.
	GateNoBlockers = "no-blockers"
	// GateNotBackedOff: nobody decided that the release goes nowhere any more.
	GateNotBackedOff = "not-backed-off"
)

// The gates that hold where the file declares them.
const (
	// GateNoLostFixes: the release has the fixes of what runs there now.
	GateNoLostFixes = "no-lost-fixes"
	// GateLive: the environment before shows the release, healthy, and its third
	// parties are as declared.
	GateLive    = "live"
	GateSoak    = "soak"
	GateSignOff = "sign-off"
	// GateChecks: the forge's checks of the tagged commit have passed.
	GateChecks = "checks"
	// GateSigned: the release's tag, and the ledger's entries from its own on, are
	// signed by allowed signers.
	GateSigned = "signed"
)

// DeclarableGates are the names that the file may give, in the order in which the
// gates are judged.
func DeclarableGates() []string {
	return []string{GateOrder, GateNoBlockers, GateNotBackedOff, GateSigned, GateChecks, GateLive, GateSoak, GateSignOff, GateNoLostFixes, GateNotFrozen, GateWindow}
}

// SkippableGates are the gates that the file may let a promotion off the calendar
// skip: those that ask for time and for trying. What says that the release is not what
// it should be, or that somebody decided against it, is not among them.
func SkippableGates() []string {
	return []string{GateOrder, GateChecks, GateLive, GateSoak, GateSignOff, GateNoLostFixes, GateNotFrozen, GateWindow}
}

// DefaultOffCycle are those that it may skip unless the file says otherwise: the
// calendar's.
func DefaultOffCycle() []string { return []string{GateNotFrozen, GateWindow} }

// MaySkip reports whether a promotion off the calendar may skip a gate.
func (t *Train) MaySkip(gate string) bool { return slices.Contains(t.OffCycle, gate) }

// Gate returns what the environment declares of a gate; ok is false if it says
// nothing of it.
func (e Environment) Gate(name string) (gate Gate, ok bool) {
	at := slices.IndexFunc(e.Gates, func(g Gate) bool { return g.Name == name })
	if at < 0 {
		return Gate{Name: name}, false
	}
	return e.Gates[at], true
}

// Contact returns the contact of that role.
func (t *Train) Contact(role string) (Contact, bool) {
	at := slices.IndexFunc(t.Contacts, func(c Contact) bool { return c.Role == role })
	if at < 0 {
		return Contact{}, false
	}
	return t.Contacts[at], true
}

// NamesAnybody reports whether the role says who has it.
func (c Contact) NamesAnybody() bool { return len(c.People)+len(c.Email)+len(c.GitHub) > 0 }

// KnownByLogin reports whether nothing but logins says who has the role.
func (c Contact) KnownByLogin() bool { return len(c.GitHub) > 0 && len(c.People)+len(c.Email) == 0 }

// Includes reports whether somebody has the role, of whom git says the name and the
// address and the forge the login, "" if it was not asked. What is hardest to pretend
// counts alone: where the role lists logins and theirs is known, that; where it lists
// addresses, these, since a name is shared more easily.
func (c Contact) Includes(name, email, login string) bool {
	if login != "" && len(c.GitHub) > 0 {
		return slices.ContainsFunc(c.GitHub, func(listed string) bool { return strings.EqualFold(listed, login) })
	}
	if len(c.Email) > 0 {
		return slices.ContainsFunc(c.Email, func(listed string) bool { return strings.EqualFold(listed, email) })
	}
	return slices.Contains(c.People, name)
}
