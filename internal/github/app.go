package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	gh "github.com/google/go-github/v62/github"
	"golang.org/x/net/http/httpproxy"
)

// App is a GitHub App by whose installation looprel acts.
type App struct {
	// ID is the App's, or its client id; "" for no App.
	ID string
	// KeyFile has the App's private key, in PEM.
	KeyFile string
}

// tokenLife is how long the App's own token is good for, and tokenSlack what clocks
// may differ by. GitHub takes ten minutes at most.
const (
	tokenLife  = 9 * time.Minute
	tokenSlack = time.Minute
)

// Installation gives the token of the App's installation for the repository. It asks
// GitHub twice: which installation that is, and for its token.
func (a App) Installation(address Address, proxy httpproxy.Config, now func() time.Time) CredentialSource {
	return func(ctx context.Context) (Credential, bool, error) {
		if a.ID == "" {
			return Credential{}, false, nil
		}
		source := "GitHub App " + a.ID
		own, err := a.ownToken(now())
		if err != nil {
			return Credential{}, false, &Error{Kind: ErrNoCredential, What: fmt.Sprintf("cannot act as %s: %v", source, err),
				Advice: "name the file of its private key in LOOPREL_GITHUB_APP_KEY"}
		}
		asApp, err := New(Options{Address: address, Proxy: proxy, Now: now, Find: func(context.Context) (Credential, bool, error) {
			return NewCredential(source, own), true, nil
		}})
		if err != nil {
			return Credential{}, false, err
		}
		installation, _, err := asApp.api.Apps.FindRepositoryInstallation(ctx, address.Owner, address.Name)
		if err != nil {
			return Credential{}, false, asApp.explain("find the installation of "+source+" for "+address.String(), err)
		}
		token, _, err := asApp.api.Apps.CreateInstallationToken(ctx, installation.GetID(), &gh.InstallationTokenOptions{})
		if err != nil {
			return Credential{}, false, asApp.explain("get a token for "+source, err)
		}
		found := NewCredential(source, token.GetToken())
		if slug := installation.GetAppSlug(); slug != "" {
			found.login = shown(slug) + "[bot]"
		}
		return found, true, nil
	}
}

// ownToken signs a JSON web token (RFC 7519, RS256) by which the App shows who it is.
func (a App) ownToken(now time.Time) (string, error) {
	text, err := os.ReadFile(a.KeyFile)
	if err != nil {
		return "", err
	}
	key, err := parseKey(text)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": a.ID, "iat": now.Add(-tokenSlack).Unix(), "exp": now.Add(tokenLife).Unix()})
	if err != nil {
		return "", err
	}
	unsigned := encoded([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encoded(claims)
	sum := sha256.Sum256([]byte(unsigned))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return unsigned + "." + encoded(signature), nil
}

func encoded(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// parseKey reads the key as GitHub hands it out (PKCS #1), or as PKCS #8.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the file of its key is not PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the file has no private key that can be read")
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("its key is not an RSA key")
	}
	return private, nil
}
