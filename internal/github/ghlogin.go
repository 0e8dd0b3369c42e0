package github

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/cli/go-gh/v2/pkg/config"
)

// commandLinePatience bounds the GitHub CLI's search for its token.
const commandLinePatience = 10 * time.Second

// CommandLineLogin is the login that the GitHub CLI has stored for a host: in its
// configuration, or, by the installed gh, in the system's keyring. Its variables for
// tokens are not looked at; where those may be sent to is decided elsewhere.
func CommandLineLogin(address Address, program string) CredentialSource {
	host := hostName(address.Host)
	return func(ctx context.Context) (Credential, bool, error) {
		const source = "the GitHub CLI's login"
		if stored, err := config.Read(nil); err == nil {
			if token, err := stored.Get([]string{"hosts", host, "oauth_token"}); err == nil && token != "" {
				return NewCredential(source, token), true, nil
			}
		}
		if program == "" {
			return Credential{}, false, nil
		}
		ctx, cancel := context.WithTimeout(ctx, commandLinePatience)
		defer cancel()
		command := exec.CommandContext(ctx, program, "auth", "token", "--secure-storage", "--hostname", host) //nolint:gosec // the installed gh
		var output bytes.Buffer
		command.Stdout = &output
		if command.Run() != nil {
			return Credential{}, false, nil // nobody has logged in
		}
		token := strings.TrimSpace(output.String())
		return NewCredential(source, token), token != "", nil
	}
}
