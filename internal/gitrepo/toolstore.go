package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/mozilla-services/looprel/internal/object"
)

// ToolStore is a bare repository of the tool's own, below looprel in the directory
// that all worktrees of a clone share: of a component that lives elsewhere, or of an
// upstream that is no clone on this machine. Nothing but speed depends on what is in
// it.
type ToolStore struct {
	*Objects
	refs refStore
}

// ToolStore opens the store of that kind and name, and makes it where there is none.
func (r *Repository) ToolStore(kind, name string) (*ToolStore, error) {
	directory := filepath.Join(toolDir(r.layout.commonDir), kind, url.PathEscape(name)+".git")
	if !isDirectory(directory) {
		if err := createStore(directory); err != nil {
			return nil, fmt.Errorf("cannot make the store %s: %w", directory, err)
		}
	}
	objects, err := openObjects(directory, r.environ)
	if err != nil {
		return nil, err
	}
	return &ToolStore{Objects: objects, refs: refStore{gitDir: directory, commonDir: directory}}, nil
}

// OpenToolStore opens the store of that kind and name as a repository like any other,
// and makes it where there is none.
func (r *Repository) OpenToolStore(ctx context.Context, kind, name string) (*Repository, error) {
	store, err := r.ToolStore(kind, name)
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return r.OpenOther(ctx, store.refs.gitDir)
}

// Ref is where the store has a reference, zero when it has none.
func (s *ToolStore) Ref(name string) (object.ID, error) {
	id, err := s.refs.resolve(name)
	if errors.Is(err, ErrNotFound) {
		return object.ID{}, nil
	}
	return id, err
}

// SetRef moves a reference of the store: see Repository.SetRef.
func (s *ToolStore) SetRef(ctx context.Context, name string, was, want object.ID) error {
	return s.refs.set(ctx, name, was, want)
}

// Close releases open files.
func (s *ToolStore) Close() error { return s.close() }

// LocalPath is the directory that a remote's address means, if it is on this machine.
func (r *Repository) LocalPath(address string) (path string, local bool) {
	parsed, err := parseAddress(r.config.FetchURL(address), r.remoteBase())
	if err != nil || parsed.protocol != protocolFile {
		return "", false
	}
	return parsed.path, true
}

// OpenOther opens another repository of this machine in the same surroundings, but
// for what belongs to this one (GIT_DIR and the like).
func (r *Repository) OpenOther(ctx context.Context, path string) (*Repository, error) {
	return Open(ctx, Options{Dir: path, Environ: r.environ.forOtherRepository()})
}

// CreateBorrowing makes a bare repository that borrows the objects of others, in a
// directory that does not exist yet.
func (r *Repository) CreateBorrowing(directory string, from ...*Objects) (*ToolStore, error) {
	directory = absolute(r.remoteBase(), directory)
	if pathExists(directory) {
		return nil, &Error{Kind: ErrConfig, What: directory + " exists already", Advice: "name a directory that does not"}
	}
	if err := createStore(directory); err != nil {
		return nil, fmt.Errorf("cannot make a repository at %s: %w", directory, err)
	}
	var list strings.Builder
	for _, one := range from {
		for _, path := range one.store.Directories() {
			list.WriteString(path + "\n")
		}
	}
	if list.Len() > 0 {
		if err := writeAtomic(filepath.Join(directory, "objects", "info", "alternates"), []byte(list.String()), 0o644); err != nil {
			return nil, err
		}
	}
	objects, err := openObjects(directory, r.environ)
	if err != nil {
		return nil, err
	}
	return &ToolStore{Objects: objects, refs: refStore{gitDir: directory, commonDir: directory}}, nil
}
