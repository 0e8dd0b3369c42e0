package gitrepo

import (
	"net/url"
	"strings"
)

// httpSettings returns the values of http.KEY and http.URL.KEY that apply to an
// address, in git's order: a setting counts unless one for a more specific URL
// stood before it (git-config, "http.<url>.*").
func (c Config) httpSettings(target *url.URL, user, key string) []string {
	var values []string
	var best urlMatch
	for _, s := range c.settings {
		if s.section != "http" || s.key != strings.ToLower(key) {
			continue
		}
		match := urlMatch{}
		if s.subsection != "" {
			var ok bool
			if match, ok = matchURL(s.subsection, target, user); !ok {
				continue
			}
		}
		if match.less(best) {
			continue
		}
		best = match
		value := s.value
		if s.bare {
			value = "true"
		}
		values = append(values, value)
	}
	return values
}

// httpSetting is the setting that counts where one value is wanted.
func (c Config) httpSetting(target *url.URL, user, key string) (value string, set bool) {
	values := c.httpSettings(target, user, key)
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

// httpBool is the setting as a boolean; other than true and false counts as
// unset.
func (c Config) httpBool(target *url.URL, user, key string, fallback bool) bool {
	value, set := c.httpSetting(target, user, key)
	if !set {
		return fallback
	}
	result, err := setting{value: value}.bool()
	if err != nil {
		return fallback
	}
	return result
}

// urlMatch is how well a URL in the configuration fits: longer matches win, the
// host's first, then the path's, then one that names the user.
type urlMatch struct {
	host, path int
	user       bool
}

func (m urlMatch) less(other urlMatch) bool {
	if m.host != other.host {
		return m.host < other.host
	}
	if m.path != other.path {
		return m.path < other.path
	}
	return !m.user && other.user
}

// matchURL holds a URL of the configuration against an address.
func matchURL(pattern string, target *url.URL, user string) (urlMatch, bool) {
	parsed, err := url.Parse(pattern)
	if err != nil || !strings.EqualFold(parsed.Scheme, target.Scheme) || effectivePort(parsed) != effectivePort(target) {
		return urlMatch{}, false
	}
	if !matchHost(strings.ToLower(parsed.Hostname()), strings.ToLower(target.Hostname())) {
		return urlMatch{}, false
	}
	match := urlMatch{host: len(parsed.Hostname())}
	if parsed.User != nil {
		if parsed.User.Username() != user {
			return urlMatch{}, false
		}
		match.user = true
	}
	prefix := strings.TrimSuffix(parsed.Path, "/")
	if prefix != "" && target.Path != prefix && !strings.HasPrefix(target.Path, prefix+"/") {
		return urlMatch{}, false
	}
	match.path = len(prefix) + 1
	return match, true
}

// matchHost compares host names label by label; "*" stands for one label.
func matchHost(pattern, host string) bool {
	patterns, labels := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(patterns) != len(labels) {
		return false
	}
	for i := range patterns {
		if patterns[i] != "*" && patterns[i] != labels[i] {
			return false
		}
	}
	return true
}

func effectivePort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, protocolHTTPS):
		return "443"
	}
	return "80"
}
