package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
)

// signWithGPG runs gpg or gpgsm as git does, and like git believes only its
// status line, not its exit code alone.
func (s *Signer) signWithGPG(ctx context.Context, payload []byte) (string, error) {
	key := s.Key
	if key == "" {
		committer, err := s.config.Identity(Committer)
		if err != nil {
			return "", err
		}
		key = committer.Name + " <" + committer.Email + ">"
	}
	command, err := s.command(ctx, s.program, "--status-fd=2", "-bsau", key)
	if err != nil {
		return "", err
	}
	var signature, status bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(payload), &signature, &status
	err = command.Run()
	if err != nil || !strings.Contains("\n"+status.String(), "\n[GNUPG:] SIG_CREATED ") {
		return "", signingError(fmt.Sprintf("%s made no signature for the key %q", s.program, key), cmp.Or(lastLine(status.String()), err),
			fmt.Sprintf("try it: echo test | %s -bsau %q; set user.signingKey to a key that it lists with --list-secret-keys", s.program, key))
	}
	return signature.String(), nil
}
