package gitrepo

import (
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// Role is in which role a person is named in a commit or tag.
type Role string

// The roles that git knows.
const (
	Author    Role = "author"
	Committer Role = "committer"
)

// Identity is who the user is in that role, without a time: GIT_AUTHOR_NAME and
// its like, then author.name and its like, then user.name; for the address also
// EMAIL, as in git. Nothing is guessed from the machine's names: what is missing
// is an ErrIdentity.
func (r *Repository) Identity(role Role) (object.Signature, error) { return r.config.Identity(role) }

// Identity is who the user is in that role: see Repository.Identity.
func (c Config) Identity(role Role) (object.Signature, error) {
	prefix := "GIT_" + strings.ToUpper(string(role))
	name := firstSet(c.environ.get(prefix+"_NAME"), c.Get(string(role)+".name"), c.Get("user.name"))
	email := firstSet(c.environ.get(prefix+"_EMAIL"), c.Get(string(role)+".email"), c.Get("user.email"), c.environ.get("EMAIL"))
	signature := object.Signature{Name: name, Email: email}
	switch {
	case name == "" && email == "":
		return signature, unknownIdentity("your name and address are", `git config --global user.name "NAME" && git config --global user.email ADDRESS`)
	case name == "":
		return signature, unknownIdentity("your name is", `git config --global user.name "NAME"`)
	case email == "":
		return signature, unknownIdentity("your address is", "git config --global user.email ADDRESS")
	default:
		return signature, nil
	}
}

func firstSet(values ...string) string {
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			return value
		}
	}
	return ""
}

func unknownIdentity(what, command string) error {
	return &Error{Kind: ErrIdentity, What: "git's configuration does not say what " + what, Advice: "set it: " + command}
}
