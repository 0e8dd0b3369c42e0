// Package observe reads the world into a plan.Snapshot: the clone, the remote's
// references, the ledger, environments.yaml, and what the environments show. It
// decides nothing and changes nothing but what reading needs: objects that the
// remote has are fetched into the clone, and the ledger's tip into a store of the
// tool's own. No reference of the clone is touched.
//
//	Open      clone, home remote, environments.yaml, ledger ─▶ Session
//	OpenOffline   the same without the remote, from the ledger that was seen last
//	Session   ─Refresh▶ the same, read again after something moved
//	Members   the same of each component, where the train releases sets (members.go)
//	Tag, Backport, Promotion, Adoption, Status   what a verb needs ─▶ its plan
//
// A backport is observed line by line: what the line has already (presence.go, by
// package fixes), the picks onto it (backport.go, by package pick), and where one does
// not apply, which commits it builds on (prerequisites.go, by package blame).
//
// A proposal has arrived where its base has what it brings (proposal.go), whatever way it
// was merged: git tells where a file says its version, the forge otherwise, and what
// became of a pull request that has not arrived.
//
// It fetches just what it reads: the head of one branch, the tip of the ledger.
//
// What a backport makes of commits and trees alone does not wait for the home: it is
// worked out while that is asked, on what the clone saw of it last, and counts as far as
// the home shows the same (ahead.go).
package observe

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mozilla-services/looprel/internal/lazyregexp"

	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Options say what to look at.
type Options struct {
	// Dir is where to start from; empty: the current directory.
	Dir string
	// Config is the file to use instead of the remote's environments.yaml.
	Config string
	// Component is the component's name; empty: the one of this clone.
	Component string
	// Train: the command is about all components where the train releases sets, so that
	// none need be named.
	Train bool
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
	// Meter is told how much of a long piece of work is done.
	Meter func(what string, done, total int)
	// Expected is worked out while the home is asked, as far as the clone has what that
	// takes; nil: nothing is.
	Expected *Expected
}

// Session is an open clone with its home remote.
type Session struct {
	options    Options
	repository *gitrepo.Repository
	remote     *gitrepo.Remote
	store      *gitrepo.LedgerStore
	objects    *ledgerObjects // of the store
	source     *Source
	// undecided: the component is one of several, and nobody chose it.
	undecided bool
	// home is the session of the train's home where this is a member's, nil otherwise.
	home *Session
	// shown is what the home shows of the references that begin with listed.
	shown    gitrepo.Advertisement
	listed   []string
	snapshot *plan.Snapshot
	// leftBehind is an attempt of this clone whose process is gone, "" if none was
	// found.
	leftBehind string
	// forge is the repository on GitHub, and forgeErr why it cannot be told.
	forge    github.Address
	forgeErr error
	// wayToForge asks it; nil: nobody does. run is the page of the run that asks.
	wayToForge Forge
	run        string
	work       *work
	// isAhead: the home has not answered yet, and nothing is fetched.
	isAhead bool
}

func newSession(options Options, repository *gitrepo.Repository) *Session {
	return &Session{options: options, repository: repository, work: &work{}}
}

// Open observes the clone, its home remote and the ledger.
func Open(ctx context.Context, options Options) (*Session, error) {
	repository, err := gitrepo.Open(ctx, gitrepo.Options{Dir: options.Dir, Environ: options.Environ})
	if err != nil {
		return nil, err
	}
	s := newSession(options, repository)
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
	if err := s.begin(); err != nil {
		return err
	}
	return s.readRemote(ctx)
}

// begin makes the snapshot of what needs no remote.
func (s *Session) begin() error {
	component, err := s.component()
	if err != nil {
		return err
	}
	s.snapshot = &plan.Snapshot{
		Now: s.options.Now, ClockOverridden: s.options.ClockOverridden, EntryID: s.options.EntryID,
		Train: s.source.Train, ConfigDigest: s.source.Digest, Component: component, Remote: s.remoteName(),
		Web: notes.Web{Links: s.source.Train.Links, Forge: forgePage(s.remote.DisplayURL())},
	}
	if err := s.openForge(); err != nil {
		return err
	}
	if err := s.identify(); err != nil {
		return err
	}
	if s.store, err = s.repository.LedgerStore(); err == nil {
		s.objects = newLedgerObjects(s.store)
	}
	return err
}

