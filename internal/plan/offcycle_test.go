package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// hotfixWorld has 0.9.0 on production, 0.10.0 on load-stage, and a breach fixed in
// 0.9.1: load-stage cannot take that any more.
func hotfixWorld(t *testing.T) *world {
	t.Helper()
	w := releasedWorld(t)
	w.at("2014-08-07 11:00")
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	w.commit("0.9.x", "Bug 1000003 - Close the hole.", files{"app.js": "closed\n"})
	w.release(plan.TagRequest{Line: "0.9.x"})
	w.environment("production").Gates = []release.Gate{
		{Name: release.GateSoak, Soak: release.Soak{For: 3 * day}},
		{Name: release.GateSignOff, SignOff: release.SignOff{Role: "qa", People: 1}},
	}
	return w
}

// What a promotion off the calendar skips is declared beforehand, and the rest stay.
func TestOffCycleSkipsWhatIsDeclared(t *testing.T) {
	t.Parallel()
	all := []string{"order", "soak", "sign-off"}
	cases := map[string]struct {
		declared, skipped, failed []string
	}{
		"nothing said":      {release.DefaultOffCycle(), nil, all},
		"none":              {nil, nil, all},
		"the order alone":   {[]string{"order"}, []string{"order"}, []string{"soak", "sign-off"}},
		"all that it lacks": {all, all, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := hotfixWorld(t)
			w.Train.OffCycle = c.declared
			request := plan.PromoteRequest{Environment: "production", Version: version("0.9.1"), OffCycle: true, Reason: "a breach"}
			p := w.mustPromote(request)
			var skipped, failed []string
			for _, gate := range p.Gates {
				if gate.Verdict == plan.Waived {
					skipped = append(skipped, gate.Name)
				}
				if gate.Verdict == plan.Fail {
					failed = append(failed, gate.Name)
					if !strings.Contains(strings.Join(gate.Evidence, "\n"), "off the calendar these may be skipped: ") {
						t.Errorf("%s does not say what may be skipped: %v", gate.Name, gate.Evidence)
					}
				}
			}
			if !slices.Equal(skipped, c.skipped) || !slices.Equal(failed, c.failed) || (p.Refused() == nil) != (c.failed == nil) {
				t.Errorf("skipped %v, failed %v, %v", skipped, failed, p.Refused())
			}
			if c.failed != nil {
				return
			}
			// It is recorded, and stays so when the attempt is finished by another run.
			for _, waiver := range p.Entry.Started.Waived {
				if !waiver.OffCycle || waiver.Reason != "a breach" || waiver.Otherwise == "" {
					t.Errorf("recorded %+v", waiver)
				}
			}
			w.record(p.Entry)
			w.nextEntry()
			again, err := w.planPromotion(plan.PromoteRequest{Environment: "production", Version: version("0.9.1")}, plan.Target{OwnAttempt: p.Attempt()})
			check(t, err, "")
			check(t, again.Refused(), "")
			if len(again.Entry.Started.Waived) != len(all) || !strings.HasPrefix(gateOf(t, again, "order").Reason, "off-cycle (a breach)") {
				t.Errorf("finished with %+v", again.Entry.Started.Waived)
			}
		})
	}
}

// What stands in the way of a hotfix names the ways round and through; what is not on
// its way to anywhere does not pass.
func TestHotfixBelowTheEnvironmentBefore(t *testing.T) {
	t.Parallel()
	w := hotfixWorld(t)
	hotfix := plan.PromoteRequest{Environment: "production", Version: version("0.9.1")}
	const reason = "it has not been on load-stage, which runs 0.10.0 by now"
	for _, c := range []struct {
		declared []string
		cure     string
	}{
		{release.DefaultOffCycle(), "looprel promote load-stage 0.9.1; or, let a release off the calendar skip it, in environments.yaml: train: {off-cycle: {may-skip: [order, not-frozen, window]}}"},
		{[]string{"order"}, "looprel promote load-stage 0.9.1; or, off the calendar: looprel promote production 0.9.1 --off-cycle --reason TEXT"},
	} {
		w.Train.OffCycle = c.declared
		if gate := gateOf(t, w.mustPromote(hotfix), "order"); gate.Reason != reason || gate.Cure != c.cure {
			t.Errorf("gate %+v, want cure %q", gate, c.cure)
		}
	}
	w.Train.OffCycle = release.SkippableGates()
	through := w.mustPromote(plan.PromoteRequest{Environment: "load-stage", Version: version("0.9.1")})
	check(t, through.Refused(), "")
	if want := "a fix on its way to production, which runs 0.9.0; the soak of 0.10.0 pauses until looprel promote load-stage 0.10.0"; !slices.Contains(through.Notes, want) {
		t.Errorf("notes %q, want %q", through.Notes, want)
	}
	w.promote("production", "0.9.1", ledger.Unverified)
	_, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage", Version: version("0.9.1"), OffCycle: true, Reason: "a breach"}, plan.Target{})
	check(t, err, "refused: load-stage runs 0.10.0, which is above 0.9.1\nchoose 0.10.0 or a higher version; going back is a rollback; "+
		"what was deployed by hand is recorded: looprel promote load-stage 0.9.1 --record-only --reason TEXT")
}

// Nothing off the calendar gets past what people decided, or what is not the release.
func TestOffCycleDoesNotSkipDecisions(t *testing.T) {
	t.Parallel()
	for _, gate := range []string{"commissioned", "known", "tag-unmoved", release.GateNoBlockers, release.GateNotBackedOff, release.GateSigned} {
		if slices.Contains(release.SkippableGates(), gate) {
			t.Errorf("%s may be skipped", gate)
		}
	}
	w := hotfixWorld(t)
	w.Train.OffCycle = release.SkippableGates()
	w.block("0.9.1", "it does not start")
	p := w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.9.1"), OffCycle: true, Reason: "a breach"})
	check(t, p.Refused(), "refused: loop-server 0.9.1 may not go to production: 0.9.1 is blocked by Release Manager: it does not start\n"+gateOf(t, p, release.GateNoBlockers).Cure)
}
