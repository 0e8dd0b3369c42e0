package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Extract pushes the commits of the plan. Whoever runs it at the same time makes the
// same commits, so that a branch that is there already is done.
func Extract(ctx context.Context, extraction *observe.Extraction, p *plan.ExtractPlan) (Result, error) {
	if p.Already != "" {
		return Result{}, nil
	}
	pack, err := extraction.Pack(ctx, p)
	if err != nil {
		return Result{}, err
	}
	want := p.Refs[0].New
	// A push that has begun is seen to its end; how long it takes depends on the pack.
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	pushing := context.WithoutCancel(ctx)
	err = extraction.Push(pushing, p, pack)
	if errors.Is(err, gitrepo.ErrMoved) || errors.Is(err, gitrepo.ErrUnknownOutcome) {
		now, failure := extraction.Now(pushing)
		switch {
		case failure == nil && now == want:
			err = nil
		case failure == nil && now != p.Refs[0].Old:
			err = &plan.Moved{
				Reason: fmt.Sprintf("%s moved on %s meanwhile; nothing was extracted", plan.ShortRef(p.Branch), p.Remote),
				Advice: "run the same command again: it goes on from where the branch is now",
			}
		}
	}
	if err != nil {
		return Result{}, err
	}
	if err := extraction.Keep(pushing, want); err != nil {
		return Result{Notes: []string{fmt.Sprintf("it is done, but this clone could not be brought up to date: %v; git fetch does it", err)}}, nil
	}
	return Result{}, nil
}
