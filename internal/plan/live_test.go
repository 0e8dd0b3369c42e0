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

// A mirror agrees with what it is a likeness of, except for the release.
func TestLiveGateOfMirror(t *testing.T) {
	t.Parallel()
	seen := func(version string, change func(*plan.Seen)) plan.Seen {
		one := plan.Seen{Looked: true, Version: version, Name: "loop", ThirdParties: map[string]string{"tokbox": "real"}, Switches: map[string]bool{"fakeTokBox": false, "fxaOAuth": true}}
		if change != nil {
			change(&one)
		}
		return one
	}
	cases := map[string]struct {
		mirrored []plan.Seen
		mirrors  string
		verdict  plan.Verdict
		reason   string
	}{
		"a likeness":       {[]plan.Seen{seen("0.9.0", nil), seen("0.9.0", nil)}, "production", plan.Pass, "load-stage shows 0.10.0, 2 times in a row, and agrees with production, which it mirrors"},
		"another switch":   {[]plan.Seen{seen("0.9.0", func(s *plan.Seen) { s.Switches = map[string]bool{"fxaOAuth": false} })}, "production", plan.Fail, "load-stage mirrors production, but fxaOAuth is true on load-stage and false on production"},
		"a switch less":    {[]plan.Seen{seen("0.9.0", func(s *plan.Seen) { s.Switches = nil })}, "production", plan.Pass, ""},
		"one of two":       {[]plan.Seen{seen("0.9.0", nil), seen("0.9.0", func(s *plan.Seen) { s.ThirdParties = map[string]string{"tokbox": "mocked"} })}, "production", plan.Fail, "load-stage mirrors production, but tokbox is real on load-stage and mocked on production"},
		"a party not told": {[]plan.Seen{seen("0.9.0", func(s *plan.Seen) { s.ThirdParties = nil })}, "production", plan.Fail, "load-stage mirrors production, but tokbox is real on load-stage and not told of on production"},
		"another party":    {[]plan.Seen{seen("0.9.0", func(s *plan.Seen) { s.ThirdParties = map[string]string{"tokbox": "real", "msisdn": "mocked"} })}, "production", plan.Fail, "load-stage mirrors production, but msisdn is not told of on load-stage and mocked on production"},
		"another service":  {[]plan.Seen{seen("0.9.0", func(s *plan.Seen) { s.Name = "parking" })}, "production", plan.Fail, `load-stage mirrors production, but load-stage is "loop" and production is "parking"`},
		"no answer":        {[]plan.Seen{{Looked: true, Error: "refused"}}, "production", plan.Undecided, "load-stage mirrors production, which does not answer: refused"},
		"nothing to see":   {nil, "production", plan.Undecided, "load-stage mirrors production, which shows nothing to look at"},
		"out of service":   {nil, "real-stage", plan.Undecided, "load-stage mirrors real-stage, which is not in service"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 11:00")
			w.environment("production").Gates = []release.Gate{{Name: release.GateLive}}
			w.environment("load-stage").Mirrors = c.mirrors
			p, err := w.planPromotion(plan.PromoteRequest{Environment: "production"},
				plan.Target{Before: []plan.Seen{seen("0.10.0", nil), seen("0.10.0", nil)}, Mirrored: c.mirrored})
			check(t, err, "")
			gate := gateOf(t, p, release.GateLive)
			if gate.Verdict != c.verdict || c.reason != "" && gate.Reason != c.reason || len(gate.Evidence) != 2+len(c.mirrored) || (gate.Cure == "") != (c.verdict == plan.Pass) {
				t.Errorf("gate %+v", gate)
			}
		})
	}
}

// status says in what a mirror differs.
func TestStatusOfMirror(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.environment("load-stage").Mirrors = "production"
	seen := map[string]plan.Seen{
		"load-stage": {Looked: true, Version: "0.10.0", Switches: map[string]bool{"fxaOAuth": true}},
		"production": {Looked: true, Version: "0.9.0", Switches: map[string]bool{"fxaOAuth": false}},
	}
	status, err := plan.MakeStatus(w.Snapshot, seen)
	check(t, err, "")
	const want = "it mirrors production, but fxaOAuth is true on load-stage and false on production"
	if got := status.Environments[1].Remark; got != want {
		t.Errorf("remark %q, want %q", got, want)
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
