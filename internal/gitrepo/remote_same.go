package gitrepo

import "strings"

// SameAddress reports whether two addresses name the same repository, however it
// is reached: with or without a user, ".git" and a slash at the end, over HTTPS
// or SSH, in scp's short form. Hosts compare without case; a port counts, but for
// SSH, which has one of its own.
func SameAddress(a, b string) bool {
	return a == b || canonicalAddress(a) != "" && canonicalAddress(a) == canonicalAddress(b)
}

// canonicalAddress is host and path of an address, "" when it has no host.
func canonicalAddress(text string) string {
	parsed, err := parseAddress(text, "")
	if err != nil || parsed.host == "" {
		return ""
	}
	path := strings.TrimSuffix(strings.Trim(parsed.path, "/"), ".git")
	host := strings.ToLower(parsed.host)
	if parsed.port != "" && parsed.protocol != protocolSSH {
		host += ":" + parsed.port
	}
	return host + "/" + path
}
