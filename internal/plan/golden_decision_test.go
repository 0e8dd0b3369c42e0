package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
)

// TestGoldenDecisions holds the plans of what only records somebody's word.
func TestGoldenDecisions(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *world) (*plan.DecisionPlan, error){
		"signoff": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeSignOff(w.Snapshot, plan.SignOffRequest{
				Environment: "load-stage", Version: version("0.10.0"), Note: "12,000 connections", Ref: "https://reports.example.org/42",
			})
		},
		"signoff-never-there": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeSignOff(w.Snapshot, signOffOn("production", "0.10.0"))
		},
		"block-version": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: "0.10.0", Reason: "loses calls", Ref: "https://bugs.example.org/1"})
		},
		"block-environment": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeBlock(w.Snapshot, plan.BlockRequest{Target: "production", Reason: "the data centre moves"})
		},
		"backoff": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.10.0"), Reason: "loses calls"})
		},
		"backoff-arrived": func(w *world) (*plan.DecisionPlan, error) {
			return plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.9.0"), Reason: "loses calls"})
		},
		"backoff-revoke": func(w *world) (*plan.DecisionPlan, error) {
			w.backOff("0.10.0", "loses calls")
			return plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.10.0"), Revoke: true})
		},
		"unblock": func(w *world) (*plan.DecisionPlan, error) {
			w.block("0.10.0", "loses calls")
			return plan.MakeUnblock(w.Snapshot, plan.UnblockRequest{Number: 1, Reason: "it does not"})
		},
	}
	for name, decide := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signedOffWorld(t, 1)
			p, err := decide(w)
			if err != nil {
				compareGolden(t, name, refusalOf(err))
				return
			}
			compareGolden(t, name, golden{Plan: p, Entry: entryOf(p.Entry)})
		})
	}
}
