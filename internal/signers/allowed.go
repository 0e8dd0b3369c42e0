package signers

import "time"

// Allowed are all whose signatures count, by either kind of key. Where one kind is nil,
// nothing is known of its signatures.
type Allowed struct {
	List *List
	Keys *Keyring
}

// Verify holds a signature over the payload to the keys of its kind. at is the time that
// the payload bears: an SSH signature has none of its own.
func (a Allowed) Verify(payload []byte, armored string, at time.Time) (Signer, error) {
	switch {
	case isOpenPGP(armored) && a.Keys == nil:
		return Signer{}, ErrOpenPGP
	case isOpenPGP(armored):
		return a.Keys.Verify(payload, armored)
	case a.List != nil:
		return a.List.Verify(payload, armored, at)
	}
	if _, err := checked(payload, armored); err != nil {
		return Signer{}, err
	}
	return Signer{}, ErrSSH
}
