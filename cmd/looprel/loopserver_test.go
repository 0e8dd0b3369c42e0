package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// loopServer is what stands behind the environments of the script that is played
// against the Loop service: the service itself, or what answers like it.
type loopServer interface {
	// prepare makes the remote repository, with releases 0.9.0 and 0.21.3, and what
	// the environments need.
	prepare(env *testscript.Env, remote string) error
	// serve answers for the environments; the first part of the host's name tells which.
	serve(services string) http.Handler
	// down stops the third party of an environment, and up starts it again.
	down(environment string) error
	up(environment string) error
	// hide has what is deployed to an environment from now on not tell its version.
	hide(environment string) error
	// patience is how long the service may take to show.
	patience() time.Duration
}

// loopEnvironments is the train that the script runs, with how long to wait for a
// release to show.
const loopEnvironments = `version: 1
timezone: America/Los_Angeles
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}}
contacts: {ops: {}}
components: {loop-server: {version-files: [{path: package.json, key: version}], changelog: {path: CHANGELOG}}}
environments:
  load-stage:
    maintainer: ops
    url: "http://load-stage.example.org/"
    after: tag
    third-parties: {tokbox: mocked}
    deploy: [deploytool]
    probe: {agree: 2, interval: 50ms, deadline: %[1]s}
  production:
    maintainer: ops
    url: "http://production.example.org/"
    after: load-stage
    third-parties: {tokbox: real}
    gates: [live]
    deploy: [deploytool]
    probe: {agree: 2, interval: 50ms, deadline: %[1]s}
`

// playLoopServer plays the script.
func playLoopServer(t *testing.T, server loopServer) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("..", "..", "testdata", "peers", "loop-server"),
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			if err := setUp(env, server.serve); err != nil {
				return err
			}
			file := filepath.Join(env.WorkDir, "loop.yaml")
			env.Setenv("ENVIRONMENTS", file)
			if err := os.WriteFile(file, fmt.Appendf(nil, loopEnvironments, server.patience()), 0o644); err != nil {
				return err
			}
			return server.prepare(env, filepath.Join(env.WorkDir, "remote.git"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"at": setClock, "capture": capture, "exits": exits, "git": runGit, "json": assertJSON,
			"peer": func(ts *testscript.TestScript, neg bool, args []string) { changePeer(ts, server, neg, args) },
		},
	})
}

// changePeer changes an environment of the Loop service: peer down|up|hide ENVIRONMENT
func changePeer(ts *testscript.TestScript, server loopServer, neg bool, args []string) {
	changes := map[string]func(string) error{"down": server.down, "up": server.up, "hide": server.hide}
	usage(ts, neg || len(args) != 2 || changes[args[0]] == nil, "peer down|up|hide ENVIRONMENT")
	ts.Check(changes[args[0]](args[1]))
}

// TestLoopServer plays the script against answers as the Loop service gives them.
func TestLoopServer(t *testing.T) {
	t.Parallel()
	playLoopServer(t, &loopStandIn{t: t})
}

// loopStandIn answers like the Loop service, by the states that deploytool writes.
type loopStandIn struct {
	t        *testing.T
	services string
}

func (l *loopStandIn) patience() time.Duration { return 3 * time.Second }

func (l *loopStandIn) prepare(_ *testscript.Env, remote string) error {
	repo := gittest.New(l.t)
	ids := repo.Import([]gittest.Commit{
		{Message: "Release 0.9.0\n", Files: gittest.Files{"package.json": packageJSON("0.9.0"), "CHANGELOG": "0.9.0 (2014-07-22)\n------------------\n\n- Begin.\n"}},
		{Parents: []int{0}, Message: "Release 0.21.3\n", Files: gittest.Files{"package.json": packageJSON("0.21.3")}},
	}, map[string]int{"refs/heads/master": 1})
	repo.PackTags([]string{"0.9.0", "0.21.3"}, []object.ID{ids[0], ids[1]})
	bare := repo.Bare()
	if err := os.CopyFS(remote, os.DirFS(bare.Dir)); err != nil {
		return err
	}
	repo.Git("clone", "--quiet", remote, filepath.Join(filepath.Dir(remote), "clone"))
	return nil
}

func (l *loopStandIn) serve(services string) http.Handler {
	l.services = services
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		name, _, _ := strings.Cut(request.Host, ".")
		state, err := readService(filepath.Join(services, name))
		version, parseErr := release.ParseVersion(state.Version)
		switch {
		case err != nil || parseErr != nil:
			http.Error(w, "connect ECONNREFUSED", http.StatusBadGateway)
		case request.URL.Path == "/__heartbeat__":
			answerLoopHeartbeat(w, version, state.Heartbeat != "503")
		default:
			answerLoopRoot(w, version, name == "load-stage", state)
		}
	})
}

// isLater reports whether a release is one of the later ones, which show more.
func isLater(version release.Version) bool { return version.Minor > 9 }

// answerLoopHeartbeat is the answer of GET /__heartbeat__.
func answerLoopHeartbeat(w http.ResponseWriter, version release.Version, provider bool) {
	answer, status := map[string]any{"storage": true, "provider": provider}, http.StatusOK
	if isLater(version) {
		maps.Copy(answer, map[string]any{"push": true, "fxaVerifier": true})
	}
	if !provider {
		answer["message"] = "TokBox Error: connect ECONNREFUSED 127.0.0.1:9"
		status = http.StatusServiceUnavailable
	}
	answerLoop(w, status, answer)
}

// answerLoopRoot is the answer of GET /.
func answerLoopRoot(w http.ResponseWriter, version release.Version, mocked bool, state serviceState) {
	answer := map[string]any{
		"name": "mozilla-loop-server", "description": "The Mozilla Loop (WebRTC App) server", "version": state.Version,
		"homepage": "https://github.com/mozilla-services/loop-server/", "endpoint": "http://127.0.0.1:5000", "fakeTokBox": mocked,
	}
	if isLater(version) {
		maps.Copy(answer, map[string]any{
			"fxaOAuth": true, "i18n": map[string]string{"defaultLang": "en-US"}, "rev": state.Rev, "branch": "HEAD",
		})
	}
	if state.Hidden != "" {
		delete(answer, state.Hidden)
	}
	answerLoop(w, http.StatusOK, answer)
}

func answerLoop(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (l *loopStandIn) change(environment string, change func(*serviceState)) error {
	dir := filepath.Join(l.services, environment)
	state, err := readService(dir)
	if err != nil {
		return err
	}
	change(&state)
	return state.write(dir)
}

func (l *loopStandIn) down(environment string) error {
	return l.change(environment, func(s *serviceState) { s.Heartbeat = "503" })
}

func (l *loopStandIn) up(environment string) error {
	return l.change(environment, func(s *serviceState) { s.Heartbeat = "" })
}

func (l *loopStandIn) hide(environment string) error {
	return l.change(environment, func(s *serviceState) { s.Hidden = "version" })
}
