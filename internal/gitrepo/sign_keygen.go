package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxSignatureSize bounds a signature, in bytes.
const maxSignatureSize = 1 << 20

// signWithKeygen runs ssh-keygen, or the program of gpg.ssh.program, as git
// does: it reads the payload from a file and leaves the signature beside it.
func (s *Signer) signWithKeygen(ctx context.Context, key sshKey, payload []byte) (signature string, err error) {
	directory, err := os.MkdirTemp(s.environ.get("TMPDIR"), "looprel-sign")
	if err != nil {
		return "", signingError("cannot make a temporary directory", err, "set TMPDIR to a directory that can be written to")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	arguments := []string{"-Y", "sign", "-n", sshNamespace}
	if key.literal != "" {
		key.path = filepath.Join(directory, "key.pub")
		if err := os.WriteFile(key.path, []byte(key.literal+"\n"), 0o600); err != nil {
			return "", err
		}
		// The private key is in an agent: there is no file of it.
		arguments = append(arguments, "-U")
	}
	message := filepath.Join(directory, "payload")
	if err := os.WriteFile(message, payload, 0o600); err != nil {
		return "", err
	}
	command, err := s.command(ctx, s.program, append(arguments, "-f", key.path, message)...)
	if err != nil {
		return "", err
	}
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return "", signingError(s.program+" made no signature", cmp.Or(lastLine(said.String()), err),
			"load the key into an agent: ssh-add KEYFILE; or run looprel on a terminal, where it can ask for the passphrase")
	}
	made, err := readBounded(message+".sig", maxSignatureSize)
	if err != nil {
		return "", signingError(s.program+" left no signature", err, "set gpg.ssh.program to a program that signs as ssh-keygen does")
	}
	return string(made), nil
}

// defaultSSHKey runs gpg.ssh.defaultKeyCommand and takes the first line.
func (s *Signer) defaultSSHKey(ctx context.Context) (string, error) {
	words := splitCommand(s.config.Get("gpg.ssh.defaultKeyCommand"))
	if len(words) == 0 {
		return "", signingError("git's configuration names no SSH key to sign with", nil,
			"set one: git config --global user.signingKey ~/.ssh/id_ed25519.pub")
	}
	command, err := s.command(ctx, words[0], words[1:]...)
	if err != nil {
		return "", err
	}
	var said bytes.Buffer
	command.Stderr = &said
	output, err := command.Output()
	first, _, _ := strings.Cut(string(output), "\n")
	first = strings.TrimSpace(first)
	if _, literal := literalSSHKey(first); err != nil || !literal {
		return "", signingError(fmt.Sprintf("gpg.ssh.defaultKeyCommand (%s) printed no public key", words[0]), cmp.Or(lastLine(said.String()), err),
			"try the command, or set user.signingKey")
	}
	return first, nil
}

// splitCommand splits a command into words as git does: at spaces, except inside
// quotes and after a backslash. No shell is involved.
func splitCommand(text string) []string {
	var words []string
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, c := range text {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			inWord, escaped = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			inWord, quote = true, c
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			inWord = true
			word.WriteRune(c)
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
