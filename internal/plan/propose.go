package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/calendar"
	"github.com/mozilla-services/looprel/internal/changelog"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/notes"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// goOn plans a release that is proposed already; done is false where another proposal
// is to take its place.
func (p *TagPlan) goOn(s *Snapshot, branch *Branch, request TagRequest) (done bool, err error) {
	pending := branch.Pending
	state, own := pending.State(), ShortRef(branch.Ref)
	p.command = request.command(s, branch, pending.Version)
	switch {
	case pending.Over() && (request.Again || pending.Foreign):
		p.replaces = pending.Head
		return false, nil
	case state == ProposalClosed:
		return true, refuse(p.command+" --again proposes it anew; or open the pull request again",
			"%s %s was proposed for %s, and %s was closed and not merged", p.Component, pending.Version, own, pending.name())
	case state == ProposalStripped:
		return true, &Moved{
			Reason: fmt.Sprintf("%s was merged, and %s does not carry version %s: somebody took the release out of it", pending.name(), own, pending.Version),
			Advice: p.command + " --again proposes what is missing",
		}
	case pending.Foreign || !request.Version.IsZero() && request.Version != pending.Version:
		return true, refuse(goesOnWith(s, pending.Proposal)+" goes on with it once it is merged; or close it",
			"%s %s is proposed for %s by %s, and one release of a branch is proposed at a time", p.Component, pending.Version, own, pending.name())
	case state == ProposalArrived:
		return true, p.tagArrived(s, branch, request)
	}
	p.await(s, branch)
	return true, nil
}

// command is what goes on with a release: the same command that proposed it.
func (r TagRequest) command(s *Snapshot, branch *Branch, version release.Version) string {
	if r.Command != "" {
		return r.Command
	}
	return tagCommand(s, branch.Ref, version)
}

// tagCommand is the command that releases a version of a branch.
func tagCommand(s *Snapshot, ref string, version release.Version) string {
	if line, ok := s.Component.BranchPattern.ParseBranch(ShortRef(ref)); ok {
		return "looprel tag --line " + line.String()
	}
	return "looprel tag " + version.String()
}

// goesOnWith is the command that goes on with a proposal, whoever made it.
func goesOnWith(s *Snapshot, proposal ledger.Proposal) string {
	return tagCommand(s, proposal.Base, proposal.Version)
}

// await makes the plan of a release that waits for its pull request.
func (p *TagPlan) await(s *Snapshot, branch *Branch) {
	pending := branch.Pending
	p.Version, p.Why = pending.Version, fmt.Sprintf("as proposed by %s on %s", pending.By.Name, s.civil(pending.At))
	p.Tag = TagRef(s.Component.TagPattern.Tag(p.Version))
	p.Previous, p.Cycle, p.OffCycle, p.Reason, p.Without = pending.Previous, pending.Cycle, pending.OffCycle, pending.Reason, pending.Without
	p.Proposal = pending.shown()
	if pending.Now != pending.Commit && !pending.Now.IsZero() {
		p.Notes = append(p.Notes, fmt.Sprintf("%s was %s, and is %s now: what people pushed to it is released with it, if it is merged",
			ShortRef(pending.Head), pending.Commit.Short(), pending.Now.Short()))
	}
	if pending.Unclear != "" {
		p.Notes = append(p.Notes, "whether it is merged is not known: "+pending.Unclear)
	}
	p.Outbox = &Outbox{Repository: s.Forge, Pull: p.Proposal.owed(p.command, true)}
	p.Steps = p.Outbox.steps()
}

// tagArrived makes the plan that tags what was proposed, where the base has it.
func (p *TagPlan) tagArrived(s *Snapshot, branch *Branch, request TagRequest) error {
	pending := branch.Pending
	p.Version, p.Why = pending.Version, fmt.Sprintf("as proposed by %s on %s, and merged", pending.By.Name, s.civil(pending.At))
	p.Tag = TagRef(s.Component.TagPattern.Tag(p.Version))
	p.Cycle, p.OffCycle, p.Reason, p.Without = pending.Cycle, pending.OffCycle, pending.Reason, pending.Without
	if err := checkUnused(s, branch, p.Version); err != nil {
		return err
	}
	if err := p.keepCycle(s, request); err != nil {
		return err
	}
	p.Changes = notes.Collect(branch.Changes)
	p.Report = p.Changes.Report(s.Web)
	return p.composeArrived(s, branch)
}

// keepCycle leaves a release in the cycle that it was proposed for, unless that has
// released something else meanwhile, and it is to be made all the same.
func (p *TagPlan) keepCycle(s *Snapshot, request TagRequest) error {
	cycle, ok := s.Calendar().ByPlanned(p.Cycle)
	if !ok || p.Cycle.IsZero() {
		return nil
	}
	released, err := s.Ledger.CycleRelease(s.Component.Name, p.Cycle)
	switch {
	case err != nil:
		return err
	case released.IsZero():
		p.Push, p.DaysLate = cycle.Push, s.Calendar().JudgeTagOf(cycle, s.Now).DaysLate
	case request.OffCycle:
		p.Cycle, p.OffCycle, p.Reason = release.Date{}, true, request.Reason
	default:
		return refuse(fmt.Sprintf("looprel tag %s --off-cycle --reason TEXT releases it all the same", p.Version),
			"the cycle of %s, for which %s was proposed, has released %s meanwhile", calendar.Day(cycle.Tag), p.Version, released)
	}
	return nil
}

