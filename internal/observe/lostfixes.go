package observe

import (
	"context"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// lostFixes compares the release that is selected with the one that runs on its
// environment, nil where none does. What could not be compared is told, and no
// failure: it is for the gate to stop there.
func (s *Session) lostFixes(ctx context.Context, selection *plan.Selection) (*plan.LostFixes, error) {
	running := selection.State.Running
	if running == nil || selection.Release == nil {
		return nil, nil
	}
	runs, isRelease := running.Release()
	if !isRelease {
		return nil, nil
	}
	lost, err := s.compareFixes(ctx, runs, *selection.Release)
	if err != nil {
		lost = &plan.LostFixes{Failure: err.Error()}
	}
	return lost, ctx.Err()
}

func (s *Session) compareFixes(ctx context.Context, runs release.Version, selected ledger.Release) (*plan.LostFixes, error) {
	before, err := plan.ReleaseHead(s.snapshot, runs)
	if err != nil {
		return nil, err
	}
	wanted, err := plan.ReleaseHead(s.snapshot, selected.Version)
	if err != nil {
		return nil, err
	}
	points, err := s.Points(ctx)
	if err != nil {
		return nil, err
	}
	var asked []int
	for _, head := range []plan.FixHead{before, wanted} {
		at, err := s.askedPoint(ctx, &points, head)
		if err != nil {
			return nil, err
		}
		asked = append(asked, at)
	}
	survey, err := s.Survey(ctx, points, nil, fixes.Floor(points))
	if err != nil {
		return nil, err
	}
	s.progress("comparing the fixes of " + before.Name + " and " + wanted.Name)
	defer s.progress("")
	table, err := survey.Coming(asked, time.Time{})
	if err != nil {
		return nil, err
	}
	return plan.FindLost(table, asked[0], asked[1], selected.Without), nil
}
