package observe

import (
	"context"
	"fmt"

	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Release is what a release brings.
type Release struct {
	Previous release.Version
	// Branch is set for a release that has not been made yet.
	Branch  string
	Commits []notes.Commit
}

// Notes reads the commits of a release since the one before it; of no version,
// those of the train's branch since its last release.
func Notes(ctx context.Context, s *Session, version release.Version) (*Release, error) {
	if version.IsZero() {
		choice, err := plan.SelectBranch(s.snapshot, plan.TagRequest{})
		if err != nil {
			return nil, err
		}
		branch, err := s.Branch(ctx, choice, "")
		if err != nil {
			return nil, err
		}
		return &Release{Previous: branch.Base.Version, Branch: choice.Ref, Commits: branch.Changes}, nil
	}
	ref := plan.TagRef(s.snapshot.Component.TagPattern.Tag(version))
	id, exists := s.shown.Refs[ref]
	if !exists {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%s has no tag %s", s.remoteName(), plan.ShortRef(ref)),
			Advice: "looprel notes, without VERSION, shows what the next release will bring"}
	}
	if err := s.fetchCommit(ctx, ref, id); err != nil {
		return nil, err
	}
	commit, _ := s.shown.Commit(ref)
	previous, err := s.previous(ctx, commit, version)
	if err != nil {
		return nil, err
	}
	var exclude []object.ID
	if !previous.Commit.IsZero() {
		exclude = []object.ID{previous.Commit}
	}
	commits, err := s.changes(ctx, commit, exclude)
	return &Release{Previous: previous.Version, Commits: commits}, s.deepen(err)
}
