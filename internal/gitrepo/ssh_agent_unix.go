//go:build !windows

package gitrepo

import (
	"context"
	"errors"
	"net"
)

// dialAgent connects to the SSH agent behind a socket.
func dialAgent(ctx context.Context, socket string) (net.Conn, error) {
	if socket == "" {
		return nil, errors.New("SSH_AUTH_SOCK is not set")
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, errors.New("nothing answers at SSH_AUTH_SOCK")
	}
	return connection, nil
}
