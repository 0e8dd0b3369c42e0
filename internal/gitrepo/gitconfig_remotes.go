package gitrepo

import "strings"

// RemoteConfig is a remote as git's configuration describes it.
type RemoteConfig struct {
	Name string
	// URL is where to fetch from, with url.*.insteadOf applied.
	URL string
	// PushURLs are where to push to: at least one, the same as URL unless pushurl
	// or pushInsteadOf say otherwise.
	PushURLs []string
	Fetch    []Refspec
}

// Refspec maps references of a remote to references of the clone.
type Refspec struct {
	Source, Target string
	Force          bool
	// Negative excludes what Source matches; it has no target.
	Negative bool
}

// ParseRefspec reads "[+]source:target" or "^source".
func ParseRefspec(text string) Refspec {
	var spec Refspec
	text, spec.Force = strings.CutPrefix(text, "+")
	text, spec.Negative = strings.CutPrefix(text, "^")
	spec.Source, spec.Target, _ = strings.Cut(text, ":")
	return spec
}

// match returns what "*" stands for, and whether the source matches at all.
func (s Refspec) match(ref string) (string, bool) {
	before, after, wild := strings.Cut(s.Source, "*")
	if !wild {
		return "", ref == s.Source
	}
	if len(ref) < len(before)+len(after) || !strings.HasPrefix(ref, before) || !strings.HasSuffix(ref, after) {
		return "", false
	}
	return ref[len(before) : len(ref)-len(after)], true
}

// TrackingRef is the full name under which the clone keeps the remote's
// reference ("refs/remotes/origin/master" for "refs/heads/master"); ok is false
// when it keeps none.
func (r RemoteConfig) TrackingRef(ref string) (name string, ok bool) {
	for _, spec := range r.Fetch {
		rest, matches := spec.match(ref)
		switch {
		case !matches:
		case spec.Negative:
			return "", false
		case spec.Target != "" && !ok:
			name, ok = strings.Replace(spec.Target, "*", rest, 1), true
		}
	}
	return name, ok
}

// Tracked is TrackingRef the other way round: the remote's reference that the clone keeps
// under a full name; ok is false when it keeps none there.
func (r RemoteConfig) Tracked(name string) (ref string, ok bool) {
	for _, spec := range r.Fetch {
		rest, matches := Refspec{Source: spec.Target}.match(name)
		if !matches || spec.Negative {
			continue
		}
		ref := strings.Replace(spec.Source, "*", rest, 1)
		if kept, ok := r.TrackingRef(ref); ok && kept == name {
			return ref, true
		}
	}
	return "", false
}

// Remotes lists the remotes that have an address, by name.
func (c Config) Remotes() []RemoteConfig {
	var remotes []RemoteConfig
	for _, name := range c.Subsections("remote") {
		if remote, ok := c.Remote(name); ok {
			remotes = append(remotes, remote)
		}
	}
	return remotes
}

// Remote returns the remote of that name; ok is false when it has no address.
func (c Config) Remote(name string) (remote RemoteConfig, ok bool) {
	urls := c.GetAll("remote." + name + ".url")
	if len(urls) == 0 {
		return RemoteConfig{}, false
	}
	remote = RemoteConfig{Name: name, URL: c.FetchURL(urls[0])}
	if pushURLs := c.GetAll("remote." + name + ".pushurl"); len(pushURLs) > 0 {
		for _, url := range pushURLs {
			// An explicit pushurl is subject to insteadOf alone.
			remote.PushURLs = append(remote.PushURLs, c.FetchURL(url))
		}
	} else {
		for _, url := range urls {
			remote.PushURLs = append(remote.PushURLs, c.PushURL(url))
		}
	}
	for _, spec := range c.GetAll("remote." + name + ".fetch") {
		remote.Fetch = append(remote.Fetch, ParseRefspec(spec))
	}
	return remote, true
}

// FetchURL applies url.*.insteadOf to an address.
func (c Config) FetchURL(url string) string {
	if rewritten, ok := c.rewrite(url, "insteadof"); ok {
		return rewritten
	}
	return url
}

// PushURL applies url.*.pushInsteadOf to an address that is also fetched from,
// and insteadOf where that says nothing.
func (c Config) PushURL(url string) string {
	if rewritten, ok := c.rewrite(url, "pushinsteadof"); ok {
		return rewritten
	}
	return c.FetchURL(url)
}

// rewrite replaces the longest prefix that a url section wants replaced.
func (c Config) rewrite(url, key string) (string, bool) {
	longest, base := "", ""
	for _, s := range c.settings {
		if s.section == "url" && s.key == key && len(s.value) > len(longest) && strings.HasPrefix(url, s.value) {
			longest, base = s.value, s.subsection
		}
	}
	return base + strings.TrimPrefix(url, longest), longest != ""
}

func (c Config) remoteURLs() []string {
	var urls []string
	for _, s := range c.settings {
		if s.section == "remote" && s.subsection != "" && s.key == "url" {
			urls = append(urls, s.value)
		}
	}
	return urls
}
