package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// Pulls is what proposals ask of a forge. Branches are short names.
type Pulls interface {
	// PullsFrom are the pull requests, open or not, of one branch for another.
	PullsFrom(ctx context.Context, head, base string) ([]forge.Pull, error)
	// PullsOf are those that a commit came by.
	PullsOf(ctx context.Context, commit object.ID) ([]forge.Pull, error)
	// Reviewers are the logins of those who have given a review.
	Reviewers(ctx context.Context, pull forge.Pull) ([]string, error)
}

// wantPulls refuses to go by pull requests where there is nowhere to open them.
func (s *Session) wantPulls(viaPull bool) error {
	if !viaPull || s.wayToForge != nil {
		return nil
	}
	_, wanted, err := s.Forge()
	switch {
	case err != nil:
		return err
	case !wanted:
		return &plan.Misuse{Reason: fmt.Sprintf("there is nowhere to open a pull request: %s has no section github:", s.source.Name),
			Advice: "add github: {} to it, if the repository is on GitHub; or push to the branch: --pr=false"}
	}
	return &plan.Misuse{Reason: "there is nowhere to open a pull request", Advice: "push to the branch: --pr=false"}
}

// pendingRelease is the release of a branch that is proposed already, with what became
// of it; nil if there is none.
func (s *Session) pendingRelease(ctx context.Context, branch string) (*plan.Pending, error) {
	open, err := s.snapshot.Ledger.Proposals(s.snapshot.Component.Name)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(open, func(one ledger.Proposal) bool { return one.Purpose == ledger.ForRelease && one.Base == branch })
	if at < 0 {
		return nil, nil
	}
	return s.pending(ctx, open[at])
}

// pendingPicks are the proposals of fixes for a branch, with what became of them.
func (s *Session) pendingPicks(ctx context.Context, branch string) ([]*plan.Pending, error) {
	open, err := s.snapshot.Ledger.Proposals(s.snapshot.Component.Name)
	if err != nil {
		return nil, err
	}
	var list []*plan.Pending
	for _, one := range open {
		if one.Purpose != ledger.ForPicks || one.Base != branch {
			continue
		}
		found, err := s.pending(ctx, one)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

// ended are the heads of proposals that are not open any more.
func ended(list []*plan.Pending) []string {
	var heads []string
	for _, one := range list {
		if one.Over() || !one.Arrived.IsZero() {
			heads = append(heads, one.Head)
		}
	}
	return heads
}

// pending finds out what became of a proposal: git tells whether it has arrived, the
// forge the rest.
func (s *Session) pending(ctx context.Context, proposal ledger.Proposal) (*plan.Pending, error) {
	found := &plan.Pending{Proposal: proposal, Now: s.shown.Refs[proposal.Head]}
	var err error
	if found.Arrived, err = s.arrived(ctx, proposal); err != nil || !found.Arrived.IsZero() {
		return found, err
	}
	return found, s.askForPull(ctx, found)
}

// LookForMerges finds the proposals that have arrived, for those who tell what is due.
// The forge is not asked.
func (s *Session) LookForMerges(ctx context.Context) error {
	open, err := s.snapshot.Ledger.Proposals(s.snapshot.Component.Name)
	if err != nil {
		return err
	}
	s.snapshot.Arrived = map[string]object.ID{}
	for _, one := range open {
		at, err := s.arrived(ctx, one)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			s.snapshot.Arrived[one.Head] = at
		}
	}
	return nil
}

// askForPull asks the forge for a proposal's pull request. What has no version file
// arrived where the forge says so.
func (s *Session) askForPull(ctx context.Context, pending *plan.Pending) error {
	if s.wayToForge == nil {
		pending.Unclear = "there is no way to the forge"
		return nil
	}
	s.progress("asking for the pull request of " + plan.ShortRef(pending.Head))
	defer s.progress("")
	list, err := s.wayToForge.PullsFrom(ctx, plan.ShortRef(pending.Head), plan.ShortRef(pending.Base))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, forge.ErrUnauthorised):
		return err
	case err != nil:
		pending.Unclear = err.Error()
		return nil
	}
	pending.Known = true
	pending.Pull, _ = plan.ChoosePull(list, plan.ProposalKey(pending.Head))
	if pending.Pull.State == forge.PullMerged && (pending.Purpose == ledger.ForPicks || !plan.TellsVersion(s.snapshot.Component)) {
		pending.Arrived, err = s.mergedAs(ctx, pending)
	}
	return err
}

