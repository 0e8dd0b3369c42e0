package gitrepo

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// HostKeyError is an SSH server whose key is not trusted. Nothing but the key
// exchange took place; no credential was shown.
type HostKeyError struct {
	Host string
	Port string
	// Fingerprint is the SHA-256 of the key that the server showed, as ssh prints
	// it; empty when it only offers keys of other kinds than the known ones.
	Fingerprint string
	// KeyType is the kind of that key ("ssh-ed25519").
	KeyType string
	// Changed: another key is known for the host.
	Changed bool
	// Revoked: the key is marked as revoked.
	Revoked bool
	// KnownAt is where the other key is known, as file:line.
	KnownAt string
	// Alias is the name that the host's key is filed under, where it is another
	// than the host's.
	Alias string
}

// Error says what is wrong with the key.
func (e *HostKeyError) Error() string {
	switch {
	case e.Revoked:
		return fmt.Sprintf("the SSH host key of %s (%s %s) is marked as revoked", e.Host, e.KeyType, e.Fingerprint)
	case e.Changed && e.Fingerprint == "":
		return fmt.Sprintf("the SSH server %s no longer offers a key of the kind that is known for it (%s): it was set up anew, or somebody is in between", e.Host, e.KnownAt)
	case e.Changed:
		return fmt.Sprintf("the SSH host key of %s has changed (now %s %s, another one is known at %s): it was set up anew, or somebody is in between",
			e.Host, e.KeyType, e.Fingerprint, e.KnownAt)
	}
	return fmt.Sprintf("the SSH host key of %s is not known (%s %s)", e.Host, e.KeyType, e.Fingerprint)
}

// Hint says how a key is made known.
func (e *HostKeyError) Hint() string {
	name := e.filed()
	switch {
	case e.Revoked:
		return "do not connect; ask whoever runs the host"
	case e.Changed:
		return fmt.Sprintf("ask whoever runs the host; if the change is theirs: ssh-keygen -R '%s', then connect once by hand: %s", name, e.connect())
	}
	return fmt.Sprintf("compare the fingerprint with the one that the host's operator publishes, then connect once by hand: %s (or: ssh-keyscan -p %s %s >> ~/.ssh/known_hosts)",
		e.connect(), e.Port, e.Host)
}

func (e *HostKeyError) connect() string { return fmt.Sprintf("ssh -p %s %s", e.Port, e.Host) }

// filed is the host's name as a known_hosts file has it.
func (e *HostKeyError) filed() string {
	if e.Alias != "" {
		return e.Alias
	}
	return knownhosts.Normalize(net.JoinHostPort(e.Host, e.Port))
}

// Is makes the error an ErrHostKey.
func (e *HostKeyError) Is(target error) bool { return target == ErrHostKey }

// hostKeyCheck holds a server's key against the known ones. Neither a missing
// file nor StrictHostKeyChecking makes it accept an unknown key.
type hostKeyCheck struct {
	host  sshHost
	known *knownhosts.HostKeyDB
	// name is what the key is looked up under: the host and port, or the alias.
	name string
	// algorithms are those of the known keys, so that the server shows one of
	// them; empty when none is known.
	algorithms []string
	// refused is why check failed; the SSH library would wrap it in its own words.
	refused error
}

func newHostKeyCheck(host sshHost, remote string) (*hostKeyCheck, error) {
	var files []string
	for _, file := range host.knownHosts {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			files = append(files, filepath.Clean(file))
		}
	}
	known, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, &Error{Kind: ErrHostKey, What: "cannot read the known host keys for " + remote, Cause: err,
			Advice: "correct or remove the line that the message names"}
	}
	name := net.JoinHostPort(host.hostName, host.port)
	if host.keyAlias != "" {
		name = net.JoinHostPort(host.keyAlias, sshPort)
	}
	return &hostKeyCheck{host: host, known: known, name: name, algorithms: known.HostKeyAlgorithms(name)}, nil
}

func (c *hostKeyCheck) check(_ string, remote net.Addr, key ssh.PublicKey) error {
	err := c.known.HostKeyCallback()(c.name, remote, key)
	if err == nil {
		return nil
	}
	refused := c.error()
	refused.KeyType, refused.Fingerprint = key.Type(), ssh.FingerprintSHA256(key)
	var mismatch *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		refused.Revoked = true
	case errors.As(err, &mismatch):
		if len(mismatch.Want) > 0 {
			refused.Changed = true
			refused.KnownAt = fmt.Sprintf("%s:%d", mismatch.Want[0].Filename, mismatch.Want[0].Line)
		}
	default:
		c.refused = &Error{Kind: ErrHostKey, What: "cannot check the SSH host key of " + c.host.hostName, Cause: err,
			Advice: "connect once by hand: " + refused.connect()}
		return c.refused
	}
	c.refused = refused
	return refused
}

// otherAlgorithm is the error for a server that has none of the known keys.
func (c *hostKeyCheck) otherAlgorithm() error {
	refused := c.error()
	refused.Changed = true
	refused.KnownAt = "one of " + fmt.Sprint(c.host.knownHosts)
	return refused
}

func (c *hostKeyCheck) error() *HostKeyError {
	return &HostKeyError{Host: c.host.hostName, Port: c.host.port, Alias: c.host.keyAlias}
}
