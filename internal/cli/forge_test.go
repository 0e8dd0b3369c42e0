package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/github"
)

// logIn keeps a login as the GitHub CLI does, in a file of the directory.
func logIn(t *testing.T, dir, token string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hosts.yml"), []byte("github.com:\n    user: bot\n    oauth_token: "+token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What was said for this run goes before what was said for all: a variable with a
// token, then the App that another variable names, then the GitHub CLI's login.
// Nothing is taken from the process's own environment.
func TestCredentialOrder(t *testing.T) {
	own, xdg, home, other := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	logIn(t, own, "ghp_own")
	logIn(t, filepath.Join(xdg, "gh"), "ghp_xdg")
	logIn(t, filepath.Join(home, ".config", "gh"), "ghp_home")
	logIn(t, other, "ghp_process")
	t.Setenv("GH_CONFIG_DIR", other)
	cases := []struct {
		name    string
		environ []string
		source  string
		failure string
	}{
		{name: "GITHUB_TOKEN", environ: []string{"GH_TOKEN=b", "GITHUB_TOKEN=a", "LOOPREL_GITHUB_APP_ID=1", "GH_CONFIG_DIR=" + own}, source: "GITHUB_TOKEN"},
		{name: "GH_TOKEN", environ: []string{"GH_TOKEN=b", "GITHUB_TOKEN=", "LOOPREL_GITHUB_APP_ID=1", "GH_CONFIG_DIR=" + own}, source: "GH_TOKEN"},
		{name: "App", environ: []string{"LOOPREL_GITHUB_APP_ID=1", "GH_CONFIG_DIR=" + own}, failure: "cannot act as GitHub App 1"},
		{name: "login", environ: []string{"GH_CONFIG_DIR=" + own, "XDG_CONFIG_HOME=" + xdg}, source: "the GitHub CLI's login"},
		{name: "login of the desktop", environ: []string{"XDG_CONFIG_HOME=" + xdg}, source: "the GitHub CLI's login"},
		{name: "login of the home", environ: []string{"HOME=" + home}, source: "the GitHub CLI's login"},
		{name: "none"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env, _, _ := testEnv(t, c.environ...)
			address, err := github.ParseRepository("acme/loop-server", "")
			if err != nil {
				t.Fatal(err)
			}
			found, ok, err := (&app{env: env}).credential(address)(t.Context())
			switch {
			case c.failure != "":
				if err == nil || !strings.Contains(err.Error(), c.failure) {
					t.Errorf("%v, want %q", err, c.failure)
				}
			case err != nil || ok != (c.source != "") || found.Source != c.source:
				t.Errorf("%+v, %v, %v, want %q", found, ok, err, c.source)
			}
		})
	}
}
