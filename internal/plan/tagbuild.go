package plan

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
)

// tagBuild is what a release is made of before its objects are signed: each id
// depends on the signature of the object before it.
type tagBuild struct {
	snapshot *Snapshot
	branch   *Branch
	// picks are the cherry-picks that are released, see Branch.Picks.
	picks []*object.Commit
	// release is the release commit; nil when At itself is tagged.
	release *object.Commit
	// development is the commit on top that opens the next version; nil without.
	development *object.Commit
	// arrived: the branch has the release already, by a pull request. Development goes to
	// a branch of its own then.
	arrived bool
	// earlier: a commit below the branch's tip is released. Development then comes
	// on top of the tip, and keeps what the tip's files say.
	earlier bool
	// mergesRelease: development is a merge of the tip and the release commit.
	mergesRelease bool
	tag           object.Tag
	// files are the blobs and trees of both commits.
	files []object.Object
}

// compose makes the release commit, the tag and the development commit.
func (p *TagPlan) compose(s *Snapshot, branch *Branch, request TagRequest) error {
	build := &p.build
	build.snapshot, build.branch = s, branch
	build.picks, p.Commits = branch.draftPicks(s)
	build.files = slices.Clone(branch.Made)
	released, err := p.releaseFiles(s, branch, request)
	if err != nil {
		return err
	}
	if err := checkVersionInside(s.Component, released.files, p.Version); err != nil {
		return err
	}
	if changed := changedFiles(branch.At.Files, released.files); len(changed) > 0 {
		subject := "Release " + p.Version.String()
		if build.release, err = p.commit(RoleRelease, subject, branch.At, changed); err != nil {
			return err
		}
	}
	if request.ViaPull && len(p.Commits) > 0 {
		return p.propose(s, branch, request)
	}
	if err := p.composeDevelopment(s, branch, released); err != nil {
		return err
	}
	p.draftTag(s)
	return nil
}

// draftTag makes the tag and the ledger's entry, without the ids that signing sets.
func (p *TagPlan) draftTag(s *Snapshot) {
	p.build.tag = object.Tag{
		TargetKind: object.KindCommit, Name: ShortRef(p.Tag), Tagger: s.author(),
		Message: "Release " + p.Version.String() + "\n",
	}
	p.Entry = s.entry(ledger.KindTagged)
	p.Entry.OffCycle, p.Entry.Reason = p.OffCycle, p.Reason
	p.Entry.Owes = p.oweRelease(s)
}

// composeDevelopment adds the commit that opens the next version. A release of an
// earlier commit is merged back by it, so that the branch contains its release.
func (p *TagPlan) composeDevelopment(s *Snapshot, branch *Branch, released *releasedFiles) error {
	build := &p.build
	build.earlier = branch.At.ID != branch.Tip.ID
	build.mergesRelease = build.earlier && build.release != nil
	opens := branch.Line == nil && !s.Component.NoDevelopment && len(ReleaseFiles(s.Component)) > 0
	if !opens && !build.mergesRelease {
		return nil
	}
	files, err := p.developmentFiles(s, branch, released, opens)
	if err != nil {
		return err
	}
	from, before := branch.Tip, branch.Tip.Files
	if !build.earlier && build.release != nil {
		from.Root = build.release.Tree
		from.Trees = maps.Clone(branch.At.Trees)
		for _, o := range build.files {
			if o.Kind == object.KindTree {
				tree, err := object.DecodeTree(o.Data)
				if err != nil {
					return err
				}
				from.Trees[o.ID()] = tree
			}
		}
		before = released.files
	}
	changed := changedFiles(before, files)
	if len(changed) == 0 && !build.mergesRelease {
		return nil
	}
	subject := "Back to development"
	if !opens {
		subject = "Merge release " + p.Version.String()
	}
	build.development, err = p.commit(RoleDevelopment, subject, from, changed)
	return err
}

// commit makes a commit that changes files of a revision. Its parents are set
// when the plan is sealed.
func (p *TagPlan) commit(role, subject string, from Revision, files map[string][]byte) (*object.Commit, error) {
	author := p.build.snapshot.author()
	root := from.Root
	if len(files) > 0 {
		var objects []object.Object
		var err error
		if root, objects, err = object.Edit(from.Trees, from.Root, files); err != nil {
			return nil, fmt.Errorf("make the %s commit: %w", role, err)
		}
		p.build.files = append(p.build.files, objects...)
	}
	paths := slices.AppendSeq([]string{}, maps.Keys(files))
	slices.Sort(paths)
	p.Commits = append(p.Commits, PlannedCommit{Role: role, Subject: subject, Tree: root, Files: paths})
	return &object.Commit{Tree: root, Author: author, Committer: author, Message: subject + "\n"}, nil
}

func changedFiles(before, after map[string][]byte) map[string][]byte {
	changed := map[string][]byte{}
	for path, content := range after {
		if old, existed := before[path]; !existed || !bytes.Equal(old, content) {
			changed[path] = content
		}
	}
	return changed
}

// addSteps lists what apply does: branch, tag and ledger in one push, then the
// tag in this clone.
func (p *TagPlan) addSteps(head object.ID) {
	p.Refs, p.Steps = nil, nil
	moved, moves := p.moved(head)
	tag := Change{Ref: p.Tag, New: p.TagID}
	p.Refs = append(p.Refs, moved, tag)
	if moves {
		p.Steps = append(p.Steps, moved.step(PushRef, branchReason(p.Commits)))
	}
	p.Steps = append(p.Steps, tag.step(PushRef, "annotated tag \"Release "+p.Version.String()+"\""))
	p.Steps = append(p.Steps, recordStep(p.build.snapshot, p.Entry, "who released what, when and why"))
	if p.develop.Proposed != nil {
		p.Steps = append(p.Steps, recordStep(p.build.snapshot, p.develop, "what is meant, before the pull request is there"))
	}
	p.Steps = append(p.Steps, tag.step(LocalRef, "the tag in this clone"))
	p.Steps = append(p.Steps, p.Outbox.steps()...)
	p.Steps = append(p.Steps, p.build.snapshot.announceSteps(p.Entry.Owes)...)
}

// moved is the change of the branch. Without a commit the push still checks that the
// branch has not moved; where a pull request brought the release, others may have moved
// it since, and the commit that follows goes to a branch of its own.
func (p *TagPlan) moved(head object.ID) (moved Change, moves bool) {
	branch := p.build.branch
	switch {
	case !p.build.arrived:
		return branch.moved(head), len(p.Commits) > 0 || branch.New
	case p.Development == nil:
		return Change{Ref: branch.Ref, Old: branch.Head, New: branch.Head}, false
	}
	p.Development.Commit = head
	p.develop.Proposed = p.Development.proposed(branch.Head)
	p.develop.Proposed.Version = p.Version
	return Change{Ref: p.Development.Head, New: head}, true
}

// branchReason says what a branch is moved by.
func branchReason(commits []PlannedCommit) string {
	if len(commits) == 0 {
		return "the new branch"
	}
	const most = 4
	text := ""
	for i, commit := range commits {
		switch {
		case i == most && len(commits) > most+1:
			return fmt.Sprintf("%s and %d more", text, len(commits)-i)
		case i > 0:
			text += ", then "
		}
		text += "\"" + commit.Subject + "\""
	}
	return text
}