// composeArrived makes the tag of what the base has, and the commit that opens the next
// version, as a proposal of its own.
func (p *TagPlan) composeArrived(s *Snapshot, branch *Branch) error {
	build := &p.build
	build.snapshot, build.branch, build.arrived = s, branch, true
	released := &releasedFiles{files: branch.At.Files}
	if err := checkVersionInside(s.Component, released.files, p.Version); err != nil {
		return err
	}
	if content, exists := changelogOf(s.Component, branch.At); exists {
		file, err := changelog.Parse(changelog.Style(s.Component.Changelog.Style), content)
		if err != nil {
			return misuseOf(err)
		}
		released.changelog = file
		p.Section = SectionAt(s.Component, branch.At, p.Version)
	}
	if err := p.composeDevelopment(s, branch, released); err != nil {
		return err
	}
	p.draftTag(s)
	if build.development == nil {
		return p.Seal(context.Background(), nil)
	}
	p.Development = &Proposal{
		Purpose: ledger.ForDevelopment, Head: s.headFor("after-" + ShortRef(p.Tag)), Base: branch.Ref, State: ProposalNew,
		Title: "Back to development",
		Body:  fmt.Sprintf("%s %s is released. This opens the next version on `%s`; nothing waits for it.\n", p.Component, p.Version, ShortRef(branch.Ref)),
	}
	p.develop = s.entry(ledger.KindProposed)
	p.develop.ID += "-development"
	p.Outbox = &Outbox{Repository: s.Forge, Pull: p.Development.owed("", false)}
	return p.Seal(context.Background(), nil)
}

// propose makes the plan one that proposes the release: its commits go to a branch of
// looprel's own, and the tag waits.
func (p *TagPlan) propose(s *Snapshot, branch *Branch, request TagRequest) error {
	if branch.At.ID != branch.Tip.ID {
		return misuse("release the branch's head, or, where it takes pushes: --pr=false", "a pull request goes on top of %s, and --at is for a commit below", ShortRef(branch.Ref))
	}
	if !request.Embargo.IsZero() {
		return misuse("leave out --embargo; or, where the branch takes pushes: --pr=false", "a pull request shows what an embargo is to hide")
	}
	p.command = request.command(s, branch, p.Version)
	p.Proposal = &Proposal{
		Purpose: ledger.ForRelease, Head: s.headFor("release-" + ShortRef(p.Tag)), Base: branch.Ref, State: ProposalNew,
		Title: p.proposalTitle(branch), Body: p.proposalBody(s, branch),
	}
	p.Proposal.Labels, p.Proposal.Reviewers = branch.originals(s)
	p.Notes = append(p.Notes, branch.Unread...)
	p.Entry = s.entry(ledger.KindProposed)
	p.Entry.OffCycle, p.Entry.Reason = p.OffCycle, p.Reason
	p.Outbox = &Outbox{Repository: s.Forge, Pull: p.Proposal.owed(p.command, true)}
	return nil
}

// oweDevelopment adds the pull request that opens the next version, where a run was cut
// off before it was there.
func (p *TagPlan) oweDevelopment(s *Snapshot) error {
	open, err := s.Ledger.Proposals(p.Component)
	if err != nil {
		return err
	}
	for _, one := range open {
		if _, there := s.Refs.IDs[one.Head]; there && one.Purpose == ledger.ForDevelopment && one.Version == p.Version {
			p.Outbox.Pull = (&Pending{Proposal: one}).shown().owed("", false)
		}
	}
	return nil
}

// sealProposal fills in what depends on the commits' ids.
func (p *TagPlan) sealProposal(head object.ID) {
	build := &p.build
	branch := build.branch
	p.Proposal.Commit = head
	proposed := p.Proposal.proposed(branch.Head)
	proposed.Version, proposed.Previous, proposed.Cycle, proposed.Without = p.Version, p.Previous, p.Cycle, p.Without
	proposed.Picks, proposed.Asked, proposed.Replaces = branch.recorded(p.Commits), branch.Asked, p.replaces
	p.Entry.Proposed = proposed
	p.Refs, p.Steps = proposalRefs(build.snapshot, branch, p.Proposal, p.Entry, p.Commits)
	p.Steps = append(p.Steps, p.Outbox.steps()...)
}

// Awaits reports whether the release waits for a pull request, which this plan may
// open.
func (p *TagPlan) Awaits() bool { return p.Proposal != nil }

// Entries are the ledger's entries that the plan makes, in their order.
func (p *TagPlan) Entries() []ledger.Entry {
	if p.develop.Proposed == nil {
		return []ledger.Entry{p.Entry}
	}
	return []ledger.Entry{p.Entry, p.develop}
}

// arrivedPicks are a proposal's picks as its base has them: a merge keeps the commits,
// a rebase makes others of them, and a squash one of all.
func arrivedPicks(pending *Pending, branch *Branch) []ledger.Pick {
	list := slices.Clone(pending.Picks)
	for i := range list {
		list[i].Commit = pending.Arrived
		for _, one := range branch.Changes {
			if one.ID == pending.Picks[i].Commit || strings.Contains(one.Body, "(cherry picked from commit "+list[i].Source.String()+")") {
				list[i].Commit = one.ID
			}
		}
	}
	return list
}
