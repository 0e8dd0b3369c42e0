//go:build unix

package github_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/githubtest"
)

// settings reads variables out of a list, as a process has them.
func settings(pairs ...string) func(name string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// The GitHub CLI's files are where its own variables say, not where those of the
// process do.
func TestCommandLineDir(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		variables []string
		want      string
	}{
		{name: "of its own", variables: []string{"GH_CONFIG_DIR", "/own", "XDG_CONFIG_HOME", "/xdg", "HOME", "/home"}, want: "/own"},
		{name: "of the desktop", variables: []string{"XDG_CONFIG_HOME", "/xdg", "HOME", "/home"}, want: "/xdg/gh"},
		{name: "of the home", variables: []string{"HOME", "/home", "APPDATA", "/roaming"}, want: "/home/.config/gh"},
		{name: "none", want: ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := github.CommandLineDir(settings(c.variables...)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// installGH puts a gh in place that answers as the script does.
func installGH(t *testing.T, script string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gh")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}

func TestCommandLineLogin(t *testing.T) {
	t.Parallel()
	const secret = "ghp_s3cr3t0123456789"
	keyring := installGH(t, `test "$*" = "auth token --secure-storage --hostname $WANTED" && echo `+githubtest.Token)
	locked := installGH(t, "echo no oauth token >&2\nexit 1")
	const keyringHosts = "127.0.0.1:\n    git_protocol: https\n    users:\n        release-bot:\n    user: release-bot\n"
	cases := []struct {
		name    string
		hosts   string // "" for no file
		program string
		none    bool     // no login, and no failure
		want    []string // in the failure
	}{
		{name: "in the file", hosts: "127.0.0.1:\n    user: release-bot\n    oauth_token: " + githubtest.Token + "\n    git_protocol: ssh\n"},
		{name: "of another host", hosts: "github.com:\n    oauth_token: " + secret + "\n", program: keyring, none: true},
		{name: "no file", program: keyring, none: true},
		{name: "logged out", hosts: "{}\n", program: keyring, none: true},
		{name: "in the keyring", hosts: keyringHosts, program: keyring},
		{name: "in the keyring, without gh", hosts: keyringHosts,
			want: []string{"the GitHub CLI keeps its login for 127.0.0.1 in the system's keyring, and gh, which could read it, is not installed", "gh auth login --hostname 127.0.0.1"}},
		{name: "in the keyring, locked", hosts: keyringHosts, program: locked, want: []string{"in the system's keyring, and gh does not find it there"}},
		{name: "no YAML", hosts: "127.0.0.1: [" + secret, want: []string{"cannot read the GitHub CLI's login", "hosts.yml is not a list of hosts"}},
		{name: "no hosts", hosts: "oauth_token " + secret, want: []string{"hosts.yml is not a list of hosts", "gh auth login"}},
		{name: "no fields", hosts: "127.0.0.1: " + secret, want: []string{"in the system's keyring"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if c.hosts != "" {
				if err := os.WriteFile(filepath.Join(dir, "hosts.yml"), []byte(c.hosts), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			commandLine := github.CommandLine{Dir: dir, Program: c.program, Environ: []string{"WANTED=127.0.0.1"}}
			b := newBench(t, func(o *github.Options) { o.Find = commandLine.Login(o.Address) })
			_, err := b.Milestones(t.Context())
			switch {
			case c.none && (!errors.Is(err, github.ErrNoCredential) || !strings.Contains(err.Error(), "there is no token for 127.0.0.1")):
				t.Errorf("%v, want no token", err)
			case !c.none && c.want == nil && err != nil:
				t.Error(err)
			case c.want != nil:
				text := errorAndHint(err)
				for _, want := range c.want {
					if !strings.Contains(text, want) {
						t.Errorf("%q lacks %q", text, want)
					}
				}
				if !errors.Is(err, github.ErrNoCredential) || strings.Contains(text, secret) {
					t.Errorf("%q", text)
				}
			}
		})
	}
}

// A file that may not be read is not one that is not there.
func TestUnreadableLogin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "hosts.yml"), 0o755); err != nil {
		t.Fatal(err)
	}
	commandLine := github.CommandLine{Dir: dir}
	if _, _, err := commandLine.Login(github.Address{Host: "github.com"})(t.Context()); !errors.Is(err, github.ErrNoCredential) {
		t.Errorf("%v, want %v", err, github.ErrNoCredential)
	}
}

// errorAndHint is a failure as it is shown.
func errorAndHint(err error) string {
	var own *github.Error
	if !errors.As(err, &own) {
		return ""
	}
	return own.Error() + "\nhint: " + own.Hint()
}
