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
	"strconv"
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

// measureWithRemote measures the rows, and some on a remote of the same references
// that is served over HTTP.
func (b *benchmark) measureWithRemote(dir, remote string, rows []*row, out io.Writer) error {
	if err := b.makeNews(remote); err != nil {
		return err
	}
	address, stop, err := b.startServer(remote)
	if err != nil {
		return err
	}
	defer stop()
	rows = append(rows,
		&row{Name: "list of the tags over HTTP", Silent: true,
			Git: []string{"ls-remote", "--tags", address}, Own: []string{"list", address, "refs/tags/"}},
		&row{Name: fmt.Sprintf("fetch of %d commits over HTTP", newsLength), Silent: true,
			Git: []string{"fetch", "--quiet", "--no-tags", address, newsBranch("git", roundMark)},
			Own: []string{"fetch", address, newsBranch("own", roundMark)}},
		&row{Name: "push of that tag over HTTP", Silent: true,
			Git: []string{"push", "--quiet", address, "refs/tags/git-" + roundMark},
			Own: []string{"push", address, "pushed-" + roundMark, "HEAD"}})
	if err := b.measureApart(dir, rows); err != nil {
		return err
	}
	return report(out, rows)
}

// newsLength is how many commits there are to fetch in each round.
const newsLength = 100

func newsBranch(who, round string) string { return "refs/heads/" + who + "-news-" + round }

// makeNews adds commits to a repository for each round and either program, that the
// clone does not have.
func (b *benchmark) makeNews(dir string) error {
	head, err := b.git(dir, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	var stream strings.Builder
	for round := range b.rounds + 1 {
		for _, who := range []string{"git", "own"} {
			branch := newsBranch(who, strconv.Itoa(round))
			for i := range newsLength {
				message, content := fmt.Sprintf("News %d of %s\n", i, branch), fmt.Sprintf("setting = %d\n", i)
				fmt.Fprintf(&stream, "commit %s\ncommitter Developer <developer@example.org> %d +0000\ndata %d\n%s", branch, epoch().Unix()+int64(i), len(message), message)
				if i == 0 {
					fmt.Fprintf(&stream, "from %s\n", strings.TrimSpace(head))
				}
				fmt.Fprintf(&stream, "M 100644 inline news/part%d\ndata %d\n%s\n", i%7, len(content), content)
			}
		}
	}
	stream.WriteString("done\n")
	_, err = b.gitInput(dir, strings.NewReader(stream.String()), "fast-import", "--quiet", "--done")
	return err
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
