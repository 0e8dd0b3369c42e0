package cli

import (
	"context"
	"errors"

	"github.com/mozilla-services/looprel/internal/terminal"
)

// approve asks whether a plan is to be applied. One that is not is printed where
// JSON is wanted; as text it has been printed already.
func (a *app) approve(ctx context.Context, asJSON bool, plan any, question string) (bool, error) {
	proceed, err := a.confirm(ctx, asJSON, question)
	if err != nil || !proceed {
		err = errors.Join(a.printPlanJSON(asJSON, plan), err)
	}
	return proceed, err
}

// confirm asks whether a plan that was shown is to be applied. Without a terminal
// and without --yes it refuses: nobody has seen the plan. With --dry-run the
// answer is no, without a question.
func (a *app) confirm(ctx context.Context, asJSON bool, question string) (bool, error) {
	switch {
	case a.dryRun:
		if !asJSON {
			p := a.printer()
			p.blank()
			p.line(terminal.Yellow, "Dry run: nothing was changed.")
			return false, p.err
		}
		return false, nil
	case a.yes:
		return true, nil
	case !a.env.Streams.InIsTerminal || !a.env.Streams.ErrIsTerminal || asJSON:
		return false, &exitError{code: ExitRefused, reason: "nothing was changed: there is nobody to ask", hint: "look at the plan, then add --yes"}
	}
	proceed, err := a.env.Streams.Confirm(ctx, question)
	if err != nil {
		return false, err
	}
	if !proceed {
		return false, &exitError{code: ExitRefused, reason: "nothing was changed: not confirmed", hint: "the same command asks again"}
	}
	return true, nil
}
