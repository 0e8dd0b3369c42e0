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
		var ids []object.ID
		for _, one := range pull.chosen {
			ids = append(ids, one.id)
		}
		if pending.Covers(ids) {
			return false
		}
		facts.LeftOut = append(facts.LeftOut, plan.LeftOut{
			Waits: true, Number: pull.Number, Line: choice.Line.String(), Reason: "another release of the line is proposed, by " + plan.ShortRef(pending.Head),
			Advice: "have that merged and released first; then looprel backport --labelled",
		})
		return true
	})
}

// labelledLine puts on one line what is asked for there, in the order of history, pull
// request by pull request; or goes on with what is proposed.
func (b *backport) labelledLine(ctx context.Context, facts *plan.BackportFacts, choice plan.LineChoice, pending *plan.Pending, asking []*labelled) (*plan.LineFacts, error) {
	line := &plan.LineFacts{Choice: choice}
	own := &backport{Session: b.Session, request: b.request, wanted: b.wanted, trunk: b.trunk, head: b.head}
	var err error
	for _, pull := range asking {
		b.take(pull.Pull, pull.chosen)
		if own.sources, err = own.withSources(own.sources, pull.chosen); err != nil {
			return nil, err
		}
	}
	if err := own.sort(ctx, []plan.LineChoice{choice}); err != nil {
		return nil, err
	}
	if pending != nil && own.isProposed(pending) {
		for _, pull := range asking {
			line.Pulls = append(line.Pulls, pull.Number)
		}
		b.remember(own.sources)
		return line, own.proposed(ctx, line, pending)
	}
	chain, missing, err := own.chainOnto(ctx, line)
	if err != nil {
		return nil, err
	}
	own.inOrder(asking)
	var asked []object.ID
	for _, pull := range asking {
		trial := chain.copy()
		conflict, err := own.addAll(ctx, choice, trial, pull.among(missing))
		if err != nil {
			return nil, err
		}
		if conflict != nil {
			facts.LeftOut = append(facts.LeftOut, plan.LeftOut{Number: pull.Number, Line: choice.Line.String(), Conflict: conflict})
			continue
		}
		chain = trial
		line.Pulls = append(line.Pulls, pull.Number)
		for _, one := range pull.among(own.sources) {
			asked = append(asked, one.id)
		}
		b.remember(pull.among(own.sources))
	}
	line.Present = append(line.Present, chain.empty...)
	if line.Branch, err = own.picked(ctx, choice, chain); err != nil {
		return nil, err
	}
	line.Branch.Pending, line.Branch.Asked = pending, asked
	if b.request.ViaPull {
		err = own.origins(ctx, line.Branch)
	}
	return line, err
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

// among are those of some commits that the pull request brought.
func (l *labelled) among(sources []source) []source {
	return slices.DeleteFunc(slices.Clone(sources), func(one source) bool {
		return !slices.ContainsFunc(l.chosen, func(commit chosen) bool { return commit.id == one.id })
	})
}
