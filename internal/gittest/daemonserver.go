package gittest

import (
	"io"
	"net"
	"os/exec"
	"path/filepath"
)

// ServeGit serves the repository over git's own protocol (git://), on this
// machine, by git daemon, until the test ends, and returns its address. Pushing
// is allowed.
func (r *Repo) ServeGit() string {
	r.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = listener.Close() })
	environ := r.Environ()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serveDaemon(connection, r.Dir, environ)
		}
	}()
	return "git://" + listener.Addr().String() + "/" + filepath.Base(r.Dir)
}

// serveDaemon runs one git daemon for one connection, as inetd would.
func serveDaemon(connection net.Conn, dir string, environ []string) {
	defer connection.Close() //nolint:errcheck // the client is gone
	command := exec.Command("git", "daemon", "--inetd", "--export-all", "--enable=receive-pack", "--base-path="+filepath.Dir(dir))
	command.Env = environ
	_ = runBetween(command, connection, connection)
}

// runBetween runs a command between two streams, of which the first need not
// end with it.
func runBetween(command *exec.Cmd, in io.Reader, out io.Writer) error {
	command.Stdout = out
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(stdin, in)
		_ = stdin.Close()
	}()
	return command.Wait()
}
