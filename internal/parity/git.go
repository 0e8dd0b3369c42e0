package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// git runs the installed git on a repository, without anybody's configuration.
func git(ctx context.Context, repository, input string, arguments ...string) (string, error) {
	command := gitCommand(ctx, repository, arguments...)
	command.Stdin = strings.NewReader(input)
	var errors strings.Builder
	command.Stderr = &errors
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s in %s: %w\n%s", arguments[0], repository, err, errors.String())
	}
	return string(output), nil
}

func gitCommand(ctx context.Context, repository string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir = repository
	command.Env = append(os.Environ(), "GIT_DIR="+gitDir(repository),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_ATTR_NOSYSTEM=1", "LC_ALL=C")
	return command
}

// gitDir is the directory that has a repository's objects.
func gitDir(repository string) string {
	if _, err := os.Stat(repository + "/.git"); err == nil {
		return repository + "/.git"
	}
	return repository
}
