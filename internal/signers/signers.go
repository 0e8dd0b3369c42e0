// Package signers says whose signatures count. It reads a list of allowed signers as
// ssh-keygen(1) documents it (ALLOWED SIGNERS) and git uses it
// (gpg.ssh.allowedSignersFile), and holds SSH signatures of tags and commits to it: the
// verdict is that of git verify-tag. OpenPGP signatures are held to a file of public
// keys, not to a user's own keyring, which allows whoever they have ever met. It is
// pure: texts in, verdicts out.
//
//	Parse(text) ─────────▶ List ────┐
//	ParseKeyring(keys) ──▶ Keyring ─┴▶ Allowed ─Verify(payload, armour, time)▶ Signer, or why not
//
// A list that has a line which cannot be read is not used at all: whoever the line
// meant to allow, or to limit, is not known.
package signers

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// namespace is what git's SSH signatures are made for.
const namespace = "git"

// List are the keys that may sign, and for whom.
type List struct {
	lines   []line
	revoked [][]byte // keys in wire format
}

// Signer is who signed.
type Signer struct {
	// Principal is the name that the list has for the key, usually an address.
	Principal string
	// Key is the key's kind and fingerprint.
	Key string
}

// String is the signer in words.
func (s Signer) String() string { return s.Principal + " (" + s.Key + ")" }

// ErrOtherKind is a signature of a kind of which nothing says whose count.
var ErrOtherKind = errors.New("it has a signature that is neither of SSH nor of OpenPGP")

// The signatures of which nothing says whose count; errors.Is finds ErrOtherKind too.
var (
	ErrOpenPGP error = &otherKind{"it has an OpenPGP signature, and nothing says whose count"}
	ErrSSH     error = &otherKind{"it has an SSH signature, and nothing says whose count"}
)

type otherKind struct{ text string }

func (o *otherKind) Error() string        { return o.text }
func (o *otherKind) Is(target error) bool { return target == ErrOtherKind }

// ErrUnsigned is what has no signature at all.
var ErrUnsigned = errors.New("it is not signed")

// Verify holds a signature over the payload to the list as it was valid at that time,
// which is when the payload says that it was made.
func (l *List) Verify(payload []byte, armor string, at time.Time) (Signer, error) {
	key, err := checked(payload, armor)
	if err != nil {
		return Signer{}, err
	}
	shown := describe(key)
	if l.isRevoked(key) {
		return Signer{}, fmt.Errorf("its key %s is revoked", shown)
	}
	for _, principal := range l.principals(key, at) {
		if l.allows(principal, key, at) {
			return Signer{Principal: principal, Key: shown}, nil
		}
	}
	return Signer{}, l.whyNot(key, at)
}

// checked takes the key out of a signature that is good by itself.
func checked(payload []byte, armor string) (ssh.PublicKey, error) {
	switch {
	case strings.TrimSpace(armor) == "":
		return nil, ErrUnsigned
	case !strings.HasPrefix(armor, "-----BEGIN SSH SIGNATURE-----"):
		return nil, ErrOtherKind
	}
	signature, err := sshsig.Unarmor([]byte(armor))
	if err != nil {
		return nil, fmt.Errorf("its signature cannot be read: %w", err)
	}
	if err := sshsig.Verify(bytes.NewReader(payload), signature, signature.PublicKey, signature.HashAlgorithm, namespace); err != nil {
		return nil, fmt.Errorf("its signature by %s is bad: %w", describe(signature.PublicKey), err)
	}
	return signature.PublicKey, nil
}

// principals are the names of the first line that has the key at that time; of a
// certificate those of its own that the line lets pass.
func (l *List) principals(key ssh.PublicKey, at time.Time) []string {
	for _, one := range l.lines {
		if !one.covers(at) {
			continue
		}
		if !one.authority && sameKey(one.key, key) {
			return strings.Split(one.principals, ",")
		}
		certificate, isCertificate := key.(*ssh.Certificate)
		if !one.authority || !isCertificate || !sameKey(one.key, certificate.SignatureKey) {
			continue
		}
		var names []string
		for _, name := range certificate.ValidPrincipals {
			if matchesList(name, one.principals) && checkCertificate(certificate, name, at) == nil {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// allows reports whether a line lets the key sign for git in somebody's name.
func (l *List) allows(principal string, key ssh.PublicKey, at time.Time) bool {
	return slices.ContainsFunc(l.lines, func(one line) bool {
		if !one.covers(at) || !one.isFor(namespace) || !matchesList(principal, one.principals) {
			return false
		}
		if !one.authority {
			return sameKey(one.key, key)
		}
		certificate, ok := key.(*ssh.Certificate)
		return ok && sameKey(one.key, certificate.SignatureKey) && checkCertificate(certificate, principal, at) == nil
	})
}

// whyNot says what the list has against a key.
func (l *List) whyNot(key ssh.PublicKey, at time.Time) error {
	shown := describe(key)
	signer := key
	if certificate, ok := key.(*ssh.Certificate); ok {
		signer = certificate.SignatureKey
	}
	for _, one := range l.lines {
		switch {
		case !sameKey(one.key, signer):
		case !one.covers(at):
			return fmt.Errorf("its key %s of %s was not valid at %s", shown, one.principals, at.UTC().Format(time.RFC3339))
		case !one.isFor(namespace):
			return fmt.Errorf("its key %s of %s may not sign for git", shown, one.principals)
		}
	}
	return fmt.Errorf("its key %s is not one of the allowed signers'", shown)
}

// checkCertificate holds a certificate to a name and a time; who made it is for the
// list to judge.
func checkCertificate(certificate *ssh.Certificate, principal string, at time.Time) error {
	if certificate.CertType != ssh.UserCert || len(certificate.ValidPrincipals) == 0 {
		return errors.New("it is no user's certificate")
	}
	checker := ssh.CertChecker{Clock: func() time.Time { return at }}
	return checker.CheckCert(principal, certificate)
}

func (l *List) isRevoked(key ssh.PublicKey) bool {
	revoked := func(key ssh.PublicKey) bool {
		wire := key.Marshal()
		return slices.ContainsFunc(l.revoked, func(one []byte) bool { return bytes.Equal(one, wire) })
	}
	if certificate, ok := key.(*ssh.Certificate); ok {
		return revoked(certificate.Key) || revoked(certificate.SignatureKey)
	}
	return revoked(key)
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// describe is a key as people compare it.
func describe(key ssh.PublicKey) string {
	if certificate, ok := key.(*ssh.Certificate); ok {
		key = certificate.Key
	}
	kind := strings.TrimPrefix(key.Type(), "ssh-")
	kind, _, _ = strings.Cut(kind, "@")
	return strings.ToUpper(kind) + " " + ssh.FingerprintSHA256(key)
}
