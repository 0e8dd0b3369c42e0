package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// history reads commits for a survey.
type history struct {
	ctx        context.Context //nolint:containedctx // the survey is pure and knows no context; this one ends with it
	repository *gitrepo.Objects
	// since, unless it is zero, leaves out what is older, see gitrepo.Recent.
	since time.Time
}

// Range lists commits, as far as the clone has them.
func (h history) Range(include, exclude []object.ID) ([]fixes.Commit, bool, error) {
	found, err := h.list(include, exclude)
	complete := !errors.Is(err, gitrepo.ErrShallow)
	if err != nil && complete {
		return nil, false, err
	}
	commits := make([]fixes.Commit, len(found))
	for i, one := range found {
		commits[i] = fixes.Commit{Commit: notes.FromObject(one.ID, one.Commit), Tree: one.Tree}
	}
	return commits, complete, nil
}

func (h history) list(include, exclude []object.ID) ([]gitrepo.CommitInfo, error) {
	if h.since.IsZero() {
		return h.repository.Range(h.ctx, include, exclude, gitrepo.RangeOptions{})
	}
	return h.repository.Recent(h.ctx, include, exclude, h.since)
}

// TreeOf is the tree of a commit.
func (h history) TreeOf(id object.ID) (object.ID, error) {
	commit, err := h.repository.Commit(id)
	return commit.Tree, surveyed(err)
}

// surveyObjects are a merge's objects, with what a survey can do without marked.
type surveyObjects struct{ keptObjects }

// Tree reads a directory; the zero id is an empty one.
func (o surveyObjects) Tree(id object.ID) (object.Tree, error) {
	if id.IsZero() {
		return nil, nil
	}
	tree, err := o.keptObjects.Tree(id)
	return tree, surveyed(err)
}

// Blob reads a file.
func (o surveyObjects) Blob(id object.ID) ([]byte, error) {
	content, err := o.keptObjects.Blob(id)
	return content, surveyed(err)
}

// BlobSize is the length of a file.
func (o surveyObjects) BlobSize(id object.ID) (int64, error) {
	size, err := o.keptObjects.BlobSize(id)
	return size, surveyed(err)
}

// surveyed marks what a survey can do without: an object that the clone lacks, or a
// file too large to be read.
func surveyed(err error) error {
	if errors.Is(err, gitrepo.ErrMissing) || errors.Is(err, gitrepo.ErrTooLarge) {
		return fmt.Errorf("%w: %w", fixes.ErrMissing, err)
	}
	return err
}

// Survey reads the history between points, and the commits that are asked about.
// Nothing that is an ancestor of the floor is read.
func (s *Session) Survey(ctx context.Context, points []fixes.Point, commits, floor []object.ID) (*fixes.Survey, error) {
	return s.surveySince(ctx, time.Time{}, points, commits, floor)
}

// surveySince is Survey of what was committed since a time, as gitrepo.Recent tells; zero
// is all of history. It goes no further than the commits of the floor.
func (s *Session) surveySince(ctx context.Context, since time.Time, points []fixes.Point, commits, floor []object.ID) (*fixes.Survey, error) {
	s.progress("reading history")
	defer s.progress("")
	read := history{ctx: ctx, repository: s.repository.Objects, since: since}
	return fixes.NewSurvey(read, surveyObjects{s.mergeObjects(ctx)}, fixes.Options{
		Points: points, Commits: commits, Floor: floor, Rules: pick.RulesOf(s.snapshot.Component),
		External: ExternalDriver(s.repository),
	})
}

// Points are the component's releases and the tips of its lines, in no order that
// means anything; the clone has their commits.
func (s *Session) Points(ctx context.Context) ([]fixes.Point, error) {
	var refs []string
	for _, ref := range sortedRefs(s.shown.Refs) {
		if _, ok := s.snapshot.Release(ref); ok {
			refs = append(refs, ref)
		}
	}
	for _, branch := range s.snapshot.Lines() {
		refs = append(refs, branch.Ref)
	}
	return s.pointsAt(ctx, refs)
}

// pointsOf are the points of some lines.
func (s *Session) pointsOf(ctx context.Context, lines []plan.OwingLine) ([]fixes.Point, error) {
	var refs []string
	for _, line := range lines {
		refs = append(refs, line.Refs()...)
	}
	return s.pointsAt(ctx, refs)
}

// pointsAt makes points of release tags and of the branches of lines, and brings
// their commits.
func (s *Session) pointsAt(ctx context.Context, refs []string) ([]fixes.Point, error) {
	if err := s.fetchRefs(ctx, refs); err != nil {
		return nil, err
	}
	var points []fixes.Point
	for _, ref := range refs {
		commit, _ := s.shown.Commit(ref)
		if _, err := s.repository.Peel(commit); errors.Is(err, gitrepo.ErrWrongKind) {
			continue // a tag may be on anything; one that is on no commit releases nothing
		} else if err != nil {
			return nil, err
		}
		point := fixes.Point{Name: plan.ShortRef(ref), Commit: commit}
		if version, ok := s.snapshot.Release(ref); ok {
			line := version.Line()
			point.Name, point.Version, point.Line = version.String(), version, &line
			at, err := s.releasedAt(point, ref)
			if err != nil {
				return nil, err
			}
			point.At = at
		} else if line, ok := s.snapshot.Component.BranchPattern.ParseBranch(point.Name); ok {
			point.Line = &line
		}
		points = append(points, point)
	}
	return points, nil
}

// releasedAt is when a release was tagged: as the ledger has it, else by the tag's
// own date, else by its commit's.
func (s *Session) releasedAt(point fixes.Point, ref string) (time.Time, error) {
	known, ok, err := s.snapshot.Ledger.Release(s.snapshot.Component.Name, point.Version)
	if err != nil {
		return time.Time{}, err
	}
	if ok && !known.Adopted {
		return known.At, nil
	}
	if id := s.shown.Refs[ref]; id != point.Commit {
		tag, err := s.repository.Tag(id)
		if err != nil {
			return time.Time{}, err
		}
		return tag.Tagger.When, nil
	}
	commit, err := s.repository.Commit(point.Commit)
	return commit.Committer.When, err
}

// fetchRefs makes sure that the clone has what references of the remote name, in one
// exchange.
func (s *Session) fetchRefs(ctx context.Context, refs []string) error {
	var lacking []string
	var wants []object.ID
	for _, ref := range refs {
		id := s.shown.Refs[ref]
		has, err := s.repository.Has(id)
		if err != nil {
			return err
		}
		if !has && !slices.Contains(wants, id) {
			lacking, wants = append(lacking, ref), append(wants, id)
		}
	}
	if len(wants) == 0 {
		return nil
	}
	haves, err := s.haves(lacking)
	if err != nil {
		return err
	}
	if err := s.fetch(ctx, "releases", s.repository.Objects, gitrepo.FetchRequest{Wants: wants, Haves: haves}); err != nil {
		return err
	}
	s.keepFetched(ctx, lacking)
	return nil
}
