package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// A rollback that nobody asked for follows the failure of its attempt, and nothing
// that somebody did since.
func TestRollbackAfterFailure(t *testing.T) {
	t.Parallel()
	failed := func(w *world) plan.RollbackRequest {
		addChange(w)
		w.release(plan.TagRequest{Line: "master"})
		w.promote("production", "0.10.1", ledger.Failed)
		state, err := w.Ledger.Environment("production", component)
		check(w.t, err, "")
		return plan.RollbackRequest{Environment: "production", Reason: "on-failure: it did not start",
			After: &plan.FailedAttempt{Deployment: state.Broken.Deployment, Attempt: "attempt"}}
	}
	w := arrivedWorld(t)
	request := failed(w)
	p, err := w.planRollback(request, "")
	check(t, err, "")
	if p.Version != "0.10.0" || p.RollsBack != version("0.10.1") || p.Attempt() != "attempt-rollback" || p.Entry.Started.After != "attempt" || p.RollsBackOnFailure() {
		t.Errorf("from %s to %s, attempt %s after %q", p.RollsBack, p.Version, p.Attempt(), p.Entry.Started.After)
	}
	for name, meanwhile := range map[string]func(w *world){
		"tried again": func(w *world) { w.promote("production", "0.10.1", ledger.Verified) },
		"interrupted": func(w *world) { w.promote("production", "0.10.1", ledger.Unknown) },
		"rolled back": func(w *world) { w.rollBack(rollbackOf("production"), ledger.Verified) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := arrivedWorld(t)
			request := failed(w)
			meanwhile(w)
			_, err := w.planRollback(request, "")
			var moved *plan.Moved
			if !errors.As(err, &moved) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What follows a failure is said beforehand.
func TestPromotionSaysWhatFollowsFailure(t *testing.T) {
	t.Parallel()
	for _, rolls := range []bool{true, false} {
		w := releasedWorld(t)
		w.environment("production").RollsBack = rolls
		p := w.mustPromote(plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "test"})
		said := strings.Contains(strings.Join(p.Notes, "\n"), "is rolled back to 0.9.0 without asking")
		if said != rolls || p.RollsBackOnFailure() != rolls {
			t.Errorf("said: %v, does: %v, want %v; %v", said, p.RollsBackOnFailure(), rolls, p.Notes)
		}
	}
}
