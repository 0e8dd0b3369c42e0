package plan_test

import (
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// A release that a higher one overtook on its way says so, wherever somebody is about
// to do something with it, and is not due any more.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	const want = "0.10.0 is superseded: production runs 0.11.0, and never ran it"
	w := releasedWorld(t)
	real := w.environment("real-stage")
	real.Commissioned = true
	w.at("2014-08-19 11:00")
	addChange(w)
	w.release(plan.TagRequest{})
	w.promote("load-stage", "0.11.0", ledger.Verified)
	w.at("2014-08-25 11:00")

	notes := func() map[string][]string {
		p := w.mustPromote(plan.PromoteRequest{Environment: "real-stage", Version: version("0.10.0")})
		signed, err := plan.MakeSignOff(w.Snapshot, plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0")})
		check(t, err, "")
		off, err := plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.10.0"), Reason: "slow"})
		check(t, err, "")
		return map[string][]string{"promote": p.Notes, "signoff": signed.Notes, "backoff": off.Notes}
	}
	for verb, said := range notes() {
		if slices.Contains(said, want) {
			t.Errorf("%s says so before it is so", verb)
		}
	}
	w.promote("production", "0.11.0", ledger.Verified)
	for verb, said := range notes() {
		if !slices.Contains(said, want) {
			t.Errorf("%s does not say so: %q", verb, said)
		}
	}
	// The one that overtook it is rolled back: it may go on.
	w.rollBack(plan.RollbackRequest{Environment: "production", Reason: "loses calls"}, ledger.Verified)
	for verb, said := range notes() {
		if slices.Contains(said, want) {
			t.Errorf("%s still says so: %q", verb, said)
		}
	}
}
