package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// maxChanges bounds the commits that are listed for a release: more are the
// history of a repository that has not been released yet.
const maxChanges = 5000

// Tag observes what a release needs and plans it. at is the commit to release,
// as the operator typed it, "" for the branch's head.
func Tag(ctx context.Context, s *Session, request plan.TagRequest, at string) (*plan.TagPlan, error) {
	choice, err := plan.SelectBranch(s.snapshot, request)
	if err != nil {
		return nil, err
	}
	pending, err := s.pendingRelease(ctx, choice.Ref)
	if err != nil {
		return nil, err
	}
	switch {
	case pending != nil && at != "":
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%s is proposed for %s, and what is tagged is what that brings", pending.Version, plan.ShortRef(choice.Ref)), Advice: "leave out --at"}
	case pending != nil && !pending.Arrived.IsZero():
		at = pending.Arrived.String()
	}
	branch, err := s.Branch(ctx, choice, at)
	if err != nil {
		return nil, err
	}
	s.askTagger(ctx)
	branch.Pending = pending
	picks, err := s.pendingPicks(ctx, choice.Ref)
	if err != nil {
		return nil, err
	}
	branch.Ended = ended(picks)
	if err := s.wantPulls(request.ViaPull); err != nil {
		return nil, err
	}
	p, err := plan.MakeTag(s.snapshot, branch, request)
	if err == nil {
		err = s.owe(ctx, p)
	}
	if err != nil || p.Already != "" || p.Awaits() && p.Proposal.State != plan.ProposalNew {
		return p, err
	}
	if s.snapshot.Component.Checks != nil && branch.Line == nil {
		if err := p.HoldToChecks(s.snapshot, s.checks(ctx, branch.At.ID), request); err != nil {
			return nil, err
		}
	}
	owed, err := s.owed(ctx, branch, request)
	if err != nil || owed == nil {
		return p, err
	}
	return p, p.HoldToFixes(s.snapshot, branch, *owed)
}

// Branch observes the branch that a release is made from.
func (s *Session) Branch(ctx context.Context, choice plan.BranchChoice, at string) (*plan.Branch, error) {
	if err := s.fetchCommit(ctx, choice.Ref, choice.Head); err != nil {
		return nil, err
	}
	branch, err := s.branch(ctx, choice, at)
	if err != nil || choice.Line != nil {
		return branch, err
	}
	branch.Elsewhere, err = s.elsewhere(ctx, branch)
	return branch, err
}

// branch is Branch for a commit that the clone has, without what other lines have.
func (s *Session) branch(ctx context.Context, choice plan.BranchChoice, at string) (*plan.Branch, error) {
	branch := &plan.Branch{BranchChoice: choice}
	released, err := s.commitOf(ctx, choice, at)
	if err != nil {
		return nil, err
	}
	if branch.Tip, err = s.revision(choice.Head); err != nil {
		return nil, err
	}
	branch.At = branch.Tip
	if released != choice.Head {
		if branch.At, err = s.revision(released); err != nil {
			return nil, err
		}
	}
	if branch.Base, branch.Ignored, err = s.base(ctx, released, release.Version{}); err != nil {
		return nil, s.deepen(err)
	}
	branch.Latest = branch.Base.Version
	if released != choice.Head {
		latest, _, err := s.base(ctx, choice.Head, release.Version{})
		if err != nil {
			return nil, s.deepen(err)
		}
		branch.Latest = latest.Version
	}
	var exclude []object.ID
	if !branch.Base.Commit.IsZero() {
		exclude = []object.ID{branch.Base.Commit}
		if branch.Unchanged, err = s.unchanged(branch.Base.Commit, branch.At.Root); err != nil {
			return nil, err
		}
	}
	branch.Changes, err = s.changes(ctx, released, exclude)
	return branch, s.deepen(err)
}

