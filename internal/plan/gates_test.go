package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// releasedWorld has 0.10.0 on load-stage since its tagging day, and 0.9.0 on
// production.
func releasedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.adopt(map[string]release.Version{"production": version("0.9.0"), "load-stage": version("0.9.0")})
	w.release(plan.TagRequest{})
	w.promote("load-stage", "0.10.0", ledger.Verified)
	return w
}

// Each gate, with its verdict, its reason, and what to type.
func TestGates(t *testing.T) {
	t.Parallel()
	promote := func(environment, text string) plan.PromoteRequest {
		return plan.PromoteRequest{Environment: environment, Version: version(text)}
	}
	offCycle := func(request plan.PromoteRequest) plan.PromoteRequest {
		request.OffCycle, request.Reason = true, "a breach"
		return request
	}
	withoutCycle := func(w *world) {
		addChange(w)
		w.release(plan.TagRequest{OffCycle: true, Reason: "a breach"})
		w.promote("load-stage", "0.11.0", ledger.Verified)
	}
	patch := func(w *world) {
		addChange(w)
		w.release(plan.TagRequest{Line: "master"})
		w.promote("load-stage", "0.10.1", ledger.Unverified)
	}
	cases := map[string]struct {
		at      string
		prepare func(w *world)
		request plan.PromoteRequest
		gate    string
		verdict plan.Verdict
		reason  string
		cure    string
	}{
		"commissioned":     {request: promote("production", "0.10.0"), gate: "commissioned", verdict: plan.Pass, reason: "production is in service"},
		"not commissioned": {request: promote("real-stage", "0.10.0"), gate: "commissioned", verdict: plan.Fail, reason: "real-stage is not commissioned", cure: "set \"commissioned: true\" in environments.yaml once it exists"},
		"known":            {request: promote("production", "0.10.0"), gate: "known", verdict: plan.Pass, reason: "tagged by Release Manager on 2014-08-05"},
		"adopted":          {request: promote("production", "0.9.0"), prepare: func(w *world) { w.promote("production", "0.9.0", ledger.Failed) }, gate: "known", verdict: plan.Pass, reason: "adopted by Release Manager on 2014-08-05"},
		"never released":   {request: promote("production", "0.77.0"), gate: "known", verdict: plan.Fail, reason: "loop-server 0.77.0 has not been released", cure: "looprel tag 0.77.0"},
		"a tag of nobody":  {prepare: func(w *world) { w.tag("0.10.5", "master") }, request: promote("production", "0.10.5"), gate: "known", verdict: plan.Fail, reason: "origin has tag 0.10.5, which the ledger does not know", cure: "looprel adopt"},
		"where it belongs": {prepare: func(w *world) { w.tag("0.10.5", "master") }, request: promote("production", "0.10.5"), gate: "tag-unmoved", verdict: plan.Undecided, reason: "the ledger does not say where the tag belongs", cure: "looprel adopt"},
		"moved":            {prepare: func(w *world) { w.at("2014-08-05 12:00"); w.tag("0.10.0", "master") }, request: promote("production", "0.10.0"), gate: "tag-unmoved", verdict: plan.Fail, reason: "tag 0.10.0 has been moved on origin: it is ", cure: "put it back: git push --force origin "},
		"deleted":          {prepare: func(w *world) { w.untag("0.10.0") }, request: promote("production", "0.10.0"), gate: "tag-unmoved", verdict: plan.Fail, reason: "tag 0.10.0 has been deleted on origin", cure: "put it back: git push --force origin "},
		"in order":         {request: promote("production", "0.10.0"), gate: "order", verdict: plan.Pass, reason: "it has been on load-stage"},
		"the first":        {request: promote("load-stage", "0.10.0"), prepare: func(w *world) { w.promote("load-stage", "0.10.0", ledger.Failed) }, gate: "order", verdict: plan.Pass, reason: "load-stage comes right after the tag"},
		"out of order":     {prepare: func(w *world) { addChange(w); w.release(plan.TagRequest{Line: "master"}) }, request: promote("production", "0.10.1"), gate: "order", verdict: plan.Fail, reason: "it has not been on load-stage", cure: "looprel promote load-stage 0.10.1"},
		"failed before": {prepare: func(w *world) {
			addChange(w)
			w.release(plan.TagRequest{Line: "master"})
			w.promote("load-stage", "0.10.1", ledger.Failed)
		}, request: promote("production", "0.10.1"), gate: "order", verdict: plan.Fail, reason: "it has not been on load-stage", cure: "looprel promote load-stage 0.10.1"},
		"unverified before":     {prepare: patch, request: promote("production", "0.10.1"), gate: "order", verdict: plan.Pass, reason: "it has been on load-stage"},
		"no freeze":             {request: promote("production", "0.10.0"), gate: "not-frozen", verdict: plan.Pass, reason: "no freeze on 2014-08-05"},
		"frozen":                {at: "2014-09-09 11:00", request: promote("production", "0.10.0"), gate: "not-frozen", verdict: plan.Fail, reason: "frozen from 2014-09-08 to 2014-09-10 (audit)", cure: "wait; or, off the calendar: looprel promote production 0.10.0 --off-cycle --reason TEXT"},
		"frozen, off-cycle":     {at: "2014-09-09 11:00", request: offCycle(promote("production", "0.10.0")), gate: "not-frozen", verdict: plan.Waived, reason: "off-cycle (a breach); otherwise: frozen from 2014-09-08 to 2014-09-10 (audit)"},
		"frozen, a patch":       {at: "2014-09-09 11:00", prepare: patch, request: promote("production", "0.10.1"), gate: "not-frozen", verdict: plan.Pass, reason: "frozen until 2014-09-10 (audit), which does not hold for a patch release"},
		"on the pushing day":    {at: "2014-08-11 10:00", request: promote("production", "0.10.0"), gate: "window", verdict: plan.Pass, reason: "Mon 2014-08-11 is the pushing day of cycle 3 (tag Tue 2014-08-05)"},
		"late":                  {at: "2014-08-13 10:00", request: promote("production", "0.10.0"), gate: "window", verdict: plan.Pass, reason: "2 days late: the pushing day of cycle 3 (tag Tue 2014-08-05) was Mon 2014-08-11; allowed until Mon 2014-08-18"},
		"early":                 {at: "2014-08-08 11:00", request: promote("production", "0.10.0"), gate: "window", verdict: plan.Fail, reason: "too early by 3 days", cure: "wait; or, off the calendar: looprel promote production 0.10.0 --off-cycle --reason TEXT"},
		"early, off-cycle":      {at: "2014-08-08 11:00", request: offCycle(promote("production", "0.10.0")), gate: "window", verdict: plan.Waived, reason: "off-cycle (a breach); otherwise: too early by 3 days"},
		"on time, off-cycle":    {at: "2014-08-11 10:00", request: offCycle(promote("production", "0.10.0")), gate: "window", verdict: plan.Pass, reason: "Mon 2014-08-11 is the pushing day"},
		"outside the hours":     {at: "2014-08-11 17:00", request: promote("production", "0.10.0"), gate: "window", verdict: plan.Fail, reason: "outside the hours of a push", cure: "wait; or"},
		"too late":              {at: "2014-08-19 10:00", request: promote("production", "0.10.0"), gate: "window", verdict: plan.Fail, reason: "too late: the pushing day of cycle 3 (tag Tue 2014-08-05) was Mon 2014-08-11, and the next cycle has begun on Tue 2014-08-19; it is Tue 2014-08-19 10:00 PDT", cure: "off the calendar: looprel promote production 0.10.0"},
		"a patch":               {at: "2014-08-08 11:00", prepare: patch, request: promote("production", "0.10.1"), gate: "window", verdict: plan.Pass, reason: "the calendar does not apply to a patch release"},
		"of no cycle":           {at: "2014-08-11 11:00", prepare: withoutCycle, request: promote("production", "0.11.0"), gate: "window", verdict: plan.Fail, reason: "0.11.0 belongs to no cycle of the calendar, so it has no push day", cure: "off the calendar: looprel promote production 0.11.0 --off-cycle --reason TEXT"},
		"of no cycle, a breach": {at: "2014-08-11 11:00", prepare: withoutCycle, request: offCycle(promote("production", "0.11.0")), gate: "window", verdict: plan.Waived, reason: "off-cycle (a breach); otherwise: 0.11.0 belongs to no cycle"},
		"no window":             {at: "2014-08-05 11:00", prepare: func(w *world) { w.promote("load-stage", "0.10.0", ledger.Failed) }, request: promote("load-stage", "0.10.0"), gate: "window"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			if c.at != "" {
				w.at(c.at)
			}
			p := w.mustPromote(c.request)
			var got plan.Gate
			for _, gate := range p.Gates {
				if gate.Name == c.gate {
					got = gate
				}
			}
			if got.Verdict != c.verdict || !strings.HasPrefix(got.Reason, c.reason) || !strings.HasPrefix(got.Cure, c.cure) || (got.Cure == "") != (c.cure == "") {
				t.Errorf("gate %s: %s, %q, cure %q\nwant %s, %q, cure %q", c.gate, got.Verdict, got.Reason, got.Cure, c.verdict, c.reason, c.cure)
			}
			refused := c.verdict == plan.Fail || c.verdict == plan.Undecided
			if refused && p.Refused() == nil {
				t.Error("the promotion is not refused")
			}
			if p.Entry.OffCycle != c.request.OffCycle || p.Entry.Reason != c.request.Reason {
				t.Errorf("recorded off-cycle %v, %q", p.Entry.OffCycle, p.Entry.Reason)
			}
		})
	}
}

