package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// What was deployed by hand is recorded of a set as it is of a release: somebody's attempt
// is respected until its lease ends, and what is left of a failed one is settled.
func TestRecordSetDeployedByHand(t *testing.T) {
	t.Parallel()
	const set = "loop-server-0.10.0+loop-client-0.5.0"
	request := plan.PromoteRequest{Environment: "load-stage", RecordOnly: true, Reason: "by hand"}
	cases := map[string]struct {
		request plan.PromoteRequest
		set     string
		later   string
		err     string
	}{
		"within the lease":  {request: request, set: set, later: "2014-08-19 11:01", err: "moved: Release Manager is promoting"},
		"afterwards":        {request: request, set: set, later: "2014-08-20 11:00"},
		"without a set":     {request: request, err: "misuse: --record-only wants the set"},
		"without a reason":  {request: plan.PromoteRequest{Environment: "load-stage", RecordOnly: true}, set: set, err: "misuse: --record-only wants a reason"},
		"with a waived one": {request: plan.PromoteRequest{Environment: "load-stage", RecordOnly: true, Reason: "by hand", Waive: []string{"soak"}}, set: set, err: "misuse: --record-only judges no gate"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetWorld(t)
			s.makeSet(s.mustSet())
			s.toStage()
			s.nextCycle()
			p, err := s.planSetPromotion("", plan.PromoteRequest{Environment: "load-stage"})
			if err != nil {
				t.Fatal(err)
			}
			s.record(p.Head.Entry) // and nothing of its end
			if c.later != "" {
				s.at(c.later)
			}
			recorded, err := s.planSetPromotion(c.set, c.request)
			check(t, err, c.err)
			if err != nil {
				return
			}
			for _, entry := range recorded.Entries {
				s.record(entry)
			}
			if again, err := s.planSetPromotion(c.set, c.request); err != nil || again.Already == "" {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

func TestRecordSetAfterFailure(t *testing.T) {
	t.Parallel()
	s := halfPromoted(t)
	request := plan.PromoteRequest{Environment: "load-stage", RecordOnly: true, Reason: "by hand"}
	recorded, err := s.planSetPromotion("loop-server-0.10.0+loop-client-0.5.0", request)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range recorded.Entries {
		s.record(entry)
	}
	for _, component := range []string{"loop-server", "loop-client", ledger.AllComponents} {
		if state, err := s.Ledger.Environment("load-stage", component); err != nil || state.Broken != nil || state.Underway != nil {
			t.Errorf("of %s: %+v, %v", component, state, err)
		}
	}
}
