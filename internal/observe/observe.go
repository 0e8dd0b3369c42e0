// Package observe reads the world into a plan.Snapshot: the clone, the remote's
// references, the ledger, environments.yaml, and what the environments show. It
// decides nothing and changes nothing but what reading needs: objects that the
// remote has are fetched into the clone, and the ledger's tip into a store of the
// tool's own. No reference of the clone is touched.
//
//	Open      clone, home remote, environments.yaml, ledger ─▶ Session
//	Session   ─Refresh▶ the same, read again after something moved
//	Tag, Promotion, Adoption, Status   what a verb needs ─▶ its plan
//
// It fetches just what it reads: the head of one branch, the tip of the ledger.
package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Options say what to look at.
type Options struct {
	// Dir is where to start from; empty: the current directory.
	Dir string
	// Config is the file to use instead of the remote's environments.yaml.
	Config string
	// Component is the component's name; empty: the one of this clone.
	Component string
	// Remote is the name of the home remote; empty: found by configuration.
	Remote  string
	Environ []string
	// Interactive lets credential helpers ask on the terminal.
	Interactive bool
	Now         time.Time
	// ClockOverridden: Now is not the real time.
	ClockOverridden bool
	// EntryID is the random id of the entry that this run may write.
	EntryID string
	// Writes: the command is going to write, and needs to know who the operator is.
	Writes bool
	// Progress is told what is being waited for, "" when it is over.
	Progress func(text string)
}

// Session is an open clone with its home remote.
type Session struct {
	options    Options
	repository *gitrepo.Repository
	remote     *gitrepo.Remote
	store      *gitrepo.LedgerStore
	source     *Source
	shown      gitrepo.Advertisement
	snapshot   *plan.Snapshot
	// leftBehind is an attempt of this clone whose process is gone, "" if none was
	// found.
	leftBehind string
}

// Open observes the clone, its home remote and the ledger.
func Open(ctx context.Context, options Options) (*Session, error) {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		return nil, err
	}
	s := &Session{options: options, repository: repository}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) open(ctx context.Context) error {
	if err := s.openHome(ctx); err != nil {
		return err
	}
	component, err := s.component()
	if err != nil {
		return err
	}
	s.snapshot = &plan.Snapshot{
		Now: s.options.Now, ClockOverridden: s.options.ClockOverridden, EntryID: s.options.EntryID,
		Train: s.source.Train, ConfigDigest: s.source.Digest, Component: component, Remote: s.remoteName(),
		Web: notes.Web{Links: s.source.Train.Links, Forge: forgePage(s.remote.DisplayURL())},
	}
	if err := s.identify(); err != nil {
		return err
	}
	if s.store, err = s.repository.LedgerStore(); err != nil {
		return err
	}
	return s.readRemote(ctx)
}

// Close ends the conversation with the remote.
func (s *Session) Close() {
	// Everything that was wanted has been read; a failure to say goodbye changes
	// nothing.
	if s.remote != nil {
		_ = s.remote.Close()
	}
	if s.store != nil {
		_ = s.store.Close()
	}
	_ = s.repository.Close()
}

// Snapshot is what was observed last.
func (s *Session) Snapshot() *plan.Snapshot { return s.snapshot }

// Source is the environments.yaml that counts.
func (s *Session) Source() *Source { return s.source }

// Repository is the clone.
func (s *Session) Repository() *gitrepo.Repository { return s.repository }

// Remote is the train's home.
func (s *Session) Remote() *gitrepo.Remote { return s.remote }

// Store is where the ledger is kept on this machine.
func (s *Session) Store() *gitrepo.LedgerStore { return s.store }

// Refresh reads the remote's references and the ledger again.
func (s *Session) Refresh(ctx context.Context) error {
	shown, err := s.remote.List(ctx)
	if err != nil {
		return err
	}
	s.shown = shown
	return s.readRemote(ctx)
}

// readRemote puts what the remote shows into the snapshot, and its ledger.
func (s *Session) readRemote(ctx context.Context) error {
	s.snapshot.Refs = refsOf(s.shown)
	state, err := s.readLedger(ctx)
	if err != nil {
		return err
	}
	s.snapshot.Ledger = state
	return nil
}

func refsOf(shown gitrepo.Advertisement) plan.Refs {
	return plan.Refs{IDs: shown.Refs, Peeled: shown.Peeled, Default: shown.Head}
}

