package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Pulls is where pull requests are opened. Branches are short names.
type Pulls interface {
	// PullsFrom are the pull requests, open or not, of one branch for another.
	PullsFrom(ctx context.Context, head, base string) ([]forge.Pull, error)
	OpenPull(ctx context.Context, pull forge.Pull) (forge.Pull, error)
	ChangeBody(ctx context.Context, number int, body string) error
	AddLabels(ctx context.Context, number int, labels []string) error
	// AskForReview asks all of them, or fails.
	AskForReview(ctx context.Context, number int, logins []string) error
}

// pulling is a pull request that is owed: known says whether it has been looked for with
// success, and there whether it is there.
type pulling struct {
	found        forge.Pull
	known, there bool
}

func (d *delivery) findPull(ctx context.Context) error {
	owed := d.outbox.Pull
	list, err := d.to.PullsFrom(ctx, owed.Want.Head, owed.Want.Base)
	if err == nil {
		d.pull.known = true
		d.pull.found, d.pull.there = plan.ChoosePull(list, owed.Key)
	}
	return err
}

// openPull makes sure that the pull request is there, with its labels and reviewers. It
// is opened with a mark that goes once it has them, so that what people change of them
// later is left alone.
func (d *delivery) openPull(ctx context.Context) {
	owed := d.outbox.Pull
	if owed == nil {
		return
	}
	what := "the pull request " + owed.Want.Title
	if !d.pull.known && !d.try(what, func() error { return d.findPull(ctx) }) {
		return
	}
	if !d.pull.there {
		want := owed.Want
		want.Body = owed.First()
		if !d.try(what, func() error { return d.openNew(ctx, want) }) {
			return
		}
	}
	d.proposal().Found(d.pull.found)
	if d.pull.found.State == forge.PullOpen && !owed.IsComplete(d.pull.found) {
		d.try("labels and reviewers of "+what, func() error { return d.completePull(ctx) })
	}
	if owed.Awaited {
		d.open = append(d.open, OpenItem{What: fmt.Sprintf("pull request #%d (%s)", d.pull.found.Number, d.pull.found.Page), Why: &awaited{d.pull.found.State}})
	}
}

// openNew opens a pull request. Where somebody was faster, theirs is the one.
func (d *delivery) openNew(ctx context.Context, want forge.Pull) error {
	made, err := d.to.OpenPull(ctx, want)
	switch {
	case err == nil:
		d.pull.found = made
		d.done = append(d.done, fmt.Sprintf("opened pull request #%d: %s", made.Number, made.Page))
	case errors.Is(err, forge.ErrRejected):
		if again := d.findPull(ctx); again == nil && d.pull.there {
			return nil
		}
	}
	return err
}

// proposal is what the pull request is of; nil for one of an earlier run that nothing
// waits for.
func (d *delivery) proposal() *plan.Proposal {
	switch {
	case d.line != nil:
		return d.line.Proposal
	case d.plan.Awaits():
		return d.plan.Proposal
	}
	return d.plan.Development
}

// completePull gives the pull request its labels and reviewers. Who may not be asked is
// passed over.
func (d *delivery) completePull(ctx context.Context) error {
	owed, number := d.outbox.Pull, d.pull.found.Number
	if len(owed.Want.Labels) > 0 {
		if err := d.to.AddLabels(ctx, number, owed.Want.Labels); err != nil {
			return err
		}
	}
	reviewers := slices.DeleteFunc(slices.Clone(owed.Want.Reviewers), func(login string) bool { return login == d.pull.found.Author })
	if len(reviewers) > 0 {
		if err := d.askForReview(ctx, number, reviewers); err != nil {
			return err
		}
	}
	return d.to.ChangeBody(ctx, number, owed.Completed(d.pull.found.Body))
}

// askForReview asks all at once or, where one of them may not be asked, one by one.
func (d *delivery) askForReview(ctx context.Context, number int, logins []string) error {
	err := d.to.AskForReview(ctx, number, logins)
	if !errors.Is(err, forge.ErrRejected) {
		return err
	}
	var passedOver []string
	for _, login := range logins {
		if len(logins) > 1 {
			err = d.to.AskForReview(ctx, number, []string{login})
		}
		switch {
		case errors.Is(err, forge.ErrRejected):
			passedOver = append(passedOver, login)
		case err != nil:
			return err
		}
	}
	if len(passedOver) > 0 {
		d.done = append(d.done, fmt.Sprintf("did not ask %s for a review: they may not be asked", strings.Join(passedOver, ", ")))
	}
	return nil
}

// awaited is why something is left open that waits for a pull request.
type awaited struct{ state forge.PullState }

func (a *awaited) Error() string {
	switch a.state {
	case forge.PullMerged:
		return "it has been merged just now"
	case forge.PullClosed:
		return "it was closed just now, and not merged"
	case forge.PullOpen:
	}
	return "it waits to be merged"
}

// Hint says what to do.
func (a *awaited) Hint() string {
	if a.state == forge.PullOpen {
		return "have it merged, in whatever way"
	}
	return ""
}

// openPicks is openOf for a line that releases nothing.
func openPicks(line *plan.LinePlan, items []OpenItem) error {
	if len(items) == 0 {
		return nil
	}
	return &OpenError{Done: fmt.Sprintf("%q is proposed for %s", line.Proposal.Title, plan.ShortRef(line.Branch)), Items: items, Command: line.Outbox.Pull.Command}
}

// proposedMeanwhile says who proposed the release of a plan first, nil if nobody did.
func proposedMeanwhile(s *plan.Snapshot, p *plan.TagPlan) error {
	if p.Proposal == nil {
		return nil
	}
	open, err := s.Ledger.Proposals(p.Component)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(open, func(one ledger.Proposal) bool { return one.Purpose == ledger.ForRelease && one.Base == p.Proposal.Base })
	if at < 0 {
		return nil
	}
	return &plan.Moved{
		Reason: fmt.Sprintf("%s proposed %s %s first; yours was not", open[at].By.Name, p.Component, open[at].Version),
		Advice: "run the same command again: it goes on with that",
	}
}
