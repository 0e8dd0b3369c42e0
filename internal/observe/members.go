package observe

import (
	"context"
	"errors"
	"sync"

	"github.com/mozilla-services/looprel/internal/github"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Members are the components of a train that releases sets, each as a session of its
// own, in the declared order. All have the home's clock, ledger and environments.yaml.
//
//	home      shares the home's remote and the clone
//	a remote  of the clone's: that remote, the clone's objects
//	elsewhere its address, and a bare repository of the tool's own for its objects
type Members struct {
	home  *Session
	whole *Session
	list  []*Session
}

// OpenMembers opens the repositories of all components, several at once.
func OpenMembers(ctx context.Context, home *Session) (*Members, error) {
	m := membersOf(home)
	var telling sync.Mutex
	for _, member := range m.list {
		member.tellInTurn(&telling)
	}
	err := m.each(func(member *Session) error { return member.openMember(ctx) })
	if err == nil {
		m.whole.snapshot = home.snapshot.Whole()
		err = m.whole.followHome(ctx)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// OfflineMembers are the components of a train whose remotes are not asked.
func OfflineMembers(home *Session) *Members {
	m := membersOf(home)
	m.whole.snapshot = home.snapshot.Whole()
	return m
}

// membersOf are the sessions of a train's components before anything of them was read.
func membersOf(home *Session) *Members {
	m := &Members{home: home, whole: home.member(release.Component{Name: ledger.AllComponents, Repository: homeRepository})}
	for _, component := range home.source.Train.Components {
		m.list = append(m.list, home.member(component))
	}
	return m
}

// Whole is the session under which acts about sets are recorded.
func (m *Members) Whole() *Session { return m.whole }

// tellInTurn has the member tell of its progress while no other does.
func (s *Session) tellInTurn(telling *sync.Mutex) {
	if progress := s.options.Progress; progress != nil {
		s.options.Progress = func(text string) {
			telling.Lock()
			defer telling.Unlock()
			progress(text)
		}
	}
	if meter := s.options.Meter; meter != nil {
		s.options.Meter = func(what string, done, total int) {
			telling.Lock()
			defer telling.Unlock()
			meter(what, done, total)
		}
	}
}

// each does something for all members whose remote is their own at the same time, then
// for the others, which share the home's.
func (m *Members) each(act func(*Session) error) error {
	failed := make([]error, len(m.list))
	var group sync.WaitGroup
	for i, member := range m.list {
		if !member.atHome() {
			group.Go(func() { failed[i] = act(member) })
		}
	}
	for i, member := range m.list {
		if member.atHome() {
			failed[i] = act(member)
		}
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err // of the first in the declared order, so that it is the same each time
		}
	}
	return nil
}

// Home is the session of the train's home.
func (m *Members) Home() *Session { return m.home }

// Sessions are the members' sessions, in the declared order.
func (m *Members) Sessions() []*Session { return m.list }

// Snapshots are what was observed of the members last.
func (m *Members) Snapshots() []*plan.Snapshot {
	list := make([]*plan.Snapshot, len(m.list))
	for i, member := range m.list {
		list[i] = member.snapshot
	}
	return list
}

// Of is the session of a component, nil if the train has none of that name.
func (m *Members) Of(component string) *Session {
	for _, member := range m.list {
		if member.snapshot.Component.Name == component {
			return member
		}
	}
	return nil
}

// Refresh reads the home, its ledger and all members again.
func (m *Members) Refresh(ctx context.Context) error {
	if err := m.home.Refresh(ctx); err != nil {
		return err
	}
	if err := m.whole.followHome(ctx); err != nil {
		return err
	}
	return m.each(func(member *Session) error { return member.followHome(ctx) })
}

// Close ends the conversations with the members' remotes; the home's stays open.
func (m *Members) Close() {
	for _, member := range m.list {
		member.closeMember()
	}
}

// Home is the session whose ledger this one shares: itself, unless it is a member's.
func (s *Session) Home() *Session {
	if s.home != nil {
		return s.home
	}
	return s
}

// Clone is the user's clone: Repository, but for a member that lives elsewhere.
func (s *Session) Clone() *gitrepo.Repository { return s.Home().repository }

// AtHome reports whether the component is released in the train's home, so that its
// references and the ledger move in one push.
func (s *Session) AtHome() bool { return s.atHome() }

func (s *Session) atHome() bool { return s.snapshot.Elsewhere == "" }

// member is the session of a component before anything of it was read.
func (s *Session) member(component release.Component) *Session {
	m := *s
	snapshot := *s.snapshot
	snapshot.Component = component
	m.home, m.snapshot, m.leftBehind, m.work = s, &snapshot, "", &work{}
	if remote, _ := s.remoteOf(component); remote != "" {
		snapshot.Elsewhere = component.Repository
		m.remote = nil // its own is opened
	}
	snapshot.Component.Repository = homeRepository
	return &m
}

// homeRepository is the repository of a component in the train's home.
const homeRepository = "."

func (s *Session) openMember(ctx context.Context) error {
	if s.atHome() {
		return nil
	}
	component, _ := s.source.Train.Component(s.snapshot.Component.Name)
	remote, here := s.home.remoteOf(component)
	var err error
	if s.remote, err = s.home.openRemoteOf(component, remote); err != nil {
		return err
	}
	if !here {
		if s.repository, err = s.home.repository.OpenToolStore(ctx, "components", s.snapshot.Component.Name); err != nil {
			return err
		}
	}
	s.snapshot.Remote, s.snapshot.Web.Forge = s.remoteName(), forgePage(s.remote.DisplayURL())
	// GitHub is spoken to about the train's home alone.
	s.snapshot.Forge, s.wayToForge, s.forge = "", nil, github.Address{}
	return s.followHome(ctx)
}

// followHome reads the member's own references, and takes the ledger of the home.
func (s *Session) followHome(ctx context.Context) error {
	if !s.atHome() {
		if err := s.list(ctx); err != nil {
			return err
		}
	}
	s.CatchUp()
	return nil
}

// CatchUp takes what this run has come to know of the home and its ledger meanwhile, by
// another member. Nothing is asked.
func (s *Session) CatchUp() {
	if s.home == nil {
		return
	}
	if s.atHome() {
		s.shown, s.listed = s.home.shown, s.home.listed
	}
	s.snapshot.Refs = refsOf(s.shown)
	s.snapshot.Now, s.snapshot.Ledger = s.home.snapshot.Now, s.home.snapshot.Ledger
}

func (s *Session) closeMember() {
	s.work.end()
	// What was wanted has been read; a failure to say goodbye changes nothing.
	if s.remote != nil && !s.atHome() {
		_ = s.remote.Close()
	}
	if s.repository != s.home.repository {
		_ = s.repository.Close()
	}
}

// haves are commits by which the remote can tell what a fetch of references lacks. Of a
// component elsewhere they are what was fetched before.
func (s *Session) haves(refs []string) ([]object.ID, error) {
	if s.repository == s.Clone() {
		return s.remote.Haves(s.shown, refs)
	}
	kept, err := s.repository.Refs("refs/")
	if err != nil {
		return nil, err
	}
	var ids []object.ID
	for _, name := range sortedRefs(kept) {
		commit, err := s.repository.Peel(kept[name])
		if err != nil && !errors.Is(err, gitrepo.ErrMissing) && !errors.Is(err, gitrepo.ErrWrongKind) {
			return nil, err
		}
		if err == nil {
			ids = append(ids, commit)
		}
	}
	return ids, nil
}

// keepFetched remembers in the store of a component elsewhere what was fetched, so that
// it counts as complete. Nothing but speed depends on it.
func (s *Session) keepFetched(ctx context.Context, refs []string) {
	if s.repository == s.Clone() {
		return
	}
	for _, ref := range refs {
		was, err := s.repository.Ref(ref)
		if err == nil || errors.Is(err, gitrepo.ErrNotFound) {
			_ = s.repository.SetRef(ctx, ref, was, s.shown.Refs[ref])
		}
	}
}