// mergedAs is the commit that the forge says a pull request was merged as; zero if the
// base does not have it.
func (s *Session) mergedAs(ctx context.Context, pending *plan.Pending) (object.ID, error) {
	head := s.shown.Refs[pending.Base]
	if err := s.fetchCommit(ctx, pending.Base, head); err != nil {
		return object.ID{}, err
	}
	if has, err := s.repository.Has(pending.Pull.Merged); err != nil || !has {
		return object.ID{}, err
	}
	contained, err := s.repository.IsAncestor(ctx, pending.Pull.Merged, head)
	if err != nil || !contained {
		return object.ID{}, s.deepen(err)
	}
	return pending.Pull.Merged, nil
}

// arrived is the first commit of a proposal's base that has what was proposed; zero if
// there is none, and where git alone does not tell.
func (s *Session) arrived(ctx context.Context, proposal ledger.Proposal) (object.ID, error) {
	head, there := s.shown.Refs[proposal.Base]
	if !there || head == proposal.From {
		return object.ID{}, nil
	}
	if err := s.fetchCommit(ctx, proposal.Base, head); err != nil {
		return object.ID{}, err
	}
	line, err := s.lineSince(ctx, head, proposal.From)
	if err != nil {
		return object.ID{}, err
	}
	for _, id := range line {
		has, err := s.hasProposed(ctx, proposal, id)
		if err != nil || has {
			return id, err
		}
	}
	return object.ID{}, nil
}

// lineSince lists what a branch has had as its tip since a commit, oldest first: the
// first parents. Where somebody pushed a merge the other way round these do not lead
// there, and all that came counts.
func (s *Session) lineSince(ctx context.Context, head, since object.ID) (ids []object.ID, err error) {
	nodes, reached, err := s.repository.FirstParents(ctx, head, since)
	if err != nil {
		return nil, s.deepen(err)
	}
	if reached {
		for _, node := range nodes {
			ids = append(ids, node.ID)
		}
		return ids, nil
	}
	commits, err := s.repository.Range(ctx, []object.ID{head}, []object.ID{since}, gitrepo.RangeOptions{Limit: maxChanges})
	for _, one := range commits {
		ids = append(ids, one.ID)
	}
	slices.Reverse(ids)
	return ids, s.deepen(err)
}

// hasProposed reports whether a commit has what a proposal brings.
func (s *Session) hasProposed(ctx context.Context, proposal ledger.Proposal, id object.ID) (bool, error) {
	if proposal.Purpose != ledger.ForPicks && plan.TellsVersion(s.snapshot.Component) {
		revision, err := s.revision(id)
		return err == nil && plan.HasProposed(s.snapshot.Component, revision, proposal), err
	}
	if has, err := s.repository.Has(proposal.Commit); err != nil || !has {
		return false, err
	}
	contained, err := s.repository.IsAncestor(ctx, proposal.Commit, id)
	return contained, s.deepen(err)
}

// origins finds the pull requests that commits came to the train's branch by. What the
// forge does not tell is noted: a proposal does without labels and reviewers.
func (s *Session) origins(ctx context.Context, branch *plan.Branch) error {
	if s.wayToForge == nil || len(branch.Picks) == 0 {
		return nil
	}
	s.progress("asking for the pull requests of the commits")
	defer s.progress("")
	branch.Origins = map[object.ID]forge.Pull{}
	for _, one := range branch.Picks {
		origin, ok, err := s.origin(ctx, one.Source)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			branch.Unread = append(branch.Unread, fmt.Sprintf("labels and reviewers of %s are not known: %v", one.Source.Short(), err))
		case ok:
			branch.Origins[one.Source] = origin
		}
	}
	return nil
}

func (s *Session) origin(ctx context.Context, commit object.ID) (origin forge.Pull, ok bool, err error) {
	list, err := s.wayToForge.PullsOf(ctx, commit)
	if err != nil {
		return origin, false, err
	}
	trunk, err := s.snapshot.TrainBranch()
	if err != nil {
		return origin, false, err
	}
	at := slices.IndexFunc(list, func(one forge.Pull) bool {
		return one.State == forge.PullMerged && one.Base == plan.ShortRef(trunk)
	})
	if at < 0 {
		return origin, false, nil
	}
	origin = list[at]
	reviewed, err := s.wayToForge.Reviewers(ctx, origin)
	for _, login := range reviewed {
		if !slices.Contains(origin.Reviewers, login) {
			origin.Reviewers = append(origin.Reviewers, login)
		}
	}
	return origin, err == nil, err
}
