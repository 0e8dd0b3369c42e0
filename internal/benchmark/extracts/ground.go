package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// ground is where everything is measured: the upstream clone, and a train that has a
// component which is extracted from it.
type ground struct {
	options
	dir string
	// early is the commit of upstream up to which git subtree split works, which takes
	// too long for all.
	early string
}

func (g *ground) path(name string) string { return filepath.Join(g.dir, name) }

// environ is the environment of everything that runs: nothing of the machine's
// configuration.
func (g *ground) environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + g.path("home"), "USERPROFILE=" + g.path("home"), "XDG_CONFIG_HOME=" + g.path("home"),
		"TMPDIR=" + os.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC",
		"GIT_AUTHOR_NAME=Release Manager", "GIT_AUTHOR_EMAIL=release-manager@example.org",
		"GIT_COMMITTER_NAME=Release Manager", "GIT_COMMITTER_EMAIL=release-manager@example.org",
	}
}

func (g *ground) git(ctx context.Context, input io.Reader, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir, command.Env, command.Stdin = g.dir, g.environ(), input
	var said bytes.Buffer
	command.Stderr = &said
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(arguments, " "), err, said.String())
	}
	return strings.TrimSpace(string(output)), nil
}

// prepare makes upstream, unless there is one, and the train.
func (g *ground) prepare(ctx context.Context, progress io.Writer) error {
	if err := os.MkdirAll(g.path("home"), 0o755); err != nil {
		return err
	}
	if g.repository == "" {
		_, _ = fmt.Fprintf(progress, "making a repository of %d commits and %d files\n", g.commits, g.files)
		if err := g.makeUpstream(ctx); err != nil {
			return err
		}
	}
	if err := g.findEarly(ctx); err != nil {
		return err
	}
	// One on which nothing is ever pushed, one on which everything is, and one with the
	// one mapping that git subtree split knows.
	for _, name := range []string{"train", "kept", "early"} {
		if err := g.makeTrain(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// findEarly finds the commit a few after the one in which the first directory begins.
func (g *ground) findEarly(ctx context.Context) error {
	line, err := g.git(ctx, nil, "--git-dir="+g.gitDir(), "rev-list", "--first-parent", "--reverse", "HEAD")
	if err != nil {
		return err
	}
	touching, err := g.git(ctx, nil, "--git-dir="+g.gitDir(), "rev-list", "--first-parent", "--reverse", "HEAD", "--", g.paths[0])
	if err != nil {
		return err
	}
	begin, _, _ := strings.Cut(touching, "\n")
	commits := strings.Fields(line)
	at := slices.Index(commits, begin)
	if at < 0 {
		return fmt.Errorf("%s has no history in %s", g.paths[0], g.repository)
	}
	g.early = commits[min(at+g.split, len(commits)-1)]
	return nil
}

func (g *ground) gitDir() string {
	if _, err := os.Stat(filepath.Join(g.repository, ".git")); err == nil {
		return filepath.Join(g.repository, ".git")
	}
	return g.repository
}

func (g *ground) makeUpstream(ctx context.Context) error {
	g.repository = g.path("upstream.git")
	if g.keep != "" {
		g.repository = g.keep
	}
	if _, err := os.Stat(g.repository); err == nil {
		return nil
	}
	if _, err := g.git(ctx, nil, "init", "--quiet", "--bare", "--initial-branch=master", g.repository); err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(generate(writer, g.commits, g.files)) }()
	_, err := g.git(ctx, reader, "--git-dir="+g.repository, "fast-import", "--quiet", "--done", "--force")
	if err = errors.Join(err, reader.Close()); err != nil {
		return err
	}
	if _, err := g.git(ctx, nil, "--git-dir="+g.repository, "update-ref", "-d", "refs/heads/import"); err != nil {
		return err
	}
	// As a hosting server, or git itself after a while, has it.
	_, err = g.git(ctx, nil, "--git-dir="+g.repository, "gc", "--quiet")
	return err
}

const train = `version: 1
timezone: UTC
train: {first-tag: 2014-07-08, every: 2 weeks, tag: {day: tuesday}, push: {day: monday}}
contacts: {ops: {}}
components:
  client:
    branch: master
    extract:
      from: %q
      map: [%s]
environments: {production: {maintainer: ops, after: tag}}
`

// makeTrain makes a clone with an empty remote, whose environments.yaml says what is
// to be extracted.
func (g *ground) makeTrain(ctx context.Context, name string) error {
	maps := fmt.Sprintf("{from: %q, to: .}", g.paths[0])
	if name != "early" {
		maps += fmt.Sprintf(", {from: %q, to: content/shared}", g.paths[1])
	}
	for _, arguments := range [][]string{
		{"init", "--quiet", "--bare", "--initial-branch=master", g.path(name + ".git")},
		{"init", "--quiet", "--initial-branch=master", g.path(name)},
		{"-C", g.path(name), "remote", "add", "origin", g.path(name + ".git")},
	} {
		if _, err := g.git(ctx, nil, arguments...); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(g.path(name), "environments.yaml"), fmt.Appendf(nil, train, filepath.ToSlash(g.gitDir()), maps), 0o644)
}
