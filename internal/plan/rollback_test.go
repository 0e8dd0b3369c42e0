package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// arrivedWorld has 0.10.0 on production since Monday, 0.9.0 before.
func arrivedWorld(t *testing.T) *world {
	t.Helper()
	w := releasedWorld(t)
	w.at("2014-08-11 11:00")
	w.promote("production", "0.10.0", ledger.Verified)
	w.at("2014-08-12 23:00")
	return w
}

func (w *world) planRollback(request plan.RollbackRequest, own string) (*plan.PromotionPlan, error) {
	w.t.Helper()
	rollback, err := plan.SelectRollback(w.Snapshot, request)
	if err != nil {
		return nil, err
	}
	return plan.MakeRollback(w.Snapshot, rollback, plan.Target{OwnAttempt: own}, request)
}

func rollbackOf(environment string) plan.RollbackRequest {
	return plan.RollbackRequest{Environment: environment, Reason: "loses calls"}
}

// rollBack plans a rollback and carries it out.
func (w *world) rollBack(request plan.RollbackRequest, outcome ledger.Outcome) *plan.PromotionPlan {
	w.t.Helper()
	p, err := w.planRollback(request, "")
	if err != nil || p.Already != "" || p.Refused() != nil {
		w.t.Fatalf("%v, already %q, refused %v", err, p.Already, p.Refused())
	}
	w.record(p.Entry)
	w.record(p.Outcome(w.Snapshot, ledger.Finished{Outcome: outcome}, 0))
	return p
}

// What goes and what comes back, from each state that an environment may be in.
func TestRollback(t *testing.T) {
	t.Parallel()
	to := func(text string) plan.RollbackRequest {
		request := rollbackOf("production")
		request.To = version(text)
		return request
	}
	next := func(w *world, outcome ledger.Outcome) {
		addChange(w)
		w.release(plan.TagRequest{Line: "master"})
		w.promote("production", "0.10.1", outcome)
	}
	cases := map[string]struct {
		prepare  func(w *world)
		request  plan.RollbackRequest
		bad, to  string
		already  string // a piece of it
		deploys  bool
		probesAt bool
	}{
		"the last good one":        {nil, rollbackOf("production"), "0.10.0", "0.9.0", "", true, false},
		"a promotion that failed":  {func(w *world) { next(w, ledger.Failed) }, rollbackOf("production"), "0.10.1", "0.10.0", "", true, false},
		"an interrupted promotion": {func(w *world) { next(w, ledger.Unknown) }, rollbackOf("production"), "0.10.1", "0.10.0", "", true, false},
		"unverified is no failure": {func(w *world) { next(w, ledger.Unverified) }, rollbackOf("production"), "0.10.1", "0.10.0", "", true, false},
		"past one that is bad": {func(w *world) {
			addChange(w)
			w.release(plan.TagRequest{Line: "master"})
			w.backOffAt("0.10.0")
			w.promote("production", "0.10.1", ledger.Verified)
		}, rollbackOf("production"), "0.10.1", "0.9.0", "", true, false},
		"to the one that was named": {func(w *world) { next(w, ledger.Verified) }, to("0.9.0"), "0.10.1", "0.9.0", "", true, false},
		"done":                      {func(w *world) { w.rollBack(rollbackOf("production"), ledger.Verified) }, rollbackOf("production"), "", "", "rolled back from 0.10.0; further back: looprel rollback production --to VERSION", false, false},
		"to what runs":              {nil, to("0.10.0"), "", "", "production runs loop-server 0.10.0 already", false, false},
		"a rollback that failed":    {func(w *world) { w.rollBack(rollbackOf("production"), ledger.Failed) }, rollbackOf("production"), "0.10.0", "0.9.0", "", true, false},
		"an interrupted rollback":   {func(w *world) { w.rollBack(rollbackOf("production"), ledger.Unknown) }, rollbackOf("production"), "0.10.0", "0.9.0", "", true, true},
		"and again after a fix": {func(w *world) {
			w.rollBack(rollbackOf("production"), ledger.Verified)
			next(w, ledger.Verified)
		}, rollbackOf("production"), "0.10.1", "0.9.0", "", true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := arrivedWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planRollback(c.request, "")
			check(t, err, "")
			if c.already != "" {
				if !strings.Contains(p.Already, c.already) || len(p.Steps) != 0 {
					t.Errorf("already %q, steps %+v", p.Already, p.Steps)
				}
				return
			}
			check(t, p.Refused(), "")
			if p.RollsBack != version(c.bad) || p.Version != c.to || p.Running != c.bad || p.ProbeFirst != c.probesAt {
				t.Errorf("from %s to %s, replaces %s, looks first: %v; want from %s to %s, %v", p.RollsBack, p.Version, p.Running, p.ProbeFirst, c.bad, c.to, c.probesAt)
			}
			w.record(p.Entry)
			known, _, err := w.Ledger.Release(component, version(c.bad))
			check(t, err, "")
			if known.BackedOff == nil {
				t.Errorf("%s is not backed off once the rollback has begun", c.bad)
			}
		})
	}
}

