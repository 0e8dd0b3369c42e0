package gitrepo

import (
	"fmt"
	"net/http"
	"strings"
)

// loginOptions say how credentials are looked for.
type loginOptions struct {
	// directory is where git's credential helpers are asked: the repository's
	// configuration may name some.
	directory string
	// interactive lets git ask on the terminal.
	interactive bool
}

// credential is a user and a password for HTTP's basic authentication. It is
// never printed; errors name its source.
type credential struct {
	source         string
	user, password string
	// settle tells where the credential is from whether it was accepted; nil when
	// that place need not know.
	settle func(op *operation, accepted bool)
}

// apply adds the credential, if there is one, to a request.
func (c *credential) apply(request *http.Request) {
	if c != nil {
		request.SetBasicAuth(c.user, c.password)
	}
}

// credentialSource finds a credential, nil when it has none.
type credentialSource struct {
	name string
	find func(op *operation) *credential
}

// credentialChain tries the sources of credentials for one origin, one after
// the other, each only when the server has asked: a token that is not needed is
// not sent.
type credentialChain struct {
	sources []credentialSource
	now     *credential
	settled bool
	tried   []string
}

// newCredentialChain sets the order: the address itself, the environment's
// tokens, git's credential helpers, the netrc file.
func newCredentialChain(a address, env environ, login loginOptions) *credentialChain {
	var sources []credentialSource
	if a.password != "" {
		sources = append(sources, credentialSource{"the address", func(*operation) *credential {
			return &credential{user: a.user, password: a.password}
		}})
	}
	sources = append(sources, tokenSources(a, env)...)
	sources = append(sources, helperSource(a, env, login), netrcSource(a, env))
	return &credentialChain{sources: sources}
}

// current is the credential to send, nil while the server has not asked.
func (c *credentialChain) current() *credential { return c.now }

// advance is called when the server has not accepted what was sent: it drops the
// current credential and finds the next. challenges are the ways in which the
// server lets users in.
func (c *credentialChain) advance(op *operation, remote string, challenges []string) error {
	if c.now != nil {
		c.tried = append(c.tried, c.now.source+" (not accepted)")
		if c.now.settle != nil {
			c.now.settle(op, false)
		}
		c.now = nil
	}
	if len(challenges) > 0 && !offersBasic(challenges) {
		return c.error(remote, "it lets users in by other means than looprel knows: "+schemes(challenges))
	}
	for len(c.sources) > 0 && op.ctx.Err() == nil {
		source := c.sources[0]
		c.sources = c.sources[1:]
		if found := source.find(op); found != nil {
			found.source = source.name
			c.now, c.settled = found, false
			return nil
		}
		c.tried = append(c.tried, source.name+" (none)")
	}
	if op.ctx.Err() != nil {
		return op.reason(op.ctx.Err())
	}
	return c.error(remote, "it asks who you are")
}

// approve is called when the server has accepted the current credential.
func (c *credentialChain) approve(op *operation) {
	if c.now == nil || c.settled {
		return
	}
	c.settled = true
	if c.now.settle != nil {
		c.now.settle(op, true)
	}
}

// summary says which credentials were used or looked for, by kind.
func (c *credentialChain) summary() string {
	tried := c.tried
	if c.now != nil {
		tried = append(tried[:len(tried):len(tried)], c.now.source)
	}
	if len(tried) == 0 {
		return "asked without credentials"
	}
	return "tried: " + strings.Join(tried, ", ")
}

func (c *credentialChain) error(remote, why string) error {
	return &Error{Kind: ErrAuth, What: fmt.Sprintf("%s does not let this user in: %s; %s", remote, why, c.summary()),
		Advice: "set GITHUB_TOKEN (for GitHub), or give git a credential for the host: git credential approve, ~/.netrc"}
}

// offersBasic reports whether the server takes a user and a password.
func offersBasic(challenges []string) bool {
	for _, challenge := range challenges {
		if len(challenge) >= 5 && strings.EqualFold(challenge[:5], "basic") {
			return true
		}
	}
	return false
}

func schemes(challenges []string) string {
	var names []string
	for _, challenge := range challenges {
		name, _, _ := strings.Cut(challenge, " ")
		names = append(names, printableText(name))
	}
	return strings.Join(names, ", ")
}
