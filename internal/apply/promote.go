package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mozilla-services/looprel/internal/deploy"
	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

// Outlets are what a promotion reaches the environment by.
type Outlets struct {
	Prober *probe.Prober
	// Environ and Dir are those of the deploy command.
	Environ []string
	Dir     string
	// Output receives the deploy command's output as it comes.
	Output io.Writer
	// Signals are passed on to the deploy command.
	Signals <-chan os.Signal
	// Now is the real clock, by which the deploy command is timed.
	Now func() time.Time
	// Progress is told what is being waited for, "" when it is over.
	Progress func(text string)
	// Deployments shows the promotion at the forge; nil: it is not shown.
	Deployments Deployments
	// Requests is where people are asked to deploy; nil: nowhere.
	Requests Requests
	// Workflows runs workflows that deploy; nil: there are none.
	Workflows Workflows
	// Log is the page of the run that promotes, "" without one.
	Log string
	// Remark is told what could not be shown of a promotion that failed.
	Remark func(text string)
}

// Promote brings a release to its environment. The start is recorded before
// anything is deployed, the outcome whatever happens. remake makes the plan anew
// from what the session has read last: whatever time the operator took to look at
// the plan, its gates are judged again right before the start is recorded, and the
// record reaches the remote only if the ledger is still as it was then.
//
// The error of a promotion that failed or was interrupted comes with the outcome
// that was recorded.
func Promote(ctx context.Context, session *observe.Session, p *plan.PromotionPlan, outlets Outlets, remake func(context.Context) (*plan.PromotionPlan, error)) (ledger.Finished, error) {
	promotion := newPromotion(session, p, outlets)
	lock, err := promotion.lock()
	if err != nil {
		return ledger.Finished{}, err
	}
	finished, err := promoteLocked(ctx, promotion, remake)
	return finished, errors.Join(err, lock.Release())
}

func newPromotion(session *observe.Session, p *plan.PromotionPlan, outlets Outlets) *promotion {
	return &promotion{
		session: session, plan: p, outlets: outlets, begin: outlets.Now(),
		shown: newShowing(outlets.Deployments, p, outlets.Log), asked: newAsking(outlets.Requests, p),
	}
}

// promoteLocked is Promote while the lock is held.
func promoteLocked(ctx context.Context, promotion *promotion, remake func(context.Context) (*plan.PromotionPlan, error)) (ledger.Finished, error) {
	p := promotion.plan
	// A rollback waits for nobody who has to be let in.
	if err := promotion.shown.look(ctx); err != nil && p.RollsBack.IsZero() {
		return ledger.Finished{}, err
	}
	if err := promotion.start(ctx, remake); err != nil {
		return ledger.Finished{}, err
	}
	if p.Target.Deploy.Way != release.DeployByDeployment {
		promotion.shown.set(ctx, forge.StateQueued, "")
	}
	finished := promotion.run(ctx)
	finished.Deployment = p.Entry.Started.Deployment
	if err := promotion.finish(ctx, finished); err != nil {
		return finished, err
	}
	return finished, promotion.verdict(ctx, finished)
}

// Record appends the entry of a plan that does nothing else: an adoption, or a
// deployment made elsewhere. recheck makes the plan anew.
func Record(ctx context.Context, session *observe.Session, entry ledger.Entry, recheck func(context.Context) error) error {
	return RecordAnew(ctx, session, entry, func(ctx context.Context) (ledger.Entry, error) { return entry, recheck(ctx) })
}

// RecordAnew appends an entry that says another thing when something moved: remake
// makes it from what the session has read last.
func RecordAnew(ctx context.Context, session *observe.Session, entry ledger.Entry, remake func(context.Context) (ledger.Entry, error)) error {
	sign, err := signer(session, session.Snapshot().Sign.Ledger)
	if err != nil {
		return err
	}
	point := commitPoint{session: session, entries: []ledger.Entry{entry}, sign: sign}
	point.recheck = func(ctx context.Context) error {
		made, err := remake(ctx)
		point.entries = []ledger.Entry{made}
		return err
	}
	return point.push(ctx)
}

