package gitrepo

import (
	"path/filepath"
	"testing"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	tests := map[string]address{
		"https://example.org/a/b.git":          {protocol: protocolHTTPS, host: "example.org", path: "/a/b.git"},
		"http://u:p%40ss@example.org:8080/b":   {protocol: protocolHTTP, user: "u", password: "p@ss", host: "example.org", port: "8080", path: "/b"},
		"https://example.org/b?key=1":          {protocol: protocolHTTPS, host: "example.org", path: "/b", query: "key=1"},
		"ssh://git@example.org:2222/srv/x.git": {protocol: protocolSSH, user: "git", host: "example.org", port: "2222", path: "/srv/x.git"},
		"ssh://example.org/~git/x.git":         {protocol: protocolSSH, host: "example.org", path: "~git/x.git"},
		"git+ssh://git@example.org/x.git":      {protocol: protocolSSH, user: "git", host: "example.org", path: "/x.git"},
		"ssh://[::1]:22/x.git":                 {protocol: protocolSSH, host: "::1", port: "22", path: "/x.git"},
		"git@example.org:team/x.git":           {protocol: protocolSSH, user: "git", host: "example.org", path: "team/x.git"},
		"example.org:x@y.git":                  {protocol: protocolSSH, host: "example.org", path: "x@y.git"},
		"git@[::1]:x.git":                      {protocol: protocolSSH, user: "git", host: "::1", path: "x.git"},
		"git@[example.org:2222]:x.git":         {protocol: protocolSSH, user: "git", host: "example.org", port: "2222", path: "x.git"},
		"git://example.org/x.git":              {protocol: protocolGit, host: "example.org", path: "/x.git"},
		"./odd:name.git":                       {protocol: protocolFile, path: filepath.Join(base, "odd:name.git")},
		"../x.git":                             {protocol: protocolFile, path: filepath.Join(filepath.Dir(base), "x.git")},
		"file:///srv/with%20space/x.git":       {protocol: protocolFile, path: filepath.FromSlash("/srv/with space/x.git")},
	}
	for text, want := range tests {
		got, err := parseAddress(text, base)
		if err != nil || got != want {
			t.Errorf("%s: %+v (%v), expected %+v", text, got, err, want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "ftp://example.org/x", "ext::sh -c date", "https:///x", "ssh://example.org", "ssh://-oProxyCommand=date/x",
		"-oProxyCommand=date:x", "example.org:-x", "https://u:secret\n@example.org/x", "https://u:secret%0a@example.org/x",
		"https://u:secret@example.org:port/x", "https://u:sec/secret@example.org/x", "https://u:secret@example.org/%zz",
	} {
		_, err := parseAddress(text, t.TempDir())
		if err == nil {
			t.Errorf("%q is accepted", text)
			continue
		}
		wantNoSecret(t, err, "secret", "u:sec")
	}
}

func TestWithoutUserinfo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://token@example.org/x.git":   "https://example.org/x.git",
		"https://u:p@example.org/x.git?t=s": "https://example.org/x.git",
		"https://u:p/q@example.org/x.git":   "https://example.org/x.git",
		"ssh://git:p@example.org/x@y.git":   "ssh://example.org/x@y.git",
		"git@example.org:x.git":             "example.org:x.git",
		"/srv/x@y.git":                      "/srv/x@y.git",
		"https://example.org/x.git":         "https://example.org/x.git",
	} {
		if got := withoutUserinfo(text); got != want {
			t.Errorf("%s is printed as %s, expected %s", text, got, want)
		}
	}
}
