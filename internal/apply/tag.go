package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Result is what is to be said about something that was done.
type Result struct {
	// Notes are remarks: what could not be done in this clone, and does not
	// matter to anybody else.
	Notes []string
	// Delivered is what was done at the forge.
	Delivered []string
}

// Tag makes the release of the plan, and delivers what it owes the forge; to may be
// nil where that is nothing. remake makes the plan anew from what the session has
// read last. An OpenError comes with a release that stands.
func Tag(ctx context.Context, session *observe.Session, p *plan.TagPlan, to Outbox, remake func(context.Context) (*plan.TagPlan, error)) (Result, error) {
	outbox := delivery{to: to, outbox: p.Outbox, plan: p}
	session.Waiting("asking " + session.Snapshot().Forge)
	err := outbox.look(ctx)
	session.Waiting("")
	if err != nil {
		return Result{}, err
	}
	if p.Already == "" && len(p.Refs) > 0 {
		if err := pushTag(ctx, session, p, remake); err != nil {
			return Result{}, err
		}
	}
	result := localTag(ctx, session, p)
	session.Waiting("telling " + session.Snapshot().Forge)
	defer session.Waiting("")
	open := outbox.deliver(ctx)
	result.Delivered = outbox.done
	return result, openOf(p, open)
}

// pushTag signs what is to be signed, and pushes.
func pushTag(ctx context.Context, session *observe.Session, p *plan.TagPlan, remake func(context.Context) (*plan.TagPlan, error)) error {
	signers, entrySigner, err := signersOf(session)
	if err != nil {
		return err
	}
	if err := p.Seal(ctx, signers); err != nil {
		return err
	}
	point := commitPoint{
		session: session, changes: p.Refs, objects: p.Objects, entries: p.Entries(), sign: entrySigner,
		recheck: func(ctx context.Context) error {
			later, err := remake(ctx)
			if err == nil && p.SameFacts(later) {
				return nil
			}
			return tagMoved(ctx, session, p, err)
		},
	}
	return point.push(ctx)
}

// signersOf gives what signs commits and tags, and what signs ledger entries.
func signersOf(session *observe.Session) (*plan.Signers, plan.SignFunc, error) {
	sign := session.Snapshot().Sign
	commits, err := signer(session, sign.Commits)
	if err != nil {
		return nil, nil, err
	}
	tags, err := signer(session, sign.Tags)
	if err != nil {
		return nil, nil, err
	}
	entries, err := signer(session, sign.Ledger)
	return &plan.Signers{Commit: commits, Tag: tags}, entries, err
}

// tagMoved says what moved while a release was being made, and who did it.
func tagMoved(ctx context.Context, session *observe.Session, p *plan.TagPlan, cause error) error {
	s := session.Snapshot()
	known, inLedger, err := s.Ledger.Release(p.Component, p.Version)
	if err != nil {
		return err
	}
	if inLedger {
		return firstTagged(s, known, "there is nothing left to do; see: looprel status")
	}
	if !p.Cycle.IsZero() {
		version, err := s.Ledger.CycleRelease(p.Component, p.Cycle)
		if err != nil {
			return err
		}
		if !version.IsZero() {
			return movedByCycle(s, p, version)
		}
	}
	if id, exists := s.Refs.IDs[p.Tag]; exists {
		return &plan.Moved{Reason: fmt.Sprintf("tag %s appeared on %s meanwhile (%s); your release was not made", plan.ShortRef(p.Tag), s.Remote, id.Short()),
			Advice: "looprel adopt takes it over, if it is meant to be a release"}
	}
	if proposed := proposedMeanwhile(s, p); proposed != nil {
		return proposed
	}
	if moved := refMoved(ctx, session, p.Refs); moved != nil {
		return moved
	}
	if cause != nil {
		return cause
	}
	return &plan.Moved{Reason: fmt.Sprintf("what is released by %s is no longer what the plan said", p.Version), Advice: "looprel tag shows the plan as it is now"}
}