type promotion struct {
	session *observe.Session
	plan    *plan.PromotionPlan
	outlets Outlets
	begin   time.Time // by the real clock
	shown   *showing
	asked   *asking
}

// lock keeps other promotions of this clone off the environment.
func (p *promotion) lock() (*gitrepo.Lock, error) {
	lock, holder, err := p.session.Clone().Lock(observe.PromotionLock(p.plan.Environment), p.plan.Attempt())
	if err == nil && lock == nil {
		err = &plan.Moved{
			Reason: fmt.Sprintf("another looprel of this clone is promoting to %s now (attempt %s)", p.plan.Environment, holder),
			Advice: "wait for it",
		}
	}
	return lock, err
}

// start records that the attempt begins, after the gates were judged again by what
// is so now; once more whenever something moved.
func (p *promotion) start(ctx context.Context, remake func(context.Context) (*plan.PromotionPlan, error)) error {
	again := func(ctx context.Context) (ledger.Entry, error) {
		later, err := remake(ctx)
		if err != nil {
			return ledger.Entry{}, err
		}
		if err := later.Refused(); err != nil {
			return ledger.Entry{}, err
		}
		if later.Already != "" || later.Commit != p.plan.Commit || later.Running != p.plan.Running || later.Entry.Started.TakesOver != p.plan.Entry.Started.TakesOver {
			return ledger.Entry{}, p.overtaken(later)
		}
		p.plan.Gates, p.plan.Entry = later.Gates, later.Entry
		return later.Entry, nil
	}
	if err := p.session.RefreshAt(ctx, p.begin); err != nil {
		return err
	}
	entry, err := again(ctx)
	if err != nil {
		return err
	}
	return RecordAnew(ctx, p.session, entry, again)
}

// overtaken says who changed the environment while this promotion was planned.
func (p *promotion) overtaken(later *plan.PromotionPlan) error {
	moved := &plan.Moved{Reason: fmt.Sprintf("%s is no longer as the plan had it", p.plan.Environment), Advice: "look at it: looprel status"}
	environment, err := p.session.Snapshot().Ledger.Environment(p.plan.Environment, p.plan.Component)
	if err != nil {
		return err
	}
	if running := environment.Running; running != nil && later.Running != p.plan.Running {
		moved.Reason = fmt.Sprintf("%s brought %s to %s meanwhile; nothing was deployed", running.By.Name, running.Version, p.plan.Environment)
	}
	return moved
}

// run deploys and looks, and says how it ended.
func (p *promotion) run(ctx context.Context) ledger.Finished {
	if p.plan.ProbeFirst && p.plan.Probed() {
		if finished, there := p.runsAlready(ctx); there {
			return finished
		}
	}
	if ctx.Err() != nil {
		return ledger.Finished{Outcome: ledger.Unknown, Detail: "interrupted before the deploy command was run"}
	}
	if way := p.plan.Target.Deploy.Way; way == "" || way == release.DeployByRequest {
		p.shown.set(ctx, forge.StateInProgress, "")
	}
	var output string
	if command := p.plan.Target.Deploy.Command; len(command) > 0 {
		result, err := p.deploy(command)
		output = result.Tail
		switch {
		case err != nil:
			return ledger.Finished{Outcome: ledger.Failed, Failure: ledger.CommandFailed, Detail: err.Error(), Output: output}
		case result.Interrupted:
			return ledger.Finished{Outcome: ledger.Unknown, Detail: "deploy command: " + result.String(), Output: output}
		case !result.Succeeded():
			return ledger.Finished{Outcome: ledger.Failed, Failure: ledger.CommandFailed, Detail: "deploy command: " + result.String(), Output: output}
		}
	}
	if p.plan.Target.Deploy.Way != "" {
		if failed := p.byOthers(ctx); failed != nil {
			return *failed
		}
	}
	finished := ledger.Finished{Outcome: ledger.Unverified, Detail: "there is nothing to look at"}
	if p.plan.Probed() {
		finished = p.verify(ctx, p.plan.Patience())
	}
	finished.Output = output
	return finished
}

