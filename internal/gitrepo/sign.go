package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/object"
)

// SigningFormat is a kind of signature, by git's name for it (gpg.format).
type SigningFormat string

// The kinds of signatures that git knows.
const (
	OpenPGP SigningFormat = "openpgp"
	SSH     SigningFormat = "ssh"
	X509    SigningFormat = "x509"
)

// programGrace is how long a signing program may take to end once it was told
// to.
const programGrace = 5 * time.Second

// Signing is what git's configuration says about signatures.
type Signing struct {
	Format SigningFormat
	// Key is user.signingKey: an id of an OpenPGP or X.509 key, or for SSH a path
	// or a public key. Empty: the default, see Signer.Sign.
	Key string
	// Tags says that tags and ledger entries are signed: tag.gpgSign where it is
	// set, otherwise when there is a signing key or commit.gpgSign is true.
	Tags bool
	// Commits says that release commits are signed: commit.gpgSign.
	Commits bool
	// program makes the signature; configured says that it is not the usual one.
	program    string
	configured bool
}

// Signing reads git's configuration of signatures.
func (c Config) Signing() (Signing, error) {
	signing := Signing{Format: SigningFormat(c.Get("gpg.format")), Key: c.Get("user.signingKey")}
	switch signing.Format {
	case "", OpenPGP:
		signing.Format = OpenPGP
		signing.useProgram("gpg", c.Get("gpg.openpgp.program"), c.Get("gpg.program"))
	case X509:
		signing.useProgram("gpgsm", c.Get("gpg.x509.program"))
	case SSH:
		signing.useProgram("ssh-keygen", c.Get("gpg.ssh.program"))
	default:
		return Signing{}, &Error{Kind: ErrConfig, What: fmt.Sprintf("gpg.format is %q: expected openpgp, ssh or x509", signing.Format),
			Advice: "correct it: git config gpg.format ssh"}
	}
	tags, tagsSet, err := c.Bool("tag.gpgSign")
	if err != nil {
		return Signing{}, err
	}
	commits, _, err := c.Bool("commit.gpgSign")
	if err != nil {
		return Signing{}, err
	}
	signing.Commits = commits
	signing.Tags = tags
	if !tagsSet {
		signing.Tags = commits || signing.Key != ""
	}
	return signing, nil
}

func (s *Signing) useProgram(usual string, configured ...string) {
	s.program = firstSet(append(configured, usual)...)
	s.configured = s.program != usual
}

// Signer signs as git would, with the repository's configuration.
type Signer struct {
	Signing
	config  Config
	environ environ
	dir     string // where programs run
}

// Signer returns what signs tags, ledger entries and commits. Its fields Tags
// and Commits say whether it is to be used at all; making it touches no key.
func (r *Repository) Signer() (*Signer, error) {
	signing, err := r.config.Signing()
	if err != nil {
		return nil, err
	}
	dir := r.Worktree()
	if !isDirectory(dir) {
		dir = r.GitDir()
	}
	return &Signer{Signing: signing, config: r.config, environ: r.environ, dir: dir}, nil
}

// Sign makes a signature over the payload, in the armour that git puts into
// objects, with a line break at its end.
//
// OpenPGP and X.509 run the configured program; without user.signingKey they ask
// for a key of the committer. SSH signs in this process, with a key of the agent
// or an unencrypted key file; it runs ssh-keygen, which may ask for a passphrase
// on the terminal, only for what it cannot do itself, and the program of
// gpg.ssh.program where one is configured. Without user.signingKey it takes what
// gpg.ssh.defaultKeyCommand prints. A failure is an ErrSigning.
func (s *Signer) Sign(ctx context.Context, payload []byte) (string, error) {
	sign := s.signWithGPG
	if s.Format == SSH {
		sign = s.signWithSSH
	}
	signature, err := sign(ctx, payload)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", err
	}
	signature = strings.ReplaceAll(signature, "\r\n", "\n")
	return strings.TrimRight(signature, "\n") + "\n", nil
}

// SignTag returns the tag with a signature, in place of one that it may have
// had.
func (s *Signer) SignTag(ctx context.Context, tag object.Tag) (object.Tag, error) {
	tag.Armor = ""
	signature, err := s.Sign(ctx, tag.Object().Data)
	if err != nil {
		return object.Tag{}, fmt.Errorf("cannot sign the tag %s: %w", tag.Name, err)
	}
	tag.Armor = signature
	return tag, nil
}

// SignCommit returns the commit with a signature, in place of one that it may
// have had.
func (s *Signer) SignCommit(ctx context.Context, commit object.Commit) (object.Commit, error) {
	commit.Armor = ""
	signature, err := s.Sign(ctx, commit.Object().Data)
	if err != nil {
		return object.Commit{}, fmt.Errorf("cannot sign the commit %q: %w", commit.Subject(), err)
	}
	commit.Armor = signature
	return commit, nil
}

// command prepares a program of the user's configuration.
func (s *Signer) command(ctx context.Context, program string, arguments ...string) (*exec.Cmd, error) {
	path := s.environ.expandHome(program)
	if filepath.Base(path) == path {
		found, err := findProgram(s.environ, path)
		if err != nil {
			return nil, signingError(fmt.Sprintf("the program %q is not installed", program), nil,
				"install it, or name another one in git's configuration (gpg.program, gpg.ssh.program)")
		}
		path = found
	}
	command := exec.CommandContext(ctx, absolute(s.dir, path), arguments...) //nolint:gosec // the user's own configuration says what to run
	command.Dir, command.Env, command.WaitDelay = s.dir, s.environ, programGrace
	return command, nil
}

func signingError(what string, cause error, advice string) error {
	return &Error{Kind: ErrSigning, What: what, Cause: cause, Advice: advice}
}

// lastLine is the last line that a failed program wrote that is not for
// machines, to tell the user.
func lastLine(output string) error {
	last := ""
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "[GNUPG:]") {
			last = line
		}
	}
	if last == "" {
		return nil
	}
	return errors.New(last)
}
