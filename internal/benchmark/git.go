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
	"strings"
	"time"
)

// environ is the environment of everything that is prepared and measured:
// nothing of the machine's configuration, and the scenario's clock.
func environ(dir string, now time.Time) []string {
	variables := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + filepath.Join(dir, "home"),
		"USERPROFILE=" + filepath.Join(dir, "home"),
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "home", ".config"),
		"TMPDIR=" + os.TempDir(),
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=" + managerName, "GIT_AUTHOR_EMAIL=" + managerEmail,
		"GIT_COMMITTER_NAME=" + managerName, "GIT_COMMITTER_EMAIL=" + managerEmail,
		"LOOPREL_NOW=" + now.Format(time.RFC3339),
		"LC_ALL=C", "TZ=UTC",
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		variables = append(variables, "SYSTEMROOT="+root)
	}
	return variables
}

// git runs git in a directory and returns what it prints.
func (g *ground) git(ctx context.Context, dir string, arguments ...string) (string, error) {
	return g.gitInput(ctx, dir, nil, arguments...)
}

// gitInput is git with a standard input.
func (g *ground) gitInput(ctx context.Context, dir string, input io.Reader, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir, command.Env, command.Stdin = dir, g.environ, input
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", strings.Join(arguments, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// fastImport has git fast-import make what the function writes.
func (g *ground) fastImport(ctx context.Context, dir string, write func(io.Writer) error) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(write(writer)) }()
	_, err := g.gitInput(ctx, dir, reader, "fast-import", "--quiet", "--done", "--force")
	// A fast-import that has failed reads no more.
	return errors.Join(err, reader.Close())
}
