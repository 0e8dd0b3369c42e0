package gitrepo

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// sshTransport speaks SSH in the process. All exchanges share one connection.
//
// go-git's own SSH transport is not used: it reads the configuration of the
// process's user whatever the environment says, cannot be given up half-way, and
// connects anew for each exchange.
type sshTransport struct {
	address address
	host    sshHost
	name    string
	config  Config
	env     environ
	client  *ssh.Client
}

// newSSHTransport chooses between speaking SSH in the process and running an ssh
// program.
func newSSHTransport(a address, name string, config Config, env environ, interactive bool) transport {
	if program, ok := configuredSSH(config, env); ok {
		return &sshCommandTransport{program: program, address: a, name: name, config: config, env: env, interactive: interactive}
	}
	host := readSSHHost(a, env)
	if host.program {
		program := sshProgram{command: "ssh", variant: "ssh"}
		return &sshCommandTransport{program: program, address: a, name: name, config: config, env: env, interactive: interactive}
	}
	return &sshTransport{address: a, host: host, name: name, config: config, env: env}
}

func (t *sshTransport) connect(op *operation, service string) (connection, error) {
	if t.client != nil {
		if found, err := t.start(op, service); err == nil {
			return found, nil
		}
		// The server may have closed an idle connection.
		_ = t.close()
	}
	if err := t.logIn(op); err != nil {
		return nil, err
	}
	found, err := t.start(op, service)
	if err != nil {
		return nil, unreachable(t.name, op.reason(err))
	}
	return found, nil
}

// logIn connects, checks the server's key and authenticates.
func (t *sshTransport) logIn(op *operation) error {
	keys, err := newHostKeyCheck(t.host, t.name)
	if err != nil {
		return err
	}
	socket, err := dial(op, t.name, t.host.hostName, t.host.port)
	if err != nil {
		return err
	}
	release := op.onEnd(func() { _ = socket.Close() })
	defer release()
	credentials := newSSHCredentials(op, t.host)
	defer credentials.close()
	endpoint := net.JoinHostPort(t.host.hostName, t.host.port)
	connection, channels, requests, err := ssh.NewClientConn(socket, endpoint, &ssh.ClientConfig{
		User:              t.host.user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(credentials.signers)},
		HostKeyCallback:   keys.check,
		HostKeyAlgorithms: keys.algorithms,
		ClientVersion:     "SSH-2.0-looprel",
	})
	if err != nil {
		_ = socket.Close()
		return t.logInError(op.reason(err), keys, credentials)
	}
	t.client = ssh.NewClient(connection, channels, requests)
	return nil
}

func (t *sshTransport) logInError(err error, keys *hostKeyCheck, credentials *sshCredentials) error {
	if keys.refused != nil {
		return keys.refused
	}
	// The library has no type for a user that was not let in.
	if strings.Contains(err.Error(), "unable to authenticate") {
		return credentials.error(t.name, t.host.user)
	}
	var negotiation *ssh.AlgorithmNegotiationError
	if errors.As(err, &negotiation) && len(keys.algorithms) > 0 && strings.Contains(err.Error(), "host key") {
		return keys.otherAlgorithm()
	}
	return unreachable(t.name, err)
}

// start runs the service in a session of its own.
func (t *sshTransport) start(op *operation, service string) (*stream, error) {
	release := op.onEnd(func() { _ = t.client.Close() })
	defer release()
	session, err := t.client.NewSession()
	if err != nil {
		return nil, err
	}
	said := &messageLog{}
	session.Stderr = said
	stdin, err := session.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if wish := wishedVersion(t.config, service); wish != "" {
		// Without a reply: servers that do not accept the variable speak version 0.
		variable := struct{ Name, Value string }{versionVariable, wish}
		if _, err := session.SendRequest("env", false, ssh.Marshal(variable)); err != nil {
			_ = session.Close()
			return nil, err
		}
	}
	if err := session.Start(serviceCommand(service, t.address.path)); err != nil {
		_ = session.Close()
		return nil, fmt.Errorf("starting %s: %w", service, err)
	}
	client := t.client
	var once sync.Once
	return &stream{
		name: t.name, stdin: stdin, stdout: stdout, said: said,
		// A session cannot be ended against the server's will, a connection can.
		abort:  func() { once.Do(func() { _ = client.Close() }) },
		finish: func() error { return waitForSession(session) },
	}, nil
}

// waitForSession waits for the service's end, not forever.
func waitForSession(session *ssh.Session) error {
	done := make(chan error, 1)
	go func() { done <- session.Wait() }()
	return waitOrClose(done, session.Close)
}

func (t *sshTransport) close() error {
	if t.client == nil {
		return nil
	}
	client := t.client
	t.client = nil
	return client.Close()
}
