package plan_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// waivableWorld lets operations set the order of production aside. The operator
// has the role if asOps says so.
func waivableWorld(t *testing.T, asOps bool) *world {
	t.Helper()
	w := newWorld(t)
	w.adopt(map[string]release.Version{"production": version("0.9.0"), "load-stage": version("0.9.0")})
	w.release(plan.TagRequest{})
	w.environment("production").Gates = []release.Gate{{Name: release.GateOrder, WaivedBy: []string{"ops"}}, {Name: release.GateWindow}}
	w.Train.Contacts = []release.Contact{{Role: "ops", Email: []string{"ops@example.org"}}}
	if asOps {
		w.Operator = ledger.Person{Name: "Operator", Email: "Ops@example.org"}
	}
	w.at("2014-08-11 11:00")
	return w
}

func waiveOrder() plan.PromoteRequest {
	return plan.PromoteRequest{Environment: "production", Version: version("0.10.0"), Waive: []string{"order"}, Reason: "tested by hand"}
}

func gateOf(t *testing.T, p *plan.PromotionPlan, name string) plan.Gate {
	t.Helper()
	at := slices.IndexFunc(p.Gates, func(gate plan.Gate) bool { return gate.Name == name })
	if at < 0 {
		t.Fatalf("no gate %s among %+v", name, p.Gates)
	}
	return p.Gates[at]
}

// Who may sets a gate aside: that is shown, and recorded with what it would have
// said, by whom, and how sure that is.
func TestWaive(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{false, true} {
		w := waivableWorld(t, true)
		w.Sign.Ledger = signed
		p := w.mustPromote(waiveOrder())
		check(t, p.Refused(), "")
		evidence := "waived by Operator <Ops@example.org> (identity unverified)"
		if signed {
			evidence = "waived by Operator <Ops@example.org> (signed)"
		}
		gate := gateOf(t, p, release.GateOrder)
		if gate.Verdict != plan.Waived || gate.Reason != "waived (tested by hand); otherwise: it has not been on load-stage" || !slices.Equal(gate.Evidence, []string{evidence}) {
			t.Errorf("gate %+v", gate)
		}
		want := ledger.Waiver{Gate: "order", Otherwise: "it has not been on load-stage", Reason: "tested by hand", By: w.Operator, Signed: signed}
		if !slices.Equal(p.Entry.Started.Waived, []ledger.Waiver{want}) {
			t.Errorf("recorded %+v", p.Entry.Started.Waived)
		}
	}
}

// What was set aside stays with the release and the environment that it reached.
func TestWaiverStays(t *testing.T) {
	t.Parallel()
	w := waivableWorld(t, true)
	p := w.mustPromote(waiveOrder())
	w.record(p.Entry)
	w.record(p.Outcome(w.Snapshot, ledger.Finished{Outcome: ledger.Verified}, 0))
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil {
		t.Fatal(err)
	}
	if waived := status.Releases[0].Waived; len(waived) != 1 || waived[0].Environment != "production" || waived[0].Gate != "order" {
		t.Errorf("the release shows %+v", waived)
	}
	if running := status.Environments[3].Running; len(running.Waived) != 1 {
		t.Errorf("production shows %+v", running)
	}
}

// A promotion that was let through with a waiver is finished without another.
func TestWaiverOfUnfinishedPromotion(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, p *plan.PromotionPlan){
		"killed": func(*world, *plan.PromotionPlan) {},
		"interrupted": func(w *world, p *plan.PromotionPlan) {
			w.record(p.Outcome(w.Snapshot, ledger.Finished{Outcome: ledger.Unknown}, 0))
		},
	} {
		w := waivableWorld(t, true)
		p := w.mustPromote(waiveOrder())
		w.record(p.Entry)
		end(w, p)
		w.Operator = ledger.Person{Name: "Somebody", Email: "somebody@example.org"}
		later := w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0"), TakeOver: true})
		check(t, later.Refused(), "")
		if waived := later.Entry.Started.Waived; len(waived) != 1 || waived[0].By.Name != "Operator" {
			t.Errorf("%s: recorded %+v", name, waived)
		}
	}
}

// A gate that passes needs no waiver, and gets none.
func TestWaiverOfPassingGate(t *testing.T) {
	t.Parallel()
	w := waivableWorld(t, true)
	w.promote("load-stage", "0.10.0", ledger.Verified)
	p := w.mustPromote(waiveOrder())
	if gateOf(t, p, release.GateOrder).Verdict != plan.Pass || p.Entry.Started.Waived != nil {
		t.Errorf("gates %+v, recorded %+v", p.Gates, p.Entry.Started.Waived)
	}
}

func TestWaiveRefused(t *testing.T) {
	t.Parallel()
	request := func(change func(*plan.PromoteRequest)) plan.PromoteRequest {
		made := waiveOrder()
		change(&made)
		return made
	}
	cases := map[string]struct {
		request plan.PromoteRequest
		asOps   bool
		want    string
	}{
		"without the role": {request(func(*plan.PromoteRequest) {}), false,
			"Release Manager <release-manager@example.org> may not waive the gate order of production: that is for ops"},
		"no such gate":     {request(func(r *plan.PromoteRequest) { r.Waive = []string{"soak"} }), true, `production has no gate "soak" that may be waived`},
		"not waivable":     {request(func(r *plan.PromoteRequest) { r.Waive = []string{"window"} }), true, `production has no gate "window" that may be waived`},
		"never waivable":   {request(func(r *plan.PromoteRequest) { r.Waive = []string{"known"} }), true, `production has no gate "known" that may be waived`},
		"elsewhere":        {request(func(r *plan.PromoteRequest) { r.Environment = "load-stage" }), true, `load-stage has no gate "order" that may be waived`},
		"without a reason": {request(func(r *plan.PromoteRequest) { r.Reason = " " }), true, "--waive wants a reason"},
		"record only":      {request(func(r *plan.PromoteRequest) { r.RecordOnly = true }), true, "--record-only judges no gate, so that there is none to waive"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := waivableWorld(t, c.asOps).planPromotion(c.request, plan.Target{})
			if err == nil || err.Error() != c.want {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			var role *plan.Unauthorised
			if errors.As(err, &role) == c.asOps {
				t.Errorf("error of type %T", err)
			}
		})
	}
}

// A gate that may be waived says how, and by whom.
func TestCureNamesWaiver(t *testing.T) {
	t.Parallel()
	w := waivableWorld(t, false)
	gate := gateOf(t, w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0")}), release.GateOrder)
	const want = "looprel promote load-stage 0.10.0; or, as ops: looprel promote production 0.10.0 --waive order --reason TEXT"
	if gate.Verdict != plan.Fail || gate.Cure != want {
		t.Errorf("gate %+v", gate)
	}
}
