package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

func (w *world) backOff(text, reason string) {
	w.t.Helper()
	w.decide(plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version(text), Reason: reason}))
}

func (w *world) status() *plan.Status {
	w.t.Helper()
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

// A release that is backed off goes nowhere, until that is revoked; a patch of it
// goes its way.
func TestBackedOffGoesNowhere(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-11 11:00")
	w.backOff("0.10.0", "loses calls")
	production := plan.PromoteRequest{Environment: "production", Version: version("0.10.0")}
	p := w.mustPromote(production)
	gate := gateOf(t, p, release.GateNotBackedOff)
	if gate.Verdict != plan.Fail || gate.Reason != "0.10.0 is backed off by Release Manager: loses calls" ||
		gate.Cure != "looprel backoff 0.10.0 --revoke --reason TEXT, if it is good after all" || p.Refused() == nil {
		t.Errorf("gate %+v, refused %v", gate, p.Refused())
	}
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	check(t, w.mustPromote(plan.PromoteRequest{Environment: "load-stage"}).Refused(), "")
	if got := w.mustPromote(plan.PromoteRequest{Environment: "load-stage"}).Version; got != "0.10.1" {
		t.Errorf("the turn is %s's", got)
	}
	w.decide(plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.10.0"), Revoke: true}))
	check(t, w.mustPromote(production).Refused(), "")
}

// Several may have taken the place of what was backed off: nothing is guessed.
func TestReplacementIsAmbiguous(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.backOff("0.10.0", "loses calls")
	for range 2 {
		addChange(w)
		w.release(plan.TagRequest{Line: "master"})
	}
	_, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{})
	check(t, err, "misuse: this cycle's 0.10.0 is backed off")
	w.backOff("0.10.1", "loses calls, too")
	if got := w.mustPromote(plan.PromoteRequest{Environment: "load-stage"}).Version; got != "0.10.2" {
		t.Errorf("the turn is %s's", got)
	}
}

// status and next say what became of the release, and what can be done instead.
func TestAfterBackOff(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-07 11:00")
	w.backOff("0.10.0", "loses calls")
	status := w.status()
	if one := status.Releases[0]; one.State != plan.StateBackedOff || one.BackedOff.Reason != "loses calls" {
		t.Errorf("release %+v", one)
	}
	at := slices.IndexFunc(status.Next.Due, func(due plan.Due) bool { return due.Command == "looprel backport 0.10.0 COMMIT" })
	if at < 0 || !strings.Contains(status.Next.Due[at].Reason, "on the same train if it arrives before Tue 2014-08-19") {
		t.Errorf("due: %+v", status.Next.Due)
	}
	for _, due := range slices.Concat(status.Next.Due, status.Next.Waiting) {
		if strings.Contains(due.What, "promote 0.10.0") {
			t.Errorf("still to be done: %+v", due)
		}
	}
	if onTheirWay, err := plan.OnTheirWay(w.Snapshot); err != nil || len(onTheirWay) != 0 {
		t.Errorf("on their way: %v, %+v", err, onTheirWay)
	}
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	next := w.status().Next
	if len(next.Due) != 1 || next.Due[0].What != "promote 0.10.1 to load-stage" {
		t.Errorf("after the fix: %+v", next.Due)
	}
}

// The next train is told.
func TestNextTrainIsTold(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.backOff("0.10.0", "loses calls")
	w.at("2014-08-19 11:00")
	addChange(w)
	p := w.mustTag(plan.TagRequest{})
	const want = "0.10.0 is backed off since 2014-08-05, by Release Manager (identity unverified): loses calls"
	if !slices.Contains(p.Notes, want) {
		t.Errorf("notes %q, want %q", p.Notes, want)
	}
}

func TestBackOffRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		request plan.BackOffRequest
		want    string
	}{
		"without a reason": {plan.BackOffRequest{Version: version("0.10.0")}, "a decision wants a reason"},
		"never released":   {plan.BackOffRequest{Version: version("0.77.0"), Reason: "why"}, "the ledger does not know loop-server 0.77.0"},
		"it has arrived":   {plan.BackOffRequest{Version: version("0.9.0"), Reason: "why"}, "production runs 0.9.0: a release that has arrived is rolled back"},
	}
	for name, c := range cases {
		if _, err := plan.MakeBackOff(releasedWorld(t).Snapshot, c.request); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Backing off twice, and revoking what is not backed off, changes nothing.
func TestBackOffAgain(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	off := plan.BackOffRequest{Version: version("0.10.0"), Reason: "again"}
	revoked, err := plan.MakeBackOff(w.Snapshot, plan.BackOffRequest{Version: version("0.10.0"), Revoke: true})
	check(t, err, "")
	if revoked.Already != "0.10.0 is not backed off" {
		t.Errorf("%q", revoked.Already)
	}
	w.backOff("0.10.0", "loses calls")
	w.Operator = ledger.Person{Name: "Somebody", Email: "somebody@example.org"}
	again, err := plan.MakeBackOff(w.Snapshot, off)
	check(t, err, "")
	if want := "0.10.0 is backed off since 2014-08-05, by Release Manager (identity unverified): loses calls"; again.Already != want {
		t.Errorf("%q, want %q", again.Already, want)
	}
}

// What took the place of a release that is backed off may be backed off itself: then
// that is what is to be replaced.
func TestNextAfterTheReplacementIsBackedOff(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-07 11:00")
	wants := func(version string) {
		t.Helper()
		next, err := plan.MakeNext(w.Snapshot)
		check(t, err, "")
		if want := "looprel backport " + version + " COMMIT"; len(next.Due) == 0 || next.Due[0].Command != want {
			t.Errorf("due %+v, want %s", next.Due, want)
		}
	}
	w.backOff("0.10.0", "loses calls")
	wants("0.10.0")
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	w.backOff("0.10.1", "still does")
	wants("0.10.1")
}
