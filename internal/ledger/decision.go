package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Waiver is a gate that did not pass and that somebody who may do so set aside.
type Waiver struct {
	Gate string `json:"gate"`
	// Otherwise is why the gate would have stopped the promotion.
	Otherwise string `json:"otherwise"`
	Reason    string `json:"reason"`
	By        Person `json:"by"`
	// Signed: the entry that says so is signed. Without that, and without a login,
	// nothing but git's configuration says who By is.
	Signed bool `json:"signed,omitempty"`
	// OffCycle: a promotion off the calendar skipped it, as environments.yaml lets it.
	// Otherwise somebody with a role did.
	OffCycle bool `json:"off_cycle,omitempty"`
}

// SignedOff is somebody's word that a release is good, after they tried it on an
// environment.
type SignedOff struct {
	Environment string          `json:"environment"`
	Version     release.Version `json:"version,omitzero"`
	// Set is the id of the set that is meant, instead of a version.
	Set  string `json:"set,omitempty"`
	Note string `json:"note,omitempty"`
	// Ref is where the result is to be found, such as a report of load tests.
	Ref string `json:"ref,omitempty"`
	// Revoked: what the same person said before does not hold any more.
	Revoked bool `json:"revoked,omitempty"`
	Signed  bool `json:"signed,omitempty"` // as in Waiver
}

func (s SignedOff) subject(component string) string {
	meant := about(component, s.Version, s.Set)
	if s.Revoked {
		return fmt.Sprintf("withdraw the sign-off of %s on %s", meant, s.Environment)
	}
	return fmt.Sprintf("sign off %s on %s", meant, s.Environment)
}

// SignOff is a sign-off that holds.
type SignOff struct {
	Environment string    `json:"environment"`
	By          Person    `json:"by"`
	At          time.Time `json:"at"`
	Note        string    `json:"note,omitempty"`
	Ref         string    `json:"ref,omitempty"`
	Signed      bool      `json:"signed,omitempty"`
}

// Same reports whether two names stand for one person, as far as can be told: by login
// where the forge has vouched for both, otherwise by address, or by name.
func (p Person) Same(other Person) bool {
	if p.Login != "" && other.Login != "" {
		return strings.EqualFold(p.Login, other.Login)
	}
	return p.sharesName(other)
}

// MayBe reports whether anything speaks for two names standing for one person: what
// one of them must not do alone is not done under another login, nor another name.
func (p Person) MayBe(other Person) bool { return p.Same(other) || p.sharesName(other) }

func (p Person) sharesName(other Person) bool {
	return strings.EqualFold(p.Email, other.Email) || strings.EqualFold(p.Name, other.Name)
}

// BackedOff says that a release goes nowhere any more; the entry's Reason says why.
type BackedOff struct {
	Version release.Version `json:"version,omitzero"`
	Set     string          `json:"set,omitempty"` // as in SignedOff
	// Revoked: it may go on again.
	Revoked bool `json:"revoked,omitempty"`
	Signed  bool `json:"signed,omitempty"` // as in Waiver
}

func (b BackedOff) subject(component string) string {
	meant := about(component, b.Version, b.Set)
	if b.Revoked {
		return fmt.Sprintf("let %s go on after all", meant)
	}
	return fmt.Sprintf("back off %s", meant)
}

// about is what a decision is about: a release or a set.
func about(component string, version release.Version, set string) string {
	if set != "" {
		return SetTitle(set)
	}
	return what(component, version.String())
}

// Decision is what somebody decided and why.
type Decision struct {
	By     Person    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Signed bool      `json:"signed,omitempty"`
}
