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

// The release whose turn it is, and what is asked when that is not clear.
func TestDefaultRelease(t *testing.T) {
	t.Parallel()
	patched := func(w *world) { addChange(w); w.release(plan.TagRequest{Line: "master"}) }
	cases := map[string]struct {
		prepare     func(w *world)
		environment string
		want        string
		err         string
	}{
		"the first takes the cycle's":     {environment: "load-stage", want: "0.10.0"},
		"later ones their predecessor's":  {environment: "production", want: "0.10.0"},
		"an unknown one":                  {environment: "prod", err: "misuse: there is no environment \"prod\"\nthe environments are dev, load-stage, real-stage, production"},
		"a patch since":                   {prepare: patched, environment: "load-stage", err: "misuse: something higher than this cycle's 0.10.0 has been released\nsay which: looprel promote load-stage 0.10.0, or looprel promote load-stage 0.10.1"},
		"an off-cycle release since":      {prepare: func(w *world) { addChange(w); w.release(plan.TagRequest{OffCycle: true, Reason: "a breach"}) }, environment: "load-stage", err: "misuse: something higher than this cycle's 0.10.0 has been released\nsay which: looprel promote load-stage 0.10.0, or looprel promote load-stage 0.11.0"},
		"the next cycle":                  {prepare: func(w *world) { w.at("2014-08-19 11:00") }, environment: "load-stage", err: "misuse: this cycle has released nothing yet\nsay which: looprel promote load-stage 0.10.0"},
		"production, in the next cycle":   {prepare: func(w *world) { w.at("2014-08-19 11:00") }, environment: "production", want: "0.10.0"},
		"the predecessor has a patch":     {prepare: func(w *world) { patched(w); w.promote("load-stage", "0.10.1", ledger.Verified) }, environment: "production", want: "0.10.1"},
		"the predecessor is under way":    {prepare: func(w *world) { patched(w); w.start("load-stage", "0.10.1") }, environment: "production", err: "misuse: a promotion to load-stage is under way\nsay which: looprel promote production 0.10.1, or looprel promote production 0.10.0"},
		"under way with what it runs":     {prepare: func(w *world) { w.promote("load-stage", "0.10.0", ledger.Failed); w.start("load-stage", "0.10.0") }, environment: "production", err: "misuse: a promotion to load-stage is under way\nsay which: looprel promote production 0.10.0"},
		"the predecessor is broken":       {prepare: func(w *world) { patched(w); w.promote("load-stage", "0.10.1", ledger.Failed) }, environment: "production", err: "misuse: the last promotion to load-stage ended as \"failed\"\nsay which: looprel promote production 0.10.1, or looprel promote production 0.10.0"},
		"the predecessor is planned only": {prepare: func(w *world) { w.environment("production").After = "real-stage" }, environment: "production", want: "0.10.0"},
		"the head of a branch":            {environment: "dev", want: "0.11.0-dev"},
		"no such branch":                  {prepare: func(w *world) { w.environment("dev").Follows = "main" }, environment: "dev", err: "misuse: origin has no branch main, which dev follows"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: c.environment}, plan.Target{})
			check(t, err, c.err)
			if err == nil && p.Version != c.want {
				t.Errorf("got %s, want %s", p.Version, c.want)
			}
		})
	}
}

// Before anything has been released there is nothing to promote.
func TestNothingToPromote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{})
	check(t, err, "refused: this cycle has released nothing yet\nlooprel next")
	_, err = w.planPromotion(plan.PromoteRequest{Environment: "production"}, plan.Target{})
	check(t, err, "refused: load-stage runs no release yet, and production comes after it\nlooprel promote load-stage")
	w.adopt(nil)
	_, err = w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{})
	check(t, err, "refused: this cycle has released nothing yet")
}

