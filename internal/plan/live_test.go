package plan_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What cannot be seen does not pass, and one answer that tells another thing is
// enough to stop.
func TestLiveGate(t *testing.T) {
	t.Parallel()
	healthy, ill := true, false
	good := plan.Seen{Looked: true, Version: "0.10.0", Healthy: &healthy, ThirdParties: map[string]string{"tokbox": "mocked"}}
	with := func(change func(*plan.Seen)) plan.Seen {
		seen := good
		change(&seen)
		return seen
	}
	cases := map[string]struct {
		answers  []plan.Seen
		verdict  plan.Verdict
		reason   string
		evidence int
	}{
		"as it should be":  {[]plan.Seen{good, good}, plan.Pass, "load-stage shows 0.10.0, 2 times in a row", 2},
		"nothing to see":   {nil, plan.Undecided, "load-stage shows nothing to look at", 0},
		"no answer":        {[]plan.Seen{{Looked: true, Error: "connection refused"}}, plan.Undecided, "load-stage does not answer: connection refused", 1},
		"later no answer":  {[]plan.Seen{good, {Looked: true, Error: "connection refused"}}, plan.Undecided, "load-stage does not answer: connection refused", 2},
		"hidden":           {[]plan.Seen{with(func(s *plan.Seen) { s.Version = "" })}, plan.Undecided, "load-stage shows neither version nor revision", 1},
		"another version":  {[]plan.Seen{with(func(s *plan.Seen) { s.Version = "0.9.0" })}, plan.Fail, "load-stage runs 0.9.0, not 0.10.0", 1},
		"one of the fleet": {[]plan.Seen{good, with(func(s *plan.Seen) { s.Version = "0.9.0" })}, plan.Fail, "load-stage runs 0.9.0, not 0.10.0", 2},
		"another commit":   {[]plan.Seen{with(func(s *plan.Seen) { s.Version, s.Revision = "", "0123456789012345" })}, plan.Fail, "load-stage runs 0123456789012345, not 0.10.0", 1},
		"ill":              {[]plan.Seen{with(func(s *plan.Seen) { s.Healthy, s.Health = &ill, "503, provider is down" })}, plan.Fail, "the heartbeat of load-stage fails: 503, provider is down", 1},
		"no heartbeat":     {[]plan.Seen{with(func(s *plan.Seen) { s.Healthy = nil })}, plan.Pass, "load-stage shows 0.10.0, 1 times in a row", 1},
		"a real one":       {[]plan.Seen{with(func(s *plan.Seen) { s.ThirdParties = map[string]string{"tokbox": "real"} })}, plan.Fail, "TokBox is real on load-stage, and declared as mocked", 1},
		"not said":         {[]plan.Seen{with(func(s *plan.Seen) { s.ThirdParties = nil })}, plan.Undecided, "load-stage does not say whether TokBox is real or mocked", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 11:00")
			w.environment("production").Gates = []release.Gate{{Name: release.GateLive}}
			w.environment("load-stage").ThirdParties = map[string]string{"TokBox": "mocked"}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: "production"}, plan.Target{Before: c.answers})
			check(t, err, "")
			gate := gateOf(t, p, release.GateLive)
			if gate.Verdict != c.verdict || gate.Reason != c.reason || len(gate.Evidence) != c.evidence || (gate.Cure == "") != (c.verdict == plan.Pass) {
				t.Errorf("gate %+v", gate)
			}
			if (p.Refused() == nil) != (c.verdict == plan.Pass) {
				t.Errorf("refused: %v", p.Refused())
			}
		})
	}
	// The environment before it may be out of service.
	w := releasedWorld(t)
	w.environment("production").Gates = []release.Gate{{Name: release.GateLive}}
	w.environment("load-stage").Commissioned = false
	gate := gateOf(t, w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0")}), release.GateLive)
	if gate.Verdict != plan.Undecided || !strings.Contains(gate.Reason, "no environment before production is in service") {
		t.Errorf("gate %+v", gate)
	}
}

// next does not look, and does not wait for what it has not looked at.
func TestNextLeavesLiveOut(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.environment("production").Gates = []release.Gate{{Name: release.GateLive}}
	w.at("2014-08-11 11:00")
	next, err := plan.MakeNext(w.Snapshot)
	check(t, err, "")
	if len(next.Due) != 1 || next.Due[0].Command != "looprel promote production" {
		t.Errorf("due: %+v", next.Due)
	}
}
