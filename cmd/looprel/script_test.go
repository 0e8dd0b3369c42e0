package main

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/githubtest"
	"github.com/mozilla-services/looprel/internal/mailtest"
)

// TestMain gives the scripts the programs that they run: looprel itself, and those for
// which the test binary stands in, such as the deploy command of the environments. With
// -update the scripts' expected outputs are written anew.
func TestMain(m *testing.M) {
	flag.Bool(updateFlag, false, "write the expected outputs of the scripts anew")
	testscript.Main(withProgram{m}, map[string]func(){
		"deploytool": deployTool,
		"pgptool":    pgpTool,
	})
}

const updateFlag = "update"

// TestScripts runs the end-to-end scripts. Each begins with the promise that it
// holds, runs looprel as a process of its own against repositories that git
// made, and sees nothing of the machine's configuration.
func TestScripts(t *testing.T) {
	t.Parallel()
	playScripts(t, filepath.Join("..", "..", "testdata", "scripts"))
}

// playScripts runs the scripts of a directory.
func playScripts(t *testing.T, dir string) {
	t.Helper()
	files, err := loopFiles()
	if err != nil {
		t.Fatal(err)
	}
	loop := makeLoop(t, files)
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		RequireUniqueNames: true,
		UpdateScripts:      flag.Lookup(updateFlag).Value.String() == "true",
		Setup:              setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"at":         setClock,
			"capture":    capture,
			"clone":      clone,
			"control":    writeControl,
			"equal":      equal,
			"exits":      exits,
			"finish":     finish,
			"forge":      func(ts *testscript.TestScript, neg bool, args []string) { forge(ts, t, neg, args) },
			"fixture":    func(ts *testscript.TestScript, _ bool, args []string) { fixture(ts, loop, args) },
			"git":        runGit,
			"hook":       installHook,
			"json":       assertJSON,
			"jsonkeys":   jsonKeys,
			"mails":      checkMails,
			"mailfail":   failMail,
			"mailwait":   awaitMails,
			"mailserver": func(ts *testscript.TestScript, neg bool, args []string) { startMailServer(ts, t, neg, args) },
			"parallel":   parallel,
			"readme":     readme,
			"record":     func(ts *testscript.TestScript, _ bool, args []string) { record(ts, t, args) },
			"serve":      func(ts *testscript.TestScript, _ bool, args []string) { serve(ts, t, args) },
			"service":    setService,
			"signal":     sendSignal,
			"start":      start,
			"waitfor":    waitFor,
		},
	})
}

// script is what the commands of one script share.
type script struct {
	started map[string]*background
	forge   *githubtest.Server
	mail    *mailtest.Server
}

type scriptKey struct{}

func scriptOf(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// gitConfig is the configuration of the operator whom scripts act as.
const gitConfig = `[user]
	name = Release Manager
	email = release-manager@example.org
[init]
	defaultBranch = master
[advice]
	detachedHead = false
[protocol "file"]
	allow = always
`

// setup gives a script a home of its own, and environments behind a proxy: every
// host name leads to this process, so that the scripts' environments.yaml need
// not know a port.
func setup(env *testscript.Env) error { return setUp(env, environments) }

// setUp is setup with other environments, which keep their states in a directory.
func setUp(env *testscript.Env, serve func(services string) http.Handler) error {
	home := filepath.Join(env.WorkDir, ".home")
	services := filepath.Join(env.WorkDir, ".services")
	for _, dir := range []string{home, services} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(gitConfig), 0o644); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	example, err := filepath.Abs(filepath.Join("..", "..", "environments.yaml"))
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	server := httptest.NewServer(serve(services))
	env.Defer(server.Close)
	env.Values[scriptKey{}] = &script{started: map[string]*background{}}
	env.Setenv("HOME", home)
	env.Setenv("USERPROFILE", home)
	env.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	env.Setenv("GIT_TERMINAL_PROMPT", "0")
	env.Setenv("LOOPREL_VERIFY_READS", "1")
	env.Setenv("TZ", "UTC")
	env.Setenv("LC_ALL", "C")
	// A program that looks for races sleeps for a second at its end otherwise.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	env.Setenv("HTTP_PROXY", server.URL)
	env.Setenv(servicesVariable, services)
	env.Setenv("EXAMPLE", example)
	env.Setenv("REMOTE", filepath.Join(env.WorkDir, "remote.git"))
	return nil
}