func TestPromoteRequests(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		request plan.PromoteRequest
		err     string
	}{
		"VERSION where a branch is followed": {plan.PromoteRequest{Environment: "dev", Version: version("0.10.0")}, "misuse: dev follows branch master and takes no VERSION\nlooprel promote dev"},
		"--off-cycle without a reason":       {plan.PromoteRequest{Environment: "production", OffCycle: true}, "misuse: --off-cycle wants a reason"},
		"a reason for nothing":               {plan.PromoteRequest{Environment: "production", Reason: "why"}, "misuse: --reason says why"},
		"--record-only without a reason":     {plan.PromoteRequest{Environment: "production", Version: version("0.10.0"), RecordOnly: true}, "misuse: --record-only wants a reason"},
		"--record-only without VERSION":      {plan.PromoteRequest{Environment: "production", RecordOnly: true, Reason: "by hand"}, "misuse: --record-only wants the VERSION"},
		"--record-only of an unknown one":    {plan.PromoteRequest{Environment: "production", Version: version("0.70.0"), RecordOnly: true, Reason: "by hand"}, "refused: the ledger does not know loop-server 0.70.0\nto take it over: looprel adopt"},
		"below what runs":                    {plan.PromoteRequest{Environment: "load-stage", Version: version("0.9.0")}, "refused: load-stage runs 0.10.0, which is above 0.9.0\nchoose 0.10.0 or a higher version; going back is a rollback"},
		"below, on purpose":                  {plan.PromoteRequest{Environment: "load-stage", Version: version("0.9.0"), OffCycle: true, Reason: "regression"}, "refused: load-stage runs 0.10.0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := releasedWorld(t).planPromotion(c.request, plan.Target{})
			check(t, err, c.err)
		})
	}
}

// What runs already is not deployed again, unless the last attempt went wrong.
func TestAlreadyRuns(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	again := plan.PromoteRequest{Environment: "load-stage", Version: version("0.10.0")}
	p := w.mustPromote(again)
	if want := "load-stage runs loop-server 0.10.0 already, since Tue 2014-08-05 11:00 PDT, by Release Manager"; p.Already != want || len(p.Steps) != 0 {
		t.Errorf("already %q with %d steps, want %q", p.Already, len(p.Steps), want)
	}
	recorded := again
	recorded.RecordOnly, recorded.Reason = true, "by hand"
	if p := w.mustPromote(recorded); p.Already == "" {
		t.Error("what is known would be recorded again")
	}
	w.promote("load-stage", "0.10.0", ledger.Failed)
	if p := w.mustPromote(again); p.Already != "" || len(p.Steps) == 0 {
		t.Errorf("after a failure: already %q", p.Already)
	}
}

// An attempt that is under way holds others off until its lease ends, or is taken
// over; whoever comes after it looks first.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	const attempt = "0000000000000005" // the entries before: adopted, tagged, started, finished
	cases := map[string]struct {
		at      string
		request plan.PromoteRequest
		own     string
		note    string
		err     string
	}{
		"within the lease":          {at: "2014-08-11 12:08", err: "moved: Release Manager is promoting 0.10.0 to production since Mon 2014-08-11 12:00 PDT (lease until 12:07 PDT)"},
		"the lease is over":         {at: "2014-08-11 12:07", note: "the attempt that Release Manager began Mon 2014-08-11 12:00 PDT never ended; its lease is over"},
		"taken over":                {at: "2014-08-11 12:01", request: plan.PromoteRequest{TakeOver: true}, note: "takes over the attempt that Release Manager began Mon 2014-08-11 12:00 PDT"},
		"my own":                    {at: "2014-08-11 12:01", own: attempt, note: "your attempt of Mon 2014-08-11 12:00 PDT was interrupted; this finishes it"},
		"another one of mine":       {at: "2014-08-11 12:01", own: "another", err: "moved: Release Manager is promoting"},
		"how to take it over":       {at: "2014-08-11 12:01", err: "moved: wait for it, or, if it is known to be dead: looprel promote production 0.10.0 --take-over"},
		"recorded within the lease": {at: "2014-08-11 12:01", request: plan.PromoteRequest{RecordOnly: true, Reason: "by hand"}, err: "moved: Release Manager is promoting"},
		"recorded afterwards":       {at: "2014-08-11 12:07", request: plan.PromoteRequest{RecordOnly: true, Reason: "by hand"}, note: "the attempt that Release Manager began Mon 2014-08-11 12:00 PDT never ended; its lease is over"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 12:00")
			if p := w.start("production", "0.10.0"); p.Attempt() != attempt || p.ProbeFirst {
				t.Fatalf("attempt %s, probe first: %v", p.Attempt(), p.ProbeFirst)
			}
			if name == "within the lease" {
				c.at = "2014-08-11 12:06"
			}
			w.at(c.at)
			c.request.Environment, c.request.Version = "production", version("0.10.0")
			p, err := w.planPromotion(c.request, plan.Target{OwnAttempt: c.own})
			check(t, err, c.err)
			if err != nil {
				return
			}
			if !slices.Contains(p.Notes, c.note) {
				t.Errorf("notes %q, want %q", p.Notes, c.note)
			}
			if c.request.RecordOnly {
				if p.ProbeFirst || p.Entry.Recorded == nil {
					t.Errorf("a record: %+v", p)
				}
				return
			}
			if !p.ProbeFirst || p.Entry.Started.TakesOver != attempt {
				t.Errorf("probe first: %v, takes over %q", p.ProbeFirst, p.Entry.Started.TakesOver)
			}
			w.record(p.Entry) // the fold agrees
		})
	}
}

