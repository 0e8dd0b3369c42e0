package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/cli/go-gh/v2/pkg/config"
)

// commandLinePatience bounds the GitHub CLI's search for its token.
const commandLinePatience = 10 * time.Second

// CommandLine is the GitHub CLI of whoever runs looprel.
type CommandLine struct {
	// Dir is where it keeps its files, "" where nothing says.
	Dir string
	// Program is the installed gh, "" without one.
	Program string
	// Environ is the environment that it is run in.
	Environ []string
}

// CommandLineDir is where the GitHub CLI keeps its files: as `gh help environment` has
// it, GH_CONFIG_DIR, then gh below XDG_CONFIG_HOME, then "GitHub CLI" below APPDATA on
// Windows, then .config/gh below the home directory. lookup reads a variable, "" for
// one that is not set.
func CommandLineDir(lookup func(name string) string) string {
	home := lookup("HOME")
	if runtime.GOOS == "windows" {
		home = lookup("USERPROFILE")
	}
	for _, place := range []struct {
		base  string
		below []string
		holds bool
	}{
		{base: lookup("GH_CONFIG_DIR"), holds: true},
		{base: lookup("XDG_CONFIG_HOME"), below: []string{"gh"}, holds: true},
		{base: lookup("APPDATA"), below: []string{"GitHub CLI"}, holds: runtime.GOOS == "windows"},
		{base: home, below: []string{".config", "gh"}, holds: true},
	} {
		if place.holds && place.base != "" {
			return filepath.Join(append([]string{place.base}, place.below...)...)
		}
	}
	return ""
}

// commandLineSource names the login in messages.
const commandLineSource = "the GitHub CLI's login"

// Login is the login that the GitHub CLI has stored for a host: in hosts.yml, or,
// where that has the host without a token, in the system's keyring, which gh asks. Its
// variables for tokens are not looked at; where those may be sent to is decided
// elsewhere.
func (c CommandLine) Login(address Address) CredentialSource {
	host := hostName(address.Host)
	return func(ctx context.Context) (Credential, bool, error) {
		stored, err := c.read()
		if err != nil {
			return Credential{}, false, err
		}
		if _, err := stored.Keys([]string{host}); err != nil {
			return Credential{}, false, nil //nolint:nilerr // nobody has logged in there
		}
		token, _ := stored.Get([]string{host, "oauth_token"})
		if token == "" {
			token, err = c.ask(ctx, host)
		}
		return NewCredential(commandLineSource, token), err == nil, err
	}
}

// read reads hosts.yml; a file that is not there is an empty one. What is wrong with
// one is not repeated: it may be the token.
func (c CommandLine) read() (*config.Config, error) {
	if c.Dir == "" {
		return config.ReadFromString(""), nil
	}
	name := filepath.Join(c.Dir, "hosts.yml")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return config.ReadFromString(""), nil
	}
	if err != nil {
		return nil, unreadable(name, err.Error())
	}
	stored := config.ReadFromString(string(text))
	// A file that is not understood, and one that is empty, both give no hosts.
	if hosts, err := stored.Keys(nil); err != nil || len(hosts) == 0 && hasContent(string(text)) {
		return nil, unreadable(name, name+" is not a list of hosts as gh writes it")
	}
	return stored, nil
}

func unreadable(name, why string) error {
	return &Error{Kind: ErrNoCredential, What: "cannot read the GitHub CLI's login: " + why,
		Advice: "set GITHUB_TOKEN; or remove " + name + ", and log in again: gh auth login"}
}

// hasContent reports whether a YAML file has more than blanks, comments, the marks of
// a document and an empty map.
func hasContent(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && line != "---" && line != "..." && line != "{}" {
			return true
		}
	}
	return false
}

// ask has the installed gh read the token out of the system's keyring.
func (c CommandLine) ask(ctx context.Context, host string) (string, error) {
	notThere := func(why string) error {
		return &Error{Kind: ErrNoCredential, What: fmt.Sprintf("the GitHub CLI keeps its login for %s in the system's keyring, and %s", host, why),
			Advice: "set GITHUB_TOKEN, or log in again: gh auth login --hostname " + host}
	}
	if c.Program == "" {
		return "", notThere("gh, which could read it, is not installed (not found in PATH)")
	}
	inTime, cancel := context.WithTimeout(ctx, commandLinePatience)
	defer cancel()
	command := exec.CommandContext(inTime, c.Program, "auth", "token", "--secure-storage", "--hostname", host) //nolint:gosec // the installed gh
	command.Env = c.Environ
	command.WaitDelay = time.Second
	var output bytes.Buffer
	command.Stdout = &output
	err := command.Run()
	token := strings.TrimSpace(output.String())
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case inTime.Err() != nil:
		return "", notThere("gh does not answer")
	case err != nil || token == "":
		return "", notThere("gh does not find it there")
	}
	return token, nil
}
