package gitrepo

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// sshProgram is an ssh program to run instead of speaking SSH in the process:
// the one that git is told to use, or the installed one where ~/.ssh/config asks
// for what only OpenSSH does (a jump host, say).
type sshProgram struct {
	// command is a program, or a line for the shell as git runs it.
	command string
	// shell: command is a line for the shell.
	shell bool
	// variant is how the program takes a port: "ssh", "plink", "tortoiseplink",
	// "simple" (not at all).
	variant string
}

// configuredSSH is the ssh program that git would be told to run, in git's order.
func configuredSSH(config Config, env environ) (sshProgram, bool) {
	var program sshProgram
	if line := env.get("GIT_SSH_COMMAND"); line != "" {
		program = sshProgram{command: line, shell: true}
	} else if line := config.Get("core.sshCommand"); line != "" {
		program = sshProgram{command: line, shell: true}
	} else if name := env.get("GIT_SSH"); name != "" {
		program = sshProgram{command: name}
	} else {
		return sshProgram{}, false
	}
	program.variant = sshVariant(program, config, env)
	return program, true
}

func sshVariant(program sshProgram, config Config, env environ) string {
	if variant := env.get("GIT_SSH_VARIANT"); variant != "" && variant != "auto" {
		return strings.ToLower(variant)
	}
	if variant := config.Get("ssh.variant"); variant != "" && variant != "auto" {
		return strings.ToLower(variant)
	}
	first := program.command
	if fields := strings.Fields(first); program.shell && len(fields) > 0 {
		first = strings.Trim(fields[0], `"'`)
	}
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(filepath.ToSlash(first))), ".exe")
	switch name {
	case "plink", "tortoiseplink":
		return name
	}
	return "ssh"
}

// arguments are those of the program for one service; wish is for a version of the
// protocol.
func (p sshProgram) arguments(a address, service, wish string, interactive bool) []string {
	var arguments []string
	if p.variant == "ssh" && wish != "" {
		arguments = append(arguments, "-o", "SendEnv="+versionVariable)
	}
	if p.variant == "tortoiseplink" || p.variant == "plink" && !interactive {
		arguments = append(arguments, "-batch")
	}
	if p.variant == "ssh" && !interactive {
		// Without it ssh would ask on the terminal, over what is shown there.
		arguments = append(arguments, "-o", "BatchMode=yes")
	}
	switch {
	case a.port == "":
	case p.variant == "plink" || p.variant == "tortoiseplink":
		arguments = append(arguments, "-P", a.port)
	case p.variant != "simple":
		arguments = append(arguments, "-p", a.port)
	}
	destination := a.host
	if a.user != "" {
		destination = a.user + "@" + a.host
	}
	return append(arguments, destination, serviceCommand(service, a.path))
}

// serviceCommand is what the server's shell is given.
func serviceCommand(service, path string) string {
	// The exclamation mark is escaped for csh, as git does.
	quoted := strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(path)
	return service + " '" + quoted + "'"
}

// sshCommandTransport runs an ssh program for each exchange.
type sshCommandTransport struct {
	program     sshProgram
	address     address
	name        string
	config      Config
	env         environ
	interactive bool
}

func (t *sshCommandTransport) connect(_ *operation, service string) (connection, error) {
	wish := wishedVersion(t.config, service)
	arguments := t.program.arguments(t.address, service, wish, t.interactive)
	program := t.program.command
	if t.program.shell {
		// As git does: the line is the shell's, the arguments are not.
		arguments = append([]string{"-c", t.program.command + ` "$@"`, t.program.command}, arguments...)
		program = "sh"
	}
	path := program
	if !filepath.IsAbs(program) {
		found, err := findProgram(t.env, program)
		if err != nil {
			return nil, fmt.Errorf("cannot run the configured ssh command (GIT_SSH_COMMAND, core.sshCommand, GIT_SSH or ~/.ssh/config): %w", err)
		}
		path = found
	}
	command := exec.Command(path, arguments...) //nolint:gosec,noctx // the user's own configuration says what to run; the stream ends it
	command.Env = withVersion(t.env.forOtherRepository(), wish)
	return startService(t.name, command)
}

func (t *sshCommandTransport) close() error { return nil }