// An attempt of mine for another release is replaced, and not finished.
func TestOwnAttemptForAnotherRelease(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-11 12:00")
	started := w.start("production", "0.10.0")
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	p, err := w.planPromotion(plan.PromoteRequest{Environment: "production", Version: version("0.10.1")}, plan.Target{OwnAttempt: started.Attempt()})
	if err != nil {
		t.Fatal(err)
	}
	if want := "your attempt of Mon 2014-08-11 12:00 PDT, to promote 0.10.0, was interrupted; this replaces it"; p.Notes[0] != want {
		t.Errorf("notes %q, want %q", p.Notes, want)
	}
}

// The advice to take over a branch's deployment has no version.
func TestTakeOverFollowingEnvironment(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.start("dev", "")
	_, err := w.planPromotion(plan.PromoteRequest{Environment: "dev"}, plan.Target{})
	check(t, err, "moved: if it is known to be dead: looprel promote dev --take-over")
}

// An outcome that is not known makes the next attempt look first.
func TestProbeFirstAfterUnknown(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[ledger.Outcome]bool{ledger.Unknown: true, ledger.Failed: false} {
		w := releasedWorld(t)
		w.at("2014-08-11 12:00")
		w.promote("production", "0.10.0", outcome)
		if p := w.mustPromote(plan.PromoteRequest{Environment: "production"}); p.ProbeFirst != want {
			t.Errorf("after %q: probe first %v", outcome, p.ProbeFirst)
		}
	}
}

// The lease is the deploy command's time and the probe's, and some slack.
func TestLease(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(environment *release.Environment)
		want   time.Duration
	}{
		"command and probe": {func(*release.Environment) {}, 37 * time.Minute},
		"probe alone":       {func(e *release.Environment) { e.Deploy.Command = nil }, 7 * time.Minute},
		"command alone":     {func(e *release.Environment) { e.Probe.Disabled = true }, 32 * time.Minute},
		"neither":           {func(e *release.Environment) { e.URL, e.Deploy.Command = "", nil }, 2 * time.Minute},
	}
	for name, c := range cases {
		w := newWorld(t)
		w.release(plan.TagRequest{})
		c.change(w.environment("load-stage"))
		p := w.mustPromote(plan.PromoteRequest{Environment: "load-stage"})
		if got := p.Entry.Started.Until.Sub(p.Entry.At); got != c.want {
			t.Errorf("%s: lease of %s, want %s", name, got, c.want)
		}
	}
}

