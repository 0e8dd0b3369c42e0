package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mozilla-services/looprel/internal/config"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// ConfigName is the file that says how the train runs.
const ConfigName = "environments.yaml"

// maxConfig bounds the file, in bytes.
const maxConfig = 1 << 20

// Source is an environments.yaml and where it came from.
type Source struct {
	Train  *release.Train
	Digest string
	// Name says where the file is, for people.
	Name string
	// Changed is when the file was last changed, zero if that is not known.
	Changed time.Time
	// Notes are remarks about other copies of the file.
	Notes []string
	// remote: it is the one on the home's default branch.
	remote bool
}

func newSource(name string, data []byte) (*Source, error) {
	train, err := config.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return &Source{Train: train, Digest: config.Digest(data), Name: name}, nil
}

// ReadFile reads the file at a path; missing is errors.Is fs.ErrNotExist.
func ReadFile(path, shown string) (*Source, error) {
	data, err := readBounded(path)
	var misuse *plan.Misuse
	switch {
	case errors.As(err, &misuse):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", shown, err)
	}
	source, err := newSource(shown, data)
	if info, statErr := os.Stat(path); err == nil && statErr == nil {
		source.Changed = info.ModTime()
	}
	return source, err
}

// readConfigured reads the file of --config.
func readConfigured(path string) (*Source, error) {
	source, err := ReadFile(path, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("there is no file %s", path), Advice: "correct --config, or leave it out"}
	}
	return source, err
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	// Opening a pipe, or reading a device, may never end.
	if !info.Mode().IsRegular() {
		return nil, &plan.Misuse{Reason: path + " is not a regular file", Advice: "give a file; looprel validate - reads standard input"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return readAtMost(file, path)
}

// readAtMost reads what there is, unless it is more than any environments.yaml.
func readAtMost(from io.Reader, shown string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = &plan.Misuse{Reason: fmt.Sprintf("%s has more than %d bytes", shown, maxConfig), Advice: "it is hardly an " + ConfigName}
	}
	return data, err
}

// Config finds the environments.yaml that counts, for a command that needs
// nothing else of the remote: where the remote cannot be reached, or there is
// none, the file in the worktree serves, and a note says so.
func Config(ctx context.Context, options Options) (*Source, error) {
	if options.Config != "" {
		return readConfigured(options.Config)
	}
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		// Not a clone: the file may be there all the same.
		source, fileErr := ReadFile(filepath.Join(options.Dir, ConfigName), ConfigName)
		if errors.Is(fileErr, fs.ErrNotExist) {
			return nil, err
		}
		return source, fileErr
	}
	s := newSession(options, repository)
	defer s.Close()
	if len(repository.Config().Remotes()) == 0 {
		source, err := s.worktreeSource()
		if errors.Is(err, fs.ErrNotExist) {
			err = missingSource("in the worktree, and there is no remote")
		}
		return source, err
	}
	bounded, cancel := context.WithTimeout(ctx, configPatience)
	defer cancel()
	err = s.openHome(bounded)
	if err == nil {
		s.source.Changed = s.changed(ctx)
		return s.source, nil
	}
	if ctx.Err() != nil || !isUnreachable(err) && bounded.Err() == nil {
		return nil, err
	}
	source, fileErr := s.worktreeSource()
	if fileErr != nil {
		return nil, err
	}
	source.Notes = append(source.Notes, fmt.Sprintf("the home of the train could not be read (%v); this is %s of the worktree", err, ConfigName))
	return source, nil
}

// configPatience bounds the wait for a remote that only the configuration is
// wanted from.
const configPatience = 10 * time.Second

