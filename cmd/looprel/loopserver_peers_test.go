//go:build peers && loopserver

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestRealLoopServer plays the script against the Loop service itself, out of the clone
// that LOOP_SERVER_REPO names, on loopback. It wants git, bash, node, npm and
// redis-server.
func TestRealLoopServer(t *testing.T) {
	t.Parallel()
	repository := os.Getenv("LOOP_SERVER_REPO")
	if repository == "" {
		t.Fatal("LOOP_SERVER_REPO names no clone of mozilla-services/loop-server")
	}
	program, err := filepath.Abs(filepath.Join("..", "..", "testdata", "peers", "loop-server", "run"))
	if err != nil {
		t.Fatal(err)
	}
	real := &realLoopServer{
		t: t, program: program, repository: repository, dir: t.TempDir(),
		ports: map[string]int{}, parties: map[string]*thirdParty{}, hidden: map[string]bool{},
	}
	real.run("prepare")
	t.Cleanup(func() { real.run("stop") })
	real.startRedis()
	for _, environment := range []string{"load-stage", "production"} {
		real.ports[environment] = freePort(t)
		real.parties[environment] = newThirdParty(t)
		if err := real.configure(environment); err != nil {
			t.Fatal(err)
		}
	}
	playLoopServer(t, real)
}

// realLoopServer is the service, a process for each environment.
type realLoopServer struct {
	t                        *testing.T
	program, repository, dir string
	redis                    int
	ports                    map[string]int
	parties                  map[string]*thirdParty
	hidden                   map[string]bool
}

func (l *realLoopServer) patience() time.Duration { return 20 * time.Second }

// run runs the program beside the script.
func (l *realLoopServer) run(verb string) {
	l.t.Helper()
	command := exec.Command(l.program, verb)
	command.Env = append(os.Environ(), "LOOP_PEER_DIR="+l.dir, "LOOP_SERVER_REPO="+l.repository)
	if output, err := command.CombinedOutput(); err != nil {
		l.t.Fatalf("%s %s: %v\n%s", l.program, verb, err, output)
	}
}

func (l *realLoopServer) startRedis() {
	l.t.Helper()
	l.redis = freePort(l.t)
	command := exec.Command("redis-server", "--port", fmt.Sprint(l.redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", l.dir)
	if err := command.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
}

func (l *realLoopServer) prepare(env *testscript.Env, remote string) error {
	env.Setenv(loopPeerDir, l.dir)
	env.Setenv(loopPeerProgram, l.program)
	for _, arguments := range [][]string{
		{"clone", "--quiet", "--bare", "--", l.repository, remote},
		{"clone", "--quiet", "--", remote, filepath.Join(filepath.Dir(remote), "clone")},
	} {
		command := exec.Command("git", arguments...)
		command.Env = append(os.Environ(), env.Vars...)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", arguments[0], err, output)
		}
	}
	return nil
}

// serve passes requests on to the services.
func (l *realLoopServer) serve(string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		name, _, _ := strings.Cut(request.Host, ".")
		httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", l.ports[name])}).ServeHTTP(w, request)
	})
}

func (l *realLoopServer) down(environment string) error { l.parties[environment].stop(); return nil }

func (l *realLoopServer) up(environment string) error { return l.parties[environment].start() }

func (l *realLoopServer) hide(environment string) error {
	l.hidden[environment] = true
	return l.configure(environment)
}

// configure writes what the releases read when they are deployed to an environment.
func (l *realLoopServer) configure(environment string) error {
	const key = "263ceaa5546dce837191be98db91e852ae8d050d6805a402272e0c776193cfba"
	party := "http://" + l.parties[environment].address
	redis := map[string]any{"host": "127.0.0.1", "port": l.redis}
	common := map[string]any{
		"ip": "127.0.0.1", "host": "127.0.0.1", "port": l.ports[environment], "displayVersion": !l.hidden[environment],
		"macSecret": key, "encryptionSecret": key[:32], "userMacSecret": key[:32],
		"storage": map[string]any{"engine": "redis", "settings": redis}, "pubsub": redis,
		"allowedOrigins": []string{"http://localhost:3000"}, "fxaAudiences": []string{"http://localhost"},
		"fakeTokBox": environment == "load-stage", "fakeTokBoxURL": party + "/",
	}
	older, newer := map[string]any{}, map[string]any{}
	for name, value := range common {
		older[name], newer[name] = value, value
	}
	older["tokBox"] = map[string]any{"apiUrl": party, "apiKey": "key", "apiSecret": "secret", "tokenDuration": 86400}
	newer["tokBox"] = map[string]any{"tokenDuration": 86400, "credentials": map[string]any{
		"default": map[string]string{"apiKey": "key", "apiSecret": "secret", "apiUrl": party}}}
	newer["fxaOAuth"] = map[string]any{"activated": true, "client_id": key[:16], "client_secret": key}
	newer["rooms"] = map[string]string{"HKDFSalt": key[:32]}
	// Those that nobody stops.
	others := newThirdParty(l.t).address
	newer["fxaVerifier"], newer["pushServerURIs"] = "http://"+others+"/v2", []string{"ws://" + others + "/"}
	delete(newer, "host") // which it refuses
	for version, settings := range map[string]any{"0.9.0": older, "0.21.3": newer} {
		text, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(l.dir, environment+"-"+version+".json"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// thirdParty answers everything with 200, at an address that it keeps when it is
// stopped and started again.
type thirdParty struct {
	t       *testing.T
	address string
	mutex   sync.Mutex
	server  *httptest.Server
}

func newThirdParty(t *testing.T) *thirdParty {
	t.Helper()
	party := &thirdParty{t: t, address: "127.0.0.1:0"}
	if err := party.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(party.stop)
	return party
}

func (p *thirdParty) start() error {
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		return err
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]\n"))
	}))
	_ = server.Listener.Close() // it has one of its own
	server.Listener = listener
	server.Start()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.server, p.address = server, listener.Addr().String()
	return nil
}

func (p *thirdParty) stop() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.server != nil {
		p.server.CloseClientConnections()
		p.server.Close()
		p.server = nil
	}
}