// commitOf is the commit to release: the branch's head, or an earlier one.
func (s *Session) commitOf(ctx context.Context, choice plan.BranchChoice, at string) (object.ID, error) {
	if at == "" {
		return choice.Head, nil
	}
	id, err := s.repository.ResolveCommit(at)
	if err != nil {
		return object.ID{}, err
	}
	contained, err := s.repository.IsAncestor(ctx, id, choice.Head)
	if err != nil {
		return object.ID{}, s.deepen(err)
	}
	if !contained {
		return object.ID{}, &plan.Misuse{Reason: fmt.Sprintf("%s is not on %s of %s", id.Short(), plan.ShortRef(choice.Ref), s.remoteName()),
			Advice: fmt.Sprintf("choose one of: git log %s", choice.Head.Short())}
	}
	return id, nil
}

// deepen makes the hint of a history that is cut the exact command for this
// remote.
func (s *Session) deepen(err error) error {
	if !errors.Is(err, gitrepo.ErrShallow) {
		return err
	}
	return &plan.Misuse{Reason: err.Error() + ", before the last release that it contains",
		Advice: "git fetch --unshallow " + s.remoteName()}
}

// revision reads a commit's release files and the directories on the way.
func (s *Session) revision(id object.ID) (plan.Revision, error) {
	commit, err := s.repository.Commit(id)
	if err != nil {
		return plan.Revision{}, err
	}
	return s.revisionOf(s.repository, id, commit.Tree)
}

// content gives trees, and files up to a size.
type content interface {
	object.Trees
	Blob(id object.ID, limit int64) ([]byte, error)
}

// revisionOf reads the release files of a tree that the commit has, or would have.
func (s *Session) revisionOf(from content, id, root object.ID) (plan.Revision, error) {
	revision := plan.Revision{ID: id, Root: root, Files: map[string][]byte{}, Trees: object.TreeMap{}}
	for _, path := range plan.ReleaseFiles(s.snapshot.Component) {
		if err := readInto(from, &revision, path); err != nil {
			return plan.Revision{}, err
		}
	}
	return revision, nil
}

// maxReleaseFile bounds a version file or changelog, in bytes.
const maxReleaseFile = 16 << 20

func readInto(from content, revision *plan.Revision, path string) error {
	id := revision.Root
	parts := strings.Split(path, "/")
	for i, name := range parts {
		tree, err := from.Tree(id)
		if err != nil {
			return err
		}
		revision.Trees[id] = tree
		entry, exists := tree.Find(name)
		if !exists {
			return nil
		}
		if i < len(parts)-1 {
			if entry.Mode != object.ModeDirectory {
				return nil
			}
			id = entry.ID
			continue
		}
		if !entry.Mode.IsFile() {
			return &plan.Misuse{Reason: fmt.Sprintf("%s is not a regular file in %s", path, revision.ID.Short()), Advice: "correct environments.yaml"}
		}
		if revision.Files[path], err = from.Blob(entry.ID, maxReleaseFile); err != nil {
			return err
		}
	}
	return nil
}

// base finds the highest release tag that the commit contains, below a version
// unless that is zero; and the tags that look like releases and are none.
func (s *Session) base(ctx context.Context, commit object.ID, below release.Version) (plan.Base, []string, error) {
	var candidates []plan.Base
	var ignored []string
	pattern := s.snapshot.Component.TagPattern
	for _, ref := range sortedRefs(s.shown.Refs) {
		name, isTag := strings.CutPrefix(ref, plan.TagRef(""))
		if !isTag {
			continue
		}
		version, isRelease := pattern.ParseTag(name)
		if !isRelease {
			if plan.LooksLikeVersion(name) {
				ignored = append(ignored, name)
			}
			continue
		}
		if !below.IsZero() && version.Compare(below) >= 0 {
			continue
		}
		id, _ := s.shown.Commit(ref)
		candidates = append(candidates, plan.Base{Version: version, Tag: ref, Commit: id})
	}
	slices.SortFunc(candidates, func(a, b plan.Base) int { return b.Version.Compare(a.Version) })
	ids := make([]object.ID, len(candidates))
	for i, candidate := range candidates {
		ids[i] = candidate.Commit
	}
	at, err := s.repository.HighestReachable(ctx, commit, ids)
	if errors.Is(err, gitrepo.ErrWrongKind) {
		// A tag may be on anything; one that is on no commit releases nothing.
		var strays []string
		if candidates, ids, strays, err = s.onCommits(candidates); err == nil {
			ignored = append(ignored, strays...)
			at, err = s.repository.HighestReachable(ctx, commit, ids)
		}
	}
	if err != nil || at < 0 {
		return plan.Base{}, ignored, err
	}
	return candidates[at], ignored, nil
}

