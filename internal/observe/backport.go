package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Wanted are the commits of a backport, as the operator named them, and how they
// are to be picked.
type Wanted struct {
	// Commits are ids, short or full, names of tags or branches, and ranges "a..b".
	Commits []string
	// Mainline is the parent that merge commits are picked against, counted from 1;
	// 0: merge commits are refused.
	Mainline int
	SignOff  bool
	// Prerequisites takes along what a commit needs, where that makes it apply.
	Prerequisites bool
	// Resolved are commits whose conflicts a person has resolved.
	Resolved map[object.ID]Resolution
}

// source is a commit to be picked.
type source struct {
	id     object.ID
	commit object.Commit
	change pick.Change
	// mainline is the parent, counted from 1, that the change of a merge is seen against;
	// 0 for what is no merge.
	mainline int
}

// Backport observes what a backport needs and plans it.
func Backport(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*plan.BackportPlan, error) {
	b, choices, err := beginBackport(ctx, s, request, wanted)
	if err != nil {
		return nil, err
	}
	s.askTagger(ctx)
	facts := &plan.BackportFacts{}
	for _, choice := range choices {
		line, err := b.line(ctx, choice)
		if err != nil {
			return nil, err
		}
		facts.Lines = append(facts.Lines, line)
	}
	return b.plan(ctx, facts)
}

