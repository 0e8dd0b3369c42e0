package observe

import (
	"context"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// pendingOfLine are the proposals of a line: of its next release, nil for none, and of
// fixes.
type pendingOfLine struct {
	release *plan.Pending
	picks   []*plan.Pending
}

func (b *backport) pendingOf(ctx context.Context, choice plan.LineChoice) (found pendingOfLine, err error) {
	if found.release, err = b.pendingRelease(ctx, choice.Ref); err == nil {
		found.picks, err = b.pendingPicks(ctx, choice.Ref)
	}
	return found, err
}

// goOn fills in the facts of a line whose fixes are proposed already; done is false where
// they are to be picked all the same.
func (b *backport) goOn(ctx context.Context, facts *plan.LineFacts, pending pendingOfLine) (done bool, err error) {
	if pending.release != nil && b.isProposed(pending.release) {
		return true, b.proposed(ctx, facts, pending.release)
	}
	facts.Proposed = b.bringing(pending.picks)
	if facts.Proposed == nil || facts.Proposed.Over() || !facts.Proposed.Arrived.IsZero() && !b.request.NoRelease {
		return false, nil
	}
	facts.Branch, err = b.branch(ctx, facts.Choice.BranchChoice, "")
	return true, err
}

// isProposed reports whether the commits are those that a proposal picks, and goes on
// with.
func (b *backport) isProposed(pending *plan.Pending) bool {
	pending.Foreign = !pending.Covers(b.ids())
	return !pending.Foreign && (!pending.Over() || !b.request.Again)
}

// bringing is the proposal that brings one of the commits without a release, nil without.
// One that came to nothing counts only for who asks for the same.
func (b *backport) bringing(picks []*plan.Pending) *plan.Pending {
	for _, one := range picks {
		if one.Covers(b.ids()) || !one.Over() && slices.ContainsFunc(b.ids(), func(id object.ID) bool { return one.Covers([]object.ID{id}) }) {
			return one
		}
	}
	return nil
}

// ids are those of the commits.
func (b *backport) ids() []object.ID {
	ids := make([]object.ID, len(b.sources))
	for i, one := range b.sources {
		ids[i] = one.id
	}
	return ids
}

// proposed fills in the facts of a line whose fixes are proposed already.
func (b *backport) proposed(ctx context.Context, facts *plan.LineFacts, pending *plan.Pending) error {
	at := ""
	if !pending.Arrived.IsZero() {
		at = pending.Arrived.String()
	}
	var err error
	if facts.Branch, err = b.branch(ctx, facts.Choice.BranchChoice, at); err != nil {
		return err
	}
	facts.Branch.Pending = pending
	for _, one := range b.sources {
		how := "there before " + plan.ShortRef(pending.Head)
		if slices.ContainsFunc(pending.Picks, func(pick ledger.Pick) bool { return pick.Source == one.id }) {
			how = "proposed by " + plan.ShortRef(pending.Head)
		}
		facts.Present = append(facts.Present, plan.Present{ID: one.id, How: how})
	}
	return nil
}