func (w *world) backOffAt(text string) {
	w.record(ledger.Entry{ID: w.EntryID, Kind: ledger.KindBackedOff, At: w.Now.UTC(), By: w.Operator, Component: component,
		Reason: "loses calls", BackedOff: &ledger.BackedOff{Version: version(text)}})
}

// Nothing stops a rollback at night that could stop a promotion; nobody promotes the
// bad release again by accident.
func TestRollbackPassesGates(t *testing.T) {
	t.Parallel()
	w := arrivedWorld(t)
	w.environment("production").Gates = []release.Gate{
		{Name: release.GateSoak, Soak: release.Soak{For: 100 * day}},
		{Name: release.GateSignOff, SignOff: release.SignOff{Role: "qa", People: 5}},
	}
	w.block("production", "it moves")
	w.block("0.9.0", "old")
	w.at("2014-09-09 23:00") // frozen, and out of the window
	w.rollBack(rollbackOf("production"), ledger.Verified)
	state, err := w.Ledger.Environment("production", component)
	check(t, err, "")
	if state.Running.Version != "0.9.0" || state.Running.RollsBack != version("0.10.0") {
		t.Errorf("production runs %+v", state.Running)
	}
	w.unblock(1)
	p := w.mustPromote(plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "by accident"})
	if gate := gateOf(t, p, release.GateNotBackedOff); gate.Verdict != plan.Fail || gate.Reason != "0.10.0 is backed off by Release Manager: loses calls" {
		t.Errorf("gate %+v", gate)
	}
	status := w.status()
	if one := status.Releases[0]; one.State != plan.StateBackedOff {
		t.Errorf("release %+v", one)
	}
	for _, due := range slices.Concat(status.Next.Due, status.Next.Waiting) {
		if strings.Contains(due.What, "0.10.0 to production") {
			t.Errorf("still to be done: %+v", due)
		}
	}
}

func TestRollbackRefused(t *testing.T) {
	t.Parallel()
	to := func(text string) plan.RollbackRequest {
		request := rollbackOf("production")
		request.To = version(text)
		return request
	}
	cases := map[string]struct {
		prepare func(w *world)
		request plan.RollbackRequest
		want    string
	}{
		"without a reason":     {nil, plan.RollbackRequest{Environment: "production"}, "misuse: a decision wants a reason"},
		"no environment":       {nil, rollbackOf("nowhere"), `misuse: there is no environment "nowhere"`},
		"of a branch":          {nil, rollbackOf("dev"), "misuse: dev follows branch master and takes no releases"},
		"never there":          {func(w *world) { addChange(w); w.release(plan.TagRequest{Line: "master"}) }, to("0.10.1"), "refused: 0.10.1 has never been on production, so that nobody can go back to it"},
		"never released":       {nil, to("0.77.0"), "refused: the ledger does not know loop-server 0.77.0"},
		"nothing else is good": {func(w *world) { w.backOffAt("0.9.0") }, rollbackOf("production"), "refused: the ledger knows no other release that was good on production"},
		"known to be bad":      {func(w *world) { w.backOffAt("0.9.0") }, to("0.9.0"), "refused: loop-server 0.9.0 may not go to production: 0.9.0 is backed off by Release Manager: loses calls"},
		"the tag is gone":      {func(w *world) { w.untag("0.9.0") }, rollbackOf("production"), "refused: loop-server 0.9.0 may not go to production: tag 0.9.0 has been deleted on origin"},
		"somebody is at it":    {func(w *world) { w.Operator.Name = "Somebody"; w.underway("production", "0.10.0") }, rollbackOf("production"), "moved: Somebody is promoting 0.10.0 to production since"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := arrivedWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planRollback(c.request, "")
			if err == nil {
				err = p.Refused()
			}
			check(t, err, c.want)
		})
	}
	_, err := newWorld(t).planRollback(rollbackOf("production"), "")
	check(t, err, "refused: nothing is known to run on production")
}