// readLedger fetches the ledger's tip if it is new, and reads its state.
func (s *Session) readLedger(ctx context.Context) (*ledger.State, error) {
	ref := s.source.Train.LedgerRef
	if err := s.checkNotMovedBack(ctx, ref); err != nil {
		return nil, err
	}
	tip, exists := s.shown.Refs[ref]
	if !exists {
		return ledger.Empty(), nil
	}
	if err := s.fetchLedger(ctx, ref, tip, 1); err != nil {
		return nil, err
	}
	commit, err := s.store.Commit(tip)
	if err != nil {
		return nil, &LedgerError{Ref: ref, Remote: s.remoteName(), Cause: err}
	}
	state, err := ledger.At(tip, commit.Tree, ledgerObjects{s.store})
	if err != nil {
		return nil, &LedgerError{Ref: ref, Remote: s.remoteName(), Cause: err}
	}
	return state, nil
}

// LedgerError is a ledger that cannot be read.
type LedgerError struct {
	Ref    string
	Remote string
	Cause  error
}

func (e *LedgerError) Error() string {
	return fmt.Sprintf("the ledger %s on %s cannot be read: %v", e.Ref, e.Remote, e.Cause)
}

// Unwrap gives the cause.
func (e *LedgerError) Unwrap() error { return e.Cause }

// Hint says what to do.
func (e *LedgerError) Hint() string {
	var newer *ledger.NewerError
	if errors.As(e.Cause, &newer) {
		return "update looprel"
	}
	return fmt.Sprintf("find out who wrote it: git fetch %s %s && git log FETCH_HEAD", e.Remote, e.Ref)
}

func (s *Session) fetchLedger(ctx context.Context, ref string, tip object.ID, depth int) error {
	before, err := s.store.Tip(ref)
	if err != nil {
		return err
	}
	has, err := s.store.Has(tip)
	if err != nil {
		return err
	}
	if !has || depth > 1 {
		request := gitrepo.FetchRequest{Wants: []object.ID{tip}, Depth: depth}
		if !before.IsZero() {
			request.Haves = []object.ID{before}
		}
		if err := s.fetch(ctx, "the ledger", s.store.Objects, request); err != nil {
			return err
		}
		defer s.store.Tidy(ctx) // once the new tip is set, which keeps its objects
	}
	if before == tip {
		return nil
	}
	// Another looprel of this clone may set it at the same time; what counts is
	// what the remote shows.
	if err := s.store.SetTip(ctx, ref, before, tip); err != nil && !errors.Is(err, gitrepo.ErrRefMoved) && !errors.Is(err, gitrepo.ErrLocked) {
		return fmt.Errorf("keep the ledger's tip: %w", err)
	}
	return nil
}

// fetch brings objects from the home remote, and says so if it takes long.
func (s *Session) fetch(ctx context.Context, what string, into *gitrepo.Objects, request gitrepo.FetchRequest) error {
	s.progress("fetching " + what + " from " + s.remoteName())
	defer s.progress("")
	_, err := s.remote.Fetch(ctx, into, request)
	return err
}

// fetchCommit makes sure that the clone has a commit that a reference of the
// remote names.
func (s *Session) fetchCommit(ctx context.Context, ref string, id object.ID) error {
	has, err := s.repository.Has(id)
	if err != nil || has {
		return err
	}
	haves, err := s.remote.Haves(s.shown, []string{ref})
	if err != nil {
		return err
	}
	return s.fetch(ctx, plan.ShortRef(ref), s.repository.Objects, gitrepo.FetchRequest{Wants: []object.ID{id}, Haves: haves})
}

// Waiting tells what is being waited for, "" when it is over.
func (s *Session) Waiting(text string) { s.progress(text) }

func (s *Session) progress(text string) {
	if s.options.Progress != nil {
		s.options.Progress(text)
	}
}

// identify finds out who the operator is, where the command needs to know, and
// what git would sign.
func (s *Session) identify() error {
	if !s.options.Writes {
		return nil
	}
	identity, err := s.repository.Identity(gitrepo.Committer)
	if err != nil {
		return err
	}
	s.snapshot.Operator = ledger.Person{Name: identity.Name, Email: identity.Email}
	signer, err := s.repository.Signer()
	if err != nil {
		return err
	}
	s.snapshot.Sign = plan.Signing{Tags: signer.Tags, Commits: signer.Commits, Ledger: signer.Tags}
	return nil
}

