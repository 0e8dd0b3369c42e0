package observe

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// checkedLines is how many of the newest lines a release is held to in any case.
// What older lines have was owed by releases before, unless it is younger than the
// last of these.
const checkedLines = 12

// owed finds the fixes of earlier lines that a release does not have; nil if there is
// nothing to look for: every line's end is in its history, and nothing since the last
// release is of the kind that undoes things unasked.
func (s *Session) owed(ctx context.Context, branch *plan.Branch, request plan.TagRequest) (*plan.Owed, error) {
	without, err := s.withoutFixes(request)
	if err != nil {
		return nil, err
	}
	lines, err := s.owingLines(ctx, branch)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		if lines, err = s.openLines(ctx, branch, lines); err != nil {
			return nil, err
		}
	}
	if len(lines) == 0 {
		return &plan.Owed{Table: &fixes.Table{Complete: true}, Without: without}, nil
	}
	points, err := s.pointsOf(ctx, lines)
	if err != nil {
		return nil, err
	}
	head := len(points)
	points = append(points, fixes.Point{Name: plan.ShortRef(branch.Ref), Commit: branch.At.ID, Line: branch.Line})
	survey, err := s.Survey(ctx, points, nil, fixes.Floor(points))
	if err != nil {
		return nil, err
	}
	s.progress("comparing release lines")
	defer s.progress("")
	since, err := s.checkedSince(branch)
	if err != nil {
		return nil, err
	}
	table, err := survey.Coming([]int{head}, since)
	return &plan.Owed{Table: table, Head: head, Without: without}, err
}

// checkedSince is the time from which on what was released is asked about: after the
// last release of the branch, if looprel made that and held it to what there was by
// then. One that people made is not trusted with its own fixes; but what had been
// lost before it is history, and for looprel fixes to tell.
func (s *Session) checkedSince(branch *plan.Branch) (time.Time, error) {
	base := branch.Base
	if base.Version.IsZero() {
		return time.Time{}, nil
	}
	at, err := s.releasedAt(fixes.Point{Version: base.Version, Commit: base.Commit}, base.Tag)
	if err != nil {
		return time.Time{}, err
	}
	known, ok, err := s.snapshot.Ledger.Release(s.snapshot.Component.Name, base.Version)
	if err != nil || ok && !known.Adopted {
		return at, err
	}
	return at.Add(-time.Second), nil
}

// withoutFixes are the commits that the operator leaves out.
func (s *Session) withoutFixes(request plan.TagRequest) ([]object.ID, error) {
	var ids []object.ID
	for _, text := range request.WithoutFix {
		id, err := s.repository.ResolveCommit(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// owingLines are the lines that a release is held to: the newest ones, and those with
// an end that is younger than the last release.
func (s *Session) owingLines(ctx context.Context, branch *plan.Branch) ([]plan.OwingLine, error) {
	lines := plan.OwingLines(s.snapshot, branch)
	if len(lines) == 0 {
		return nil, nil
	}
	var ends []string
	for _, line := range lines {
		refs := line.Refs()
		ends = append(ends, refs[len(refs)-1])
	}
	if err := s.fetchRefs(ctx, ends); err != nil {
		return nil, err
	}
	var since time.Time
	if base := branch.Base.Commit; !base.IsZero() {
		commit, err := s.repository.Commit(base)
		if err != nil {
			return nil, err
		}
		since = commit.Committer.When
	}
	var kept []plan.OwingLine
	for i, line := range lines {
		if i < checkedLines {
			kept = append(kept, line)
			continue
		}
		id, _ := s.shown.Commit(ends[i])
		commit, err := s.repository.Commit(id)
		switch {
		case errors.Is(err, gitrepo.ErrWrongKind):
			continue
		case err != nil:
			return nil, err
		case commit.Committer.When.After(since):
			kept = append(kept, line)
		}
	}
	return kept, nil
}

// openLines keeps the lines that have something which the release's history has not;
// all, if something since the last release may have undone what was there.
func (s *Session) openLines(ctx context.Context, branch *plan.Branch, lines []plan.OwingLine) ([]plan.OwingLine, error) {
	suspected, err := s.mayHaveUndone(ctx, branch)
	if err != nil || suspected {
		return lines, err
	}
	var ids []object.ID
	for _, line := range lines {
		for _, ref := range line.Refs() {
			id, _ := s.shown.Commit(ref)
			if has, err := s.repository.Has(id); err != nil {
				return nil, err
			} else if has {
				ids = append(ids, id)
			}
		}
	}
	outside, err := s.repository.Range(ctx, ids, []object.ID{branch.At.ID}, gitrepo.RangeOptions{})
	switch {
	case errors.Is(err, gitrepo.ErrShallow):
		return lines, nil // what the clone's history does not tell is looked at
	case errors.Is(err, gitrepo.ErrWrongKind):
		return lines, nil // a tag may be on anything, and pointsOf sorts it out
	case err != nil:
		return nil, err
	}
	foreign := map[object.ID]bool{}
	for _, commit := range outside {
		foreign[commit.ID] = true
	}
	return slices.DeleteFunc(lines, func(line plan.OwingLine) bool {
		return !slices.ContainsFunc(line.Refs(), func(ref string) bool {
			id, _ := s.shown.Commit(ref)
			return foreign[id]
		})
	}), nil
}

// mayHaveUndone reports whether a commit since the last release is of the kind that
// undoes things unasked: a commit of the release machinery that does more than that,
// or a merge that took nothing from one of its sides.
func (s *Session) mayHaveUndone(ctx context.Context, branch *plan.Branch) (bool, error) {
	rules := pick.RulesOf(s.snapshot.Component)
	layer := pick.NewLayer(surveyObjects{s.mergeObjects(ctx)})
	for _, one := range branch.Changes {
		isMerge := len(one.Parents) > 1
		if !isMerge && (len(one.Parents) == 0 || !notes.MentionOf(one).Machinery) {
			continue
		}
		commit, err := s.repository.Commit(one.ID)
		if err != nil {
			return false, err
		}
		for _, id := range one.Parents {
			parent, err := s.repository.Commit(id)
			switch {
			case errors.Is(err, gitrepo.ErrMissing):
				return true, nil // the clone does not tell
			case err != nil:
				return false, err
			case isMerge && parent.Tree == commit.Tree:
				return true, nil
			case isMerge:
				continue
			}
			residual, err := pick.Residual(layer, pick.Change{Base: parent.Tree, Theirs: commit.Tree}, rules)
			switch {
			case errors.Is(err, fixes.ErrMissing):
				return true, nil
			case err != nil || residual.Base != residual.Theirs:
				return err == nil, err
			}
		}
	}
	return false, nil
}
