package observe

import (
	"context"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Fixes reads the history of the release lines and tells which fix is where.
func Fixes(ctx context.Context, s *Session, request plan.FixRequest) (*plan.FixReport, error) {
	heads, err := plan.SelectFixHeads(s.snapshot, request)
	if err != nil {
		return nil, err
	}
	points, err := s.Points(ctx)
	if err != nil {
		return nil, err
	}
	var asked []int
	for _, head := range heads {
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
	s.progress("comparing release lines")
	defer s.progress("")
	find := survey.Table
	if request.MissingFrom != "" {
		find = func(asked []int) (*fixes.Table, error) { return survey.Coming(asked, time.Time{}) }
	}
	table, err := find(asked)
	if err != nil {
		return nil, err
	}
	return plan.MakeFixReport(s.snapshot, request, table, points, asked), nil
}

// askedPoint finds the point that is asked about, or adds it.
func (s *Session) askedPoint(ctx context.Context, points *[]fixes.Point, head plan.FixHead) (int, error) {
	at := slices.IndexFunc(*points, func(point fixes.Point) bool {
		return point.Name == head.Name && point.Commit == head.Commit && point.Version == head.Version
	})
	if at >= 0 {
		return at, nil
	}
	if err := s.fetchRefs(ctx, []string{head.Ref}); err != nil {
		return 0, err
	}
	*points = append(*points, fixes.Point{Name: head.Name, Commit: head.Commit})
	return len(*points) - 1, nil
}