// firstTagged says that somebody else made the release.
func firstTagged(s *plan.Snapshot, known ledger.Release, advice string) error {
	return &plan.Moved{
		Reason: fmt.Sprintf("%s tagged %s %s first, %s; your release was not made", known.By.Name, s.Component.Name, known.Version,
			known.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04:05 MST")),
		Advice: advice,
	}
}

// refMoved finds the first reference that is not where a plan expects it.
func refMoved(ctx context.Context, session *observe.Session, changes []plan.Change) error {
	for _, change := range changes {
		now := session.Snapshot().Refs.IDs[change.Ref]
		switch {
		case now == change.Old:
		case change.Old.IsZero() && strings.HasPrefix(change.Ref, plan.BranchRef(plan.OwnBranches)):
			return &plan.Moved{Reason: "somebody proposed it first, by " + plan.ShortRef(change.Ref) + "; yours was not", Advice: "run the same command again: it goes on with that"}
		default:
			return branchMoved(ctx, session, change, now)
		}
	}
	return nil
}

func movedByCycle(s *plan.Snapshot, p *plan.TagPlan, version release.Version) error {
	known, _, err := s.Ledger.Release(p.Component, version)
	if err != nil {
		return err
	}
	return &plan.Moved{
		Reason: fmt.Sprintf("%s tagged %s %s for this cycle first; your %s was not made", known.By.Name, p.Component, version, p.Version),
		Advice: "see: looprel status",
	}
}

// maxMovedCommits bounds the commits that a message lists.
const maxMovedCommits = 10

// branchMoved lists the commits that arrived meanwhile.
func branchMoved(ctx context.Context, session *observe.Session, change plan.Change, now object.ID) error {
	s := session.Snapshot()
	moved := &plan.Moved{
		Reason: fmt.Sprintf("%s moved on %s meanwhile, from %s to %s; your release was not made", plan.ShortRef(change.Ref), s.Remote, change.Old.Short(), now.Short()),
		Advice: "look at what came, then run the same command again",
	}
	if now.IsZero() {
		moved.Reason = fmt.Sprintf("%s was deleted on %s meanwhile; your release was not made", plan.ShortRef(change.Ref), s.Remote)
		return moved
	}
	commits, err := session.Between(ctx, plan.Base{Commit: change.Old}, plan.Base{Tag: change.Ref, Commit: now})
	if err != nil {
		return moved // the message does without the list
	}
	var lines strings.Builder
	for i, commit := range commits {
		if i == maxMovedCommits {
			fmt.Fprintf(&lines, "\n  and %d more", len(commits)-i)
			break
		}
		fmt.Fprintf(&lines, "\n  %s %s (%s)", commit.ID.Short(), commit.Subject, commit.Author)
	}
	moved.Reason += ":" + lines.String()
	return moved
}

// localTag writes the tag, and what the clone knows of the remote's branch. The
// release stands whatever becomes of that.
func localTag(ctx context.Context, session *observe.Session, p *plan.TagPlan) Result {
	return Result{Notes: updateClone(ctx, session, p.Refs, p.Objects)}
}

// updateClone stores what was pushed, and sets tags and remote-tracking branches. It
// returns remarks.
func updateClone(ctx context.Context, session *observe.Session, changes []plan.Change, objects []object.Object) []string {
	var remarks []string
	repository := session.Repository()
	// The clone is brought up to date even when a signal came after the push.
	ctx = context.WithoutCancel(ctx)
	if err := repository.StoreObjects(objects); err != nil {
		return []string{fmt.Sprintf("it is done, but this clone could not be brought up to date: %v; git fetch does it", err)}
	}
	for _, change := range changes {
		local, tracked := change.Ref, true
		if !strings.HasPrefix(change.Ref, plan.TagRef("")) {
			local, tracked = session.Remote().Config().TrackingRef(change.Ref)
		}
		if !tracked {
			continue
		}
		if remark := setLocal(ctx, repository, session.Snapshot().Remote, local, change); remark != "" {
			remarks = append(remarks, remark)
		}
	}
	return remarks
}

// setLocal moves a reference of the clone; a tag that is there already and
// points elsewhere is left alone.
func setLocal(ctx context.Context, repository *gitrepo.Repository, remote, name string, change plan.Change) string {
	now, err := repository.Ref(name)
	if err != nil && !errors.Is(err, gitrepo.ErrNotFound) {
		return fmt.Sprintf("%s could not be read here: %v", name, err)
	}
	if now == change.New {
		return ""
	}
	if !now.IsZero() && strings.HasPrefix(name, plan.TagRef("")) {
		return fmt.Sprintf("this clone has another tag %s (%s); to take the released one: git fetch --force %s tag %s", plan.ShortRef(name), now.Short(), remote, plan.ShortRef(name))
	}
	has, err := repository.Has(change.New)
	if err != nil || !has {
		return "" // a rerun in another clone; git fetch brings it
	}
	if err := repository.SetRef(ctx, name, now, change.New); err != nil {
		return fmt.Sprintf("%s could not be set here: %v; git fetch does it", name, err)
	}
	return ""
}
