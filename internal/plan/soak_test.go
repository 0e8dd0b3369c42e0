package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// soakingWorld brought 0.10.0 to load-stage on Tuesday, 5 August, at 11:00;
// production wants a soak there.
func soakingWorld(t *testing.T, soak release.Soak) *world {
	t.Helper()
	w := releasedWorld(t)
	w.environment("production").Gates = []release.Gate{{Name: release.GateSoak, Soak: soak}}
	return w
}

// hotfix releases 0.9.1 on its line.
func (w *world) hotfix() {
	w.t.Helper()
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	w.commit("0.9.x", "Bug 1000003 - Fix the crash.", files{"app.js": "fixed\n"})
	w.release(plan.TagRequest{Line: "0.9.x"})
}

const day = 24 * time.Hour

// hotfixOnStage puts 0.9.1 on load-stage from Wednesday to Thursday, at 11:00, as it
// is on its way. Below what runs there, it is recorded.
func hotfixOnStage(w *world) {
	w.hotfix()
	w.at("2014-08-06 11:00")
	w.onStage("0.9.1")
	w.at("2014-08-07 11:00")
	w.onStage("0.10.0")
}

// onStage records what was deployed elsewhere.
func (w *world) onStage(text string) {
	w.t.Helper()
	p := w.mustPromote(plan.PromoteRequest{Environment: "load-stage", Version: version(text), RecordOnly: true, Reason: "as the test wants"})
	if p.Already != "" {
		w.t.Fatal(p.Already)
	}
	w.record(p.Entry)
}

func TestSoakGate(t *testing.T) {
	t.Parallel()
	three, working := release.Soak{For: 3 * day}, release.Soak{For: 4 * day, Working: true}
	contiguous := release.Soak{For: 3 * day, Contiguous: true}
	cases := map[string]struct {
		soak    release.Soak
		prepare func(w *world)
		at      string
		verdict plan.Verdict
		reason  string
		cure    string
		stays   int
	}{
		"long enough":   {three, nil, "2014-08-08 11:00", plan.Pass, "3 days on load-stage, and 3 days are wanted", "", 1},
		"too short":     {three, nil, "2014-08-07 12:30", plan.Fail, "2 days 1 hour 30 minutes of 3 days on load-stage; done Fri 2014-08-08 11:00 PDT", "wait until Fri 2014-08-08 11:00 PDT", 1},
		"just begun":    {three, nil, "2014-08-05 11:00", plan.Fail, "0 days of 3 days on load-stage; done Fri 2014-08-08 11:00 PDT", "wait until Fri 2014-08-08 11:00 PDT", 1},
		"working time":  {working, nil, "2014-08-10 11:00", plan.Fail, "3 working days 13 hours of 4 working days on load-stage; done Mon 2014-08-11 11:00 PDT", "wait until Mon 2014-08-11 11:00 PDT", 1},
		"working, done": {working, nil, "2014-08-11 11:00", plan.Pass, "4 working days on load-stage, and 4 working days are wanted", "", 1},
		"paused": {three, func(w *world) { w.hotfix(); w.at("2014-08-06 11:00"); w.onStage("0.9.1") }, "2014-08-11 11:00", plan.Fail,
			"1 day of 3 days on load-stage; it pauses: load-stage runs 0.9.1", "looprel promote load-stage 0.10.0 brings it back", 1},
		"resumed": {three, hotfixOnStage, "2014-08-08 11:00", plan.Fail,
			"2 days of 3 days on load-stage, interrupted; done Sat 2014-08-09 11:00 PDT", "wait until Sat 2014-08-09 11:00 PDT", 2},
		"resumed, done": {three, hotfixOnStage, "2014-08-09 11:00", plan.Pass, "3 days on load-stage, interrupted, and 3 days are wanted", "", 2},
		"anew": {contiguous, hotfixOnStage, "2014-08-09 11:00", plan.Fail,
			"2 days of 3 days on load-stage, interrupted; done Sun 2014-08-10 11:00 PDT", "wait until Sun 2014-08-10 11:00 PDT", 2},
		"anew, done": {contiguous, hotfixOnStage, "2014-08-10 11:00", plan.Pass, "3 days on load-stage, interrupted, and 3 days are wanted", "", 2},
		"done before it left": {contiguous, func(w *world) { w.hotfix(); w.at("2014-08-09 11:00"); w.onStage("0.9.1") }, "2014-08-11 11:00", plan.Pass,
			"4 days on load-stage, and 3 days are wanted", "", 1},
		"another one is coming": {three, func(w *world) { w.hotfix(); w.at("2014-08-06 11:00"); w.underway("load-stage", "0.9.1") }, "2014-08-11 11:00", plan.Fail,
			"1 day of 3 days on load-stage; it pauses: Release Manager is promoting 0.9.1 to load-stage", "wait for it, then: looprel promote load-stage 0.10.0 brings it back", 1},
		"another one failed": {three, func(w *world) {
			w.hotfix()
			w.at("2014-08-06 11:00")
			w.underway("load-stage", "0.9.1")
			w.at("2014-08-06 12:00")
			w.ends("load-stage", ledger.Failed)
		}, "2014-08-11 11:00", plan.Fail, "1 day of 3 days on load-stage; it pauses: the promotion of 0.9.1 to load-stage ended as \"failed\"",
			"looprel promote load-stage 0.10.0 brings it back", 1},
		"came back after a failure": {three, func(w *world) {
			w.hotfix()
			w.at("2014-08-06 11:00")
			w.underway("load-stage", "0.9.1")
			w.ends("load-stage", ledger.Failed)
			w.at("2014-08-07 11:00")
			w.promote("load-stage", "0.10.0", ledger.Verified)
		}, "2014-08-09 11:00", plan.Pass, "3 days on load-stage, interrupted, and 3 days are wanted", "", 2},
		"deployed again": {contiguous, func(w *world) { w.at("2014-08-06 11:00"); w.promote("load-stage", "0.10.0", ledger.Verified) }, "2014-08-08 11:00", plan.Pass,
			"3 days on load-stage, and 3 days are wanted", "", 1},
		"overtaken": {three, func(w *world) {
			w.at("2014-08-06 11:00")
			addChange(w)
			w.release(plan.TagRequest{Line: "master"})
			w.promote("load-stage", "0.10.1", ledger.Verified)
		}, "2014-08-11 11:00", plan.Fail, "1 day of 3 days on load-stage; it pauses: load-stage runs 0.10.1", "looprel promote production 0.10.1, once that has soaked", 1},
		"nothing before it": {three, func(w *world) { w.environment("load-stage").Commissioned = false }, "2014-08-11 11:00", plan.Undecided,
			"no environment before production is in service, so that nothing soaks there", "say in environments.yaml what comes before it", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := soakingWorld(t, c.soak)
			if c.prepare != nil {
				c.prepare(w)
			}
			w.at(c.at)
			gate := gateOf(t, w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0")}), release.GateSoak)
			if gate.Verdict != c.verdict || gate.Reason != c.reason || gate.Cure != c.cure || len(gate.Evidence) != c.stays {
				t.Errorf("gate %s, %q, cure %q, evidence %q\nwant %s, %q, cure %q, %d stays", gate.Verdict, gate.Reason, gate.Cure, gate.Evidence, c.verdict, c.reason, c.cure, c.stays)
			}
		})
	}
}

