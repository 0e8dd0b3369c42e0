package gitrepo

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// The ports that git's own protocol and SSH use where an address names none.
const (
	gitPort = "9418"
	sshPort = "22"
)

// dial opens a connection to a host; remote is its name in errors.
func dial(op *operation, remote, host, port string) (net.Conn, error) {
	socket, err := (&net.Dialer{}).DialContext(op.ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, unreachable(remote, op.reason(err))
	}
	return socket, nil
}

// unreachable says why no conversation with the remote came about.
func unreachable(remote string, cause error) error {
	advice := "check the network and the address (git remote -v), then run the command again"
	var lookup *net.DNSError
	if errors.As(cause, &lookup) {
		advice = "check the host's name (git remote -v) and the network, then run the command again"
	}
	return &Error{Kind: ErrUnreachable, What: "cannot reach " + remote, Cause: cause, Advice: advice}
}

// socketTransport speaks git's own protocol (git://), which knows no users.
type socketTransport struct {
	address address
	name    string
	config  Config
}

func (t *socketTransport) connect(op *operation, service string) (connection, error) {
	port := t.address.port
	if port == "" {
		port = gitPort
	}
	socket, err := dial(op, t.name, t.address.host, port)
	if err != nil {
		return nil, err
	}
	request := packp.GitProtoRequest{RequestCommand: service, Pathname: t.address.path, Host: t.address.hostPort()}
	if !strings.HasPrefix(request.Pathname, "/") {
		request.Pathname = "/" + request.Pathname
	}
	if wish := wishedVersion(t.config, service); wish != "" {
		request.ExtraParams = []string{wish}
	}
	if err := request.Encode(op.writer(socket)); err != nil {
		_ = socket.Close()
		return nil, unreachable(t.name, fmt.Errorf("asking for the service: %w", op.reason(err)))
	}
	return &stream{
		name: t.name, stdin: openEnded{socket}, stdout: socket,
		abort: func() { _ = socket.Close() }, finish: socket.Close,
	}, nil
}

func (t *socketTransport) close() error { return nil }

// openEnded is the writing half of a socket, which ends with the reading half
// only.
type openEnded struct{ net.Conn }

// Close does nothing.
func (openEnded) Close() error { return nil }