func isUnreachable(err error) bool {
	for _, kind := range []error{gitrepo.ErrUnreachable, gitrepo.ErrAuth, gitrepo.ErrHostKey, gitrepo.ErrNotRemote, gitrepo.ErrNoProgram} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// openHome finds the train's home and the file that counts there. The file may
// itself name the home, so the first remote is a guess that it can correct.
func (s *Session) openHome(ctx context.Context) error {
	local, localErr := s.localSource()
	if s.options.Config != "" && localErr != nil {
		return localErr
	}
	wanted := s.options.Remote
	if local != nil && local.Train.Home != "" {
		wanted = local.Train.Home
	}
	if err := s.connect(ctx, wanted, local); err != nil {
		return err
	}
	if err := s.chooseSource(ctx, local, localErr); err != nil {
		return err
	}
	if home := s.source.Train.Home; home != "" && home != wanted {
		if err := s.connect(ctx, home, local); err != nil {
			return err
		}
		if err := s.chooseSource(ctx, local, localErr); err != nil {
			return err
		}
	}
	if err := s.listLedger(ctx); err != nil {
		return err
	}
	if s.source.Train.Home != "" || len(s.repository.Config().Remotes()) < 2 {
		return nil
	}
	return s.checkOtherLedgers(ctx, s.remote.Name)
}

// connect opens a remote by name or address, or the one that is obvious, and
// lists its references. Meanwhile what is expected is worked out by the local file.
func (s *Session) connect(ctx context.Context, wanted string, local *Source) error {
	if s.remote != nil {
		_ = s.remote.Close() // another one is the home
	}
	name, err := s.homeRemote(wanted)
	if err != nil {
		return err
	}
	if s.remote, err = s.repository.OpenRemote(name, gitrepo.RemoteOptions{Interactive: s.options.Interactive}); err != nil {
		return err
	}
	s.lookAhead(ctx, local)
	s.progress("asking " + s.remoteName())
	defer s.progress("")
	s.source = nil // it may be another one there
	return s.list(ctx)
}

// homeRemote is the name (or address) of the remote that is wanted, else the
// only one, else "origin".
func (s *Session) homeRemote(wanted string) (string, error) {
	remotes := s.repository.Config().Remotes()
	if wanted != "" {
		for _, remote := range remotes {
			if remote.Name == wanted || gitrepo.SameAddress(remote.URL, wanted) {
				return remote.Name, nil
			}
		}
		return wanted, nil
	}
	switch len(remotes) {
	case 0:
		return "", &plan.Misuse{Reason: "this repository has no remote, and the train's home is one",
			Advice: "git remote add origin URL"}
	case 1:
		return remotes[0].Name, nil
	}
	names := ""
	for i, remote := range remotes {
		if remote.Name == "origin" {
			return remote.Name, nil
		}
		if i > 0 {
			names += ", "
		}
		names += remote.Name
	}
	return "", &plan.Misuse{Reason: "this repository has several remotes and none is called origin",
		Advice: "say which is the home: --remote NAME; they are " + names}
}

// chooseSource takes --config, else the file on the home's default branch, else
// the worktree's.
func (s *Session) chooseSource(ctx context.Context, local *Source, localErr error) error {
	if s.options.Config != "" {
		s.source = local
		return nil
	}
	data, err := s.remoteFile(ctx, ConfigName)
	switch {
	case errors.Is(err, gitrepo.ErrNotFound):
		if localErr != nil {
			return s.noSource(localErr)
		}
		s.source = local
		return nil
	case err != nil:
		return err
	}
	s.source, err = newSource(fmt.Sprintf("%s/%s:%s", s.remoteName(), plan.ShortRef(s.shown.Head), ConfigName), data)
	if err != nil {
		return err
	}
	s.source.remote = true
	if local != nil && local.Digest != s.source.Digest {
		s.source.Notes = append(s.source.Notes, fmt.Sprintf("%s in the worktree differs from %s, which counts", ConfigName, s.source.Name))
	}
	return nil
}

func (s *Session) noSource(localErr error) error {
	if !errors.Is(localErr, fs.ErrNotExist) {
		return localErr
	}
	return missingSource(fmt.Sprintf("neither on %s nor in the worktree", s.remoteName()))
}

func missingSource(where string) error {
	return &plan.Misuse{Reason: fmt.Sprintf("there is no %s, %s", ConfigName, where), Advice: "looprel init writes one"}
}

// remoteFile is a file on the home's default branch; gitrepo.ErrNotFound if it has
// none.
func (s *Session) remoteFile(ctx context.Context, path string) ([]byte, error) {
	head, ok := s.shown.Refs[s.shown.Head]
	if !ok {
		return nil, gitrepo.ErrNotFound
	}
	if err := s.fetchCommit(ctx, s.shown.Head, head); err != nil {
		return nil, err
	}
	commit, err := s.repository.Commit(head)
	if err != nil {
		return nil, err
	}
	data, _, err := s.repository.ReadFile(commit.Tree, path)
	return data, err
}

// localSource is --config, or the worktree's file.
func (s *Session) localSource() (*Source, error) {
	if s.options.Config != "" {
		return readConfigured(s.options.Config)
	}
	return s.worktreeSource()
}

func (s *Session) worktreeSource() (*Source, error) {
	worktree := s.repository.Worktree()
	if worktree == "" {
		return nil, fs.ErrNotExist
	}
	return ReadFile(filepath.Join(worktree, ConfigName), ConfigName)
}

// changed is when the file on the home's default branch was last changed, zero
// if that cannot be told.
func (s *Session) changed(ctx context.Context) time.Time {
	head, ok := s.shown.Refs[s.shown.Head]
	if !ok || s.options.Config != "" {
		return time.Time{}
	}
	commits, err := s.repository.Range(ctx, []object.ID{head}, nil, gitrepo.RangeOptions{Limit: 1, Path: ConfigName})
	if err != nil || len(commits) == 0 {
		return time.Time{}
	}
	return commits[0].Committer.When
}
