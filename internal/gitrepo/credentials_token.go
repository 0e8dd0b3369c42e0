package gitrepo

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// tokenUser is the name that GitHub takes any token under.
const tokenUser = "x-access-token"

// tokenSources offers GITHUB_TOKEN and GH_TOKEN to the hosts that they may be
// for. CI systems set them for GitHub whatever the remote is: sending one to
// another host, or in the clear, would give it away.
func tokenSources(a address, env environ) []credentialSource {
	if !takesToken(a, env) {
		return nil
	}
	var sources []credentialSource
	for _, name := range []string{"GITHUB_TOKEN", "GH_TOKEN"} {
		sources = append(sources, credentialSource{name, func(*operation) *credential {
			token := strings.TrimSpace(env.get(name))
			if token == "" {
				return nil
			}
			return &credential{user: tokenUser, password: token}
		}})
	}
	return sources
}

// EnvironmentToken is a token of the environment and the variable that has it.
type EnvironmentToken struct{ Name, Value string }

// EnvironmentTokens are the tokens of the environment that may be sent to the host of
// a web address, in the order in which they are tried; see takesToken.
func EnvironmentTokens(page string, variables []string) []EnvironmentToken {
	a, err := parseURL(page)
	env := environ(variables)
	if err != nil || !takesToken(a, env) {
		return nil
	}
	var tokens []EnvironmentToken
	for _, name := range []string{"GITHUB_TOKEN", "GH_TOKEN"} {
		if value := strings.TrimSpace(env.get(name)); value != "" {
			tokens = append(tokens, EnvironmentToken{name, value})
		}
	}
	return tokens
}

// takesToken reports whether a GitHub token may be sent to the address: to
// github.com, a GitHub Enterprise host (*.ghe.com, GH_HOST, GITHUB_SERVER_URL),
// over HTTPS, or to this machine.
func takesToken(a address, env environ) bool {
	if isLoopback(a.host) {
		return true
	}
	if a.protocol != protocolHTTPS {
		return false
	}
	host := strings.ToLower(a.host)
	allowed := []string{"github.com", strings.ToLower(env.get("GH_HOST"))}
	if server, err := url.Parse(env.get("GITHUB_SERVER_URL")); err == nil {
		allowed = append(allowed, strings.ToLower(server.Hostname()))
	}
	return host != "" && slices.Contains(allowed, host) || strings.HasSuffix(host, ".ghe.com")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
