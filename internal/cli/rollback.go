package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/terminal"
)

// longestFailure bounds what a rollback that nobody asked for gives as its reason, in
// columns.
const longestFailure = 500

func newRollbackCommand(a *app) *cobra.Command {
	var request plan.RollbackRequest
	var to string
	command := &cobra.Command{
		Use:     "rollback ENVIRONMENT --reason TEXT",
		GroupID: groupTrain,
		Short:   "Bring an environment back to the last release that was good there",
		Long: `Brings back the last release that was good on an environment, by the ledger, or
the one of --to: the same way as promote, by the deploy command and by looking,
and past every gate that could stop it at night: the window, a freeze, the
order, a block, the soak, sign-offs. Only what was released, and is not backed
off, is brought back.

The release that is taken away is backed off as the rollback begins, so that
nobody promotes it again by accident; looprel backoff VERSION --revoke lets it
go on. After a promotion that failed it is the one that failed.

An environment with "on-failure: rollback" in environments.yaml is rolled back
without this command, once a promotion has failed: its deploy command did,
another version shows, or the heartbeat fails.

With the git remote down, --unrecorded asks it nothing: it goes by the ledger as
this clone saw it last, and keeps what it did in the clone. Where the remote can
be reached by the end it is recorded at once; otherwise by the next looprel
command here that records something, before what that has to say. looprel status
and log mention it until then. What others did in the meantime stands.

Where the train releases sets, all members go back together, the last one first;
the set is backed off, and its members are not, since another set may have them.

The same command finishes a rollback that was killed. Once it is done it changes
nothing: further back is another decision, with --to.

JSON: as promote, and rolls_back, the release that is taken away; unrecorded,
and then waiting, whether the entry still waits in this clone.

` + exitStatus,
		Example: `  looprel rollback production --reason "loses calls"
  looprel rollback production --to 0.9.0 --reason "loses calls"
  looprel rollback production --unrecorded --reason "loses calls, and no git"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			request.Environment = arguments[0]
			return a.rollback(cmd.Context(), request, to)
		},
	}
	flags := command.Flags()
	flags.StringVar(&to, "to", "", "go back to this `VERSION` or set, which has been there")
	flags.StringVar(&request.Reason, "reason", "", "why, in `TEXT` that is recorded")
	flags.BoolVar(&request.Unrecorded, "unrecorded", false, "without the remote, by the ledger as this clone saw it last; recorded later")
	flags.BoolVar(&request.TakeOver, "take-over", false, "replace somebody else's attempt before its lease ends")
	return command
}

// rollBackAfter brings back what ran before a promotion that failed, where the file
// says so: bring applies the plan that it makes. The promotion has failed all the same.
func (a *app) rollBackAfter(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, failed *apply.FailedError,
	bring func(back *plan.PromotionPlan, remake func(context.Context) (*plan.PromotionPlan, error)) error,
) error {
	request := plan.RollbackRequest{
		Environment: p.Environment, Reason: terminal.Truncate("on-failure: "+failed.Finished.Detail, longestFailure),
		After: &plan.FailedAttempt{Deployment: failed.Finished.Deployment, Attempt: p.Attempt()},
	}
	makePlan := func(context.Context) (*plan.PromotionPlan, error) { return observe.Rollback(session, request) }
	a.note("%s", failed)
	failed.RollbackFailed = func() error {
		if err := session.RefreshAt(ctx, a.env.Now()); err != nil {
			return err
		}
		back, err := makePlan(ctx)
		if err != nil {
			return err
		}
		failed.RolledBack = back.Version
		return bring(back, makePlan)
	}()
	return failed
}

func (a *app) rollback(ctx context.Context, request plan.RollbackRequest, to string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	a.wholeTrain = true
	session, err := a.openForRollback(ctx, request)
	if err != nil {
		return err
	}
	defer session.Close()
	if session.Snapshot().Train.Sets {
		return a.rollbackSet(ctx, session, request, to, asJSON)
	}
	if to != "" {
		if request.To, err = parseVersion(to); err != nil {
			return err
		}
	}
	makePlan := func(context.Context) (*plan.PromotionPlan, error) { return observe.Rollback(session, request) }
	p, err := makePlan(ctx)
	if err != nil {
		return err
	}
	if !asJSON {
		if err := a.printPromotionPlan(session.Snapshot(), p); err != nil {
			return err
		}
	}
	if err := p.Refused(); err != nil {
		return errors.Join(a.printPlanJSON(asJSON, p), err)
	}
	if p.Already != "" {
		return a.endPromotion(ctx, session, p, asJSON, recordedOf(p), a.settle(ctx, session, p))
	}
	proceed, err := a.approve(ctx, asJSON, p, promotionHeading(p)+"?")
	if err != nil || !proceed {
		return err
	}
	if request.Unrecorded {
		return a.applyUnrecorded(ctx, session, p, asJSON)
	}
	return a.applyPromotion(ctx, session, p, makePlan, asJSON)
}
