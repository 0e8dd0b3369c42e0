package observe

import (
	"cmp"
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// askingFor are the pull requests that ask for a line.
func askingFor(pulls []*labelled, line release.Line) []*labelled {
	return slices.DeleteFunc(slices.Clone(pulls), func(pull *labelled) bool { return !slices.Contains(pull.lines, line) })
}

// proposedOf are those of some pull requests that a line's proposal is of. The others
// wait for it.
func (b *backport) proposedOf(facts *plan.BackportFacts, choice plan.LineChoice, pending *plan.Pending, asking []*labelled) []*labelled {
	return slices.DeleteFunc(asking, func(pull *labelled) bool {
		if pending.Covers(pull.ids()) {
			return false
		}
		facts.LeftOut = append(facts.LeftOut, plan.LeftOut{
			Waits: true, Number: pull.Number, Line: choice.Line.String(), Reason: "something else is proposed for the line, by " + plan.ShortRef(pending.Head),
			Advice: "have that merged first; then looprel backport --labelled",
		})
		return true
	})
}

// proposals are those of a line that concern what is asked for there.
type proposals struct {
	// release is the line's release that is proposed, bringing the proposal of some of
	// the fixes without a release; nil without.
	release, bringing *plan.Pending
	picks             []*plan.Pending
}

// proposalsFor finds them, and leaves out the pull requests that wait for one.
func (b *backport) proposalsFor(ctx context.Context, facts *plan.BackportFacts, choice plan.LineChoice, asking []*labelled) (found proposals, left []*labelled, err error) {
	if found.release, err = b.pendingRelease(ctx, choice.Ref); err != nil {
		return found, nil, err
	}
	if found.picks, err = b.pendingPicks(ctx, choice.Ref); err != nil {
		return found, nil, err
	}
	if found.release != nil && (!found.release.Over() || !b.request.Again) {
		return found, b.proposedOf(facts, choice, found.release, asking), nil
	}
	for _, one := range found.picks {
		concerns := slices.ContainsFunc(asking, func(pull *labelled) bool { return one.Covers(pull.ids()) })
		if concerns && !one.Over() && (one.Arrived.IsZero() || b.request.NoRelease) {
			found.bringing = one
			return found, b.proposedOf(facts, choice, one, asking), nil
		}
	}
	return found, asking, nil
}

// labelledLine puts on one line what is asked for there, in the order of history, pull
// request by pull request; or goes on with what is proposed. It is nil where all of it
// waits.
func (b *backport) labelledLine(ctx context.Context, facts *plan.BackportFacts, choice plan.LineChoice, asking []*labelled) (*plan.LineFacts, error) {
	pending, asking, err := b.proposalsFor(ctx, facts, choice, asking)
	if err != nil || len(asking) == 0 {
		return nil, err
	}
	line := &plan.LineFacts{Choice: choice, Proposed: pending.bringing}
	own := &backport{Session: b.Session, request: b.request, wanted: b.wanted, trunk: b.trunk, head: b.head}
	for _, pull := range asking {
		b.take(pull.Pull, pull.chosen)
		if own.sources, err = own.withSources(own.sources, pull.chosen); err != nil {
			return nil, err
		}
	}
	if err := own.sort(ctx, []plan.LineChoice{choice}); err != nil {
		return nil, err
	}
	goesOn := pending.release != nil && own.isProposed(pending.release)
	if !goesOn && pending.bringing == nil {
		return line, b.pickLabelled(ctx, facts, own, line, pending, asking)
	}
	for _, pull := range asking {
		line.Pulls = append(line.Pulls, pull.Number)
	}
	b.remember(own.sources)
	if goesOn {
		return line, own.proposed(ctx, line, pending.release)
	}
	line.Branch, err = own.branch(ctx, choice.BranchChoice, "")
	return line, err
}

// pickLabelled picks what pull requests brought, each as a whole or not at all.
func (b *backport) pickLabelled(ctx context.Context, facts *plan.BackportFacts, own *backport, line *plan.LineFacts, pending proposals, asking []*labelled) error {
	choice := line.Choice
	chain, missing, err := own.chainOnto(ctx, line)
	if err != nil {
		return err
	}
	own.inOrder(asking)
	var asked []object.ID
	for _, pull := range asking {
		trial := chain.copy()
		conflict, err := own.addAll(ctx, choice, trial, pull.among(missing))
		if err != nil {
			return err
		}
		if conflict != nil {
			facts.LeftOut = append(facts.LeftOut, plan.LeftOut{Number: pull.Number, Line: choice.Line.String(), Conflict: conflict})
			continue
		}
		chain = trial
		line.Pulls = append(line.Pulls, pull.Number)
		asked = append(asked, pull.ids()...)
		b.remember(pull.among(own.sources))
	}
	own.addPresent(line, chain)
	if line.Branch, err = own.picked(ctx, choice, chain); err != nil {
		return err
	}
	line.Branch.Pending, line.Branch.Asked, line.Branch.Ended = pending.release, asked, ended(pending.picks)
	if b.request.ViaPull {
		err = own.origins(ctx, line.Branch)
	}
	return err
}

// remember adds sources of a line to those of the plan, each once.
func (b *backport) remember(sources []source) {
	for _, one := range sources {
		if !slices.ContainsFunc(b.sources, func(known source) bool { return known.id == one.id }) {
			b.sources = append(b.sources, one)
		}
	}
}

// inOrder puts pull requests in the order of their first commits.
func (b *backport) inOrder(pulls []*labelled) {
	place := func(pull *labelled) int {
		return slices.IndexFunc(b.sources, func(one source) bool { return one.id == pull.chosen[0].id })
	}
	slices.SortStableFunc(pulls, func(x, y *labelled) int { return cmp.Compare(place(x), place(y)) })
}

// ids are those of the commits that the pull request brought.
func (l *labelled) ids() []object.ID {
	ids := make([]object.ID, len(l.chosen))
	for i, one := range l.chosen {
		ids[i] = one.id
	}
	return ids
}

// among are those of some commits that the pull request brought.
func (l *labelled) among(sources []source) []source {
	return slices.DeleteFunc(slices.Clone(sources), func(one source) bool {
		return !slices.ContainsFunc(l.chosen, func(commit chosen) bool { return commit.id == one.id })
	})
}
