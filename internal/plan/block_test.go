package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

func (w *world) decide(p *plan.DecisionPlan, err error) {
	w.t.Helper()
	if err != nil || p.Already != "" {
		w.t.Fatalf("%v, already %+v", err, p)
	}
	w.record(p.Entry)
}

func (w *world) block(target, reason string) {
	w.t.Helper()
	w.decide(plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: target, Reason: reason}))
}

func (w *world) unblock(number int) {
	w.t.Helper()
	w.decide(plan.MakeUnblock(w.Snapshot, plan.UnblockRequest{Number: number, Reason: "over"}))
}

// What is blocked goes nowhere, whatever else is not blocked; only lifting it helps.
func TestNoBlockersGate(t *testing.T) {
	t.Parallel()
	production := plan.PromoteRequest{Environment: "production", Version: version("0.10.0")}
	cases := map[string]struct {
		prepare func(w *world)
		request plan.PromoteRequest
		reason  string
		cure    string
	}{
		"nothing":     {func(*world) {}, production, "nothing blocks it", ""},
		"the release": {func(w *world) { w.block("0.10.0", "loses calls") }, production, "0.10.0 is blocked by Release Manager: loses calls", "looprel unblock 1 --reason TEXT"},
		"another":     {func(w *world) { w.block("0.9.0", "loses calls") }, production, "nothing blocks it", ""},
		"here":        {func(w *world) { w.block("production", "it moves") }, production, "production is blocked by Release Manager: it moves", "looprel unblock 1 --reason TEXT"},
		"elsewhere":   {func(w *world) { w.block("load-stage", "it moves") }, production, "nothing blocks it", ""},
		"both": {func(w *world) { w.block("production", "it moves"); w.block("0.10.0", "loses calls") }, production,
			"production is blocked by Release Manager: it moves; 0.10.0 is blocked by Release Manager: loses calls",
			"looprel unblock 1 --reason TEXT, and looprel unblock 2 --reason TEXT"},
		"lifted": {func(w *world) { w.block("production", "it moves"); w.unblock(1) }, production, "nothing blocks it", ""},
		"one of two": {func(w *world) { w.block("production", "it moves"); w.block("production", "again"); w.unblock(1) }, production,
			"production is blocked by Release Manager: again", "looprel unblock 2 --reason TEXT"},
		"a branch's": {func(w *world) { w.block("dev", "a demonstration") }, plan.PromoteRequest{Environment: "dev"},
			"dev is blocked by Release Manager: a demonstration", "looprel unblock 1 --reason TEXT"},
		"off-cycle": {func(w *world) { w.block("production", "it moves") }, plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "a breach"},
			"production is blocked by Release Manager: it moves", "looprel unblock 1 --reason TEXT"},
		"under way": {func(w *world) { w.start("production", "0.10.0"); w.block("production", "it moves") },
			plan.PromoteRequest{Environment: "production", TakeOver: true}, "production is blocked by Release Manager: it moves", "looprel unblock 1 --reason TEXT"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 11:00")
			c.prepare(w)
			p := w.mustPromote(c.request)
			gate := gateOf(t, p, release.GateNoBlockers)
			if gate.Reason != c.reason || gate.Cure != c.cure || (gate.Verdict == plan.Pass) != (c.cure == "") || (len(gate.Evidence) > 0) != (c.cure != "") {
				t.Errorf("gate %+v", gate)
			}
			if (p.Refused() != nil) != (c.cure != "") {
				t.Errorf("refused: %v", p.Refused())
			}
		})
	}
}

func TestBlockRefused(t *testing.T) {
	t.Parallel()
	block := func(target, reason string) func(*world) (*plan.DecisionPlan, error) {
		return func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: target, Reason: reason})
		}
	}
	unblock := func(number int, reason string) func(*world) (*plan.DecisionPlan, error) {
		return func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeUnblock(w.Snapshot, plan.UnblockRequest{Number: number, Reason: reason})
		}
	}
	cases := map[string]struct {
		make func(*world) (*plan.DecisionPlan, error)
		want string
	}{
		"without a reason":   {block("0.10.0", " "), "a decision wants a reason"},
		"nothing known":      {block("everything", "why"), `"everything" is neither an environment nor a version`},
		"never released":     {block("0.77.0", "why"), "the ledger does not know loop-server 0.77.0"},
		"no number":          {unblock(0, "why"), "loop-server has no block number 0"},
		"number to come":     {unblock(1, "why"), "loop-server has no block number 1"},
		"lifting, no reason": {unblock(1, ""), "a decision wants a reason"},
	}
	for name, c := range cases {
		if _, err := c.make(releasedWorld(t)); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := block("production", "why")(newWorld(t)); err == nil || err.Error() != "there is no ledger on origin yet to record anything in" {
		t.Errorf("without a ledger: %v", err)
	}
}

// The same block twice is one; lifting it twice lifts it once; numbers are never
// given again.
func TestBlockAgain(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.block("production", "it moves")
	again, err := plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: "production", Reason: "it moves"})
	check(t, err, "")
	if want := "production is blocked already, for that reason (number 1)"; again.Already != want {
		t.Errorf("%q, want %q", again.Already, want)
	}
	w.Operator = ledger.Person{Name: "Somebody", Email: "somebody@example.org"}
	w.block("production", "it moves")
	w.unblock(2)
	lifted, err := plan.MakeUnblock(w.Snapshot, plan.UnblockRequest{Number: 2, Reason: "over"})
	check(t, err, "")
	if want := "block 2 has been lifted already"; lifted.Already != want {
		t.Errorf("%q, want %q", lifted.Already, want)
	}
	third, err := plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: "0.10.0", Reason: "loses calls"})
	check(t, err, "")
	if third.Number != 3 {
		t.Errorf("number %d after 2", third.Number)
	}
	status, err := plan.MakeStatus(w.Snapshot, nil)
	check(t, err, "")
	if len(status.Blocks) != 1 || status.Blocks[0].Number != 1 {
		t.Errorf("blocks %+v", status.Blocks)
	}
}
