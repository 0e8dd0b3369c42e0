package plan

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
)

// goOn plans a line whose fixes are proposed already, without a release; done is false
// where the line is planned as if they were not.
func (p *LinePlan) goOn(s *Snapshot, facts *LineFacts, request BackportRequest) (done bool) {
	pending := facts.Proposed
	state, again := pending.State(), request.Command+" --again proposes it anew; or open the pull request again"
	switch {
	case state == ProposalArrived && request.NoRelease:
		p.recordArrived(s, facts, request)
	case state == ProposalArrived:
		return false
	case pending.Over() && (request.Again || !request.NoRelease):
		p.replaces = pending.Head
		return false
	case pending.Over():
		p.refuse(refuse(again, "%s was proposed for %s, and %s was closed and not merged", pending.Title, p.Name, pending.name()))
	case !request.NoRelease:
		p.refuse(refuse("have that merged; then looprel tag --line "+p.Name+" releases it", "it is proposed for %s already, without a release, by %s", p.Name, pending.name()))
	default:
		p.Proposal = pending.shown()
		p.Outbox = &Outbox{Repository: s.Forge, Pull: p.Proposal.owed(request.Command, true)}
		p.Steps = p.Outbox.steps()
	}
	return true
}

func (p *LinePlan) refuse(err error) { p.refusal, p.Refused = err, err.Error() }

// recordArrived makes the plan of a line that has got its fixes by a pull request.
func (p *LinePlan) recordArrived(s *Snapshot, facts *LineFacts, request BackportRequest) {
	pending, branch := facts.Proposed, facts.Branch
	p.Entry = s.entry(ledger.KindPicked)
	p.Entry.OffCycle, p.Entry.Reason = request.OffCycle, request.Reason
	p.Entry.Picked = &ledger.Picked{Branch: branch.Ref, Picks: arrivedPicks(pending, branch), Proposal: pending.Head}
	p.Refs = []Change{{Ref: branch.Ref, Old: branch.Head, New: branch.Head}}
	p.Steps = []Step{recordStep(s, p.Entry, "who picked what, and when")}
	p.arrived = true
}

// propose makes the plan of a line that collects fixes one that proposes them.
func (p *LinePlan) propose(s *Snapshot, branch *Branch, request BackportRequest) {
	var name strings.Builder
	fmt.Fprintf(&name, "backport-%s-%s", ShortRef(branch.Ref), branch.Picks[0].Source.Short())
	p.Proposal = &Proposal{
		Purpose: ledger.ForPicks, Head: s.headFor(name.String()), Base: branch.Ref, State: ProposalNew, Title: picksTitle(branch),
		Body: notes.WithoutClosing(fmt.Sprintf("This brings to `%s`, to be released later:\n\n%sOnce it is merged, this takes note of it:\n\n    %s\n",
			ShortRef(branch.Ref), bounded(branch.pickRows(s)), request.Command)),
	}
	p.Proposal.Labels, p.Proposal.Reviewers = branch.originals(s)
	p.Notes = append(p.Notes, branch.Unread...)
	p.Entry = s.entry(ledger.KindProposed)
	p.Entry.OffCycle, p.Entry.Reason = request.OffCycle, request.Reason
	p.Outbox = &Outbox{Repository: s.Forge, Pull: p.Proposal.owed(request.Command, true)}
}

// sealProposal is TagPlan.sealProposal for a line that releases nothing.
func (p *LinePlan) sealProposal(head object.ID) {
	branch := p.build.branch
	p.Proposal.Commit = head
	proposed := p.Proposal.proposed(branch.Head)
	proposed.Picks, proposed.Asked, proposed.Replaces = branch.recorded(p.Commits), branch.Asked, p.replaces
	p.Entry.Proposed = proposed
	p.Refs, p.Steps = proposalRefs(p.build.snapshot, branch, p.Proposal, p.Entry, p.Commits)
	p.Steps = append(p.Steps, p.Outbox.steps()...)
}

// proposalRefs are the references and the steps of a proposal: its base, where the line
// is new, its head, and the ledger's entry.
func proposalRefs(s *Snapshot, branch *Branch, proposal *Proposal, entry ledger.Entry, commits []PlannedCommit) (refs []Change, steps []Step) {
	if branch.New {
		cut := branch.moved(branch.Head)
		refs = append(refs, cut)
		steps = append(steps, cut.step(PushRef, branchReason(nil)+", for the pull request to go to"))
	}
	own := Change{Ref: proposal.Head, New: proposal.Commit}
	steps = append(steps, own.step(PushRef, branchReason(commits)), recordStep(s, entry, "what is meant, before the pull request is there"))
	return append(refs, own), steps
}

// Awaited is the proposal that the line waits for, nil without.
func (p *LinePlan) Awaited() *Proposal {
	if p.Proposal == nil && p.Release != nil {
		return p.Release.Proposal
	}
	return p.Proposal
}

// Arrived reports whether the line has got its fixes by a pull request, and releases
// nothing.
func (p *LinePlan) Arrived() bool { return p.arrived }
