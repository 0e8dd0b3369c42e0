package observe

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Forge is what gates, the status and backports ask of a forge.
type Forge interface {
	// Checks are the verdicts on a commit, without those of the run on a page.
	Checks(ctx context.Context, commit object.ID, without string) ([]forge.Check, error)
	// OpenIssues have one of the labels, or are in the milestone.
	OpenIssues(ctx context.Context, labels []string, milestone string) ([]forge.Issue, error)
	// Login is whose token it is.
	Login(ctx context.Context) (string, error)
	ForgeStatus
	Pulls
	MergedPulls
}

// UseForge gives the session the way to the forge. run is the page of the workflow run
// that asks, "" elsewhere.
func (s *Session) UseForge(way Forge, run string) { s.wayToForge, s.run = way, run }

// checks asks about a commit. Where it has none, and differs from its parent in release
// files alone, the parent's count: a forge checks only what a push ends with.
func (s *Session) checks(ctx context.Context, commit object.ID) *plan.Checks {
	if s.wayToForge == nil {
		return nil
	}
	s.progress("asking for the checks of " + commit.Short())
	defer s.progress("")
	found := &plan.Checks{Commit: commit}
	var err error
	if found.List, err = s.wayToForge.Checks(ctx, commit, s.run); err == nil && len(found.List) == 0 {
		if parent, ok := s.sameButRelease(ctx, commit); ok {
			found.Commit, found.Parent = parent, true
			found.List, err = s.wayToForge.Checks(ctx, parent, s.run)
		}
	}
	if err != nil {
		found.Error = err.Error()
	}
	return found
}

// sameButRelease is the parent of a commit that changes release files alone; ok is
// false for any other commit, and where the clone cannot tell.
func (s *Session) sameButRelease(ctx context.Context, id object.ID) (parent object.ID, ok bool) {
	commit, err := s.repository.Commit(id)
	if err != nil || len(commit.Parents) != 1 || ctx.Err() != nil {
		return object.ID{}, false
	}
	before, err := s.repository.Commit(commit.Parents[0])
	if err != nil {
		return object.ID{}, false
	}
	files := plan.ReleaseFiles(s.snapshot.Component)
	same := true
	err = s.repository.Diff(before.Tree, commit.Tree, func(path string, _, _ object.TreeEntry) bool {
		same = slices.Contains(files, path)
		return same
	})
	return commit.Parents[0], err == nil && same
}

// blockers asks for open issues that keep a version back.
func (s *Session) blockers(ctx context.Context, wanted release.Blockers, text string) *plan.Issues {
	if s.wayToForge == nil || wanted.IsZero() {
		return nil
	}
	milestone := ""
	if version, err := release.ParseVersion(text); err == nil && wanted.Milestone != "" {
		milestone = wanted.Milestone.Tag(version)
	}
	s.progress("asking for open issues")
	defer s.progress("")
	found := &plan.Issues{}
	var err error
	if found.List, err = s.wayToForge.OpenIssues(ctx, wanted.Labels, milestone); err != nil {
		found.Error = err.Error()
	}
	return found
}
