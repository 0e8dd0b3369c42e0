package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

var errCredentials = errors.New("the URL carries credentials, expected one without user and password")

// parseURL takes the address of an environment's root.
func parseURL(text string) (string, error) {
	address, err := webAddress(text)
	if err != nil {
		return "", err
	}
	if address.RawQuery != "" || address.Fragment != "" || address.ForceQuery {
		return "", fmt.Errorf("%s has a query or a fragment, expected the address of the root, such as https://loop.example.org/", quoted(text))
	}
	return text, nil
}

// webAddress takes an http or https URL. Its errors never repeat credentials.
func webAddress(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	if mayHoldCredentials(text) && (err != nil || address.User != nil) {
		return nil, errCredentials
	}
	if err != nil || address.Hostname() == "" || !slices.Contains([]string{"http", "https"}, address.Scheme) || !validPort(address.Port()) {
		return nil, notURL(text)
	}
	return address, nil
}

// notURL adds the scheme where nothing but that is missing.
func notURL(text string) error {
	hint := ""
	if strings.Contains(text, ".") && !strings.Contains(text, ":") && !strings.HasPrefix(text, "/") {
		hint = didYouMeanThis("https://" + clipped(text))
	}
	return fmt.Errorf("%s is not a URL, expected one that begins with https:// or http:// and a host%s", quoted(text), hint)
}

// mayHoldCredentials reports an "@" before the path.
func mayHoldCredentials(text string) bool {
	_, rest, _ := strings.Cut(text, "//")
	authority, _, _ := strings.Cut(rest, "/")
	return strings.Contains(authority, "@")
}

func validPort(port string) bool {
	if port == "" {
		return true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}

// idPlaceholder stands for the number in a link.
const idPlaceholder = "{id}"

// parseLink takes a URL with a place for a number.
func parseLink(text string) (string, error) {
	if !strings.Contains(text, idPlaceholder) {
		return "", fmt.Errorf("the link %s has no place for the number, expected {id} in it, such as https://bugs.example.org/{id}", quoted(text))
	}
	switch _, err := webAddress(strings.ReplaceAll(text, idPlaceholder, "1")); {
	case errors.Is(err, errCredentials):
		return "", err
	case err != nil:
		return "", notURL(text)
	}
	return text, nil
}

// parseEmail takes a bare address, without a name beside it.
func parseEmail(text string) (string, error) {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text {
		return "", fmt.Errorf("%s is not an e-mail address, expected one such as loop@lists.example.org", quoted(text))
	}
	return text, nil
}

// remoteForms are the ways to name another repository.
const remoteForms = "a URL (https, http, ssh, git or file), user@host:path, or a path"

var scheme = lazyregexp.New(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// parseRemote takes what git takes for a repository, except for transports that
// run a program ("ext::") and for URLs that carry a password.
func parseRemote(text string) (string, error) {
	wrong := fmt.Errorf("%s is not a repository, expected %s", quoted(text), remoteForms)
	switch match := scheme.FindStringSubmatch(text); {
	case strings.HasPrefix(text, "-"), strings.Contains(text, "::") && match == nil:
		return "", wrong
	case match != nil:
		return text, checkRemoteURL(text, strings.ToLower(match[1]))
	}
	return text, nil
}

func checkRemoteURL(text, scheme string) error {
	schemes := []string{"https", "http", "ssh", "git", "file"}
	address, err := url.Parse(text)
	if mayHoldCredentials(text) && (err != nil || forbiddenUser(address, scheme)) {
		return errCredentials
	}
	switch {
	case !slices.Contains(schemes, scheme):
		return fmt.Errorf("unknown scheme %s, expected %s%s", quoted(scheme), oneOf(schemes), didYouMean(scheme, schemes))
	case err != nil, scheme != "file" && (address.Hostname() == "" || !validPort(address.Port())):
		return fmt.Errorf("%s is not the URL of a repository, expected a host and a path, such as https://example.org/loop-client", quoted(text))
	}
	return nil
}

// forbiddenUser reports a password, and for HTTP a user name as well: tokens are
// put in its place. SSH needs the name.
func forbiddenUser(address *url.URL, scheme string) bool {
	if address.User == nil {
		return false
	}
	_, hasPassword := address.User.Password()
	return hasPassword || scheme != "ssh"
}