// A push day that an exception puts into a freeze is one all the same.
func TestPushDayByException(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.Train.Schedule.Freezes = []release.Freeze{{From: date("2014-08-10"), To: date("2014-08-13")}}
	w.Train.Schedule.Exceptions = []release.Exception{{Cycle: date("2014-08-05"), Push: date("2014-08-12")}}
	w.at("2014-08-12 11:00")
	p := w.mustPromote(plan.PromoteRequest{Environment: "production"})
	check(t, p.Refused(), "")
	if want := "frozen until 2014-08-13, but an exception puts this push on today"; gateOf(t, p, release.GateNotFrozen).Reason != want {
		t.Errorf("gate %+v, want %q", p.Gates, want)
	}
}

// A refusal shows the train's time and the operator's.
func TestRefusalShowsBothTimes(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-08 11:00")
	w.Now = w.Now.In(time.FixedZone("CEST", 2*60*60))
	err := w.mustPromote(plan.PromoteRequest{Environment: "production"}).Refused()
	check(t, err, "refused: loop-server 0.10.0 may not go to production: too early by 3 days: the pushing day of cycle 3 (tag Tue 2014-08-05) is Mon 2014-08-11, "+
		"10:00 to 17:00 America/Los_Angeles; open from Mon 2014-08-11 10:00 PDT (19:00 CEST where you are)")
}

// A promotion that was let through is finished whatever the calendar says by
// then; an environment that follows a branch knows no calendar.
func TestGatesOfUnfinishedPromotion(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(w *world)
		want    plan.Verdict
	}{
		"killed":         {func(w *world) { w.start("production", "0.10.0") }, plan.Waived},
		"interrupted":    {func(w *world) { w.promote("production", "0.10.0", ledger.Unknown) }, plan.Waived},
		"failed":         {func(w *world) { w.promote("production", "0.10.0", ledger.Failed) }, plan.Fail},
		"of another one": {func(w *world) { w.start("production", "0.9.0") }, plan.Fail},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 16:59")
			c.prepare(w)
			w.at("2014-08-11 19:00")
			p := w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0")})
			if got := p.Gates[len(p.Gates)-1]; got.Name != "window" || got.Verdict != c.want {
				t.Errorf("gate %+v, want %s", got, c.want)
			}
		})
	}
	w := releasedWorld(t)
	w.at("2014-09-09 11:00")
	if p := w.mustPromote(plan.PromoteRequest{Environment: "dev"}); len(p.Gates) != 2 || p.Refused() != nil {
		t.Errorf("dev has gates %+v", p.Gates)
	}
}
