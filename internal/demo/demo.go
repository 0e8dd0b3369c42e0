// Package demo makes what a demonstration needs, in a temporary directory: a
// repository like the Loop service's with a bare copy as its remote, and two
// small HTTP services on loopback that show their version as the service does.
// It is real git, and no account.
//
//	New      repository, remote, environments.yaml, services ─▶ Stage
//	Deploy   what the stage's deploy command does: set a service's version
//
// Nothing of the machine's git configuration reaches the repository. It decides
// nothing about releases and must not import what does.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Stage is where a demonstration takes place.
type Stage struct {
	// Dir holds all of it.
	Dir string
	// Clone is the release manager's clone.
	Clone string
	// Environ is the environment in which commands run there.
	Environ []string

	servers []*http.Server
}

// Options say how to set the stage.
type Options struct {
	// Dir is an empty directory.
	Dir string
	// Environ is the environment of the process; git is found by its PATH.
	Environ []string
	// Program is the path of looprel, which the deploy commands run.
	Program string
	// Gates: production asks for evidence, as for the tour of a Monday's decision.
	Gates bool
	// LoopServer is the path of a clone of the Loop service's own repository; "":
	// a small repository in its manner is made.
	LoopServer string
}

// Person is somebody of the demonstration, by the name of a role.
type Person struct{ Name, Email string }

// The people of the demonstration.
var (
	ReleaseManager = Person{"Release Manager", "release-manager@example.org"}
	QA             = Person{"QA", "qa@example.org"}
	Developer      = Person{"Developer", "developer@example.org"}
)

// Environ says to git, and to looprel, who somebody is.
func (p Person) Environ() []string {
	return []string{
		"GIT_AUTHOR_NAME=" + p.Name, "GIT_AUTHOR_EMAIL=" + p.Email,
		"GIT_COMMITTER_NAME=" + p.Name, "GIT_COMMITTER_EMAIL=" + p.Email,
	}
}

// New sets the stage. Close it after use.
func New(ctx context.Context, options Options) (*Stage, error) {
	stage := &Stage{
		Dir:     options.Dir,
		Clone:   filepath.Join(options.Dir, "loop-server"),
		Environ: isolated(options.Environ, options.Dir),
	}
	urls := map[string]string{}
	for _, name := range []string{"load-stage", "production"} {
		file := stage.versionFile(name)
		if err := os.WriteFile(file, []byte("0.9.0"), 0o600); err != nil {
			return nil, errors.Join(err, stage.Close())
		}
		url, err := stage.serve(ctx, file, name == "load-stage")
		if err != nil {
			return nil, errors.Join(err, stage.Close())
		}
		urls[name] = url
	}
	environments := stage.environments(options.Program, urls, options.Gates)
	var err error
	if options.LoopServer != "" {
		err = stage.borrowRepository(ctx, options.LoopServer, environments)
	} else {
		err = stage.makeRepository(ctx, environments)
	}
	if err != nil {
		return nil, errors.Join(err, stage.Close())
	}
	return stage, nil
}

// Close ends the services. The directory is the caller's.
func (s *Stage) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// Deploy sets the version that a service shows: the stage's deploy commands do.
func Deploy(file, version string) error {
	if version == "" {
		return errors.New("LOOPREL_VERSION is empty: this runs as a deploy command only")
	}
	return os.WriteFile(file, []byte(version), 0o600)
}

func (s *Stage) versionFile(environment string) string {
	return filepath.Join(s.Dir, environment+".version")
}

// serve starts a service that shows the version in the file.
func (s *Stage) serve(ctx context.Context, file string, mocked bool) (url string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start a service: %w", err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		version, err := os.ReadFile(file)
		if err != nil {
			http.Error(w, "no version", http.StatusServiceUnavailable)
			return
		}
		answer(w, map[string]any{"name": "mozilla-loop-server", "version": string(version), "fakeTokBox": mocked})
	})
	routes.HandleFunc("GET /__heartbeat__", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]bool{"storage": true, "provider": true, "push": true})
	})
	server := &http.Server{Handler: routes, ReadHeaderTimeout: time.Second}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }() // it ends with Close
	return "http://" + listener.Addr().String() + "/", nil
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // a client that went away has no use for it
}

// isolated is an environment in which git sees nothing of the machine's
// configuration, and people have the names of their roles.
func isolated(environ []string, home string) []string {
	kept := slices.DeleteFunc(slices.Clone(environ), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return strings.HasPrefix(name, "GIT_") || strings.HasPrefix(name, "LOOPREL_") || name == "HOME" || name == "XDG_CONFIG_HOME"
	})
	kept = append(kept, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	return append(kept, ReleaseManager.Environ()...)
}

// Git runs git in the clone and returns what it prints.
func (s *Stage) Git(ctx context.Context, arguments ...string) (string, error) {
	return s.gitOutput(ctx, s.Clone, firstCommit, arguments...)
}

// Fix is a developer's: it writes a file of master, commits that and pushes it.
func (s *Stage) Fix(ctx context.Context, when time.Time, subject, file, content string) error {
	if err := s.git(ctx, s.Clone, when, "pull", "--quiet", "origin", "master"); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.Clone, filepath.FromSlash(file)), content); err != nil {
		return err
	}
	developer := *s
	developer.Environ = append(slices.Clone(s.Environ), Developer.Environ()...)
	for _, step := range [][]string{{"add", file}, {"commit", "--quiet", "--message", subject}, {"push", "--quiet", "origin", "HEAD:refs/heads/master"}} {
		if err := developer.git(ctx, s.Clone, when, step...); err != nil {
			return err
		}
	}
	return nil
}

// git runs git in a directory of the stage at a time of the story.
func (s *Stage) git(ctx context.Context, dir string, when time.Time, arguments ...string) error {
	_, err := s.gitOutput(ctx, dir, when, arguments...)
	return err
}

func (s *Stage) gitOutput(ctx context.Context, dir string, when time.Time, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", arguments...) //nolint:gosec // the arguments are the story's
	command.Dir = dir
	date := when.Format(time.RFC3339)
	command.Env = append(slices.Clone(s.Environ), "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", arguments[0], err, strings.TrimSpace(output.String()))
	}
	return output.String(), nil
}
