package observe

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// presentOn notes which of the commits a line has already, and returns the others.
func (b *backport) presentOn(ctx context.Context, choice plan.LineChoice, facts *plan.LineFacts) (missing []source, err error) {
	releases, err := b.releasesOf(ctx, *choice.Line)
	if err != nil {
		return nil, err
	}
	tip := fixes.Point{Name: plan.ShortRef(choice.Ref), Commit: choice.Head, Line: choice.Line}
	for _, one := range b.sources {
		points := []fixes.Point{tip}
		if len(releases) > 0 {
			points = append(points, releases[len(releases)-1])
		}
		survey, err := b.surveyOf(ctx, one, points)
		if err != nil {
			return nil, err
		}
		standing, err := survey.Standing(one.id, 0)
		if err != nil {
			return nil, err
		}
		if !standing.State.Has() {
			missing = append(missing, one)
			continue
		}
		present := plan.Present{ID: one.id, By: standing.By, How: howPresent(standing)}
		if standing.State == fixes.Present {
			present.By = one.id
		}
		if present.Release, err = b.firstWith(ctx, survey, present, releases); err != nil {
			return nil, err
		}
		facts.Present = append(facts.Present, present)
	}
	return missing, nil
}

// surveyOf reads what is needed to tell where one commit is: what the points have
// and the commit's parents have not.
func (b *backport) surveyOf(ctx context.Context, one source, points []fixes.Point) (*fixes.Survey, error) {
	return b.Survey(ctx, points, []object.ID{one.id}, one.commit.Parents)
}

// howPresent says how it is known that a change is there.
func howPresent(standing fixes.Standing) string {
	if standing.State == fixes.Present {
		return "the commit itself"
	}
	switch standing.Rule {
	case fixes.ByTrailer:
		return "its message says so"
	case fixes.ByAuthor:
		return "the same author and date"
	case fixes.ByPullRequest:
		return "the same pull request"
	case fixes.ByPatch:
		return "the same change"
	case fixes.ByContent:
	}
	return "the files have the change already"
}

// firstWith is the line's first release that has a change which its tip has; none if
// it is not released yet. Of a change that the files tell of, it is the newest.
func (b *backport) firstWith(ctx context.Context, survey *fixes.Survey, present plan.Present, releases []fixes.Point) (release.Version, error) {
	if len(releases) == 0 {
		return release.Version{}, nil
	}
	if present.By.IsZero() {
		standing, err := survey.Standing(present.ID, 1)
		if err != nil || !standing.State.Has() {
			return release.Version{}, err
		}
		return releases[len(releases)-1].Version, nil
	}
	for _, point := range releases {
		contained, err := b.repository.IsAncestor(ctx, present.By, point.Commit)
		if err != nil {
			return release.Version{}, b.deepen(err)
		}
		if contained {
			return point.Version, nil
		}
	}
	return release.Version{}, nil
}

// releasesOf are a line's releases, lowest first, fetched.
func (b *backport) releasesOf(ctx context.Context, line release.Line) ([]fixes.Point, error) {
	var points []fixes.Point
	for ref := range b.shown.Refs {
		version, ok := b.snapshot.Release(ref)
		if !ok || !line.Contains(version) {
			continue
		}
		commit, _ := b.shown.Commit(ref)
		if err := b.fetchTagged(ctx, plan.Base{Tag: ref, Commit: commit}); err != nil {
			return nil, err
		}
		points = append(points, fixes.Point{Name: version.String(), Commit: commit, Version: version, Line: &line})
	}
	slices.SortFunc(points, func(x, y fixes.Point) int { return x.Version.Compare(y.Version) })
	return points, nil
}

// asked tells of each commit whether the train's branch has it, or an equivalent. It
// matters for those that a line is going to get.
func (b *backport) asked(ctx context.Context, lines []*plan.LineFacts) ([]plan.Asked, error) {
	var list []plan.Asked
	for _, one := range b.sources {
		asked := plan.Asked{ID: one.id, Subject: one.commit.Subject(), Author: one.commit.Author.Name}
		if wantedBy(lines, one.id) {
			on, err := b.onTrunk(ctx, one)
			if err != nil {
				return nil, err
			}
			asked.Stray = !on
			markStray(lines, one.id, asked.Stray)
		}
		list = append(list, asked)
	}
	return list, nil
}

// wantedBy reports whether a line gets the commit, or would if it applied.
func wantedBy(lines []*plan.LineFacts, id object.ID) bool {
	return slices.ContainsFunc(lines, func(line *plan.LineFacts) bool {
		return !slices.ContainsFunc(line.Present, func(present plan.Present) bool { return present.ID == id })
	})
}

func markStray(lines []*plan.LineFacts, id object.ID, stray bool) {
	for _, line := range lines {
		if line.Branch == nil {
			continue
		}
		for i := range line.Branch.Picks {
			if line.Branch.Picks[i].Source == id {
				line.Branch.Picks[i].Stray = stray
			}
		}
	}
}

// onTrunk reports whether the train's branch has a commit or its change.
func (b *backport) onTrunk(ctx context.Context, one source) (bool, error) {
	contained, err := b.repository.IsAncestor(ctx, one.id, b.head)
	if err != nil {
		return false, b.deepen(err)
	}
	if contained {
		return true, nil
	}
	floor, err := b.repository.MergeBases(ctx, one.id, b.head)
	if err != nil {
		return false, b.deepen(err)
	}
	survey, err := b.Survey(ctx, []fixes.Point{{Name: plan.ShortRef(b.trunk), Commit: b.head}}, []object.ID{one.id}, floor)
	if err != nil {
		return false, err
	}
	standing, err := survey.Standing(one.id, 0)
	return standing.State.Has(), err
}

// lacking finds the releases on their way to production that lack a commit.
func (b *backport) lacking(ctx context.Context) ([]plan.Lacking, error) {
	releases, err := plan.OnTheirWay(b.snapshot)
	if err != nil {
		return nil, err
	}
	var list []plan.Lacking
	for _, one := range releases {
		commit, ok := b.shown.Commit(one.Tag)
		if !ok {
			continue // its tag is gone, which status tells
		}
		if err := b.fetchTagged(ctx, plan.Base{Tag: one.Tag, Commit: commit}); err != nil {
			return nil, err
		}
		lacking := plan.Lacking{Version: one.Version, State: one.State}
		for _, source := range b.sources {
			survey, err := b.surveyOf(ctx, source, []fixes.Point{{Name: one.Version.String(), Commit: commit}})
			if err != nil {
				return nil, err
			}
			standing, err := survey.Standing(source.id, 0)
			if err != nil {
				return nil, err
			}
			if !standing.State.Has() {
				lacking.Commits = append(lacking.Commits, source.id)
			}
		}
		if len(lacking.Commits) > 0 {
			list = append(list, lacking)
		}
	}
	return list, nil
}
