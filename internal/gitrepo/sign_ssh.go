package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const (
	// sshNamespace is what git's SSH signatures are made for.
	sshNamespace = "git"
	// maxKeySize bounds a key file, in bytes.
	maxKeySize = 1 << 20
)

// sshKey is what user.signingKey names.
type sshKey struct {
	// public is nil where a private key file does not show it.
	public ssh.PublicKey
	// literal is the public key's text when the configuration holds the key itself.
	literal string
	// path is the file that the configuration names, as ssh-keygen wants it.
	path string
	// private is the unencrypted key, nil when there is none.
	private ssh.Signer
}

// signWithSSH signs with the key where this process can, and otherwise as git
// does.
func (s *Signer) signWithSSH(ctx context.Context, payload []byte) (string, error) {
	key, err := s.sshKey(ctx)
	if err != nil {
		return "", err
	}
	if s.configured {
		return s.signWithKeygen(ctx, key, payload)
	}
	if key.private != nil {
		return signInProcess(key.private, payload)
	}
	signature, err := s.signWithAgent(ctx, key, payload)
	if !errors.Is(err, errNotInAgent) {
		return signature, err
	}
	if key.literal != "" {
		return "", signingError("no SSH agent has the key of user.signingKey", err, "load it: ssh-add KEYFILE")
	}
	return s.signWithKeygen(ctx, key, payload)
}

func signInProcess(signer ssh.Signer, payload []byte) (string, error) {
	signature, err := sshsig.SignWithRand(bytes.NewReader(payload), rand.Reader, signer, sshsig.HashSHA512, sshNamespace)
	if err != nil {
		return "", signingError("the SSH key made no signature", err, "try it: ssh-keygen -Y sign -n git -f KEYFILE FILE")
	}
	return string(sshsig.Armor(signature)), nil
}

// errNotInAgent: there is no agent, or it does not have the key.
var errNotInAgent = errors.New("the key is not in an agent")

func (s *Signer) signWithAgent(ctx context.Context, key sshKey, payload []byte) (string, error) {
	if key.public == nil {
		return "", errNotInAgent
	}
	connection, err := dialAgent(ctx, s.environ.get("SSH_AUTH_SOCK"))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotInAgent, err)
	}
	defer connection.Close() //nolint:errcheck // the answer is there, or is an error
	// An agent may wait for a person to touch a key; the context ends that.
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()
	signers, err := agent.NewClient(connection).Signers()
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNotInAgent, err)
	}
	wanted := key.public.Marshal()
	for _, signer := range signers {
		if bytes.Equal(signer.PublicKey().Marshal(), wanted) {
			return signInProcess(signer, payload)
		}
	}
	return "", errNotInAgent
}

// sshKey finds the key that the configuration names: a public key itself, or
// the file of a public or private one.
func (s *Signer) sshKey(ctx context.Context) (sshKey, error) {
	setting := s.Key
	if setting == "" {
		chosen, err := s.defaultSSHKey(ctx)
		if err != nil {
			return sshKey{}, err
		}
		setting = chosen
	}
	if literal, ok := literalSSHKey(setting); ok {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(literal))
		if err != nil {
			return sshKey{}, signingError("the SSH key in git's configuration is not a public key", nil,
				`set it to a key file: git config --global user.signingKey ~/.ssh/id_ed25519.pub`)
		}
		return sshKey{public: public, literal: literal}, nil
	}
	return readSSHKey(absolute(s.dir, s.environ.expandHome(setting)))
}

// literalSSHKey recognises a public key as git does.
func literalSSHKey(setting string) (string, bool) {
	if literal, ok := strings.CutPrefix(setting, "key::"); ok {
		return literal, true
	}
	return setting, strings.HasPrefix(setting, "ssh-")
}

func readSSHKey(path string) (sshKey, error) {
	key := sshKey{path: path}
	data, err := readBounded(path, maxKeySize)
	if err != nil {
		return sshKey{}, signingError("cannot read the SSH key that user.signingKey names", err,
			"set it to your key: git config --global user.signingKey ~/.ssh/id_ed25519.pub")
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
		key.public = public
		private := strings.TrimSuffix(path, ".pub")
		if private == path {
			return key, nil
		}
		if data, err = readBounded(private, maxKeySize); errors.Is(err, fs.ErrNotExist) {
			return key, nil
		} else if err != nil {
			return sshKey{}, signingError("cannot read the SSH key that belongs to user.signingKey", err, "make it readable")
		}
	}
	return key.withPrivate(data), nil
}

// withPrivate adds a private key file's content. What cannot be read here (an
// encrypted key, one on a security device) is left to the agent and ssh-keygen;
// the public key then says which one it is.
func (k sshKey) withPrivate(data []byte) sshKey {
	signer, err := ssh.ParsePrivateKey(data)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		if k.public != nil && !bytes.Equal(k.public.Marshal(), signer.PublicKey().Marshal()) {
			return k
		}
		k.public, k.private = signer.PublicKey(), signer
	case errors.As(err, &encrypted):
		k.public = cmp.Or(k.public, encrypted.PublicKey)
	}
	if k.public == nil {
		if data, err := readBounded(k.path+".pub", maxKeySize); err == nil {
			if public, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil {
				k.public = public
			}
		}
	}
	return k
}