func (p *promotion) deploy(command []string) (deploy.Result, error) {
	p.progress(fmt.Sprintf("deploying %s to %s", p.plan.Version, p.plan.Environment))
	defer p.progress("")
	// A signal reaches the command through Signals; the context must not kill it
	// before.
	return deploy.Run(context.Background(), deploy.Options{
		Command: command, Dir: p.outlets.Dir, Environ: p.outlets.Environ, Timeout: p.plan.Target.Deploy.Timeout,
		Signals: p.outlets.Signals, Stdout: p.outlets.Output, Now: p.outlets.Now,
		Variables: deploy.Variables{
			Version: p.plan.Version, Tag: plan.ShortRef(p.plan.Tag), Commit: p.plan.Commit.String(),
			Environment: p.plan.Environment, Component: p.plan.Component, Attempt: p.plan.Attempt(),
		},
	})
}

// runsAlready looks whether an earlier attempt got there. It does not wait for
// the release to appear, only for enough answers that agree.
func (p *promotion) runsAlready(ctx context.Context) (ledger.Finished, bool) {
	finished := p.verify(ctx, time.Duration(p.plan.Probe.Agree)*p.plan.Probe.Interval)
	return finished, finished.Outcome == ledger.Verified
}

func (p *promotion) verify(ctx context.Context, deadline time.Duration) ledger.Finished {
	target := probe.Target{URL: p.plan.Target.URL, Probe: p.plan.Probe}
	target.Probe.Deadline = deadline
	want := probe.Want{Version: p.plan.Version, Revision: p.plan.Commit}
	if p.plan.Tag == "" {
		// Many commits of a branch share a version; the commit alone tells.
		want.Version = ""
	}
	p.progress("looking at " + target.URL)
	defer p.progress("")
	result := p.outlets.Prober.Await(ctx, target, want, func(answer probe.Answer, _ probe.Verdict) {
		_, reason := probe.Judge(want, answer)
		p.progress(fmt.Sprintf("looking at %s: %s", target.URL, reason))
	})
	return ledger.Finished{Outcome: outcome(result.Outcome), Failure: failure(result.Outcome), Detail: result.Reason, Evidence: result.Evidence}
}

func (p *promotion) progress(text string) {
	if p.outlets.Progress != nil {
		p.outlets.Progress(text)
	}
}

// finishPatience bounds the recording of an outcome.
const finishPatience = time.Minute

// finish records the outcome, also after a signal: an attempt that is known to
// have ended must not hold up others.
func (p *promotion) finish(ctx context.Context, finished ledger.Finished) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishPatience)
	defer cancel()
	p.session.CatchUp()
	// Who took it over meanwhile is seen when the remote refuses the entry.
	check := func(context.Context) error { return p.checkOwn() }
	entry := p.plan.Outcome(p.session.Snapshot(), finished, p.outlets.Now().Sub(p.begin))
	err := Record(ctx, p.session, entry, check)
	var moved *plan.Moved
	if err != nil && !errors.As(err, &moved) {
		return p.unrecorded(finished, err)
	}
	return err
}

// checkOwn finds out whether the attempt is still this one's to finish.
func (p *promotion) checkOwn() error {
	s := p.session.Snapshot()
	environment, err := s.Ledger.Environment(p.plan.Environment, p.plan.Component)
	if err != nil {
		return err
	}
	if underway := environment.Underway; underway == nil || underway.Attempt != p.plan.Attempt() {
		by := "somebody"
		switch {
		case underway != nil:
			by = underway.By.Name
		case environment.Broken != nil:
			by = environment.Broken.By.Name
		case environment.Running != nil:
			by = environment.Running.By.Name
		}
		return &plan.Moved{Reason: fmt.Sprintf("%s took this promotion over; its outcome is theirs to record", by), Advice: "looprel status"}
	}
	return nil
}
