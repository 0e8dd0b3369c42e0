package observe

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Expected is what a command is going to observe, known before the home has been asked.
type Expected struct {
	Request plan.BackportRequest
	Wanted  Wanted
}

// work is what was made of commits and trees alone. These never change, so that it holds
// whatever the home shows: it is begun while the home is asked, on what the clone saw of
// it last, and serves again where a plan has to be made anew.
type work struct {
	standings memo[standingKey, stood]
	picks     memo[pickKey, pick.Outcome]
	trees     keptTrees
	surveys   atomic.Int32 // how many the standings have

	ahead sync.WaitGroup
	stops []context.CancelFunc
}

// begin does something ahead. Whatever goes wrong does so again in earnest, and is told
// then.
func (w *work) begin(ctx context.Context, something func(context.Context) error) {
	ctx, stop := context.WithCancel(ctx)
	w.stops = append(w.stops, stop)
	w.ahead.Go(func() { _ = something(ctx) })
}

// end gives up what was begun, and waits until nothing reads the clone any more.
func (w *work) end() {
	for _, stop := range w.stops {
		stop()
	}
	w.ahead.Wait()
	w.stops = nil
}

// standingKey is a commit that is looked for, at points by their ids, by rules for
// release files, see rulesKey.
type standingKey struct {
	commit object.ID
	points string
	rules  rulesKey
}

// stood is how the first point stands to the commit, and the survey that told where that
// is kept, nil otherwise.
type stood struct {
	survey   *fixes.Survey
	standing fixes.Standing
}

// maxSurveys bounds the surveys that are kept: each holds a part of history, and files.
const maxSurveys = 4

// keep makes a survey one of those that are kept, if it is going to be asked more: whence
// a line has a commit that it has.
func (w *work) keep(survey *fixes.Survey, standing fixes.Standing) *fixes.Survey {
	if !standing.State.Has() || w.surveys.Add(1) > maxSurveys {
		return nil
	}
	return survey
}

// pickKey is a commit, a merge's change being that to a parent, and the tree that it is
// picked onto.
type pickKey struct {
	commit   object.ID
	mainline int
	tree     object.ID
	rules    rulesKey
}

// rulesKey stands for the rules of a component: they are those that the component has in
// an environments.yaml of this digest.
type rulesKey struct{ component, digest string }

func (s *Session) rules() rulesKey {
	return rulesKey{component: s.snapshot.Component.Name, digest: s.source.Digest}
}

// errAhead is for what would have to be fetched to look ahead.
var errAhead = errors.New("the home is being asked")

// forget drops what was worked out without the objects that are about to be fetched. A
// clone that has all that its references lead to has lacked none of them.
func (s *Session) forget() {
	if !s.repository.IsPartial() && len(s.repository.Shallow()) == 0 {
		return
	}
	s.work.end()
	s.work.standings.clear()
	s.work.surveys.Store(0)
	s.work.picks.clear()
}

// lookAhead begins to work out what is expected, by the environments.yaml that is here. A
// set's members are observed by sessions of their own.
func (s *Session) lookAhead(ctx context.Context, local *Source) {
	expected := s.options.Expected
	if expected == nil || local == nil || local.Train.Sets || len(s.work.stops) > 0 || slices.ContainsFunc(expected.Wanted.Commits, maybePull) {
		return
	}
	guess := &Session{options: s.options, repository: s.repository, remote: s.remote, source: local, work: s.work, isAhead: true}
	guess.options.Progress, guess.options.Meter = nil, nil
	s.work.begin(ctx, func(ctx context.Context) error { return guess.rehearse(ctx, expected) })
}

// rehearse works out a backport on what the clone saw of the home last.
func (s *Session) rehearse(ctx context.Context, expected *Expected) error {
	if err := s.lastSeen(); err != nil {
		return err
	}
	choices, err := plan.SelectLines(s.snapshot, expected.Request)
	if err == nil {
		err = s.peelReleases(choices)
	}
	if err == nil {
		choices, err = plan.SelectLines(s.snapshot, expected.Request)
	}
	if err != nil {
		return err
	}
	b := &backport{Session: s, request: expected.Request, wanted: expected.Wanted}
	if b.sources, err = b.find(ctx); err != nil {
		return err
	}
	if err := b.sort(ctx, choices); err != nil {
		return err
	}
	for _, choice := range choices {
		if err := b.rehearseLine(ctx, choice); err != nil {
			return err
		}
	}
	return nil
}

// rehearseLine looks for the commits on a line, and picks them. It does so one after the
// other: whoever waits for the home needs a processor as well.
func (b *backport) rehearseLine(ctx context.Context, choice plan.LineChoice) error {
	points, _, err := b.pointsOn(ctx, choice)
	if err != nil {
		return err
	}
	for _, one := range b.sources {
		if b.work.surveys.Load() >= maxSurveys {
			break // the next ones are for whoever asks them
		}
		// The survey is for one at a time, and whoever waits for it has it now.
		if _, _, err := b.standingOf(ctx, one, points); err != nil {
			return err
		}
	}
	return b.rehearsePicks(ctx, choice, b.sources)
}

// rehearsePicks picks the commits onto a line as if it had none of them. It is worth while
// beside the search for them, too, which takes longer and mostly finds nothing.
func (b *backport) rehearsePicks(ctx context.Context, choice plan.LineChoice, sources []source) error {
	tip, err := b.repository.Commit(choice.Head)
	if err != nil {
		return err
	}
	_, _, err = newChain(ctx, b, tip.Tree).addUntilStuck(sources)
	return err
}

// lastSeen makes the snapshot of what the clone has of the home: the branches that it
// follows, and tags. Nothing is known of the ledger.
func (s *Session) lastSeen() error {
	component, err := s.component()
	if err != nil {
		return err
	}
	if s.shown, err = s.remote.LastSeen(); err != nil {
		return err
	}
	s.snapshot = &plan.Snapshot{
		Now: s.options.Now, Train: s.source.Train, Component: component, Remote: s.remoteName(),
		Refs: refsOf(s.shown), Ledger: ledger.Empty(),
	}
	return nil
}

// peelReleases finds the commits of the releases of some lines: a clone may have
// thousands of tags of which git has not noted that yet.
func (s *Session) peelReleases(choices []plan.LineChoice) error {
	for ref, id := range s.shown.Refs {
		version, ok := s.snapshot.Release(ref)
		if _, known := s.shown.Peeled[ref]; !ok || known || !slices.ContainsFunc(choices, func(choice plan.LineChoice) bool { return choice.Line.Contains(version) }) {
			continue
		}
		commit, err := s.repository.Peel(id)
		if err != nil {
			return err
		}
		if commit != id {
			s.shown.Peeled[ref] = commit
		}
	}
	return nil
}
