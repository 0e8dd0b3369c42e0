package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
)

// SetRemake makes the plan of a set's promotion anew, and that of a member's part.
type SetRemake struct {
	Set  func(context.Context) (*plan.SetPromotionPlan, error)
	Part func(ctx context.Context, member *observe.Session, part *plan.PromotionPlan) (*plan.PromotionPlan, error)
}

// PartFinished is how a member's part ended.
type PartFinished struct {
	Component string `json:"component"`
	ledger.Finished
}

// SetFailedError is a promotion of a set of which a member did not succeed.
type SetFailedError struct {
	Title, Environment string
	// Component is the member that failed, Done those that were deployed before it.
	Component string
	Done      []string
	Finished  ledger.Finished
	Cause     error
	wayBack

	attempt string
	set     string
	command string
}

func (e *SetFailedError) Error() string {
	text := fmt.Sprintf("%s on %s: %s failed: %v", e.Title, e.Environment, e.Component, e.Cause)
	for i, done := range e.Done {
		if i == 0 {
			text += "; deployed before it"
		}
		text += ", " + done
	}
	return text + e.told()
}

// Unwrap gives the cause.
func (e *SetFailedError) Unwrap() error { return e.Cause }

// Attempt is the attempt that failed, and what it wanted to bring.
func (e *SetFailedError) Attempt() plan.FailedAttempt {
	return plan.FailedAttempt{Attempt: e.attempt, Deployment: ledger.Deployment{Environment: e.Environment, Version: e.set}}
}

// RollsBack reports whether what was promoted is known not to run well, and what ran
// before is to be brought back without asking.
func (e *SetFailedError) RollsBack() bool { return e.automatic && e.Finished.Failure != "" }

// Hint says what tries again, and what goes back.
func (e *SetFailedError) Hint() string {
	return e.hint(e.command+" goes on where it stopped", "the set", e.set)
}

// PromoteSet brings a set to its environment: the start of the attempt is recorded, which
// holds others off; then each member is promoted, in the plan's order, but for those that
// run already; then the outcome of the set is recorded. At the first member that does not
// succeed it ends.
func PromoteSet(ctx context.Context, members *observe.Members, p *plan.SetPromotionPlan, outlets func(*observe.Session, *plan.PromotionPlan) (Outlets, error), remake SetRemake) ([]PartFinished, error) {
	own, err := outlets(members.Whole(), p.Head)
	if err != nil {
		return nil, err
	}
	whole := newPromotion(members.Whole(), p.Head, own)
	lock, err := whole.lock()
	if err != nil {
		return nil, err
	}
	err = whole.start(ctx, func(ctx context.Context) (*plan.PromotionPlan, error) {
		if err := members.Refresh(ctx); err != nil {
			return nil, err
		}
		later, err := remake.Set(ctx)
		if err != nil {
			return nil, err
		}
		if err := later.Refused(); err != nil {
			return nil, err
		}
		later.Head.Already = later.Already
		p.Gates, p.Members = later.Gates, later.Members
		return later.Head, nil
	})
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	parts := setParts{members: members, plan: p, outlets: outlets}
	parts.bring = func(ctx context.Context, member *observe.Session, part *plan.PromotionPlan, outlets Outlets) (ledger.Finished, error) {
		return promoteLocked(ctx, newPromotion(member, part, outlets), func(ctx context.Context) (*plan.PromotionPlan, error) {
			return remake.Part(ctx, member, part)
		})
	}
	ended, failed := parts.run(ctx)
	if err := whole.finish(ctx, ended); err != nil {
		return parts.done, errors.Join(failed, err, lock.Release())
	}
	return parts.done, errors.Join(failed, lock.Release())
}

// setParts are the members' parts of a promotion.
type setParts struct {
	members *observe.Members
	plan    *plan.SetPromotionPlan
	outlets func(*observe.Session, *plan.PromotionPlan) (Outlets, error)
	// bring brings a member to the environment, and keeps what became of it.
	bring func(context.Context, *observe.Session, *plan.PromotionPlan, Outlets) (ledger.Finished, error)
	done  []PartFinished
	open  []error
}

