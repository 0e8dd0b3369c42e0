// Package gitrepo reads and writes git repositories: the user's clone, the
// ledger's store inside it, and the remotes that they speak to. It is the only
// package that imports go-git, and no type of go-git appears in what it exports:
// callers see values of package object.
//
// The local half, in the order in which a command meets it:
//
//	Open        finds the repository and its layout        (gitrepo.go, discover.go)
//	Config      git's configuration, as git would read it  (gitconfig*.go)
//	Objects     objects out of packs and loose files       (objects.go, package objectstore)
//	            history and comparison of trees            (walk*.go, diff.go)
//	References  local references, full names only          (refs.go, resolve.go)
//	Write       loose objects, one reference at a time     (write.go, setref.go)
//	LedgerStore a bare repository of the tool's own        (ledgerstore.go, lock.go)
//	ToolStore   others of these; one may be partial        (toolstore.go, partialstore*.go, promised.go)
//	Storer      objects and references for go-git's code    (gogit.go)
//	Edits       worktrees in which conflicts are resolved  (edit*.go)
//	Signer      tags and commits, signed as git would      (sign*.go)
//
// The user's worktree, index and HEAD are never written, and hardly read: a branch,
// a tag and a release commit are made of objects. References are addressed by
// their full names ("refs/tags/0.10.0"), since a tag and a branch may share a
// short one; only ResolveCommit, which reads what a person typed, accepts more.
//
// The package reads no clock and no environment of the process: both come in
// through Options. It must not import anything of looprel but packages object,
// objectstore and index.
package gitrepo

import (
	"context"

	"github.com/mozilla-services/looprel/internal/object"
)

// Options say where a repository is looked for, and in which surroundings.
type Options struct {
	// Dir is the directory to start from; GIT_DIR in the environment goes before
	// it. Empty: the current directory.
	Dir string
	// Environ is the environment, as os.Environ gives it: HOME, XDG_CONFIG_HOME,
	// GIT_DIR, GIT_WORK_TREE, GIT_COMMON_DIR, GIT_CONFIG_*, GIT_AUTHOR_*,
	// GIT_COMMITTER_*, EMAIL and SSH_AUTH_SOCK are looked at. LOOPREL_VERIFY_READS=1
	// has every index that is opened compared with its checksum.
	Environ []string
}

// Repository is an open clone. It is safe for use by several goroutines.
type Repository struct {
	*Objects
	layout  layout
	environ environ
	config  Config
}

// Open finds the repository that the options point at and reads its
// configuration. It fails with ErrNotRepository, ErrUnsupported (SHA-256,
// reftable, extensions that looprel does not know) or ErrConfig.
func Open(ctx context.Context, options Options) (*Repository, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	env := environ(options.Environ)
	found, err := discover(options.Dir, env)
	if err != nil {
		return nil, err
	}
	if err := checkOwner(found, env); err != nil {
		return nil, err
	}
	config, err := readConfig(found, env)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(found, config); err != nil {
		return nil, err
	}
	if found.bare, err = isBare(found, config, env); err != nil {
		return nil, err
	}
	found.placeWorktree(config, env)
	objects, err := openObjects(found.commonDir, env)
	if err != nil {
		return nil, err
	}
	objects.partial = config.partial()
	if use, set, err := config.Bool("core.commitGraph"); err == nil && set && !use {
		objects.graph.unused.Store(true)
	}
	return &Repository{Objects: objects, layout: found, environ: env, config: config}, nil
}

// GitDir is the absolute path of the repository's own directory: of a linked
// worktree, the one under worktrees.
func (r *Repository) GitDir() string { return r.layout.gitDir }

// CommonDir is the absolute path of the directory that all worktrees share. It
// equals GitDir where there are none.
func (r *Repository) CommonDir() string { return r.layout.commonDir }

// Worktree is the absolute path of the worktree's root, "" in a bare repository.
func (r *Repository) Worktree() string {
	if r.layout.bare {
		return ""
	}
	return r.layout.worktree
}

// IsBare reports whether the repository has no worktree.
func (r *Repository) IsBare() bool { return r.layout.bare }

// Config is git's configuration as it was when the repository was opened.
func (r *Repository) Config() Config { return r.config }

// Close releases open files. Objects that were read stay valid.
func (r *Repository) Close() error { return r.close() }

var _ object.Trees = (*Repository)(nil)
