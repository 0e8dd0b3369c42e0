package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// servicesVariable names the directory of the environments' states.
const servicesVariable = "SERVICES"

// serviceState is what an environment of a script shows, and how a deployment to
// it goes. It is a file, because the deploy command, another process, changes it.
type serviceState struct {
	Version string `json:"version,omitempty"`
	Rev     string `json:"rev,omitempty"`
	// Hidden are the fields that GET / leaves out, with commas between them.
	Hidden string `json:"hidden,omitempty"`
	// Heartbeat is the status of /__heartbeat__, 200 unless set.
	Heartbeat string `json:"heartbeat,omitempty"`
	// Raw replaces the answer to GET /.
	Raw string `json:"raw,omitempty"`
	// Deploy is what the deploy command does instead of deploying: fail, hang
	// (until the file "go" appears, or a signal comes) or nothing; or it deploys,
	// and tells everything that it was told (leak).
	Deploy string `json:"deploy,omitempty"`
}

func readService(dir string) (state serviceState, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "state"))
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	return state, err
}

// write replaces the state at once: the service is being asked meanwhile.
func (s serviceState) write(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fresh := filepath.Join(dir, fmt.Sprintf("state.%d", os.Getpid()))
	if err := os.WriteFile(fresh, text, 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, filepath.Join(dir, "state"))
}

// setService changes what an environment shows: service ENVIRONMENT KEY=VALUE...
// or KEY=@FILE. An environment that was never set up is not reachable.
func setService(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 1, "service ENVIRONMENT KEY=VALUE...")
	dir := filepath.Join(ts.Getenv(servicesVariable), args[0])
	state, err := readService(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	fields := map[string]*string{
		"version": &state.Version, "rev": &state.Rev, "hidden": &state.Hidden,
		"heartbeat": &state.Heartbeat, "raw": &state.Raw, "deploy": &state.Deploy,
	}
	for _, setting := range args[1:] {
		key, value, _ := strings.Cut(setting, "=")
		field, ok := fields[key]
		if !ok {
			ts.Fatalf("a service has no %q", key)
		}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			value = ts.ReadFile(file)
		}
		*field = value
	}
	ts.Check(state.write(dir))
}

// ofComponent is the directory of a component's own state in an environment, where the
// script has set one up (service production.client); otherwise the environment's.
func ofComponent(dir, component string) string {
	own := dir + "." + component
	if _, err := os.Stat(own); component == "" || err != nil {
		return dir
	}
	return own
}

// environments serves every environment of a script. It is a proxy, and the
// first part of the host's name is the environment's. Below /COMPONENT/ it is the
// component's own, where it has one.
func environments(services string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		name, _, _ := strings.Cut(request.Host, ".")
		component, _, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
		dir := ofComponent(filepath.Join(services, name), component)
		state, err := readService(dir)
		switch {
		case name == chatService:
			serveChat(w, request, filepath.Join(services, name), state)
		case err != nil:
			http.Error(w, "there is no such service", http.StatusBadGateway)
		case strings.HasSuffix(request.URL.Path, "/__heartbeat__"):
			state.serveHeartbeat(w)
		case state.Raw != "":
			_, _ = w.Write([]byte(state.Raw))
		default:
			state.serveRoot(w)
		}
	})
}

func (s serviceState) serveHeartbeat(w http.ResponseWriter) {
	healthy := s.Heartbeat == "" || s.Heartbeat == "200"
	w.Header().Set("Content-Type", "application/json")
	if !healthy {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]bool{"storage": true, "provider": healthy})
}

func (s serviceState) serveRoot(w http.ResponseWriter) {
	answer := map[string]any{"name": "mozilla-loop-server", "version": s.Version, "rev": s.Rev, "fakeTokBox": true}
	for field := range strings.SplitSeq(s.Hidden, ",") {
		delete(answer, field)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// loopPeerProgram names the program that deploys the Loop service itself, and
// loopPeerDir its directory.
const (
	loopPeerProgram = "LOOP_PEER_PROGRAM"
	loopPeerDir     = "LOOP_PEER_DIR"
)

// deployTool is the deploy command of the scripts' environments. It keeps a list
// of its runs beside the state of the environment.
func deployTool() {
	if program := os.Getenv(loopPeerProgram); program != "" {
		deployPeer(program)
		return
	}
	dir := ofComponent(filepath.Join(os.Getenv(servicesVariable), os.Getenv("LOOPREL_ENVIRONMENT")), os.Getenv("LOOPREL_COMPONENT"))
	if err := deployTo(dir); err != nil {
		fmt.Fprintln(os.Stderr, "deploytool:", err)
		os.Exit(3)
	}
	fmt.Println("deployed", os.Getenv("LOOPREL_VERSION"))
}

func deployPeer(program string) {
	command := exec.Command(program, "deploy")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "deploytool:", err)
		os.Exit(3)
	}
}

func deployTo(dir string) error {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	state, err := readService(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := noteRun(dir); err != nil {
		return err
	}
	switch state.Deploy {
	case "fail":
		return errors.New("no space left on the stack")
	case "nothing":
		return nil
	case "leak":
		fmt.Println("environment:", strings.Join(os.Environ(), " "))
	case "hang":
		if err := hang(dir, interrupted); err != nil {
			return err
		}
	}
	state.Version, state.Rev = os.Getenv("LOOPREL_VERSION"), os.Getenv("LOOPREL_COMMIT")
	return state.write(dir)
}

// noteRun adds a line to the list of runs: what the command was told.
func noteRun(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(dir, "runs"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	var line strings.Builder
	for _, name := range []string{"VERSION", "TAG", "COMMIT", "ENVIRONMENT", "COMPONENT", "ATTEMPT"} {
		fmt.Fprintf(&line, "%s=%s ", name, os.Getenv("LOOPREL_"+name))
	}
	_, err = fmt.Fprintln(file, strings.TrimSpace(line.String()))
	return errors.Join(err, file.Close())
}

// hang waits in the middle of a deployment, and says so with a file.
func hang(dir string, interrupted <-chan os.Signal) error {
	if err := os.WriteFile(filepath.Join(dir, "hanging"), nil, 0o644); err != nil {
		return err
	}
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(scriptPatience); time.Now().Before(deadline); {
		select {
		case <-interrupted:
			return errors.New("interrupted half-way")
		case <-poll.C:
		}
		if _, err := os.Stat(filepath.Join(dir, "go")); err == nil {
			return nil
		}
		if _, err := os.Stat(dir); err != nil {
			return err // the script has ended
		}
	}
	return errors.New("nobody said go")
}
