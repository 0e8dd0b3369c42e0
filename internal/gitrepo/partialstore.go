package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/mozilla-services/looprel/internal/object"
)

// PartialStore is a store of the tool's own that has what a remote has without the
// content of files: each is asked for by its id, when it is needed. To git it is a
// partial clone (partial-clone in git's technical documentation): its packs are
// marked, and the remote is recorded as the one that has the rest.
//
//	Update   what references name: commits with all of their history, and trees
//	Bring    objects by their ids, many in one request
//
// A remote that leaves nothing out is fetched whole, and so is one that turns out to
// give nothing by its id, from then on. Whoever fetches holds a lock: another process
// waits, and then has what it wanted. A process that is killed leaves nothing behind
// that counts: references are moved, and packs put in their places, when all is
// there, and the next one removes what was not finished.
type PartialStore struct {
	*ToolStore
	remote *Remote
	// tips are what Update was asked for: with their history, all that there is to be
	// had of a remote that gives nothing by its id.
	tips []object.ID
}

// PartialStore makes a store one of a remote.
func (s *ToolStore) PartialStore(remote *Remote) *PartialStore {
	return &PartialStore{ToolStore: s, remote: remote}
}

// Update brings what references of the remote name, as it has shown them, and
// remembers where they are: a second Update asks for what is new since.
func (s *PartialStore) Update(ctx context.Context, shown Advertisement, names []string) error {
	for _, name := range names {
		s.tips = append(s.tips, shown.Refs[name])
	}
	// What is needed of the files turns out later: nobody is kept waiting until then.
	defer s.remote.hangUp()
	return s.locked(ctx, func() error {
		request, err := s.news(shown, names)
		if err != nil {
			return err
		}
		if len(request.Wants) > 0 {
			if request.WithoutFiles, err = s.leaveOut(ctx); err != nil {
				return err
			}
			if _, err := s.remote.Fetch(ctx, s.Objects, request); err != nil {
				return err
			}
		}
		return s.follow(ctx, shown, names)
	})
}

// news asks for what the store's references do not name yet. Unlike objects that
// merely exist, what they name is here with all that was ever asked for of it.
func (s *PartialStore) news(shown Advertisement, names []string) (FetchRequest, error) {
	var request FetchRequest
	known, _, err := s.refs.list("refs/")
	if err != nil {
		return request, err
	}
	kept := slices.Sorted(maps.Keys(known))
	for _, name := range names {
		if known[keptName(name)] != shown.Refs[name] {
			request.Wants = append(request.Wants, shown.Refs[name])
		}
		kept = append([]string{keptName(name)}, kept...)
	}
	for _, name := range kept {
		if known[name].IsZero() || len(request.Haves) == maxHaves {
			continue
		}
		commit, err := s.Peel(known[name])
		if ignoreMissing(err) != nil {
			return request, err
		}
		if err == nil && !slices.Contains(request.Haves, commit) {
			request.Haves = append(request.Haves, commit)
		}
	}
	return request, nil
}

// keptName is where the store keeps a reference of the remote: where git does, if that
// has a place for it.
func keptName(name string) string {
	if branch, found := strings.CutPrefix(name, "refs/heads/"); found {
		return "refs/remotes/" + promisorName + "/" + branch
	}
	if strings.HasPrefix(name, "refs/tags/") {
		return name
	}
	return "refs/looprel/" + strings.TrimPrefix(name, "refs/")
}

// follow moves the store's references to where the remote's are.
func (s *PartialStore) follow(ctx context.Context, shown Advertisement, names []string) error {
	for _, name := range names {
		was, err := s.Ref(keptName(name))
		if err == nil && was != shown.Refs[name] {
			err = s.SetRef(ctx, keptName(name), was, shown.Refs[name])
		}
		if err != nil {
			return fmt.Errorf("in %s: %w", s.dir, err)
		}
	}
	return nil
}

// maxWants is how many objects are asked for in one request: servers bound a request's
// length, in which each takes 50 bytes (git's http.maxRequestBuffer is 10 MB).
const maxWants = 20000

// Bring brings those of the objects that the store does not have yet: of a tree, also
// the trees below. It fails with ErrMissing when the remote gives some neither by
// their ids nor with its history. Progress is told now and then how many are done.
func (s *PartialStore) Bring(ctx context.Context, ids []object.ID, progress func(done int)) error {
	return s.locked(ctx, func() error {
		lacking, err := s.Lacking(ids)
		if err != nil || len(lacking) == 0 {
			return err
		}
		withoutFiles, err := s.leaveOut(ctx)
		if err != nil {
			return err
		}
		done := len(ids) - len(lacking)
		for batch := range slices.Chunk(lacking, maxWants) {
			progress(done)
			_, err := s.remote.Fetch(ctx, s.Objects, FetchRequest{Wants: batch, WithoutFiles: withoutFiles, Anew: true})
			if errors.Is(err, ErrMoved) {
				return s.complete(ctx, lacking)
			}
			if err != nil {
				return err
			}
			done += len(batch)
		}
		return nil
	})
}

// complete fetches the remote's history whole, since it has refused to give objects by
// their ids.
func (s *PartialStore) complete(ctx context.Context, lacking []object.ID) error {
	if len(s.tips) > 0 {
		// First, so that whoever is killed below does not begin with a filter again.
		if err := s.recordPromisor(false); err != nil {
			return err
		}
		if _, err := s.remote.Fetch(ctx, s.Objects, FetchRequest{Wants: s.tips, Anew: true}); err != nil {
			return err
		}
		var err error
		if lacking, err = s.Lacking(lacking); err != nil || len(lacking) == 0 {
			return err
		}
	}
	what := fmt.Sprintf("%s does not give the object %s", s.remote.DisplayURL(), lacking[0])
	if others := len(lacking) - 1; others > 0 {
		what += fmt.Sprintf(" and %d others", others)
	}
	return &Error{Kind: ErrMissing, What: what + " by their ids"}
}

// locked keeps other processes from fetching into the store meanwhile, and removes
// what one that was killed has left.
func (s *PartialStore) locked(ctx context.Context, do func() error) (err error) {
	lock := flock.New(filepath.Join(s.dir, "looprel-fetch.lock"))
	taken, err := lock.TryLockContext(ctx, lockPoll)
	if err != nil {
		return fmt.Errorf("cannot lock %s: %w", s.dir, err)
	}
	if !taken {
		return &Error{Kind: ErrLocked, What: s.dir + " is locked by another process", Advice: "run the command again"}
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := s.sweep(); err != nil {
		return err
	}
	if err := s.store.Rescan(); err != nil {
		return err
	}
	return do()
}
