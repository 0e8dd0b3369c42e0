package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// sshCredentials are the keys that a user has for a host: those of the agent,
// then those in files that the agent does not have.
type sshCredentials struct {
	operation *operation
	host      sshHost
	agent     io.Closer
	// notes say, for the error, what became of each source; they name files and
	// never show a key.
	notes []string
}

func newSSHCredentials(op *operation, host sshHost) *sshCredentials {
	return &sshCredentials{operation: op, host: host}
}

// signers is called by the SSH library when the server asks for a key.
func (c *sshCredentials) signers() ([]ssh.Signer, error) {
	files := c.readFiles()
	held := c.agentSigners()
	if c.host.identitiesOnly {
		held = onlyIdentities(held, files)
	}
	if c.agent != nil {
		c.notes = append(c.notes, fmt.Sprintf("%d keys of the agent", len(held)))
	}
	signers := held
	for _, file := range files {
		switch {
		case containsKey(held, file.public):
		case file.signer != nil:
			signers = append(signers, file.signer)
			c.notes = append(c.notes, file.path)
		default:
			c.notes = append(c.notes, file.path+" ("+file.problem+")")
		}
	}
	return signers, nil
}

// identity is a key file.
type identity struct {
	path   string
	signer ssh.Signer // nil: cannot be used without the agent
	// public is the encoded public key, nil when it is not known.
	public  []byte
	problem string
}

func (c *sshCredentials) readFiles() []identity {
	var found []identity
	for _, path := range c.host.identityFiles {
		data, err := readBounded(path, maxSSHFileSize)
		if errors.Is(err, fs.ErrNotExist) {
			// Only the public half may be here, to choose a key of the agent.
			if public := readPublicKey(path + ".pub"); public != nil {
				found = append(found, identity{path: path, public: public, problem: "only its public half is here"})
			}
			continue
		}
		if err != nil {
			found = append(found, identity{path: path, problem: "cannot be read"})
			continue
		}
		found = append(found, parseIdentity(path, data))
	}
	return found
}

func parseIdentity(path string, data []byte) identity {
	signer, err := ssh.ParsePrivateKey(data)
	if err == nil {
		return identity{path: path, signer: signer, public: signer.PublicKey().Marshal()}
	}
	found := identity{path: path, public: readPublicKey(path + ".pub"), problem: "is of a kind that only the agent can use"}
	var encrypted *ssh.PassphraseMissingError
	if errors.As(err, &encrypted) {
		found.problem = "has a passphrase and is not in the agent"
		if encrypted.PublicKey != nil {
			found.public = encrypted.PublicKey.Marshal()
		}
	} else if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
		// IdentityFile may name a public key, to choose one of the agent's.
		found.public, found.problem = public.Marshal(), "only its public half is here"
	}
	return found
}

func readPublicKey(path string) []byte {
	data, err := readBounded(path, maxSSHFileSize)
	if err != nil {
		return nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil
	}
	return public.Marshal()
}

func (c *sshCredentials) agentSigners() []ssh.Signer {
	connection, err := dialAgent(c.operation.ctx, c.host.agent)
	if err != nil {
		c.notes = append(c.notes, "no agent ("+err.Error()+")")
		return nil
	}
	c.agent = connection
	signers, err := agent.NewClient(connection).Signers()
	if err != nil {
		c.notes = append(c.notes, "the agent does not answer")
	}
	return signers
}

// onlyIdentities keeps the agent's keys that a file names (IdentitiesOnly).
func onlyIdentities(held []ssh.Signer, files []identity) []ssh.Signer {
	var kept []ssh.Signer
	for _, file := range files {
		for _, signer := range held {
			if bytes.Equal(signer.PublicKey().Marshal(), file.public) {
				kept = append(kept, signer)
			}
		}
	}
	return kept
}

func containsKey(signers []ssh.Signer, public []byte) bool {
	for _, signer := range signers {
		if bytes.Equal(signer.PublicKey().Marshal(), public) {
			return true
		}
	}
	return false
}

// close hangs up on the agent. It is not needed once the user is let in.
func (c *sshCredentials) close() {
	if c.agent != nil {
		_ = c.agent.Close()
	}
}

// error says which keys were tried, by where they are from.
func (c *sshCredentials) error(remote, user string) error {
	tried := strings.Join(c.notes, ", ")
	if tried == "" {
		tried = "nothing, since the server takes no keys"
	}
	advice := "add the right key to the agent (ssh-add FILE), or name it for the host in ~/.ssh/config (IdentityFile)"
	if strings.Contains(tried, "passphrase") {
		advice = "unlock the key with the agent: ssh-add FILE"
	}
	return &Error{Kind: ErrAuth, What: fmt.Sprintf("%s does not let %q in; tried: %s", remote, user, tried), Advice: advice}
}
