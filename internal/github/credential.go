package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Credential is a token and where it is from. Only the source is ever printed.
type Credential struct {
	Source string
	token  string
	// login is whose it is, "" where that is yet to be asked.
	login string
}

// NewCredential makes a credential of a token.
func NewCredential(source, token string) Credential {
	return Credential{Source: source, token: strings.TrimSpace(token)}
}

// String never shows the token.
func (c Credential) String() string { return "the token of " + c.Source }

// GoString never shows the token.
func (c Credential) GoString() string { return c.String() }

// CredentialSource finds a credential; ok is false when it has none.
type CredentialSource func(ctx context.Context) (found Credential, ok bool, err error)

// FirstCredential asks the sources, one after the other.
func FirstCredential(sources ...CredentialSource) CredentialSource {
	return func(ctx context.Context) (Credential, bool, error) {
		for _, source := range sources {
			found, ok, err := source(ctx)
			if err != nil || ok {
				return found, ok, err
			}
		}
		return Credential{}, false, nil
	}
}

// noCredential is the failure of having nothing to ask with.
func noCredential(address Address) error {
	return &Error{Kind: ErrNoCredential, What: fmt.Sprintf("there is no token for %s", address.Host),
		Advice: "set GITHUB_TOKEN, or log in with the GitHub CLI: gh auth login --hostname " + hostName(address.Host)}
}

func hostName(host string) string {
	name, _, _ := strings.Cut(host, ":")
	return name
}

// authorise finds the credential when it is first needed.
func (t *transport) authorise(ctx context.Context) (Credential, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.credential.token != "" {
		return t.credential, nil
	}
	found, ok, err := t.find(ctx)
	var own *Error
	switch {
	case errors.As(err, &own), errors.Is(err, context.Canceled):
		return Credential{}, err
	case err != nil:
		return Credential{}, &Error{Kind: ErrNoCredential, What: err.Error(), Advice: "set GITHUB_TOKEN"}
	case !ok || found.token == "":
		return Credential{}, noCredential(t.address)
	}
	t.credential = found
	return found, nil
}
