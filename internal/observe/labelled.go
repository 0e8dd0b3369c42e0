package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// labelled is a merged pull request, and the lines that its labels ask for.
type labelled struct {
	forge.Pull
	lines []release.Line
	// chosen are its commits.
	chosen []chosen
}

// Labelled observes the backports that merged pull requests ask for by their labels, and
// plans all of them: those of a line in one release. One that does not apply, or cannot
// be taken for another reason, is left out, and holds nothing else back.
func Labelled(ctx context.Context, s *Session, request plan.BackportRequest, wanted Wanted) (*plan.BackportPlan, error) {
	request.Labelled = true
	s.askTagger(ctx)
	b := &backport{Session: s, request: request, wanted: wanted}
	if b.wayToForge == nil {
		return nil, b.noForge("--labelled")
	}
	pulls, err := b.askedByLabel(ctx)
	if err != nil {
		return nil, err
	}
	facts := &plan.BackportFacts{}
	choices, err := b.linesAsked(facts, pulls)
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx, choices); err != nil {
		return nil, err
	}
	if pulls, err = b.chooseCommits(ctx, facts, pulls); err != nil {
		return nil, err
	}
	for _, choice := range choices {
		line, err := b.labelledLine(ctx, facts, choice, askingFor(pulls, *choice.Line))
		if err != nil {
			return nil, err
		}
		if line != nil {
			facts.Lines = append(facts.Lines, line)
		}
	}
	return b.plan(ctx, facts)
}

// cureOfLabel is what to do about a pull request that the train's branch lacks.
const cureOfLabel = "take its label off; or name its commits: looprel backport BASE COMMIT --not-on-branch --reason TEXT"

// askedByLabel finds the pull requests, the one with the lowest number first.
func (b *backport) askedByLabel(ctx context.Context) ([]*labelled, error) {
	b.progress("asking " + b.snapshot.Forge)
	defer b.progress("")
	backports := b.snapshot.Train.GitHub.Backports
	only, err := b.onlyLines()
	if err != nil {
		return nil, err
	}
	labels, err := b.wayToForge.Labels(ctx)
	if err != nil {
		return nil, err
	}
	lines := map[int][]release.Line{}
	for _, label := range labels {
		line, ok := backports.LineOf(label)
		if !ok || len(only) > 0 && !slices.Contains(only, line) {
			continue
		}
		numbers, err := b.wayToForge.MergedWith(ctx, label)
		if err != nil {
			return nil, err
		}
		for _, number := range numbers {
			lines[number] = append(lines[number], line)
		}
	}
	var pulls []*labelled
	for number, asked := range lines {
		pull, err := b.wayToForge.Pull(ctx, number)
		if err != nil {
			return nil, err
		}
		pulls = append(pulls, &labelled{Pull: pull, lines: asked})
	}
	slices.SortFunc(pulls, func(x, y *labelled) int { return cmp.Compare(x.Number, y.Number) })
	return pulls, nil
}

// onlyLines are the lines that the command is narrowed to, none: all.
func (b *backport) onlyLines() ([]release.Line, error) {
	choices, err := plan.SelectLines(b.snapshot, b.request)
	var lines []release.Line
	for _, choice := range choices {
		lines = append(lines, *choice.Line)
	}
	return lines, err
}

// linesAsked finds the lines that are asked for, the highest first. Pull requests that
// ask for one that is not there are left out.
func (b *backport) linesAsked(facts *plan.BackportFacts, pulls []*labelled) ([]plan.LineChoice, error) {
	var lines []release.Line
	for _, pull := range pulls {
		for _, line := range pull.lines {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	slices.SortFunc(lines, func(x, y release.Line) int { return y.Compare(x) })
	var choices []plan.LineChoice
	for _, line := range lines {
		request := b.request
		request.Bases = []string{line.String()}
		found, err := plan.SelectLines(b.snapshot, request)
		left, concerns := leftOutFor(err)
		switch {
		case err == nil:
			choices = append(choices, found...)
		case !concerns:
			return nil, err
		default:
			for _, pull := range pulls {
				if slices.Contains(pull.lines, line) {
					left.Number, left.Line = pull.Number, line.String()
					facts.LeftOut = append(facts.LeftOut, left)
				}
			}
		}
	}
	return choices, nil
}

// leftOutFor says why something is left out; concerns is false for a failure, which is
// one of all.
func leftOutFor(err error) (left plan.LeftOut, concerns bool) {
	if refusal, ok := errors.AsType[*plan.Refusal](err); ok {
		return plan.LeftOut{Reason: refusal.Reason, Advice: refusal.Advice}, true
	}
	if misuse, ok := errors.AsType[*plan.Misuse](err); ok {
		return plan.LeftOut{Reason: misuse.Reason, Advice: misuse.Advice}, true
	}
	return plan.LeftOut{}, false
}

// chooseCommits finds what the pull requests brought. One that cannot be taken is left
// out of all its lines.
func (b *backport) chooseCommits(ctx context.Context, facts *plan.BackportFacts, pulls []*labelled) (taken []*labelled, err error) {
	for _, pull := range pulls {
		err := b.chooseCommitsOf(ctx, pull)
		left, concerns := leftOutFor(err)
		switch {
		case err == nil:
			taken = append(taken, pull)
		case !concerns:
			return nil, err
		default:
			for _, line := range pull.lines {
				left.Number, left.Line = pull.Number, line.String()
				facts.LeftOut = append(facts.LeftOut, left)
			}
		}
	}
	return taken, nil
}

func (b *backport) chooseCommitsOf(ctx context.Context, pull *labelled) (err error) {
	trunk := plan.ShortRef(b.trunk)
	if pull.Base != trunk {
		return &plan.Refusal{Reason: fmt.Sprintf("it was merged into %s, not into %s", pull.Base, trunk), Advice: cureOfLabel}
	}
	if pull.chosen, err = b.landed(ctx, pull.Pull); err != nil {
		return err
	}
	sources, err := b.withSources(nil, pull.chosen)
	if err != nil {
		return err
	}
	for _, one := range sources {
		on, err := b.onTrunk(ctx, one)
		if err != nil {
			return err
		}
		if !on {
			return &plan.Refusal{Reason: fmt.Sprintf("its commit %s is not on %s any more", one.id.Short(), trunk), Advice: cureOfLabel}
		}
	}
	return nil
}
