package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// Workflows runs workflows at the forge.
type Workflows interface {
	// Dispatch runs one; known is false where the forge does not say which run it is.
	Dispatch(ctx context.Context, workflow, ref string, inputs map[string]string) (begun forge.Run, known bool, err error)
	// FindRun finds the newest run that has the key in its title.
	FindRun(ctx context.Context, workflow, key string) (found forge.Run, ok bool, err error)
	Run(ctx context.Context, id int64) (forge.Run, error)
	// RunOf is the run whose page it is, 0 for any other page.
	RunOf(page string) int64
}

const (
	// firstPoll is the pause before what others do is looked at again; it grows to
	// longestPoll.
	firstPoll   = 250 * time.Millisecond
	longestPoll = 15 * time.Second
	// maxUnseen is how often in a row what others do may not be seen.
	maxUnseen = 5
)

// byOthers has somebody else deploy, where that is the environment's way. It returns
// nil once they say that it is done.
func (p *promotion) byOthers(ctx context.Context) *ledger.Finished {
	defer p.progress("")
	var err error
	switch p.plan.Target.Deploy.Way {
	case release.DeployByRequest:
		return p.askFor(ctx)
	case release.DeployByDeployment:
		err = p.awaitStatuses(ctx)
	case release.DeployByWorkflow:
		err = p.runWorkflow(ctx)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &ledger.Finished{Outcome: ledger.Unknown, Detail: "interrupted while others deploy; they go on"}
	}
	return &ledger.Finished{Outcome: ledger.Failed, Failure: ledger.CommandFailed, Detail: err.Error()}
}

// awaitStatuses makes the deployment, and waits for the status that ends it.
func (p *promotion) awaitStatuses(ctx context.Context) error {
	s := p.shown
	if s.to == nil || !s.ensure(ctx, func(state forge.State) bool { return !state.Ended() }) {
		return fmt.Errorf("the deployment could not be made: %w", s.why())
	}
	p.progress("waiting for the deployment to " + p.plan.Environment)
	return p.poll(ctx, func() (bool, error) {
		last, err := s.to.DeploymentStatus(ctx, s.current)
		if err != nil {
			return false, err
		}
		s.state = last.State
		switch {
		case !last.State.Ended():
			return false, nil
		case last.State == forge.StateSuccess:
			return true, nil
		}
		return true, &endedBadly{fmt.Sprintf("the deployment ended as %s: %s", last.State, last.Description)}
	})
}

// endedBadly: others have said that it did not work.
type endedBadly struct{ reason string }

func (e *endedBadly) Error() string { return e.reason }

// poll looks until look says that it is over, or the timeout. That it cannot look is
// passed over, unless that goes on.
func (p *promotion) poll(ctx context.Context, look func() (over bool, err error)) error {
	timeout := p.plan.Target.Deploy.Timeout
	expired := time.NewTimer(timeout)
	defer expired.Stop()
	pause, unseen := firstPoll, 0
	for {
		over, err := look()
		if over {
			return err
		}
		if unseen++; err == nil {
			unseen = 0
		} else if unseen == maxUnseen {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-expired.C:
			return fmt.Errorf("it has not ended within %s", timeout)
		case <-time.After(pause):
		}
		pause = min(pause*3/2, longestPoll)
	}
}

// runWorkflow runs the workflow, or goes on with the run of an attempt that was cut
// off, and follows it to its end.
func (p *promotion) runWorkflow(ctx context.Context) error {
	run, err := p.workflowRun(ctx)
	if err != nil {
		return err
	}
	p.shown.log = run.Page
	p.shown.set(ctx, forge.StateInProgress, "")
	if p.outlets.Remark != nil {
		p.outlets.Remark(fmt.Sprintf("deployed by %s (an interrupt leaves it running, and the same command goes on)", run.Page))
	}
	p.progress("waiting for " + run.Page)
	return p.poll(ctx, func() (bool, error) {
		now, err := p.outlets.Workflows.Run(ctx, run.ID)
		switch {
		case err != nil || !now.Ended:
			return false, err
		case now.Passed:
			return true, nil
		}
		return true, &endedBadly{fmt.Sprintf("the workflow ended as %s: %s", now.Conclusion, now.Page)}
	})
}

// workflowRun finds the run of an attempt that was cut off, by the page that the
// deployment shows or by its title; or begins one.
func (p *promotion) workflowRun(ctx context.Context) (forge.Run, error) {
	to := p.outlets.Workflows
	if to == nil {
		return forge.Run{}, fmt.Errorf("there is nowhere to run %s", p.plan.Target.Deploy.Workflow.File)
	}
	workflow := p.plan.Target.Deploy.Workflow
	key, resumed := p.plan.Attempt(), false
	if p.shown.there && p.shown.current.Payload.Attempt != "" {
		resumed = p.shown.current.Payload.Attempt != key
		key = p.shown.current.Payload.Attempt
	}
	if id := to.RunOf(p.shown.page); resumed && id != 0 {
		return to.Run(ctx, id)
	}
	if resumed && p.plan.NamesRun() {
		if found, ok, err := to.FindRun(ctx, workflow.File, key); err != nil || ok {
			return found, err
		}
	}
	begun, known, err := to.Dispatch(ctx, workflow.File, p.plan.WorkflowRef, p.plan.WorkflowInputs(key))
	if err != nil || known {
		return begun, err
	}
	if !p.plan.NamesRun() {
		return begun, fmt.Errorf("%s runs, and the forge does not say which run it is; give it an input with {attempt}, and run-name: that shows it", workflow.File)
	}
	err = p.poll(ctx, func() (found bool, err error) {
		begun, found, err = to.FindRun(ctx, workflow.File, key)
		return found, err
	})
	return begun, err
}

// errNotShown: there is no way to the forge.
var errNotShown = errors.New("deployments are not shown")

// why is why the deployment is not there.
func (s *showing) why() error {
	if len(s.open) == 0 {
		return errNotShown
	}
	return s.open[0].Why
}