// The steps are what apply does, in its order.
func TestPromotionSteps(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(w *world)
		want   string
		reason string // of the verify step
	}{
		"command and probe": {func(*world) {}, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 5m"},
		"no command":        {func(w *world) { w.environment("load-stage").Deploy.Command = nil }, "append-ledger verify append-ledger", ""},
		"no probe":          {func(w *world) { w.environment("load-stage").URL = "" }, "append-ledger deploy append-ledger", ""},
		"no probe of the component": {func(w *world) { w.Component.Probe = &release.Probe{Disabled: true} },
			"append-ledger deploy append-ledger", ""},
		"seconds":         {func(w *world) { w.environment("load-stage").Probe.Deadline = 90 * time.Second }, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 1m30s"},
		"tens of them":    {func(w *world) { w.environment("load-stage").Probe.Deadline = 10 * time.Second }, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 10s"},
		"hours":           {func(w *world) { w.environment("load-stage").Probe.Deadline = 2 * time.Hour }, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 2h"},
		"hours and a bit": {func(w *world) { w.environment("load-stage").Probe.Deadline = 70 * time.Minute }, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 1h10m"},
		"no time":         {func(w *world) { w.environment("load-stage").Probe.Deadline = 0 }, "append-ledger deploy verify append-ledger", "3 answers in a row must show it, within 0s"},
	}
	for name, c := range cases {
		w := newWorld(t)
		w.release(plan.TagRequest{})
		c.change(w)
		p := w.mustPromote(plan.PromoteRequest{Environment: "load-stage"})
		var kinds []string
		for _, step := range p.Steps {
			kinds = append(kinds, string(step.Kind))
			if step.Kind == plan.Verify && c.reason != "" && step.Reason != c.reason {
				t.Errorf("%s: %q, want %q", name, step.Reason, c.reason)
			}
		}
		if got := strings.Join(kinds, " "); got != c.want {
			t.Errorf("%s: steps %q, want %q", name, got, c.want)
		}
	}
}

// An outcome names the attempt and what it was about; a fold takes both.
func TestOutcome(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.at("2014-08-08 12:00")
	p := w.mustPromote(plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "a breach"})
	w.record(p.Entry)
	entry := p.Outcome(w.Snapshot, ledger.Finished{Outcome: ledger.Verified, Detail: "seen"}, 90*time.Second)
	w.record(entry)
	state, err := w.Ledger.Environment("production", component)
	if err != nil || state.Running == nil || state.Running.Version != "0.10.0" || state.Underway != nil || state.Previous.Version != "0.9.0" {
		t.Errorf("production is %+v, %v", state, err)
	}
	if !entry.OffCycle || entry.Reason != "a breach" || entry.Finished.Attempt != p.Attempt() || entry.Finished.Tag != "refs/tags/0.10.0" {
		t.Errorf("the outcome is %+v", entry)
	}
}

// Where the ledger does not know what runs, what the environment shows counts.
func TestSeenCountsWhereTheLedgerIsSilent(t *testing.T) {
	t.Parallel()
	request := plan.PromoteRequest{Environment: "load-stage", Version: version("0.10.0")}
	cases := map[string]struct {
		seen       string
		running    string
		probeFirst bool
		err        string
	}{
		"nothing is seen":     {},
		"an older one":        {seen: "v0.9.0", running: "0.9.0"},
		"the very one":        {seen: "0.10.0", running: "0.10.0", probeFirst: true},
		"a higher one":        {seen: "9.9.9", err: "refused: load-stage runs 9.9.9, which is above 0.10.0"},
		"something different": {seen: "unversioned", running: "unversioned"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.release(plan.TagRequest{})
			p, err := w.planPromotion(request, plan.Target{Seen: plan.Seen{Looked: true, Version: c.seen}})
			check(t, err, c.err)
			if err != nil {
				return
			}
			if p.Running != c.running || p.ProbeFirst != c.probeFirst || (c.seen != "") != (len(p.Notes) > 0) {
				t.Errorf("it replaces %q, probes first: %v, notes %q", p.Running, p.ProbeFirst, p.Notes)
			}
		})
	}
}
