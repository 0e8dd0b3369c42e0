package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// begin adds the entry that starts the attempt, and the steps.
func (p *PromotionPlan) begin(s *Snapshot, sel *Selection, takesOver string) {
	p.Entry = s.entry(ledger.KindPromotionStarted)
	if p.after != "" {
		p.Entry.ID = p.after + "-rollback" // one run may write both attempts
	}
	if p.part != nil {
		p.Entry.ID = p.part.attempt + "-" + p.Component
	}
	p.Entry.OffCycle, p.Entry.Reason = p.OffCycle, p.Reason
	p.Entry.Started = &ledger.Started{
		Deployment: sel.Deployment, Attempt: p.Entry.ID, TakesOver: takesOver, DaysLate: p.DaysLate,
		Until: p.Entry.At.Add(lease(sel.Environment, p.Probe)), Waived: waivers(p.Gates),
		RollsBack: p.RollsBack, After: p.after, Signed: s.Sign.Ledger,
	}
	if p.part != nil {
		p.Entry.Started.Set, p.Entry.Started.RollsBackSet = p.part.attempt, p.part.rollsBack
	}
	p.addSteps(s)
}

// leaseSlack covers what an attempt does beside: pushing its entries, and a row
// of agreeing answers that began just before the deadline.
const leaseSlack = 2 * time.Minute

// lease is how long an attempt may take: deploying, then looking.
func lease(environment release.Environment, probe release.Probe) time.Duration {
	var total time.Duration
	if len(environment.Deploy.Command) > 0 || environment.Deploy.Way != "" {
		total += environment.Deploy.Timeout
	}
	if environment.URL != "" && !probe.Disabled {
		total += probe.Deadline
	}
	return total + leaseSlack
}

func (p *PromotionPlan) addSteps(s *Snapshot) {
	ref := s.Train.LedgerRef
	reason := "so that nobody else deploys there meanwhile, and a killed attempt is seen"
	if p.part != nil {
		reason = "so that a killed attempt is seen"
	}
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: ref, Want: p.Entry.Subject(), Reason: reason})
	if p.Deployment != nil {
		p.Steps = append(p.Steps, p.Deployment.step())
	}
	p.addDeployment()
	p.Steps = append(p.Steps, Step{Kind: AppendLedger, Target: ref, Want: p.outcomeSubject(),
		Reason: "the outcome and its evidence"})
	p.Steps = append(p.Steps, s.announceSteps(p.owePush(s))...)
}

// addDeployment adds the steps that reach the environment.
func (p *PromotionPlan) addDeployment() {
	switch command := p.Target.Deploy.Command; {
	case len(command) > 0:
		reason := "the deploy command of environments.yaml: " + strings.Join(command, " ")
		if p.ProbeFirst {
			reason += ", unless the environment runs " + p.Version + " already"
		}
		p.Steps = append(p.Steps, Step{Kind: Deploy, Target: p.Environment, Was: p.Running, Want: p.Version, Reason: reason})
	case p.Target.Deploy.Way == release.DeployByWorkflow:
		p.Steps = append(p.Steps, Step{Kind: RunWorkflow, Target: p.forge, Want: p.Target.Deploy.Workflow.File,
			Reason: fmt.Sprintf("of %s, and follow it for at most %s", p.WorkflowRef, shortDuration(p.Target.Deploy.Timeout))})
	case p.Target.Deploy.Way == release.DeployByDeployment:
		p.Steps = append(p.Steps, Step{Kind: AwaitDeployment, Target: p.forge, Want: p.Environment,
			Reason: fmt.Sprintf("others give it its statuses, within %s", shortDuration(p.Target.Deploy.Timeout))})
	case p.Request != nil:
		p.Steps = append(p.Steps, Step{Kind: FileRequest, Target: p.forge, Want: p.Request.Summary,
			Reason: "unless it is open already; then somebody else deploys it"})
	default:
		p.Notes = append(p.Notes, fmt.Sprintf("%s has no deploy command: looprel records, and deploys nothing", p.Environment))
	}
	if p.Probed() {
		p.Steps = append(p.Steps, Step{Kind: Verify, Target: p.Target.URL, Want: p.Version,
			Reason: fmt.Sprintf("%d answers in a row must show it, within %s", p.Probe.Agree, shortDuration(p.Patience()))})
	}
}

// Patience is how long the release may take to show once its deployment has been
// begun, or asked for.
func (p *PromotionPlan) Patience() time.Duration {
	if p.Request != nil {
		return p.Target.Deploy.Timeout
	}
	return p.Probe.Deadline
}

// outcomeSubject is the entry of the outcome, which is not known yet.
func (p *PromotionPlan) outcomeSubject() string {
	if p.Verb == verbRollback || p.part != nil && p.part.rollsBack != "" {
		return fmt.Sprintf("roll %s back to %s %s: the outcome", p.Environment, p.Component, p.Version)
	}
	return fmt.Sprintf("promote %s %s to %s: the outcome", p.Component, p.Version, p.Environment)
}

// shortDuration writes a duration without the zeros at its end: 5m, not 5m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-len(zero)+1]
		}
	}
	return text
}

// Probed reports whether there is anything to look at.
func (p *PromotionPlan) Probed() bool { return p.Target.URL != "" && !p.Probe.Disabled }

// Outcome is the entry that ends the attempt of a plan, so long after its start.
// A clock that is overridden stands still.
func (p *PromotionPlan) Outcome(s *Snapshot, finished ledger.Finished, after time.Duration) ledger.Entry {
	entry := s.entry(ledger.KindPromotionFinished)
	entry.ID = p.Attempt() + "-outcome"
	if !s.ClockOverridden {
		entry.At = entry.At.Add(after).Truncate(time.Second)
	}
	finished.Deployment, finished.Attempt = p.Entry.Started.Deployment, p.Entry.Started.Attempt
	finished.RollsBack, finished.RollsBackSet = p.RollsBack, p.Entry.Started.RollsBackSet
	entry.Finished = &finished
	entry.OffCycle, entry.Reason = p.OffCycle, p.Reason
	if finished.Outcome.Reached() {
		entry.Owes = p.owePush(s)
	}
	return entry
}
