package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/mozilla-services/looprel/internal/object"
)

// LedgerStore is a bare repository of the tool's own, at looprel/ledger.git in
// the directory that all worktrees of a clone share. It holds the part of the
// ledger that has been fetched: at first the newest entry alone, which makes the
// store shallow and leaves the clone as it is. Stock git reads it:
//
//	git --git-dir .git/looprel/ledger.git log refs/looprel/ledger
type LedgerStore struct {
	*Objects
	dir     string
	environ environ
}

// LedgerStore opens the ledger's store, and makes it where there is none. Two
// processes may do so at the same time.
func (r *Repository) LedgerStore() (*LedgerStore, error) {
	directory := filepath.Join(toolDir(r.layout.commonDir), "ledger.git")
	if !isDirectory(directory) {
		if err := createStore(directory); err != nil {
			return nil, fmt.Errorf("cannot make the ledger's store %s: %w", directory, err)
		}
	}
	objects, err := openObjects(directory, r.environ)
	if err != nil {
		return nil, err
	}
	return &LedgerStore{Objects: objects, dir: directory, environ: r.environ}, nil
}

// createStore makes an empty bare repository beside its place and then puts it
// there, so that nobody sees half of one.
func createStore(directory string) (err error) {
	if err := makeDirectory(filepath.Dir(directory)); err != nil {
		return err
	}
	workshop, err := os.MkdirTemp(filepath.Dir(directory), "ledger.git.tmp")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(workshop)) }()
	draft := filepath.Join(workshop, "draft")
	if err := fillStore(draft); err != nil {
		return err
	}
	if err := os.Rename(draft, directory); err != nil && !isDirectory(directory) {
		return err // otherwise another process was faster
	}
	return syncDirectory(filepath.Dir(directory))
}

func fillStore(directory string) error {
	for _, below := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := makeDirectory(filepath.Join(directory, filepath.FromSlash(below))); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{
		"HEAD":   "ref: refs/heads/master\n",
		"config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
	} {
		if err := writeAtomic(filepath.Join(directory, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Dir is the store's directory, for "git --git-dir".
func (s *LedgerStore) Dir() string { return s.dir }

// maxPacks is how many packs the store may have before it is tidied: each fetch of
// news adds one, and each is looked into for every object.
const maxPacks = 50

// Tidy has git put the store's many small packs together, if there are too many
// by now and git is installed. Nothing depends on it but speed, so a failure is
// not told.
func (s *LedgerStore) Tidy(ctx context.Context) {
	packs, err := filepath.Glob(filepath.Join(s.dir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) <= maxPacks {
		return
	}
	git, err := findProgram(s.environ, "git")
	if err != nil {
		return
	}
	command := exec.CommandContext(ctx, git, "--git-dir", s.dir, "repack", "-a", "-d", "-q") //nolint:gosec // the installed git, on the tool's own store
	command.Env = s.environ.forOtherRepository()
	_ = command.Run() // see above
}

// Close releases open files.
func (s *LedgerStore) Close() error { return s.close() }

// Tip returns where the store has the reference, which is the newest entry that
// was fetched or made; zero when it has none.
func (s *LedgerStore) Tip(ref string) (object.ID, error) {
	id, err := s.refs().resolve(ref)
	if errors.Is(err, ErrNotFound) {
		return object.ID{}, nil
	}
	return id, err
}

// SetTip moves the reference, under git's own lock: see Repository.SetRef.
func (s *LedgerStore) SetTip(ctx context.Context, ref string, was, want object.ID) error {
	return s.refs().set(ctx, ref, was, want)
}

func (s *LedgerStore) refs() refStore { return refStore{gitDir: s.dir, commonDir: s.dir} }

// ChangeShallow adds commits to the list of those whose parents are cut off, and
// removes others from it. Processes that do so at the same time wait for each
// other, and readers see the old list or the new one. A commit that is both added
// and removed is in the list afterwards.
func (s *LedgerStore) ChangeShallow(ctx context.Context, add, remove []object.ID) error {
	return s.changeShallow(ctx, add, remove)
}

// History lists the entries from the tip on, along first parents, the newest
// first, at most limit (zero: all). Complete says that the list reaches the
// ledger's first entry; otherwise the limit or the store's boundary cut it, and
// deepening the store gives more.
func (s *LedgerStore) History(ctx context.Context, tip object.ID, limit int) (entries []CommitInfo, complete bool, err error) {
	pace := pace{ctx: ctx}
	for next := tip; ; {
		if limit > 0 && len(entries) == limit {
			return entries, false, nil
		}
		if err := pace.step(); err != nil {
			return nil, false, err
		}
		commit, err := s.Commit(next)
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, CommitInfo{ID: next, Commit: commit})
		if len(commit.Parents) == 0 {
			return entries, true, nil
		}
		if s.isShallow(next) {
			return entries, false, nil
		}
		next = commit.Parents[0]
	}
}
