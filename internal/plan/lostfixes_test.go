package plan_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/fixes"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What runs there now is what a release is held against; what could not be compared
// does not pass.
func TestNoLostFixesGate(t *testing.T) {
	t.Parallel()
	id := object.Blob([]byte("fix")).ID()
	missed := plan.FixMissed{Commit: id, Subject: "Keep the calls", FixStanding: plan.FixStanding{State: fixes.Missing}}
	unclear := plan.FixMissed{Commit: id, Subject: "Keep the calls", FixStanding: plan.FixStanding{State: fixes.Unclear, Reason: "it was changed since"}}
	cases := map[string]struct {
		prepare  func(w *world)
		target   plan.Target
		verdict  plan.Verdict
		reason   string
		cure     string
		evidence string
	}{
		"nothing lost": {target: plan.Target{Lost: &plan.LostFixes{}}, verdict: plan.Pass, reason: "it has the fixes of 0.9.0, which production runs"},
		"lost": {target: plan.Target{Lost: &plan.LostFixes{Lost: []plan.FixMissed{missed}, Unclear: []plan.FixMissed{unclear}}}, verdict: plan.Fail,
			reason: "it lacks a fix of 0.9.0, which production runs", cure: "looprel backport 0.10.0 " + id.Short(), evidence: id.Short() + " Keep the calls"},
		"left out": {target: plan.Target{Lost: &plan.LostFixes{LeftOut: []plan.FixMissed{missed}}}, verdict: plan.Pass,
			reason: "it has the fixes of 0.9.0, which production runs, but for a fix that it was made without on purpose", evidence: id.Short() + " Keep the calls"},
		"unclear": {target: plan.Target{Lost: &plan.LostFixes{Unclear: []plan.FixMissed{unclear, unclear}}}, verdict: plan.Undecided,
			reason: "it cannot be told whether it has 2 fixes of 0.9.0", cure: "looprel fixes --missing-from 0.10.0", evidence: id.Short() + " Keep the calls: it was changed since"},
		"not compared": {target: plan.Target{Lost: &plan.LostFixes{Failure: "the tag is gone"}}, verdict: plan.Undecided,
			reason: "the fixes of 0.9.0 could not be compared: the tag is gone", cure: "looprel fixes --missing-from 0.10.0"},
		"nothing runs": {prepare: func(w *world) {
			w.environment("real-stage").Commissioned = true
			w.environment("real-stage").After = "load-stage"
		},
			verdict: plan.Pass, reason: "nothing runs on real-stage yet that could be lost"},
		"something runs": {prepare: func(w *world) {
			w.environment("real-stage").Commissioned = true
			w.environment("real-stage").After = "load-stage"
		},
			target: plan.Target{Seen: plan.Seen{Looked: true, Version: "0.8.0"}}, verdict: plan.Undecided, reason: "the ledger does not know what real-stage runs", cure: "looprel adopt"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 11:00")
			environment := "production"
			if c.prepare != nil {
				c.prepare(w)
				environment = "real-stage"
			}
			w.environment(environment).Gates = []release.Gate{{Name: release.GateNoLostFixes}}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: environment, Version: version("0.10.0")}, c.target)
			check(t, err, "")
			gate := gateOf(t, p, release.GateNoLostFixes)
			if gate.Verdict != c.verdict || gate.Reason != c.reason || gate.Cure != c.cure {
				t.Errorf("gate %+v", gate)
			}
			if (len(gate.Evidence) > 0) != (c.evidence != "") || c.evidence != "" && gate.Evidence[0] != c.evidence {
				t.Errorf("evidence %q, want %q", gate.Evidence, c.evidence)
			}
			if (p.Refused() == nil) != (c.verdict == plan.Pass) {
				t.Errorf("refused: %v", p.Refused())
			}
		})
	}
	w := releasedWorld(t)
	w.environment("load-stage").Gates = []release.Gate{{Name: release.GateNoLostFixes}}
	w.tag("0.10.5", "master")
	w.promote("load-stage", "0.10.0", ledger.Verified)
	p, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage", Version: version("0.10.5")}, plan.Target{})
	check(t, err, "")
	if gate := gateOf(t, p, release.GateNoLostFixes); gate.Verdict != plan.Undecided || gate.Reason != "the ledger does not know 0.10.5" {
		t.Errorf("gate %+v", gate)
	}
}
