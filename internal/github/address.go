package github

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"

	"github.com/mozilla-services/looprel/internal/lazyregexp"
)

// Address is a repository on GitHub, and where its API is.
type Address struct {
	// Host is github.com, or the host of another GitHub, with its port if it has one.
	Host        string
	Owner, Name string
	// Web is the repository's page, without a slash at its end.
	Web string
	// API and Uploads are where requests go to; both end with a slash.
	API, Uploads string
}

// String is "owner/name", with the host before it where that is not github.com.
func (a Address) String() string {
	name := a.Owner + "/" + a.Name
	if a.Host != dotCom {
		return a.Host + "/" + name
	}
	return name
}

const (
	dotCom = "github.com"
	// residency is the suffix of GitHub's hosts with data residency.
	residency = ".ghe.com"
)

// shortSSH is user@host:path, as git takes it.
var shortSSH = lazyregexp.New(`^(?:[^@/:]+@)?([^@/:\[\]]+):([^/].*)$`)

// ParseRemote finds the repository that a git remote's address names. apiURL, if
// not empty, is where the API of the remote's host is (GITHUB_API_URL); without it
// the rules of github.com, *.ghe.com and Enterprise Server hold. On this machine
// nothing is GitHub unless apiURL says so.
func ParseRemote(remote, apiURL string) (Address, error) {
	scheme, host, location := splitRemote(remote)
	owner, name, ok := strings.Cut(strings.Trim(location, "/"), "/")
	name = strings.TrimSuffix(name, ".git")
	if host == "" || !ok || !isName(owner) || !isName(name) {
		return Address{}, fmt.Errorf("the remote's address %q names no repository on GitHub", remote)
	}
	return newAddress(scheme, strings.ToLower(host), owner, name, apiURL)
}

// ParseRepository reads OWNER/NAME or HOST/OWNER/NAME, as environments.yaml has it.
func ParseRepository(text, apiURL string) (Address, error) {
	parts := strings.Split(text, "/")
	if len(parts) == 2 {
		parts = append([]string{dotCom}, parts...)
	}
	if len(parts) != 3 || parts[0] == "" || !isName(parts[1]) || !isName(parts[2]) {
		return Address{}, fmt.Errorf("%q is not a repository, such as OWNER/NAME or HOST/OWNER/NAME", text)
	}
	host := strings.ToLower(parts[0])
	scheme := "https"
	if isLoopback(host) {
		scheme = "http"
	}
	return newAddress(scheme, host, parts[1], parts[2], apiURL)
}

// isName reports whether the text can be the name of an owner or a repository.
func isName(text string) bool { return names.MatchString(text) && text != "." && text != ".." }

var names = lazyregexp.New(`^[A-Za-z0-9_.-]+$`)

// splitRemote takes a git address apart; host keeps the port of an HTTP one. The
// host is "" where the address is a path.
func splitRemote(remote string) (scheme, host, location string) {
	if parsed, err := url.Parse(remote); err == nil && parsed.Host != "" {
		switch parsed.Scheme {
		case "http", "https":
			return parsed.Scheme, parsed.Host, parsed.Path
		case "ssh", "git+ssh", "ssh+git", "git":
			return "https", sshHost(parsed.Hostname()), parsed.Path
		}
		return "", "", ""
	}
	if parts := shortSSH.FindStringSubmatch(remote); parts != nil && len(parts[1]) > 1 && !strings.Contains(remote, "://") {
		return "https", sshHost(parts[1]), parts[2]
	}
	return "", "", ""
}

// sshHost is the host whose SSH server this is: GitHub's own has a second name, for
// networks that let nothing but port 443 through.
func sshHost(host string) string {
	if strings.EqualFold(host, "ssh."+dotCom) {
		return dotCom
	}
	return host
}

func newAddress(scheme, host, owner, name, apiURL string) (Address, error) {
	a := Address{Host: host, Owner: owner, Name: name, Web: scheme + "://" + host + "/" + owner + "/" + name}
	switch {
	case apiURL != "":
		return a, a.useAPI(apiURL)
	case isLoopback(host):
		return Address{}, fmt.Errorf("%s is this machine; GITHUB_API_URL says where a GitHub on it has its API", host)
	case host == dotCom:
		a.API, a.Uploads = "https://api.github.com/", "https://uploads.github.com/"
	case strings.HasSuffix(host, residency):
		a.API, a.Uploads = "https://api."+host+"/", "https://uploads."+host+"/"
	default:
		a.API, a.Uploads = "https://"+host+"/api/v3/", "https://"+host+"/api/uploads/"
	}
	return a, nil
}

// useAPI takes the API's address from GITHUB_API_URL. Uploads are where the kind of
// GitHub has them.
func (a *Address) useAPI(text string) error {
	api, err := url.Parse(text)
	if err != nil || api.Host == "" || api.User != nil || api.Scheme != "https" && (api.Scheme != "http" || !isLoopback(api.Host)) {
		return fmt.Errorf("GITHUB_API_URL is not the address of an API, such as https://%s/api/v3", a.Host)
	}
	api.RawQuery, api.Fragment = "", ""
	api.Path = strings.TrimSuffix(api.Path, "/") + "/"
	uploads := *api
	switch {
	case strings.HasPrefix(api.Host, "api."):
		uploads.Host = "uploads." + strings.TrimPrefix(api.Host, "api.")
	case strings.HasSuffix(api.Path, "/api/v3/"):
		uploads.Path = path.Dir(strings.TrimSuffix(api.Path, "/")) + "/uploads/"
	}
	a.API, a.Uploads = api.String(), uploads.String()
	return nil
}

// RemoteHost is the host that a git remote's address names, with the port of an HTTP
// one; "" for a path.
func RemoteHost(remote string) string {
	_, host, _ := splitRemote(remote)
	return strings.ToLower(host)
}

// RepositoryHost is the host of OWNER/NAME or HOST/OWNER/NAME.
func RepositoryHost(text string) string {
	if parts := strings.Split(text, "/"); len(parts) == 3 {
		return strings.ToLower(parts[0])
	}
	return dotCom
}

// isLoopback reports whether the host, with or without a port, is this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
