package plan

import (
	"bytes"
	"context"
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
	// release is the release commit; nil when At itself is tagged.
	release *object.Commit
	// development is the commit on top that opens the next version; nil without.
	development *object.Commit
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
	if err := p.composeDevelopment(s, branch, released); err != nil {
		return err
	}
	build.tag = object.Tag{
		TargetKind: object.KindCommit, Name: ShortRef(p.Tag), Tagger: s.author(),
		Message: "Release " + p.Version.String() + "\n",
	}
	p.Entry = s.entry(ledger.KindTagged)
	p.Entry.OffCycle, p.Entry.Reason = p.OffCycle, p.Reason
	return nil
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

// SignFunc signs the bytes of an object and returns the armored signature.
type SignFunc func(ctx context.Context, payload []byte) (armor string, err error)

// Signers sign what a plan makes; a nil one leaves it unsigned.
type Signers struct {
	Commit SignFunc
	Tag    SignFunc
}

// Seal makes the objects final and fills in their ids, the references and the
// steps. Without signers, what is to be signed keeps the zero id: a dry run shows
// no id that the real run will not have.
func (p *TagPlan) Seal(ctx context.Context, signers *Signers) error {
	seal := sealing{plan: p, build: &p.build, signers: signers}
	return seal.run(ctx)
}

type sealing struct {
	plan    *TagPlan
	build   *tagBuild
	signers *Signers
	// open: an id is missing because a signature is.
	open bool
}

func (seal *sealing) run(ctx context.Context) error {
	p, build := seal.plan, seal.build
	sign := build.snapshot.Sign
	p.Objects = slices.Clone(build.files)
	commit, head := build.branch.At.ID, build.branch.Tip.ID
	planned := 0
	if build.release != nil {
		build.release.Parents = []object.ID{build.branch.At.ID}
		if err := seal.addCommit(ctx, build.release, sign.Commits, planned); err != nil {
			return err
		}
		commit, head = p.Commits[planned].ID, p.Commits[planned].ID
		planned++
	}
	if build.development != nil {
		build.development.Parents = []object.ID{head}
		if build.mergesRelease {
			build.development.Parents = []object.ID{build.branch.Tip.ID, commit}
		}
		if err := seal.addCommit(ctx, build.development, sign.Commits, planned); err != nil {
			return err
		}
		head = p.Commits[planned].ID
	}
	if err := seal.addTag(ctx, commit, sign.Tags); err != nil {
		return err
	}
	p.Entry.Tagged = p.tagged(build.branch, commit)
	p.addSteps(head)
	return nil
}

// addCommit makes a commit final. Its parents must be.
func (seal *sealing) addCommit(ctx context.Context, commit *object.Commit, signed bool, planned int) error {
	row := &seal.plan.Commits[planned]
	row.Parents, row.ID = commit.Parents, object.ID{}
	if seal.open || signed && seal.signers == nil {
		seal.open = true
		return nil
	}
	final := *commit
	if signed && seal.signers.Commit != nil {
		var err error
		if final.Armor, err = seal.signers.Commit(ctx, commit.Object().Data); err != nil {
			return fmt.Errorf("sign the %s commit: %w", row.Role, err)
		}
	}
	encoded := final.Object()
	row.ID = encoded.ID()
	seal.plan.Objects = append(seal.plan.Objects, encoded)
	return nil
}

func (seal *sealing) addTag(ctx context.Context, commit object.ID, signed bool) error {
	seal.plan.TagID = object.ID{}
	if seal.open || signed && seal.signers == nil {
		return nil
	}
	tag := seal.build.tag
	tag.Target = commit
	if signed && seal.signers.Tag != nil {
		var err error
		if tag.Armor, err = seal.signers.Tag(ctx, tag.Object().Data); err != nil {
			return fmt.Errorf("sign tag %s: %w", tag.Name, err)
		}
	}
	encoded := tag.Object()
	seal.plan.TagID = encoded.ID()
	seal.plan.Objects = append(seal.plan.Objects, encoded)
	return nil
}

// addSteps lists what apply does: branch, tag and ledger in one push, then the
// tag in this clone.
func (p *TagPlan) addSteps(head object.ID) {
	branch := p.build.branch
	p.Refs, p.Steps = nil, nil
	// Without a commit the push still checks that the branch has not moved.
	moved := Change{Ref: branch.Ref, Old: branch.Tip.ID, New: head}
	tag := Change{Ref: p.Tag, New: p.TagID}
	p.Refs = append(p.Refs, moved, tag)
	if len(p.Commits) > 0 {
		p.Steps = append(p.Steps, moved.step(PushRef, p.branchReason()))
	}
	p.Steps = append(p.Steps, tag.step(PushRef, "annotated tag \"Release "+p.Version.String()+"\""))
	p.Steps = append(p.Steps,
		Step{Kind: AppendLedger, Target: p.build.snapshot.Train.LedgerRef, Want: p.Entry.Subject(), Reason: "who released what, when and why"},
		tag.step(LocalRef, "the tag in this clone"))
}

func (p *TagPlan) branchReason() string {
	text := ""
	for i, commit := range p.Commits {
		if i > 0 {
			text += ", then "
		}
		text += "\"" + commit.Subject + "\""
	}
	return text
}