// underway begins a deployment of something that is below what runs.
func (w *world) underway(environment, text string) {
	w.t.Helper()
	known, ok, err := w.Ledger.Release(component, version(text))
	if err != nil || !ok {
		w.t.Fatalf("release %s: %v, known %v", text, err, ok)
	}
	w.record(ledger.Entry{ID: w.EntryID, Kind: ledger.KindPromotionStarted, At: w.Now.UTC(), By: w.Operator, Component: component,
		Started: &ledger.Started{Attempt: w.EntryID, Until: w.Now.Add(time.Hour).UTC(),
			Deployment: ledger.Deployment{Environment: environment, Version: text, Tag: known.Tag, Commit: known.Commit}}})
}

// ends gives what is under way its outcome.
func (w *world) ends(environment string, outcome ledger.Outcome) {
	w.t.Helper()
	state, err := w.Ledger.Environment(environment, component)
	if err != nil || state.Underway == nil {
		w.t.Fatalf("%v, under way %+v", err, state.Underway)
	}
	w.record(ledger.Entry{ID: w.EntryID, Kind: ledger.KindPromotionFinished, At: w.Now.UTC(), By: w.Operator, Component: component,
		Finished: &ledger.Finished{Deployment: state.Underway.Deployment, Attempt: state.Underway.Attempt, Outcome: outcome}})
}

// The evidence names each stay, in both zones.
func TestSoakEvidence(t *testing.T) {
	t.Parallel()
	w := soakingWorld(t, release.Soak{For: 3 * day})
	hotfixOnStage(w)
	w.at("2014-08-08 11:00")
	w.Now = w.Now.UTC()
	gate := gateOf(t, w.mustPromote(plan.PromoteRequest{Environment: "production"}), release.GateSoak)
	const want = "on load-stage from Tue 2014-08-05 11:00 PDT (18:00 UTC where you are) until Wed 2014-08-06 11:00 PDT (18:00 UTC where you are): 1 day\n" +
		"on load-stage from Thu 2014-08-07 11:00 PDT (18:00 UTC where you are) until now: 1 day"
	if got := strings.Join(gate.Evidence, "\n"); got != want {
		t.Errorf("evidence:\n%s\nwant:\n%s", got, want)
	}
}

// next says from when a release may go on: when the last of what it waits for is
// over.
func TestNextWaitsForSoak(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		soak   time.Duration
		from   string
		reason string
	}{
		{3 * day, "2014-08-11 10:00", "too early by 4 days"},
		{7 * day, "2014-08-12 11:00", "2 days of 7 days on load-stage"},
	} {
		w := soakingWorld(t, release.Soak{For: c.soak})
		w.at("2014-08-07 11:00")
		next, err := plan.MakeNext(w.Snapshot)
		check(t, err, "")
		due := next.Waiting[len(next.Waiting)-1]
		w.at(c.from)
		if !due.From.Equal(w.Now) || !strings.HasPrefix(due.Reason, c.reason) {
			t.Errorf("a soak of %s: %+v, want it from %s", c.soak, due, c.from)
		}
	}
}
