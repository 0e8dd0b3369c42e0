package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
)

// serve serves a repository over HTTP by git's http-backend, for reading and
// writing, until it is interrupted. It prints the address. The server is a process
// of its own, so that its time is not the client's.
func serve(ctx context.Context, dir string, out io.Writer) error {
	git, err := exec.LookPath("git")
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: &cgi.Handler{
		Path: git, Args: []string{"-c", "http.receivepack=true", "-c", "safe.directory=*", "http-backend"}, Root: "/", Dir: dir,
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1"},
	}}
	if _, err := fmt.Fprintf(out, "http://%s/%s\n", listener.Addr(), filepath.Base(dir)); err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startServer starts that process.
func (b *benchmark) startServer(dir string) (address string, stop func(), err error) {
	ctx, cancel := context.WithCancel(b.ctx)
	command := exec.CommandContext(ctx, b.self, "serve", dir)
	command.Env = b.environ
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() {
		cancel()
		_ = command.Wait() // it was ended
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, err
	}
	return strings.TrimSpace(line), stop, nil
}

// push makes an annotated tag of a commit and pushes it to an address.
func push(ctx context.Context, clone *gitrepo.Repository, arguments []string, _ streams) error {
	address, name := arguments[0], arguments[1]
	target, err := clone.ResolveCommit(arguments[2])
	if err != nil {
		return err
	}
	tagger, err := clone.Identity(gitrepo.Committer)
	if err != nil {
		return err
	}
	tagger.When = epoch()
	made := object.Tag{Target: target, TargetKind: object.KindCommit, Name: name, Tagger: tagger, Message: "Release\n"}.Object()
	remote, err := clone.OpenRemote(address, gitrepo.RemoteOptions{})
	if err != nil {
		return err
	}
	_, err = remote.Push(ctx, []gitrepo.RefUpdate{{Name: "refs/tags/" + name, New: made.ID()}}, []object.Object{made})
	return errors.Join(err, remote.Close())
}

// list prints how many references a remote has that begin with one of the prefixes, or
// at all.
func list(ctx context.Context, clone *gitrepo.Repository, arguments []string, streams streams) error {
	remote, err := clone.OpenRemote(arguments[0], gitrepo.RemoteOptions{})
	if err != nil {
		return err
	}
	shown, err := remote.List(ctx, arguments[1:]...)
	if err == nil {
		_, err = fmt.Fprintln(streams.out, len(shown.Refs))
	}
	return errors.Join(err, remote.Close())
}

// fetch brings what a branch of a remote names, with its history as far as it is new.
func fetch(ctx context.Context, clone *gitrepo.Repository, arguments []string, _ streams) error {
	remote, err := clone.OpenRemote(arguments[0], gitrepo.RemoteOptions{})
	if err != nil {
		return err
	}
	branch := arguments[1]
	shown, err := remote.List(ctx, branch)
	if err == nil {
		var haves []object.ID
		if haves, err = remote.Haves(shown, []string{branch}); err == nil {
			_, err = remote.Fetch(ctx, clone.Objects, gitrepo.FetchRequest{Wants: []object.ID{shown.Refs[branch]}, Haves: haves})
		}
	}
	return errors.Join(err, remote.Close())
}
