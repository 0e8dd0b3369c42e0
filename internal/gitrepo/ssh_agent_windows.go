package gitrepo

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/Microsoft/go-winio"
)

// openSSHAgentPipe is where the agent of Windows listens.
const openSSHAgentPipe = `\\.\pipe\openssh-ssh-agent`

// dialAgent connects to the SSH agent behind a named pipe or a socket, or to
// that of the system where none is named.
func dialAgent(ctx context.Context, socket string) (net.Conn, error) {
	if socket == "" {
		socket = openSSHAgentPipe
	}
	var connection net.Conn
	var err error
	if strings.HasPrefix(socket, `\\.\pipe\`) {
		connection, err = winio.DialPipeContext(ctx, socket)
	} else {
		connection, err = (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	if err != nil {
		return nil, errors.New("no agent answers")
	}
	return connection, nil
}