// Close ends the conversation with the remote.
func (s *Session) Close() {
	if s.home != nil {
		s.closeMember()
		s.home.Close()
		return
	}
	s.work.end()
	// Everything that was wanted has been read; a failure to say goodbye changes
	// nothing. It takes the other end a moment to hang up.
	var goodbye sync.WaitGroup
	if s.remote != nil {
		goodbye.Go(func() { _ = s.remote.Close() })
	}
	if s.store != nil {
		_ = s.store.Close()
	}
	_ = s.repository.Close()
	goodbye.Wait()
}

// Snapshot is what was observed last.
func (s *Session) Snapshot() *plan.Snapshot { return s.snapshot }

// Source is the environments.yaml that counts.
func (s *Session) Source() *Source { return s.source }

// SetEntryID gives the next entry of this run an id of its own.
func (s *Session) SetEntryID(id string) { s.snapshot.EntryID = id }

// Repository is where the component's objects are: the clone, unless the component
// lives elsewhere.
func (s *Session) Repository() *gitrepo.Repository { return s.repository }

// Remote is the train's home, of a member that component's.
func (s *Session) Remote() *gitrepo.Remote { return s.remote }

// IsUndecided reports whether the component is just one of several, and nobody chose it:
// the command is about the whole train.
func (s *Session) IsUndecided() bool { return s.undecided }

// Store is where the ledger is kept on this machine.
func (s *Session) Store() *gitrepo.LedgerStore { return s.store }

// Refresh reads the remote's references and the ledger again.
func (s *Session) Refresh(ctx context.Context) error {
	if s.home != nil {
		if err := s.home.Refresh(ctx); err != nil {
			return err
		}
		return s.followHome(ctx)
	}
	if err := s.list(ctx); err != nil {
		return err
	}
	return s.readRemote(ctx)
}

// Advance goes on from an entry that this run has pushed, and that the store has. What
// else came meanwhile is seen when the remote refuses the next push.
func (s *Session) Advance(tip object.ID) {
	if s.home != nil {
		s.home.Advance(tip)
		s.CatchUp()
		return
	}
	ref := s.source.Train.LedgerRef
	state, err := s.stateAt(ref, tip)
	if err != nil {
		return // the next push is refused, and everything read again
	}
	s.shown.Refs[ref], s.snapshot.Ledger = tip, state
	s.snapshot.Refs = refsOf(s.shown)
}

// RefreshAt is Refresh at a later time than the session was opened at; a clock that
// is overridden stands still.
func (s *Session) RefreshAt(ctx context.Context, now time.Time) error {
	if home := s.Home(); !s.snapshot.ClockOverridden {
		home.snapshot.Now = now.In(s.snapshot.Now.Location())
	}
	return s.Refresh(ctx)
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

// fetch brings objects from the home remote, and says so if it takes long.
func (s *Session) fetch(ctx context.Context, what string, into *gitrepo.Objects, request gitrepo.FetchRequest) error {
	if s.isAhead {
		return errAhead
	}
	s.forget()
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
	haves, err := s.haves([]string{ref})
	if err != nil {
		return err
	}
	if err := s.fetch(ctx, plan.ShortRef(ref), s.repository.Objects, gitrepo.FetchRequest{Wants: []object.ID{id}, Haves: haves}); err != nil {
		return err
	}
	if s.shown.Refs[ref] == id {
		s.keepFetched(ctx, []string{ref})
	}
	return nil
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

func (s *Session) remoteName() string {
	if s.remote.Name != "" {
		return s.remote.Name
	}
	return s.remote.DisplayURL()
}

// githubAddress finds owner and name in the address of a repository on GitHub.
var githubAddress = lazyregexp.New(`(?i)^(?:https://|ssh://(?:[^@/]*@)?|git://|(?:[^@/]*@)?)(github\.com)[:/]/?([^/]+/[^/]+?)(?:\.git)?/?$`).
	Where(lazyregexp.HasInAnyCase("github.com"))

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
