package observe

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// maxTraced bounds how many changes are told of: a pull request rarely has more
// commits.
const maxTraced = 20

// Where finds the commits that are meant and tells where they have got to.
func Where(ctx context.Context, s *Session, text string) (*plan.Where, error) {
	query, maybe, err := plan.ReadWhere(text)
	if err != nil {
		return nil, err
	}
	search := &whereSearch{Session: s}
	if err := search.readPoints(ctx); err != nil {
		return nil, err
	}
	commit, err := search.commit(text, query, maybe)
	if err != nil {
		return nil, err
	}
	survey, commits, err := search.find(ctx, text, query, commit)
	if err != nil {
		return nil, err
	}
	s.progress("comparing release lines")
	defer s.progress("")
	more := max(len(commits)-maxTraced, 0)
	var traces []*fixes.Trace
	for _, id := range commits[:len(commits)-more] {
		trace, err := survey.Trace(id)
		if err != nil {
			return nil, err
		}
		traces = append(traces, trace)
	}
	return plan.MakeWhere(s.snapshot, text, traces, search.points, search.trunk, search.running, more)
}

// whereSearch is a search under way.
type whereSearch struct {
	*Session
	points  []fixes.Point
	trunk   int
	running map[string]int // by environment
}

// readPoints collects releases, lines, the train's branch, and what the environments
// run.
func (w *whereSearch) readPoints(ctx context.Context) error {
	heads, err := plan.SelectFixHeads(w.snapshot, plan.FixRequest{})
	if err != nil {
		return err
	}
	if w.points, err = w.Points(ctx); err != nil {
		return err
	}
	if w.trunk, err = w.askedPoint(ctx, &w.points, heads[0]); err != nil {
		return err
	}
	w.running = map[string]int{}
	for _, environment := range w.snapshot.Train.Environments {
		state, err := w.snapshot.Ledger.Environment(environment.Name, w.snapshot.Component.Name)
		if err != nil {
			return err
		}
		if state.Running == nil {
			continue
		}
		has, err := w.repository.Has(state.Running.Commit)
		if err != nil {
			return err
		}
		if has {
			w.running[environment.Name] = w.pointOf(state.Running.Commit)
		}
	}
	return nil
}

// pointOf finds the point at a commit, or adds it.
func (w *whereSearch) pointOf(commit object.ID) int {
	at := slices.IndexFunc(w.points, func(point fixes.Point) bool { return point.Commit == commit })
	if at < 0 {
		at = len(w.points)
		w.points = append(w.points, fixes.Point{Name: commit.Short(), Commit: commit})
	}
	return at
}

// commit is the one that the text names, zero for a number that names none.
func (w *whereSearch) commit(text string, query plan.WhereQuery, maybe bool) (object.ID, error) {
	if query.Commit == "" && !maybe {
		return object.ID{}, nil
	}
	id, err := w.repository.ResolveCommit(text)
	if maybe && (errors.Is(err, gitrepo.ErrNotFound) || errors.Is(err, gitrepo.ErrAmbiguous)) {
		return object.ID{}, nil
	}
	return id, err
}

// find reads the history that is needed, and the commits that are meant.
func (w *whereSearch) find(ctx context.Context, text string, query plan.WhereQuery, commit object.ID) (*fixes.Survey, []object.ID, error) {
	if query.Commit != "" {
		survey, err := w.surveyOne(ctx, commit)
		return survey, []object.ID{commit}, err
	}
	survey, err := w.Survey(ctx, w.points, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	named := survey.Mentioning(query.Number, query.Bug)
	switch {
	case len(named) > 0 && !commit.IsZero():
		return nil, nil, plan.AmbiguousWhere(text, commit)
	case len(named) > 0:
		commits, err := survey.Distinct(named)
		return survey, commits, err
	case commit.IsZero():
		return nil, nil, plan.NothingFound(w.snapshot, text, query)
	}
	survey, err = w.surveyOne(ctx, commit)
	return survey, []object.ID{commit}, err
}

// surveyOne reads what is not older than one commit.
func (w *whereSearch) surveyOne(ctx context.Context, commit object.ID) (*fixes.Survey, error) {
	decoded, err := w.repository.Commit(commit)
	if err != nil {
		return nil, err
	}
	var floor []object.ID
	for _, parent := range decoded.Parents {
		has, err := w.repository.Has(parent)
		if err != nil {
			return nil, err
		}
		if has {
			floor = append(floor, parent)
		}
	}
	return w.Survey(ctx, w.points, []object.ID{commit}, floor)
}
