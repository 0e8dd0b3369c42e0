package plan

import (
	"context"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/pick"
)

// Pick is a commit that is cherry-picked onto a release line, and what came of it.
type Pick struct {
	Source   object.ID
	Original object.Commit
	// Tree is the line's tree with the change, and Files are the paths that differ
	// from the tree before, sorted.
	Tree  object.ID
	Files []string
	// Kept are the release files in which the pick conflicted, and that stayed as
	// the line has them.
	Kept []string
	// SignOff adds a Signed-off-by trailer.
	SignOff bool
	// Stray: the commit is not on the train's branch, so that the next train loses
	// the change.
	Stray bool
	// Needed: it was not asked for, but another pick does not apply without it.
	Needed bool
}

// draftPicks makes the commits of a branch's picks, and their rows of a plan.
func (b *Branch) draftPicks(s *Snapshot) ([]*object.Commit, []PlannedCommit) {
	rows := []PlannedCommit{}
	var drafts []*object.Commit
	for _, one := range b.Picks {
		draft := pick.Commit(one.Source, one.Original, one.Tree, s.author(), one.SignOff)
		drafts = append(drafts, &draft)
		rows = append(rows, PlannedCommit{
			Role: RolePick, Subject: one.Original.Subject(), Tree: one.Tree, Files: one.Files,
			Source: one.Source, Kept: one.Kept, Needed: one.Needed,
		})
	}
	return drafts, rows
}

// moved is the change that puts the branch on another commit.
func (b *Branch) moved(head object.ID) Change {
	change := Change{Ref: b.Ref, Old: b.Head, New: head}
	if b.New {
		change.Old = object.ID{}
	}
	return change
}

// recorded are the branch's picks for the ledger; rows are those of their commits.
func (b *Branch) recorded(rows []PlannedCommit) []ledger.Pick {
	var list []ledger.Pick
	for i, one := range b.Picks {
		list = append(list, ledger.Pick{Commit: rows[i].ID, Source: one.Source, Stray: one.Stray})
	}
	return list
}

// released are the picks that a release brings, for the ledger.
func (b *Branch) released(rows []PlannedCommit) []ledger.Pick {
	if b.Pending != nil && !b.Pending.Arrived.IsZero() {
		return arrivedPicks(b.Pending, b)
	}
	return b.recorded(rows)
}

// recordStep appends an entry to the ledger.
func recordStep(s *Snapshot, entry ledger.Entry, reason string) Step {
	return Step{Kind: AppendLedger, Target: s.Train.LedgerRef, Want: entry.Subject(), Reason: reason}
}

// picksBuild is what a line that collects fixes is made of before its commits are
// signed.
type picksBuild struct {
	snapshot *Snapshot
	branch   *Branch
	drafts   []*object.Commit
}

// pickOnly makes the plan of a line that collects fixes without a release.
func (p *LinePlan) pickOnly(s *Snapshot, branch *Branch, request BackportRequest) error {
	p.build = picksBuild{snapshot: s, branch: branch}
	p.build.drafts, p.Commits = branch.draftPicks(s)
	if request.ViaPull {
		p.propose(s, branch, request)
		return p.sealPicks(context.Background(), nil)
	}
	p.Entry = s.entry(ledger.KindPicked)
	p.Entry.OffCycle, p.Entry.Reason = request.OffCycle, request.Reason
	return p.sealPicks(context.Background(), nil)
}

// sealPicks is TagPlan.Seal for a line that releases nothing.
func (p *LinePlan) sealPicks(ctx context.Context, signers *Signers) error {
	build := &p.build
	seal := &sealing{sign: build.snapshot.Sign, signers: signers}
	head, _, err := seal.picks(ctx, build.branch.Head, build.drafts, p.Commits)
	if err != nil {
		return err
	}
	p.Objects = append(append([]object.Object{}, build.branch.Made...), seal.objects...)
	if p.Proposal != nil {
		p.sealProposal(head)
		return nil
	}
	p.Entry.Picked = &ledger.Picked{Branch: build.branch.Ref, Picks: build.branch.recorded(p.Commits)}
	moved := build.branch.moved(head)
	p.Refs = []Change{moved}
	p.Steps = []Step{
		moved.step(PushRef, branchReason(p.Commits)),
		recordStep(build.snapshot, p.Entry, "who picked what, and when"),
	}
	return nil
}
