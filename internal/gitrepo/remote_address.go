package gitrepo

import (
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// The protocols that a remote is spoken to by.
const (
	protocolFile  = "file"
	protocolGit   = "git"
	protocolHTTP  = "http"
	protocolHTTPS = "https"
	protocolSSH   = "ssh"
)

// address is where a remote is, taken apart.
type address struct {
	protocol string
	// user and password stand in the address itself; they are never printed.
	user, password string
	host           string // without brackets
	port           string // empty: the protocol's own
	path           string
	query          string // of HTTP alone
}

// parseAddress reads what git accepts as a remote's address: a URL, the short
// form of SSH (user@host:path), or a path, which counts from base.
func parseAddress(text, base string) (address, error) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return address{}, badAddress(text, "it is empty or holds control characters")
	}
	if scheme, _, found := strings.Cut(text, "://"); found && isScheme(scheme) {
		return parseURL(text)
	}
	if isLocalPath(text) {
		return address{protocol: protocolFile, path: absolute(base, text)}, nil
	}
	if remoteHelper.MatchString(text) {
		return address{}, badAddress(text, "remote helpers are not supported")
	}
	return parseShortSSH(text)
}

// remoteHelper is git's form for addresses that a program outside of git serves.
var remoteHelper = lazyregexp.New(`^[A-Za-z0-9]+::`)

func isScheme(text string) bool {
	return scheme.MatchString(text)
}

// scheme is that of a URL, see RFC 3986, section 3.1.
var scheme = lazyregexp.New(`^[A-Za-z0-9+.-]+$`)

// isLocalPath follows git: a colon before the first slash makes it a host's
// name, except behind a Windows drive letter.
func isLocalPath(text string) bool {
	if runtime.GOOS == "windows" && len(text) > 1 && isLetter(text[0]) && text[1] == ':' {
		return true
	}
	colon, slash := strings.IndexByte(text, ':'), strings.IndexByte(text, '/')
	return colon < 0 || slash >= 0 && slash < colon
}

func parseURL(text string) (address, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		// url.Parse quotes its input, which may hold a password.
		return address{}, badAddress(text, "it is not a valid URL")
	}
	found := address{host: parsed.Hostname(), port: parsed.Port(), path: parsed.Path, user: parsed.User.Username()}
	found.password, _ = parsed.User.Password()
	switch parsed.Scheme {
	case protocolHTTP, protocolHTTPS:
		found.protocol, found.query = parsed.Scheme, parsed.RawQuery
	case "ssh", "git+ssh", "ssh+git":
		found.protocol = protocolSSH
	case protocolGit:
		found.protocol = protocolGit
	case protocolFile:
		return address{protocol: protocolFile, path: localPath(parsed.Path)}, nil
	default:
		return address{}, badAddress(text, fmt.Sprintf("%q is not a protocol that looprel speaks", parsed.Scheme))
	}
	if strings.HasPrefix(found.path, "/~") && (found.protocol == protocolSSH || found.protocol == protocolGit) {
		found.path = found.path[1:]
	}
	return found, found.check(text)
}

func parseShortSSH(text string) (address, error) {
	found := address{protocol: protocolSSH}
	rest := text
	if user, after, ok := strings.Cut(text, "@"); ok && !strings.ContainsAny(user, ":/") {
		found.user, rest = user, after
	}
	if inside, after, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]:"); ok && strings.HasPrefix(rest, "[") {
		found.host, found.path = inside, after
		if host, port, ok := strings.Cut(inside, ":"); ok && !strings.Contains(port, ":") {
			found.host, found.port = host, port
		}
	} else {
		found.host, found.path, _ = strings.Cut(rest, ":")
	}
	return found, found.check(text)
}

// check refuses what is incomplete, and what the ssh program would read as an
// option.
func (a address) check(text string) error {
	switch {
	case a.host == "":
		return badAddress(text, "it names no host")
	case a.path == "" || a.path == "/" && a.protocol != protocolHTTP && a.protocol != protocolHTTPS:
		return badAddress(text, "it names no repository on the host")
	case strings.HasPrefix(a.host, "-") || strings.HasPrefix(a.user, "-") || strings.HasPrefix(a.path, "-"):
		return badAddress(text, "a part of it begins with a hyphen")
	case strings.ContainsFunc(a.user+a.password+a.host+a.path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		// Percent-encoded ones; git's credential protocol goes by lines.
		return badAddress(text, "it holds control characters")
	}
	return nil
}

// localPath turns the path of a file URL into one of the system.
func localPath(path string) string {
	if runtime.GOOS == "windows" && len(path) > 2 && path[0] == '/' && isLetter(path[1]) && path[2] == ':' {
		path = path[1:]
	}
	return filepath.FromSlash(path)
}

func badAddress(text, why string) error {
	return &Error{
		Kind:   ErrConfig,
		What:   fmt.Sprintf("cannot use the remote address %q: %s", withoutUserinfo(text), why),
		Advice: "give a path, file://, https://, ssh:// or user@host:path; a remote's is set with: git remote set-url NAME URL",
	}
}

// userinfo matches what may be secret in an address, well-formed or not: all
// between "://" (or the start, in SSH's short form) and the last "@" before the
// path.
var userinfo = lazyregexp.New(`^([A-Za-z0-9+.-]+://)?[^/\\]*@`).Where(lazyregexp.Has("@"))

// userinfoHTTP goes to the very last "@": a password with a slash in it would
// otherwise show, and an "@" in the path of a repository is rare.
var userinfoHTTP = lazyregexp.New(`^(?i)(https?://).*@`).Where(lazyregexp.Has("@"))

// secretQuery matches a query, in which tokens are handed over, too.
var secretQuery = lazyregexp.New(`^([A-Za-z0-9+.-]+://[^?]*)\?.*`).Where(lazyregexp.Has("?"))

// withoutUserinfo makes an address safe to print.
func withoutUserinfo(text string) string {
	text = userinfo.ReplaceAllString(userinfoHTTP.ReplaceAllString(text, "$1"), "$1")
	return secretQuery.ReplaceAllString(text, "$1")
}

// origin is what credentials are bound to: protocol, host and port.
func (a address) origin() string { return a.protocol + "://" + a.hostPort() }

// hostPort is the host with its port, where one is given.
func (a address) hostPort() string {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.port != "" {
		host += ":" + a.port
	}
	return host
}

// url is the address of an HTTP remote without its user and password.
func (a address) url() *url.URL {
	return &url.URL{Scheme: a.protocol, Host: a.hostPort(), Path: a.path, RawQuery: a.query}
}
