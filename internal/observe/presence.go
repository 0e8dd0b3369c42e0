package observe

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// presentOn notes which of the commits a line has already, and returns the others.
func (b *backport) presentOn(ctx context.Context, choice plan.LineChoice, facts *plan.LineFacts) (missing []source, err error) {
	points, releases, err := b.pointsOn(ctx, choice)
	if err != nil {
		return nil, err
	}
	for _, one := range b.sources {
		survey, standing, err := b.standingOf(ctx, one, points)
		if err != nil {
			return nil, err
		}
		if !standing.State.Has() {
			if !standing.By.IsZero() {
				facts.Undone = append(facts.Undone, plan.Undone{ID: one.id, By: standing.By})
			}
			missing = append(missing, one)
			continue
		}
		if survey == nil {
			if survey, standing, err = b.stand(ctx, one, points); err != nil {
				return nil, err
			}
		}
		present, err := b.present(ctx, survey, one, standing)
		if err != nil {
			return nil, err
		}
		if present.Release, err = b.firstWith(ctx, survey, present, releases); err != nil {
			return nil, err
		}
		facts.Present = append(facts.Present, present)
	}
	return missing, nil
}

// pointsOn are where a commit is looked for on a line, its tip and its newest release; and
// all of its releases, lowest first.
func (b *backport) pointsOn(ctx context.Context, choice plan.LineChoice) (points, releases []fixes.Point, err error) {
	points = []fixes.Point{{Name: plan.ShortRef(choice.Ref), Commit: choice.Head, Line: choice.Line}}
	if releases, err = b.releasesOf(ctx, *choice.Line); len(releases) > 0 {
		points = append(points, releases[len(releases)-1])
	}
	return points, releases, err
}

// standingOf tells how the first of the points stands to a commit's change, with the
// survey that told if there still is one, nil otherwise.
func (b *backport) standingOf(ctx context.Context, one source, points []fixes.Point) (*fixes.Survey, fixes.Standing, error) {
	key := standingKey{commit: one.id, rules: b.rules()}
	for _, point := range points {
		key.points += point.Commit.String()
	}
	b.progress("reading history") // which may have begun already
	defer b.progress("")
	var survey *fixes.Survey // if it is made now
	found, err := b.work.standings.get(key, func() (stood, error) {
		made, standing, err := b.stand(ctx, one, points)
		survey = made
		return stood{b.work.keep(made, standing), standing}, err
	})
	return cmp.Or(survey, found.survey), found.standing, err
}

// stand tells how the first of the points stands to a commit's change. It asks the
// history since the change was made, where that is enough: a line forked off long ago,
// and what the train's branch got since then is much more than what the line got since
// the change.
func (b *backport) stand(ctx context.Context, one source, points []fixes.Point) (*fixes.Survey, fixes.Standing, error) {
	if since := sinceMade(one); !since.IsZero() {
		survey, standing, err := b.standingSince(ctx, since, one, points)
		if err != nil || isDecided(standing) {
			return survey, standing, err
		}
	}
	return b.standingSince(ctx, time.Time{}, one, points)
}

// standingSince reads what the points have and the commit's parents have not.
func (b *backport) standingSince(ctx context.Context, since time.Time, one source, points []fixes.Point) (*fixes.Survey, fixes.Standing, error) {
	survey, err := b.surveySince(ctx, since, points, []object.ID{one.id}, one.commit.Parents)
	if err != nil {
		return nil, fixes.Standing{}, err
	}
	standing, err := survey.Standing(one.id, 0)
	return survey, standing, err
}

// clockMargin is how much clocks of different people are allowed to differ.
const clockMargin = 24 * time.Hour

// sinceMade is the time before which no commit is a pick of this one, nor this one a
// pick of it: picks keep the author's date, and are committed after it. It is zero
// where that says nothing: a merge brings what was made before it, and a message that
// names where its commit was picked from may have been dated anew.
func sinceMade(one source) time.Time {
	if len(one.commit.Parents) != 1 || fixes.IsPick(one.commit.Body()) {
		return time.Time{}
	}
	made := one.commit.Author.When
	if committed := one.commit.Committer.When; committed.Before(made) {
		made = committed
	}
	return made.Add(-clockMargin)
}

// isDecided reports whether a standing since the change was made is the one that all
// of history would tell. Where the change is missing and could be picked, or was taken
// back, no older commit makes it present. Where only its content is there, or it
// conflicts, an older commit may say whence that is.
func isDecided(standing fixes.Standing) bool {
	switch standing.State {
	case fixes.Unclear:
		return false
	case fixes.Equivalent:
		return !standing.By.IsZero()
	default:
		return true
	}
}

// present says how it is known that a line has a commit's change, and by which of its
// commits.
func (b *backport) present(ctx context.Context, survey *fixes.Survey, one source, standing fixes.Standing) (plan.Present, error) {
	present := plan.Present{ID: one.id, By: standing.By, How: howPresent(standing)}
	if standing.State == fixes.Present {
		present.By = one.id
	}
	if standing.Rule != fixes.ByContent || !standing.By.IsZero() {
		return present, nil
	}
	present.ByContent = true
	paths, err := pick.NewLayer(b.mergeObjects(ctx)).Paths(one.change.Base, one.change.Theirs)
	if err != nil {
		return present, err
	}
	rules := pick.RulesOf(b.snapshot.Component)
	switch {
	case len(paths) == 0:
		present.How = "it changes nothing"
		return present, nil
	case !slices.ContainsFunc(paths, func(path string) bool { return !rules.Owns(path) }):
		present.How = "it changes nothing but release files, and the line has its own"
		return present, nil
	}
	brought, err := survey.BroughtBy(one.id, 0)
	present.By, present.How = brought.By, howPresent(brought)
	return present, err
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
		if !standing.By.IsZero() {
			return "the files have the change since then"
		}
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
		asked := plan.Asked{ID: one.id, Subject: one.commit.Subject(), Author: one.commit.Author.Name, Mainline: one.mainline}
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
			_, standing, err := b.standingOf(ctx, source, []fixes.Point{{Name: one.Version.String(), Commit: commit}})
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