// onCommits keeps the candidates whose tags are on commits, as far as this clone
// can tell, and names the others.
func (s *Session) onCommits(candidates []plan.Base) (kept []plan.Base, ids []object.ID, strays []string, err error) {
	for _, candidate := range candidates {
		_, err := s.repository.Peel(candidate.Commit)
		switch {
		case errors.Is(err, gitrepo.ErrWrongKind):
			strays = append(strays, plan.ShortRef(candidate.Tag))
			continue
		case err != nil && !errors.Is(err, gitrepo.ErrMissing):
			return nil, nil, nil, err
		}
		kept, ids = append(kept, candidate), append(ids, candidate.Commit)
	}
	return kept, ids, strays, nil
}

// unchanged reports whether a tree differs from a release's in nothing but
// version files and changelog, within the component.
func (s *Session) unchanged(base object.ID, root object.ID) (bool, error) {
	commit, err := s.repository.Commit(base)
	if err != nil {
		return false, err
	}
	files := plan.ReleaseFiles(s.snapshot.Component)
	changed := false
	err = s.repository.Diff(commit.Tree, root, func(path string, _, _ object.TreeEntry) bool {
		changed = !slices.Contains(files, path) && s.snapshot.Component.Contains(path)
		return !changed
	})
	return !changed, err
}

// changes lists the commits that a release brings, newest first.
func (s *Session) changes(ctx context.Context, commit object.ID, exclude []object.ID) ([]notes.Commit, error) {
	s.progress("reading history")
	defer s.progress("")
	found, err := s.repository.Range(ctx, []object.ID{commit}, exclude,
		gitrepo.RangeOptions{Limit: maxChanges, Path: s.snapshot.Component.Path})
	if err != nil {
		return nil, err
	}
	list := make([]notes.Commit, len(found))
	for i, one := range found {
		list[i] = notes.FromObject(one.ID, one.Commit)
	}
	return list, nil
}

// Between lists the commits that to has and from has not, newest first; from may
// be zero. A commit that neither clone nor remote has is an error.
func (s *Session) Between(ctx context.Context, from, to plan.Base) ([]notes.Commit, error) {
	var exclude []object.ID
	for _, end := range []plan.Base{from, to} {
		if end.Commit.IsZero() {
			continue
		}
		if err := s.fetchTagged(ctx, end); err != nil {
			return nil, err
		}
	}
	if !from.Commit.IsZero() {
		exclude = []object.ID{from.Commit}
	}
	list, err := s.changes(ctx, to.Commit, exclude)
	return list, s.deepen(err)
}

// fetchTagged makes sure that the clone has a release's commit.
func (s *Session) fetchTagged(ctx context.Context, end plan.Base) error {
	has, err := s.repository.Has(end.Commit)
	if err != nil || has {
		return err
	}
	if id, ok := s.shown.Refs[end.Tag]; ok {
		return s.fetchCommit(ctx, end.Tag, id)
	}
	return &plan.Misuse{Reason: fmt.Sprintf("commit %s is neither here nor behind a tag of %s", end.Commit.Short(), s.remoteName()),
		Advice: "git fetch " + s.remoteName()}
}

// previous is the release before a version, as far as its commit contains it.
func (s *Session) previous(ctx context.Context, commit object.ID, version release.Version) (plan.Base, error) {
	base, _, err := s.base(ctx, commit, version)
	return base, s.deepen(err)
}

// taggedAt is when a tag was made: its own date, or of a lightweight one its
// commit's.
func (s *Session) taggedAt(ctx context.Context, tagged ledger.Tagged) (time.Time, error) {
	if err := s.fetchCommit(ctx, tagged.Tag, tagged.TagID); err != nil {
		return time.Time{}, err
	}
	if tagged.TagID != tagged.Commit {
		tag, err := s.repository.Tag(tagged.TagID)
		if err != nil {
			return time.Time{}, err
		}
		return tag.Tagger.When, nil
	}
	commit, err := s.repository.Commit(tagged.Commit)
	return commit.Committer.When, err
}
