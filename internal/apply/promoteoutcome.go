package apply

import (
	"context"
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/probe"
)

// outcome is what a look means for the ledger.
func outcome(seen probe.Outcome) ledger.Outcome {
	switch seen {
	case probe.Verified:
		return ledger.Verified
	case probe.NotVerifiable:
		return ledger.Unverified
	case probe.Interrupted:
		return ledger.Unknown
	default:
		return ledger.Failed
	}
}

// failure is why a look failed. An environment that does not answer may run
// anything.
func failure(seen probe.Outcome) ledger.Failure {
	switch seen {
	case probe.WrongVersion:
		return ledger.WrongVersion
	case probe.NotHealthy:
		return ledger.HeartbeatFailed
	default:
		return ""
	}
}

// UnrecordedError is an outcome that could not be written to the ledger.
type UnrecordedError struct {
	Finished ledger.Finished
	Cause    error
	command  string
}

func (e *UnrecordedError) Error() string {
	return fmt.Sprintf("the promotion ended as %q (%s), and that could not be recorded: %v", e.Finished.Outcome, e.Finished.Detail, e.Cause)
}

// Unwrap gives the cause.
func (e *UnrecordedError) Unwrap() error { return e.Cause }

// Hint says what records it.
func (e *UnrecordedError) Hint() string {
	return e.command + " looks at the environment first and records the outcome"
}

func (p *promotion) unrecorded(finished ledger.Finished, cause error) error {
	return &UnrecordedError{Finished: finished, Cause: cause, command: p.plan.Command()}
}

// FailedError is a promotion that did not succeed; its outcome is recorded.
type FailedError struct {
	Finished ledger.Finished
	What     string // "0.10.0 on production"
	wayBack

	command    string
	unrecorded bool
}

func (e *FailedError) Error() string {
	kept := "recorded"
	if e.unrecorded {
		kept = "kept here"
	}
	return fmt.Sprintf("%s: %s (%s as %q)", e.What, e.Finished.Detail, kept, e.Finished.Outcome) + e.told()
}

// RollsBack reports whether what was promoted is known not to run well, and what ran
// before is to be brought back without asking.
func (e *FailedError) RollsBack() bool { return e.automatic && e.Finished.Failure != "" }

// Hint says what tries again, and what goes back.
func (e *FailedError) Hint() string {
	return e.hint(e.command+" tries again", e.Finished.Version, e.Finished.Version)
}

func (p *promotion) verdict(ctx context.Context, finished ledger.Finished) error {
	showing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishPatience)
	defer cancel()
	p.shown.end(showing, finished)
	if finished.Outcome.Reached() {
		p.asked.close(showing, finished.Evidence, p.shown.down)
	}
	p.shown.open = append(p.shown.open, p.asked.open...)
	left := p.shown.left(p.plan)
	if left != nil && !finished.Outcome.Reached() && p.outlets.Remark != nil {
		for _, item := range p.shown.open {
			p.outlets.Remark(fmt.Sprintf("%s could not be shown: %v", item.What, item.Why))
		}
	}
	switch {
	case finished.Outcome.Reached():
		return left
	case finished.Outcome == ledger.Unknown && ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), p.failed(finished))
	}
	return p.failed(finished)
}

func (p *promotion) failed(finished ledger.Finished) error {
	return &FailedError{Finished: finished, What: p.plan.Version + " on " + p.plan.Environment, command: p.plan.Command(),
		wayBack: wayBack{fallback: p.plan.Fallback(), automatic: p.plan.RollsBackOnFailure()}, unrecorded: p.plan.Unrecorded}
}