// A rollback that was killed is finished by the same command, which need not deploy
// what is there; one that takes over a promotion deploys whatever it sees.
func TestRollbackTakesOver(t *testing.T) {
	t.Parallel()
	w := arrivedWorld(t)
	p, err := w.planRollback(rollbackOf("production"), "")
	check(t, err, "")
	w.record(p.Entry)
	again, err := w.planRollback(rollbackOf("production"), p.Attempt())
	check(t, err, "")
	if again.Version != "0.9.0" || !again.ProbeFirst || again.Entry.Started.TakesOver != p.Attempt() || again.RollsBack != version("0.10.0") {
		t.Errorf("goes on with %+v", again)
	}
	if status := w.status(); !strings.Contains(status.Environments[3].Remark, "Release Manager is promoting 0.9.0") {
		t.Errorf("remark %q", status.Environments[3].Remark)
	}
	w.Now = w.Now.Add(time.Hour)
	if remark := w.status().Environments[3].Remark; !strings.Contains(remark, "looprel rollback production --reason TEXT finishes it") {
		t.Errorf("remark %q", remark)
	}

	w = arrivedWorld(t)
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	p = w.start("production", "0.10.1")
	over, err := w.planRollback(rollbackOf("production"), p.Attempt())
	check(t, err, "")
	if over.Version != "0.10.0" || over.ProbeFirst || over.Entry.Started.TakesOver != p.Attempt() || over.RollsBack != version("0.10.1") {
		t.Errorf("takes over with %+v", over)
	}
}

// A promotion knows what it could be rolled back to.
func TestFallback(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-11 11:00")
	p := w.mustPromote(plan.PromoteRequest{Environment: "production"})
	if want := "looprel rollback production --reason TEXT goes back to 0.9.0"; p.Fallback() != want {
		t.Errorf("%q, want %q", p.Fallback(), want)
	}
	if p := w.mustPromote(plan.PromoteRequest{Environment: "dev"}); p.Fallback() != "" {
		t.Errorf("of a branch: %q", p.Fallback())
	}
}

// TestGoldenRollback holds the plan of a rollback.
func TestGoldenRollback(t *testing.T) {
	t.Parallel()
	p, err := arrivedWorld(t).planRollback(rollbackOf("production"), "")
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "rollback", golden{Plan: p, Entry: entryOf(p.Entry)})
}

// TestGoldenUnrecorded holds the plan of a rollback without the remote, and what it
// leaves to be recorded.
func TestGoldenUnrecorded(t *testing.T) {
	t.Parallel()
	w := arrivedWorld(t)
	w.Offline = &plan.Offline{Seen: w.Ledger.Tip(), At: w.Now.Add(-time.Hour), OtherConfig: true}
	request := rollbackOf("production")
	request.Unrecorded = true
	p, err := w.planRollback(request, "")
	check(t, err, "")
	compareGolden(t, "rollback-unrecorded", golden{Plan: p, Entry: entryOf(p.Entry)})
	ended := p.Ended(w.Snapshot, ledger.Finished{Outcome: ledger.Verified, Detail: "runs 0.9.0", Evidence: []string{"3 answers"}}, 90*time.Second)
	compareGolden(t, "rollback-unrecorded-ended", golden{Entry: entryOf(ended)})
}

// People are told of a rollback without the remote, too, once it is recorded, and if
// it got there.
func TestUnrecordedIsAnnounced(t *testing.T) {
	t.Parallel()
	w := announcingWorld(t)
	w.release(plan.TagRequest{})
	w.promote("load-stage", "0.10.0", ledger.Verified)
	w.at("2014-08-11 11:00")
	w.promote("production", "0.10.0", ledger.Verified)
	w.at("2014-08-12 23:00")
	w.Offline = &plan.Offline{Seen: w.Ledger.Tip(), At: w.Now}
	p, err := w.planRollback(rollbackOf("production"), "")
	check(t, err, "")
	for outcome, want := range map[ledger.Outcome]int{ledger.Verified: 2, ledger.Unverified: 2, ledger.Failed: 0, ledger.Unknown: 0} {
		ended := p.Ended(w.Snapshot, ledger.Finished{Outcome: outcome}, 0)
		if len(ended.Owes) != want || want > 0 && ended.Owes[0].Event != ledger.EventRolledBack {
			t.Errorf("%s: owes %+v", outcome, ended.Owes)
		}
	}
	if len(p.Entry.Owes) != 0 {
		t.Errorf("before it has ended it owes %+v", p.Entry.Owes)
	}
}