// plan makes the plan of what was found of the lines.
func (b *backport) plan(ctx context.Context, facts *plan.BackportFacts) (p *plan.BackportPlan, err error) {
	if facts.Asked, err = b.asked(ctx, facts.Lines); err != nil {
		return nil, err
	}
	if facts.Lacking, err = b.lacking(ctx); err != nil {
		return nil, err
	}
	if err = b.readComments(ctx); err != nil {
		return nil, err
	}
	facts.Pulls = b.pulls
	if p, err = plan.MakeBackport(b.snapshot, facts, b.request); err != nil {
		return nil, err
	}
	for _, line := range p.Lines {
		if err := b.oweLine(ctx, line); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// backport is the observation of one.
type backport struct {
	*Session
	request plan.BackportRequest
	wanted  Wanted
	// trunk is the full name of the train's branch, and head where it is.
	trunk   string
	head    object.ID
	sources []source
	// pulls are the pull requests that were named.
	pulls []plan.PullFacts
}

// beginBackport finds the lines and the commits.
func beginBackport(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*backport, []plan.LineChoice, error) {
	choices, err := plan.SelectLines(s.snapshot, request)
	if err == nil {
		err = s.wantPulls(request.ViaPull)
	}
	if err != nil {
		return nil, nil, err
	}
	b := &backport{Session: s, request: request, wanted: wanted}
	return b, choices, b.prepare(ctx, choices)
}

// prepare brings in what is going to be read, and finds the commits.
func (b *backport) prepare(ctx context.Context, choices []plan.LineChoice) error {
	var err error
	if b.trunk, err = b.snapshot.TrainBranch(); err != nil {
		return err
	}
	if b.head, err = b.headOf(ctx, b.trunk); err != nil {
		return err
	}
	for _, choice := range choices {
		if err := b.checkAhead(ctx, choice); err != nil {
			return err
		}
		if choice.New {
			err = b.fetchTagged(ctx, plan.Base{Tag: choice.CutFrom, Commit: choice.Head})
		} else {
			err = b.fetchCommit(ctx, choice.Ref, choice.Head)
		}
		if err != nil {
			return err
		}
	}
	if b.sources, err = b.find(ctx); err != nil {
		return err
	}
	// As a rule, all that is read from here on is in the clone.
	b.remote.Rest()
	return b.sort(ctx, choices)
}

// checkAhead refuses a line whose branch here has commits that the remote lacks:
// the operator thinks of them as part of the line.
func (b *backport) checkAhead(ctx context.Context, choice plan.LineChoice) error {
	here, err := b.repository.Ref(choice.Ref)
	if errors.Is(err, gitrepo.ErrNotFound) || err == nil && here == choice.Head {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.fetchCommit(ctx, choice.Ref, choice.Head); err != nil {
		return err
	}
	ahead, err := b.repository.Range(ctx, []object.ID{here}, []object.ID{choice.Head}, gitrepo.RangeOptions{Limit: maxAhead})
	if err != nil && !errors.Is(err, gitrepo.ErrShallow) || len(ahead) == 0 {
		return err
	}
	name := plan.ShortRef(choice.Ref)
	return &plan.Refusal{
		Reason: fmt.Sprintf("branch %s here has commits that %s lacks, %s %q among them", name, b.remoteName(), ahead[0].ID.Short(), ahead[0].Subject()),
		Advice: fmt.Sprintf("git push %s %s:%s; or, if they are not meant to be there: git branch --force %s %s",
			b.remoteName(), choice.Ref, choice.Ref, name, choice.Head.Short()),
	}
}

// maxAhead bounds the commits that are looked for on a local branch alone.
const maxAhead = 20

// line puts the commits on one line, as far as it lacks them, and as far as nothing
// brings them already.
func (b *backport) line(ctx context.Context, choice plan.LineChoice) (*plan.LineFacts, error) {
	facts := &plan.LineFacts{Choice: choice}
	for _, pull := range b.pulls {
		facts.Pulls = append(facts.Pulls, pull.Number)
	}
	pending, err := b.pendingOf(ctx, choice)
	if err != nil {
		return nil, err
	}
	done, err := b.goOn(ctx, facts, pending)
	if err != nil || done {
		return facts, err
	}
	if err := b.pickOnto(ctx, facts); err != nil || facts.Branch == nil {
		return facts, err
	}
	facts.Branch.Pending, facts.Branch.Asked, facts.Branch.Ended = pending.release, b.ids(), ended(pending.picks)
	if b.request.ViaPull {
		err = b.origins(ctx, facts.Branch)
	}
	return facts, err
}

// pickOnto picks onto a line what it lacks.
func (b *backport) pickOnto(ctx context.Context, facts *plan.LineFacts) error {
	chain, missing, err := b.chainOnto(ctx, facts)
	if err != nil {
		return err
	}
	if facts.Conflict, err = b.addAll(ctx, facts.Choice, chain, missing); err != nil || facts.Conflict != nil {
		return err
	}
	b.addPresent(facts, chain)
	facts.Branch, err = b.picked(ctx, facts.Choice, chain)
	return err
}

// addPresent adds those of a chain's commits that made no difference to what the line
// has already, in the order of history.
func (b *backport) addPresent(facts *plan.LineFacts, chain *chain) {
	facts.Present = append(facts.Present, chain.empty...)
	place := func(one plan.Present) int {
		return slices.IndexFunc(b.sources, func(source source) bool { return source.id == one.ID })
	}
	slices.SortStableFunc(facts.Present, func(x, y plan.Present) int { return cmp.Compare(place(x), place(y)) })
}

// addAll adds commits to a line's chain, with what they need where that is to be taken
// along. The chain of a conflict is of no use.
func (b *backport) addAll(ctx context.Context, choice plan.LineChoice, chain *chain, missing []source) (*plan.PickConflict, error) {
	for {
		at, outcome, err := chain.addUntilStuck(missing)
		if err != nil || outcome == nil {
			return nil, err
		}
		conflict, err := b.explain(ctx, choice, chain, missing[at], outcome)
		if err != nil || !b.wanted.Prerequisites || !conflict.Resolved {
			return conflict, err
		}
		missing = missing[at+1:]
	}
}

// chainOnto begins a chain on a line, and gives the commits that are to be picked:
// those that the line has already are noted in the facts.
func (b *backport) chainOnto(ctx context.Context, facts *plan.LineFacts) (*chain, []source, error) {
	choice, sources := facts.Choice, slices.Clone(b.sources)
	b.work.begin(ctx, func(ctx context.Context) error { return b.rehearsePicks(ctx, choice, sources) })
	missing, err := b.presentOn(ctx, facts.Choice, facts)
	if err != nil {
		return nil, nil, err
	}
	tip, err := b.repository.Commit(facts.Choice.Head)
	if err != nil {
		return nil, nil, err
	}
	chain := newChain(ctx, b, tip.Tree)
	if len(missing) > 0 {
		missing = chain.askAgain(facts, missing)
	}
	return chain, missing, nil
}