// component is the one that the options name, or the one of this repository.
func (s *Session) component() (release.Component, error) {
	train := s.source.Train
	var own []string
	for _, component := range train.Components {
		if component.Name == s.options.Component {
			return component, nil
		}
		if s.isHere(component.Repository) {
			own = append(own, component.Name)
		}
	}
	all := make([]string, len(train.Components))
	for i, component := range train.Components {
		all[i] = component.Name
	}
	switch {
	case s.options.Component != "":
		return release.Component{}, &plan.Misuse{Reason: fmt.Sprintf("there is no component %q", s.options.Component),
			Advice: "the components are " + strings.Join(all, ", ")}
	case len(own) == 1:
		component, _ := train.Component(own[0])
		component.Repository = "."
		return component, nil
	case len(own) == 0:
		return release.Component{}, &plan.Misuse{Reason: "no component of environments.yaml has this repository",
			Advice: "give a component \"repository: .\", or choose one: --component " + strings.Join(all, ", --component ")}
	}
	return release.Component{}, &plan.Misuse{Reason: "this repository has several components",
		Advice: "add one of: --component " + strings.Join(own, ", --component ")}
}

// isHere reports whether a component's repository is the one of this clone.
func (s *Session) isHere(repository string) bool {
	if repository == "." {
		return true
	}
	for _, remote := range s.repository.Config().Remotes() {
		if gitrepo.SameAddress(remote.URL, repository) {
			return true
		}
	}
	return false
}

// checkOtherLedgers refuses to go on when another remote of the clone has a
// ledger: two trains would release the same versions. Remotes that cannot be
// reached are passed over.
func (s *Session) checkOtherLedgers(ctx context.Context, home string) error {
	remotes := s.repository.Config().Remotes()
	found := make([]bool, len(remotes))
	var group sync.WaitGroup
	for i, remote := range remotes {
		if remote.Name == home || gitrepo.SameAddress(remote.URL, s.remote.Config().URL) {
			continue
		}
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, otherRemotePatience)
			defer cancel()
			other, err := s.repository.OpenRemote(remote.Name, gitrepo.RemoteOptions{})
			if err != nil {
				return // a remote that cannot be used has no say
			}
			defer other.Close() //nolint:errcheck // only its references were wanted
			shown, err := other.List(ctx)
			if err == nil {
				found[i] = s.isOtherLedger(shown.Refs[s.source.Train.LedgerRef])
			}
		})
	}
	group.Wait()
	for i, remote := range remotes {
		if found[i] {
			return &plan.Misuse{
				Reason: fmt.Sprintf("remote %s has a ledger, and the train's home would be %s", remote.Name, home),
				Advice: fmt.Sprintf("say which is the home: --remote %s, or \"home: %s\" under train in environments.yaml", remote.Name, remote.Name),
			}
		}
	}
	return nil
}

// isOtherLedger reports whether a ledger's tip, zero for none, is that of another
// ledger than the home's. A mirror shows the same tip, or one that this clone has
// seen before. Where the home was named and has a ledger, it is the one.
func (s *Session) isOtherLedger(tip object.ID) bool {
	home := s.shown.Refs[s.source.Train.LedgerRef]
	switch {
	case tip.IsZero(), tip == home:
		return false
	case home.IsZero():
		return true // a second ledger would begin beside it
	case s.options.Remote != "":
		return false
	}
	store, err := s.repository.LedgerStore()
	if err != nil {
		return true
	}
	defer store.Close() //nolint:errcheck // it was only read
	known, err := store.Has(tip)
	return err != nil || !known
}

// otherRemotePatience bounds the look at remotes that are not the home.
const otherRemotePatience = 5 * time.Second

func (s *Session) remoteName() string {
	if s.remote.Name != "" {
		return s.remote.Name
	}
	return s.remote.DisplayURL()
}

// ledgerObjects reads the ledger's store.
type ledgerObjects struct{ store *gitrepo.LedgerStore }

// maxStateFile bounds a file of the state, in bytes.
const maxStateFile = 1 << 20

func (l ledgerObjects) Tree(id object.ID) (object.Tree, error) { return l.store.Tree(id) }

func (l ledgerObjects) Blob(id object.ID) ([]byte, error) { return l.store.Blob(id, maxStateFile) }

// githubAddress finds owner and name in the address of a repository on GitHub.
var githubAddress = regexp.MustCompile(`(?i)^(?:https://|ssh://(?:[^@/]*@)?|git://|(?:[^@/]*@)?)(github\.com)[:/]/?([^/]+/[^/]+?)(?:\.git)?/?$`)

// forgePage is the web page of a repository, "" where the address does not tell.
func forgePage(address string) string {
	parts := githubAddress.FindStringSubmatch(address)
	if parts == nil {
		return ""
	}
	return "https://github.com/" + parts[2]
}

// sortedRefs lists the remote's references, for output that must not change from
// run to run.
func sortedRefs(refs map[string]object.ID) []string { return slices.Sorted(maps.Keys(refs)) }
