package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// finish looks whether the forge has all that acts owe it, and finishes what it has
// not. Of several runners the one that records first that it is at it finishes it.
func (t *ticker) finish(ctx context.Context, p *plan.TickPlan) {
	for _, owing := range t.session.Undelivered(p.Owing) {
		if err := ctx.Err(); err != nil {
			return
		}
		outcome, err := t.finishOne(ctx, owing)
		var moved *plan.Moved
		var open *apply.OpenError
		switch {
		case errors.As(err, &moved):
			continue // somebody else is at it
		case errors.As(err, &open):
			t.failures = append(t.failures, err)
			t.done = append(t.done, t.finished(owing, "", err))
		case err != nil:
			t.left = append(t.left, plan.Due{What: t.finishing(owing), Who: plan.ReleaseManager, Command: owing.Command, Reason: err.Error()})
		case outcome != "":
			t.done = append(t.done, t.finished(owing, outcome, nil))
		}
		if errors.Is(err, forge.ErrUnreachable) || errors.Is(err, forge.ErrUnauthorised) {
			return // it is the same for all
		}
	}
}

func (t *ticker) finishing(owing plan.Owing) string {
	return fmt.Sprintf("finish %s at %s", owing.What, t.session.Snapshot().Forge)
}

func (t *ticker) finished(owing plan.Owing, outcome string, err error) doneJSON {
	done := doneJSON{Act: plan.ActDeliver, Key: owing.Key, What: t.finishing(owing), Outcome: outcome}
	if err != nil {
		done.Error = err.Error()
	}
	return done
}

// finishOne says what it did, "" if there was nothing to do.
func (t *ticker) finishOne(ctx context.Context, owing plan.Owing) (outcome string, err error) {
	if owing.Environment != "" {
		return t.finishPromotion(ctx, owing)
	}
	return t.finishRelease(ctx, owing)
}

func (t *ticker) finishRelease(ctx context.Context, owing plan.Owing) (outcome string, err error) {
	to, err := t.app.outbox(t.session)
	if err != nil || to == nil {
		return "", err
	}
	makePlan := func(ctx context.Context) (*plan.TagPlan, error) {
		return observe.Tag(ctx, t.session, plan.TagRequest{Version: owing.Version}, "")
	}
	p, err := makePlan(ctx)
	if err != nil || p.Already == "" {
		return "", err
	}
	lacking, err := apply.Undelivered(ctx, p, to)
	if err == nil && lacking {
		if err = t.claim(ctx, owing); err != nil {
			return "", err
		}
		var result apply.Result
		result, err = apply.Tag(ctx, t.session, p, to, makePlan)
		outcome = fmt.Sprintf("finished %s at %s: %s", owing.What, t.session.Snapshot().Forge, strings.Join(result.Delivered, "; "))
	}
	return t.delivered(owing, outcome, err)
}

func (t *ticker) finishPromotion(ctx context.Context, owing plan.Owing) (outcome string, err error) {
	p, err := observe.Promotion(ctx, t.session, plan.PromoteRequest{Environment: owing.Environment, Version: owing.Version}, t.app.prober())
	if err != nil || p.Already == "" {
		return "", err
	}
	var outlets apply.Outlets
	if err := t.app.toForge(t.session, &outlets); err != nil {
		return "", err
	}
	lacking, err := apply.Unsettled(ctx, p, outlets)
	if err == nil && lacking {
		if err = t.claim(ctx, owing); err != nil {
			return "", err
		}
		err = apply.Settle(ctx, p, outlets)
		outcome = fmt.Sprintf("finished %s at %s: it is shown there", owing.What, t.session.Snapshot().Forge)
	}
	return t.delivered(owing, outcome, err)
}

// claim records that this runner is at it.
func (t *ticker) claim(ctx context.Context, owing plan.Owing) error {
	err := t.nextEntry()
	if err == nil {
		err = apply.Claim(ctx, t.session, owing)
	}
	return err
}

// delivered remembers that the forge has all of it.
func (t *ticker) delivered(owing plan.Owing, outcome string, err error) (string, error) {
	if err == nil {
		t.session.Delivered(owing)
	}
	return outcome, err
}
