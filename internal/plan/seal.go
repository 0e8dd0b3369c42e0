package plan

import (
	"context"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
)

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
	build := &p.build
	seal := &sealing{sign: build.snapshot.Sign, signers: signers}
	onto, rest, err := seal.picks(ctx, build.branch.At.ID, build.picks, p.Commits)
	if err != nil {
		return err
	}
	commit, head, err := seal.release(ctx, build, onto, rest)
	if err != nil {
		return err
	}
	if p.Awaits() {
		p.Objects = slices.Concat(build.files, seal.objects)
		p.sealProposal(head)
		return nil
	}
	if p.TagID, err = seal.tag(ctx, build.tag, commit); err != nil {
		return err
	}
	p.Objects = slices.Concat(build.files, seal.objects)
	p.Entry.Tagged = p.tagged(build.branch, commit)
	p.addSteps(head)
	return nil
}

// sealing makes objects final one after the other: each id depends on the
// signature of the object before it.
type sealing struct {
	sign    Signing
	signers *Signers
	// open: an id is missing because a signature is.
	open    bool
	objects []object.Object
}

// picks makes cherry-picks final, one on top of the other. It returns the commit
// that is on top then, and the rows that are left.
func (seal *sealing) picks(ctx context.Context, onto object.ID, picks []*object.Commit, rows []PlannedCommit) (object.ID, []PlannedCommit, error) {
	for i, pick := range picks {
		if err := seal.commit(ctx, &rows[i], pick, onto); err != nil {
			return object.ID{}, nil, err
		}
		onto = rows[i].ID
	}
	return onto, rows[len(picks):], nil
}

// release makes the release commit and the development commit final, as far as
// there are any. It returns the commit that is tagged, and the branch's new head.
func (seal *sealing) release(ctx context.Context, build *tagBuild, onto object.ID, rows []PlannedCommit) (tagged, head object.ID, err error) {
	tagged, head = onto, build.branch.Tip.ID
	if len(build.picks) > 0 {
		head = onto
	}
	if build.release != nil {
		if err := seal.commit(ctx, &rows[0], build.release, onto); err != nil {
			return tagged, head, err
		}
		tagged, head, rows = rows[0].ID, rows[0].ID, rows[1:]
	}
	if build.development == nil {
		return tagged, head, nil
	}
	parents := []object.ID{head}
	if build.mergesRelease {
		parents = []object.ID{build.branch.Tip.ID, tagged}
	}
	err = seal.commit(ctx, &rows[0], build.development, parents...)
	return tagged, rows[0].ID, err
}

// commit makes a commit final, and fills in its row of the plan.
func (seal *sealing) commit(ctx context.Context, row *PlannedCommit, draft *object.Commit, parents ...object.ID) error {
	draft.Parents = parents
	row.Parents, row.ID = parents, object.ID{}
	if seal.open || seal.sign.Commits && seal.signers == nil {
		seal.open = true
		return nil
	}
	final := *draft
	if seal.sign.Commits && seal.signers.Commit != nil {
		var err error
		if final.Armor, err = seal.signers.Commit(ctx, draft.Object().Data); err != nil {
			return fmt.Errorf("sign the %s commit: %w", row.Role, err)
		}
	}
	encoded := final.Object()
	row.ID = encoded.ID()
	seal.objects = append(seal.objects, encoded)
	return nil
}

// tag makes a tag of the commit final, and returns its id; zero while a signature
// is missing.
func (seal *sealing) tag(ctx context.Context, tag object.Tag, commit object.ID) (object.ID, error) {
	if seal.open || seal.sign.Tags && seal.signers == nil {
		return object.ID{}, nil
	}
	tag.Target = commit
	if seal.sign.Tags && seal.signers.Tag != nil {
		var err error
		if tag.Armor, err = seal.signers.Tag(ctx, tag.Object().Data); err != nil {
			return object.ID{}, fmt.Errorf("sign tag %s: %w", tag.Name, err)
		}
	}
	encoded := tag.Object()
	seal.objects = append(seal.objects, encoded)
	return encoded.ID(), nil
}
