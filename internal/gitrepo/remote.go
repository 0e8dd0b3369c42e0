package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// The remote half of the package speaks git's pack protocol over connections of its
// own, with go-git's codecs where it has them: version 2 for reading, which asks for
// the references of interest alone, and version 0, which every server knows.
//
//	Remote       an address and what its connections share     (remote.go, remote_address.go)
//	List         the references there                          (remote_list.go, remote_advertisement.go)
//	version 2    the wish for it, and its commands             (remote_version2.go, remote_packets.go)
//	Fetch        wanted objects into a store, no references    (fetch*.go)
//	Push         references and objects, all or nothing        (push*.go)
//	transport    a process, a socket, SSH or HTTP              (remote_process.go, remote_socket.go, ssh*.go, http*.go)
//	credentials  for HTTP: token, git's helpers, netrc         (credentials*.go)
//
// go-git's sessions are not used: they send their requests without the caller's
// environment, lose what the server says, and cannot tell a push that was not
// sent from one whose answer was lost.

// Remote is another repository, spoken to over the network or as a process. It
// is not safe for use by several goroutines. Close it after use.
type Remote struct {
	// Name is the remote's name in git's configuration, empty for one that was
	// given by its address.
	Name   string
	config RemoteConfig

	repository *Repository
	options    RemoteOptions
	patience   time.Duration

	transports map[string]transport // by address
	// open is the session that List left for a Fetch to follow, and ending those to which
	// none followed.
	open   *session
	ending sync.WaitGroup
}

// RemoteOptions say how a remote may be spoken to.
type RemoteOptions struct {
	// Interactive lets git's credential helpers and ssh ask on the terminal.
	Interactive bool
}

// OpenRemote returns the remote of that name in git's configuration, or the one
// at that address. Nothing is sent yet. A name or address that cannot be used is
// an ErrConfig or ErrNotFound.
func (r *Repository) OpenRemote(nameOrURL string, options RemoteOptions) (*Remote, error) {
	config, named := r.config.Remote(nameOrURL)
	if !named {
		if isLocalPath(nameOrURL) && !isDirectory(absolute(r.remoteBase(), nameOrURL)) {
			return nil, &Error{Kind: ErrNotFound, What: fmt.Sprintf("this clone has no remote %q", nameOrURL),
				Advice: "list the remotes: git remote -v"}
		}
		config = RemoteConfig{URL: r.config.FetchURL(nameOrURL), PushURLs: []string{r.config.PushURL(nameOrURL)}}
	}
	for _, url := range append([]string{config.URL}, config.PushURLs...) {
		if _, err := parseAddress(url, r.remoteBase()); err != nil {
			return nil, err
		}
	}
	return &Remote{
		Name: config.Name, config: config, repository: r, options: options,
		patience: defaultPatience, transports: map[string]transport{},
	}, nil
}

// remoteBase is the directory from which paths of remotes count, as in git: the
// worktree's root, in a bare repository its own directory.
func (r *Repository) remoteBase() string {
	if worktree := r.Worktree(); worktree != "" {
		return worktree
	}
	return r.GitDir()
}

// Config is the remote as git's configuration describes it; its addresses may
// hold passwords.
func (r *Remote) Config() RemoteConfig { return r.config }

// DisplayURL is the remote's address without user, password and query: safe to
// print.
func (r *Remote) DisplayURL() string { return withoutUserinfo(r.config.URL) }

// Close ends all conversations. The remote can be used again afterwards.
func (r *Remote) Close() error {
	var errs []error
	r.hangUp()
	r.ending.Wait()
	for _, t := range r.transports {
		errs = append(errs, t.close())
	}
	clear(r.transports)
	return errors.Join(errs...)
}

// Rest ends the conversation that List left open, without waiting for the other end to
// hang up. A Fetch that is needed after all begins another one. Over HTTP nobody waits at
// the other end, and nothing is ended.
func (r *Remote) Rest() {
	if open := r.open; open != nil && !open.isStateless() {
		r.open = nil
		r.ending.Go(func() { _ = open.close() }) // see hangUp
	}
}

// hangUp ends the conversation that is open, and leaves alone what further ones share.
func (r *Remote) hangUp() {
	if r.open != nil {
		// How an exchange ends in which nothing was asked for does not matter.
		_ = r.open.close()
		r.open = nil
	}
}

// transport gives the transport for one address, the same one each time.
func (r *Remote) transport(url string) (transport, error) {
	if known, ok := r.transports[url]; ok {
		return known, nil
	}
	found, err := r.newTransport(url)
	if err != nil {
		return nil, err
	}
	r.transports[url] = found
	return found, nil
}

func (r *Remote) newTransport(url string) (transport, error) {
	base := r.repository.remoteBase()
	a, err := parseAddress(url, base)
	if err != nil {
		return nil, err
	}
	name, env, config := withoutUserinfo(url), r.repository.environ, r.repository.config
	switch a.protocol {
	case protocolFile:
		return &localTransport{path: a.path, env: env, config: config}, nil
	case protocolGit:
		return &socketTransport{address: a, name: name, config: config}, nil
	case protocolSSH:
		return newSSHTransport(a, name, config, env, r.options.Interactive), nil
	default:
		login := loginOptions{directory: base, interactive: r.options.Interactive}
		return newHTTPTransport(r.Name, a, config, env, login)
	}
}

// begin opens a session with a service at an address; wanted is openSession's.
func (r *Remote) begin(ctx context.Context, url, service string, wanted func(name []byte) bool) (*session, error) {
	t, err := r.transport(url)
	if err != nil {
		return nil, err
	}
	op := startOperation(ctx, r.patience)
	defer op.end()
	found, err := openSession(op, t, withoutUserinfo(url), service, wanted)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", withoutUserinfo(url), context.Cause(ctx))
	}
	return found, err
}

// trackingRefs lists the clone's references that follow the remote's branches,
// those of the given branches (full names) first.
func (r *Remote) trackingRefs(branches []string) []string {
	var names []string
	for _, branch := range branches {
		if name, ok := r.config.TrackingRef(branch); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
