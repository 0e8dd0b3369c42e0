package observe

import (
	"context"
	"errors"
	"slices"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Pack writes all that a plan's commits need beyond what the branch has, as one pack
// of the component's repository on this machine.
func (e *Extraction) Pack(ctx context.Context, p *plan.ExtractPlan) (*gitrepo.Pack, error) {
	request, err := e.packRequest(ctx, p)
	if err != nil {
		return nil, err
	}
	defer e.session.progress("")
	return e.branch.objects.MakePack(ctx, request)
}

func (e *Extraction) packRequest(ctx context.Context, p *plan.ExtractPlan) (gitrepo.PackRequest, error) {
	copied, before, err := e.borrowed(ctx, p)
	if err != nil {
		return gitrepo.PackRequest{}, err
	}
	count := len(p.Objects)
	for _, source := range copied {
		count += len(source.IDs)
	}
	meter := e.session.meter("packing", count)
	return gitrepo.PackRequest{
		Made: p.Objects, Copied: copied, Before: before,
		Progress: func(done int) { _ = meter.at(ctx, done) }, // the pack looks at the context itself
	}, nil
}

// borrowed lists the objects that the commits need, and earlier versions of them.
func (e *Extraction) borrowed(ctx context.Context, p *plan.ExtractPlan) (sources []gitrepo.PackSource, before map[object.ID]object.ID, err error) {
	made := madeTrees{given: e.trees(ctx), made: map[object.ID][]byte{}}
	for _, one := range p.Objects {
		if one.Kind == object.KindTree {
			made.made[one.ID()] = one.Data
		}
	}
	list := extract.NewBorrowing(made)
	trees := map[object.ID]object.ID{e.branch.tip.ID: e.branch.tip.Tree}
	meter := e.session.meter("listing objects", len(p.Made))
	defer meter.done()
	for i, commit := range p.Made {
		if err := meter.at(ctx, i); err != nil {
			return nil, nil, err
		}
		parent, err := e.parentTree(commit, trees)
		if err != nil {
			return nil, nil, err
		}
		if err := list.Add(parent, commit.Tree); err != nil {
			return nil, nil, err
		}
		trees[commit.ID] = commit.Tree
	}
	sources, err = e.sources(ctx, made, list.IDs())
	return sources, list.Before(), err
}

// parentTree is the tree of a commit's first parent, zero for a first commit.
func (e *Extraction) parentTree(commit extract.Made, known map[object.ID]object.ID) (object.ID, error) {
	if len(commit.Parents) == 0 {
		return object.ID{}, nil
	}
	if tree, ok := known[commit.Parents[0]]; ok {
		return tree, nil
	}
	node, err := e.branch.objects.Node(commit.Parents[0])
	return node.Tree, err
}

// sources says where the objects are taken from that are not made. What upstream left
// out is fetched, unless the branch's repository on this machine has it. That the
// branch has it where it lives is not certain, so it is sent all the same.
func (e *Extraction) sources(ctx context.Context, made madeTrees, ids []object.ID) ([]gitrepo.PackSource, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id object.ID) bool { _, isMade := made.made[id]; return isMade })
	lacking, err := e.upstream.Lacking(ids)
	if err != nil {
		return nil, err
	}
	nowhere, err := e.branch.objects.Lacking(lacking)
	if err != nil {
		return nil, err
	}
	if err := e.upstream.bring(ctx, nowhere); err != nil {
		return nil, err
	}
	own := without(lacking, nowhere)
	return []gitrepo.PackSource{
		{From: e.upstream.Objects, IDs: without(ids, own)},
		{From: e.branch.objects, IDs: own},
	}, nil
}

// without leaves some ids out.
func without(ids, some []object.ID) []object.ID {
	left := make(map[object.ID]bool, len(some))
	for _, id := range some {
		left[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id object.ID) bool { return left[id] })
}

// madeTrees gives trees that are made, and others.
type madeTrees struct {
	given extract.Trees
	made  map[object.ID][]byte
}

// TreeData implements extract.Trees.
func (m madeTrees) TreeData(id object.ID) ([]byte, error) {
	if data, ok := m.made[id]; ok {
		return data, nil
	}
	return m.given.TreeData(id)
}

// Push moves the branch to where the plan wants it, if it is still where the plan
// found it.
func (e *Extraction) Push(ctx context.Context, p *plan.ExtractPlan, pack *gitrepo.Pack) error {
	e.session.progress("pushing to " + e.branch.name)
	defer e.session.progress("")
	updates := make([]gitrepo.RefUpdate, len(p.Refs))
	for i, change := range p.Refs {
		updates[i] = gitrepo.RefUpdate{Name: change.Ref, Old: change.Old, New: change.New}
	}
	_, err := e.branch.remote.PushPack(ctx, updates, pack)
	return err
}

// Now is where the branch is on the remote now, zero where it is not there.
func (e *Extraction) Now(ctx context.Context) (object.ID, error) {
	shown, err := e.branch.remote.List(ctx)
	return shown.Refs[e.branch.ref], err
}

// Keep remembers here what was pushed: the clone's remote-tracking branch, or the
// store's.
func (e *Extraction) Keep(ctx context.Context, tip object.ID) error {
	if e.branch.store != nil {
		return e.branch.keep(ctx, tip)
	}
	name, tracked := e.branch.remote.Config().TrackingRef(e.branch.ref)
	if !tracked {
		return nil
	}
	was, err := e.session.repository.Ref(name)
	if err != nil && !errors.Is(err, gitrepo.ErrNotFound) || was == tip {
		return err
	}
	return e.session.repository.SetRef(ctx, name, was, tip)
}
