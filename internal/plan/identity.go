package plan

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// Identity says how much a name is worth.
type Identity string

// The identities, the best one first: that of the key that signs the entry; the login
// by the forge's own word; what git's configuration says.
const (
	IdentitySigned     Identity = "signed"
	IdentityForge      Identity = "forge"
	IdentityUnverified Identity = "unverified"
)

// IdentityOf says how much somebody's name is worth in an entry that is signed, or not.
func IdentityOf(by ledger.Person, signed bool) Identity {
	switch {
	case signed:
		return IdentitySigned
	case by.Login != "":
		return IdentityForge
	}
	return IdentityUnverified
}

// IdentityText says behind a name what it is worth.
func IdentityText(by ledger.Person, signed bool) string {
	switch {
	case signed && by.Login != "":
		return " (signed; " + by.Login + " on GitHub)"
	case by.Login != "":
		return " (" + by.Login + " on GitHub)"
	case signed:
		return " (signed)"
	}
	return " (identity unverified)"
}

// nameOf is somebody by the identity that counts.
func nameOf(by ledger.Person) string {
	if by.Login != "" {
		return by.String() + IdentityText(by, false)
	}
	return by.String()
}

// LoginNote says that the forge did not say who the operator is, and what they are
// recorded as; "" where it did, or was not asked.
func (s *Snapshot) LoginNote() string {
	if s.LoginUnknown == "" {
		return ""
	}
	return fmt.Sprintf("%s does not say who you are (%s): the identity is %s, by git's configuration", s.Forge, s.LoginUnknown, IdentityOf(s.Operator, s.Sign.Ledger))
}

// loginWanted says, behind the reason why somebody is not of a role, what would show
// that they are where the role is known by logins alone.
func (s *Snapshot) loginWanted(by ledger.Person, role string) string {
	contact, ok := s.Train.Contact(role)
	if !ok || by.Login != "" || !contact.KnownByLogin() {
		return ""
	}
	return fmt.Sprintf(", whose logins on GitHub are %s, and theirs is not known", strings.Join(contact.GitHub, ", "))
}
