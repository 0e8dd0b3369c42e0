package gitrepo

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"time"
)

// helperTimeout bounds a credential helper that may not ask anybody.
const helperTimeout = 30 * time.Second

// helperSource asks git's credential helpers, through the installed git: they
// are programs and shell lines with rules of their own. Without git there are
// none.
func helperSource(a address, env environ, login loginOptions) credentialSource {
	helper := credentialHelper{address: a, env: env, login: login}
	return credentialSource{"git's credential helpers", helper.find}
}

type credentialHelper struct {
	address address
	env     environ
	login   loginOptions
}

// find asks for a credential ("git credential fill").
func (h credentialHelper) find(op *operation) *credential {
	question := "protocol=" + h.address.protocol + "\nhost=" + h.address.hostPort() + "\n"
	if path := strings.TrimPrefix(h.address.path, "/"); path != "" {
		question += "path=" + path + "\n"
	}
	if h.address.user != "" {
		question += "username=" + h.address.user + "\n"
	}
	answer, err := h.git(op, "fill", question+"\n")
	if err != nil {
		return nil
	}
	fields := map[string]string{}
	for line := range strings.Lines(answer) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		fields[key] = value
	}
	if fields["password"] == "" {
		return nil
	}
	return &credential{
		user: fields["username"], password: fields["password"],
		settle: func(op *operation, accepted bool) {
			verb := "reject"
			if accepted {
				verb = "approve"
			}
			// The helper's own loss if it fails.
			_, _ = h.git(op, verb, answer+"\n")
		},
	}
}

func (h credentialHelper) git(op *operation, verb, input string) (string, error) {
	program, err := findProgram(h.env, "git")
	if err != nil {
		return "", err
	}
	// A helper that works, or somebody who types, is not a silent server.
	op.pause()
	defer op.moved()
	ctx := op.ctx
	if !h.login.interactive {
		limited, cancel := context.WithTimeout(ctx, helperTimeout)
		defer cancel()
		ctx = limited
	}
	command := exec.CommandContext(ctx, program, "credential", verb) //nolint:gosec // the installed git
	command.Env = h.environ()
	command.Dir = h.login.directory
	command.Stdin = strings.NewReader(input)
	// Not Stderr: helpers are known to print what they were given.
	var output bytes.Buffer
	command.Stdout = &output
	command.WaitDelay = programTimeout
	err = command.Run()
	return output.String(), err
}

// environ keeps git and its helpers from asking anybody when nobody is there.
func (h credentialHelper) environ() []string {
	result := append([]string{}, h.env...)
	if h.login.interactive {
		return result
	}
	result = append(result, "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never")
	if h.env.get("GIT_ASKPASS") == "" {
		// Set and empty: core.askPass and SSH_ASKPASS are not run, either.
		result = append(result, "GIT_ASKPASS=")
	}
	return result
}
