package apply

import (
	"context"
	"fmt"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// asking is the issue that asks for a promotion's deployment.
type asking struct {
	to    Requests // nil: there is none
	owed  *plan.OwedIssue
	issue forge.Issue
	// known: the issue has been looked for; there says whether it is open.
	known, there bool
	open         []OpenItem
}

func newAsking(to Requests, p *plan.PromotionPlan) *asking {
	if p.Asked == nil {
		to = nil
	}
	return &asking{to: to, owed: p.Asked}
}

func (a *asking) find(ctx context.Context) error {
	if a.known {
		return nil
	}
	found, ok, err := a.to.FindIssue(ctx, a.owed.Key, a.owed.Since)
	if err == nil {
		a.issue, a.there, a.known = found, ok && found.Open, true
	}
	return err
}

// file makes sure that the issue is there, and open: one that was closed asked for a
// deployment that has been, or has been given up.
func (a *asking) file(ctx context.Context) error {
	err := a.find(ctx)
	if err == nil && !a.there {
		a.issue, err = a.to.FileIssue(ctx, a.owed.Want)
		a.there = err == nil
	}
	return err
}

// close closes the issue, if it is open, with what was seen.
func (a *asking) close(ctx context.Context, evidence []string, down error) {
	if a.to == nil {
		return
	}
	err := down
	if err == nil {
		err = a.find(ctx)
	}
	if err == nil && a.there {
		done := a.issue
		done.Body = a.owed.Done(done.Body, evidence)
		err = a.to.CloseIssue(ctx, done)
	}
	if err != nil {
		a.open = []OpenItem{{What: "closing the issue " + a.owed.Want.Title, Why: err}}
	}
}

// askFor files the request of a promotion whose way that is.
func (p *promotion) askFor(ctx context.Context) *ledger.Finished {
	if p.asked.to == nil {
		return &ledger.Finished{Outcome: ledger.Failed, Detail: "there is nowhere to file the request"}
	}
	p.progress("filing " + p.plan.Request.Summary)
	defer p.progress("")
	if err := p.asked.file(ctx); err != nil {
		if ctx.Err() != nil {
			return &ledger.Finished{Outcome: ledger.Unknown, Detail: "interrupted while the request was filed"}
		}
		return &ledger.Finished{Outcome: ledger.Failed, Failure: ledger.CommandFailed, Detail: fmt.Sprintf("the request could not be filed: %v", err)}
	}
	if p.outlets.Remark != nil {
		p.outlets.Remark(fmt.Sprintf("asked for it by %s; waiting until it is there (an interrupt leaves the request open, and the same command goes on)", p.asked.issue.Page))
	}
	return nil
}