// run promotes the members one after the other, and says how that ended for the set.
func (s *setParts) run(ctx context.Context) (ledger.Finished, error) {
	ended := ledger.Finished{Outcome: ledger.Verified}
	for _, part := range s.plan.Members {
		if part.Already != "" {
			ended.Evidence = append(ended.Evidence, part.Already)
			continue
		}
		finished, err := s.promote(ctx, part)
		var open *OpenError
		if errors.As(err, &open) {
			s.open = append(s.open, err)
			err = nil
		}
		if finished.Outcome != "" {
			s.done = append(s.done, PartFinished{Component: part.Component, Finished: finished})
		}
		if err != nil {
			return s.failed(part, finished, err)
		}
		if finished.Outcome == ledger.Unverified {
			ended.Outcome = ledger.Unverified
		}
		ended.Evidence = append(ended.Evidence, fmt.Sprintf("%s %s: %s (%s)", part.Component, part.Version, finished.Outcome, finished.Detail))
	}
	ended.Detail = fmt.Sprintf("all of %s", s.plan.Title)
	return ended, errors.Join(s.open...)
}

func (s *setParts) promote(ctx context.Context, part *plan.PromotionPlan) (ledger.Finished, error) {
	if err := ctx.Err(); err != nil {
		return ledger.Finished{}, err
	}
	member := s.members.Of(part.Component)
	outlets, err := s.outlets(member, part)
	if err != nil {
		return ledger.Finished{}, err
	}
	return s.bring(ctx, member, part, outlets)
}

// failed is the end of the set's promotion by that of a member.
func (s *setParts) failed(part *plan.PromotionPlan, finished ledger.Finished, cause error) (ledger.Finished, error) {
	ended := ledger.Finished{Outcome: finished.Outcome, Failure: finished.Failure, Detail: fmt.Sprintf("%s %s: %s", part.Component, part.Version, finished.Detail)}
	if ended.Outcome == "" || ended.Outcome.Reached() {
		// It was not deployed, or that could not be recorded: what runs is for the next run
		// to find out.
		ended.Outcome, ended.Failure, ended.Detail = ledger.Unknown, "", fmt.Sprintf("%s %s: %v", part.Component, part.Version, cause)
	}
	err := &SetFailedError{
		Title: s.plan.Title, Environment: s.plan.Environment, Component: part.Component, Finished: ended, Cause: cause,
		attempt: s.plan.Head.Attempt(), set: s.plan.Set, command: s.plan.Head.Command(),
		wayBack: wayBack{fallback: s.plan.Fallback(), automatic: s.plan.RollsBackOnFailure()},
	}
	for _, done := range s.done {
		if done.Outcome.Reached() {
			err.Done = append(err.Done, fmt.Sprintf("%s %s", done.Component, done.Version))
		}
	}
	return ended, err
}

// RecordSet appends the entries of a set that was deployed elsewhere. recheck makes the
// plan anew.
func RecordSet(ctx context.Context, members *observe.Members, p *plan.SetPromotionPlan, recheck func(context.Context) (*plan.SetPromotionPlan, error)) error {
	sign, err := signer(members.Home(), members.Home().Snapshot().Sign.Ledger)
	if err != nil {
		return err
	}
	point := commitPoint{session: members.Home(), entries: p.Entries, sign: sign}
	point.recheck = func(ctx context.Context) error {
		if err := members.Refresh(ctx); err != nil {
			return err
		}
		later, err := recheck(ctx)
		if err == nil && later.Already != "" {
			err = &plan.Moved{Reason: "somebody recorded it first: " + later.Already, Advice: "see: looprel log"}
		}
		if err == nil {
			point.entries = later.Entries
		}
		return err
	}
	return point.push(ctx)
}
