package observe

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/extract"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Extraction is the component's branch and its upstream, open for an extraction.
type Extraction struct {
	session  *Session
	request  plan.ExtractRequest
	branch   *componentBranch
	upstream *upstream
}

// OpenExtraction opens what an extraction reads: the component's repository, and
// upstream.
func OpenExtraction(ctx context.Context, s *Session, request plan.ExtractRequest) (*Extraction, error) {
	component := s.snapshot.Component
	if component.Extract == nil {
		return nil, &plan.Misuse{Reason: fmt.Sprintf("%s is not made of parts of another repository", component.Name),
			Advice: "give it an extract with from and map in environments.yaml, or name another component" + s.extracted()}
	}
	e := &Extraction{session: s, request: request}
	var err error
	if e.branch, err = s.openComponent(ctx); err == nil {
		e.upstream, err = s.openUpstream(ctx, request)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// extracted names the components that have an extract.
func (s *Session) extracted() string {
	text := ""
	for _, component := range s.source.Train.Components {
		if component.Extract != nil {
			text += ": " + component.Name
		}
	}
	return text
}

// Close releases what is open.
func (e *Extraction) Close() {
	if e.branch != nil {
		e.branch.close()
	}
	if e.upstream != nil {
		e.upstream.close()
	}
}

// Plan observes how far the branch is, makes the commits that it lacks, and plans
// their push.
func (e *Extraction) Plan(ctx context.Context) (*plan.ExtractPlan, error) {
	layout, err := extract.NewLayout(e.session.snapshot.Component.Extract.Map)
	if err != nil {
		return nil, badMapping(err)
	}
	to, err := e.upstream.commit(e.request.To)
	if err != nil {
		return nil, err
	}
	start, err := e.start(ctx, to)
	if err != nil {
		return nil, err
	}
	facts := &plan.Extraction{
		Branch: e.branch.ref, Remote: e.branch.name, Tip: e.branch.tip.ID, Upstream: e.upstream.shown,
		From: start.Upstream.ID, To: to, Mode: e.request.Mode,
		Web: notes.Web{Links: e.session.source.Train.Links, Forge: forgePage(e.branch.remote.DisplayURL())},
	}
	line, err := e.line(ctx, to, &start)
	if err != nil {
		return nil, err
	}
	if err := e.rewrite(ctx, layout, start, line, facts); err != nil {
		return nil, e.explain(err)
	}
	if facts.Changes, err = e.changes(facts.Made); err != nil {
		return nil, err
	}
	return plan.MakeExtraction(e.session.snapshot, facts), nil
}

// rewrite makes the commits; again, if they would not go on from the branch.
func (e *Extraction) rewrite(ctx context.Context, layout *extract.Layout, start extract.Start, line []extract.Node, facts *plan.Extraction) error {
	rewriter, err := e.rewriteOnce(ctx, layout, start, line, facts, false)
	if err != nil {
		return err
	}
	if letsGo, err := rewriter.LetsGo(); err != nil {
		return err
	} else if letsGo {
		if rewriter, err = e.rewriteOnce(ctx, layout, start, line, facts, true); err != nil {
			return err
		}
	}
	facts.Made = rewriter.Made()
	facts.Objects = extract.Needed(facts.Made, facts.Objects)
	if facts.Absent, err = rewriter.Absent(); err != nil || len(line) == 0 {
		return err
	}
	facts.Overruled, err = rewriter.Overruled(line[len(line)-1])
	return err
}

func (e *Extraction) rewriteOnce(ctx context.Context, layout *extract.Layout, start extract.Start, line []extract.Node, facts *plan.Extraction, hold bool) (*extract.Rewriter, error) {
	facts.Objects = nil
	history := &extractedHistory{ctx: ctx, branch: e.branch, upstream: e.upstream}
	rewriter := extract.NewRewriter(extract.Input{
		Layout: layout, Mode: e.request.Mode, Hold: hold, Trees: e.trees(ctx), Commits: e.upstream,
		Existing: &branchAncestry{ctx: ctx, branch: e.branch}, History: history,
		Kept: keptFiles(e.session.snapshot.Component), Send: func(made object.Object) { facts.Objects = append(facts.Objects, made) },
	})
	if err := rewriter.Begin(start); err != nil {
		return nil, err
	}
	meter := e.session.meter("extracting", len(line))
	defer meter.done()
	for i, node := range line {
		if err := meter.at(ctx, i); err != nil {
			return nil, err
		}
		if i%lookAhead == 0 {
			next := line[i:min(i+lookAhead, len(line))]
			if err := e.upstream.bringTrees(ctx, next); err != nil {
				return nil, err
			}
			if err := rewriter.Look(next); err != nil {
				return nil, err
			}
		}
		if err := rewriter.Add(node); err != nil {
			return nil, err
		}
	}
	return rewriter, rewriter.Finish(extract.Node{ID: facts.To})
}

// lookAhead is how many commits are looked at before the first of them is rewritten.
const lookAhead = 2048

// keptFiles are those that a release commit writes: they are the branch's own once
// it has them.
func keptFiles(component release.Component) func(path string) bool {
	files := map[string]bool{}
	for _, path := range plan.ReleaseFiles(component) {
		files[path] = true
	}
	return func(path string) bool { return files[path] }
}

// maxExtractedChanges bounds the commits of which a plan has notes: a first extraction
// is the history of years, of which nobody reads the changes.
const maxExtractedChanges = 500

// changes reads the last commits for the notes, newest first.
func (e *Extraction) changes(made []extract.Made) ([]notes.Commit, error) {
	var list []notes.Commit
	for i := len(made) - 1; i >= 0 && len(list) < maxExtractedChanges; i-- {
		commit, err := e.upstream.Commit(made[i].Source)
		if err != nil {
			return nil, err
		}
		one := notes.FromObject(made[i].ID, commit)
		one.Parents = made[i].Parents
		list = append(list, one)
	}
	return list, nil
}

// explain says what to do about what an extraction runs into.
func (e *Extraction) explain(err error) error {
	var conflict *extract.ConflictError
	var remapped *extract.ChangedMappingError
	switch {
	case errors.As(err, &conflict):
		at := ""
		if id := conflict.Conflicts[0].Commit; !id.IsZero() {
			at = fmt.Sprintf(", at upstream commit %s", id.Short())
		}
		return &plan.Conflicted{
			Reason: fmt.Sprintf("%s of %s differs from what is mapped there%s, and nothing was changed: %v", plan.ShortRef(e.branch.ref), e.session.snapshot.Component.Name, at, conflict),
			Advice: "bring such a change to upstream and undo it on the branch; or leave the path out of the mapping with except, so that it is the branch's own",
		}
	case errors.As(err, &remapped):
		return &plan.Refusal{
			Reason: remapped.Error(),
			Advice: "to take over the difference in one commit: looprel extract --squash",
		}
	}
	return badMapping(err)
}

// badMapping makes what is wrong with the mappings a mistake of environments.yaml.
func badMapping(err error) error {
	var clash *extract.ClashError
	var root *extract.RootError
	switch {
	case errors.As(err, &clash):
		return &plan.Misuse{Reason: clash.Error(), Advice: "in environments.yaml, " + clash.Hint()}
	case errors.As(err, &root):
		return &plan.Misuse{Reason: err.Error(), Advice: "in environments.yaml, " + root.Hint()}
	}
	return err
}

// trees gives the trees of upstream and those of the branch.
func (e *Extraction) trees(ctx context.Context) extract.Trees {
	return bothTrees{ctx: ctx, upstream: e.upstream, branch: e.branch.objects}
}

// bothTrees looks into upstream, then into the branch's repository. What a partial
// clone of upstream left out is fetched.
type bothTrees struct {
	ctx      context.Context //nolint:containedctx // of the one plan that asks
	upstream *upstream
	branch   *gitrepo.Objects
}

// TreeData implements extract.Trees.
func (b bothTrees) TreeData(id object.ID) ([]byte, error) {
	data, err := b.upstream.TreeData(id)
	if !errors.Is(err, gitrepo.ErrMissing) {
		return data, err
	}
	if own, failure := b.branch.TreeData(id); failure == nil {
		return own, nil
	}
	if !b.upstream.IsPartial() {
		return nil, err
	}
	if err := b.upstream.bring(b.ctx, []object.ID{id}); err != nil {
		return nil, err
	}
	return b.upstream.TreeData(id)
}
