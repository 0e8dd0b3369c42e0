package plan_test

import (
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Running tag again finishes what was left, and never makes the next release.
func TestTagAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		first   plan.TagRequest
		prepare func(w *world)
		again   plan.TagRequest
		already string // the version that is said to be tagged
		err     string
	}{
		"the same day":          {already: "0.10.0"},
		"later in the cycle":    {prepare: func(w *world) { w.at("2014-08-18 23:59") }, already: "0.10.0"},
		"with VERSION":          {again: plan.TagRequest{Version: version("0.10.0")}, already: "0.10.0"},
		"with another --bump":   {again: plan.TagRequest{Bump: release.BumpMajor}, already: "0.10.0"},
		"with changes since":    {prepare: addChange, already: "0.10.0"},
		"in the next cycle":     {prepare: func(w *world) { w.at("2014-08-19 00:00") }, err: "refused: nothing has changed on master since 0.10.0"},
		"of an older cycle":     {prepare: func(w *world) { w.at("2014-08-19 00:00") }, again: plan.TagRequest{Version: version("0.10.0")}, err: "refused: 0.10.0 exists"},
		"its tag deleted":       {prepare: func(w *world) { w.untag("0.10.0") }, err: "refused: tag 0.10.0 has been deleted on origin\nput it back: git push --force origin "},
		"its tag moved":         {prepare: func(w *world) { w.tag("0.10.0", "master") }, err: "refused: tag 0.10.0 has been moved on origin"},
		"off-cycle, no changes": {again: plan.TagRequest{OffCycle: true, Reason: "a breach"}, err: "refused: nothing has changed"},
		"the newest off-cycle one": {
			first: plan.TagRequest{OffCycle: true, Reason: "a breach"}, prepare: func(w *world) { w.at("2014-09-03 11:00") },
			again: plan.TagRequest{Version: version("0.10.0")}, already: "0.10.0",
		},
		"an older patch": {
			first: plan.TagRequest{Line: "master"},
			prepare: func(w *world) {
				addChange(w)
				w.release(plan.TagRequest{Line: "master"})
			},
			again: plan.TagRequest{Line: "master", Version: version("0.9.1")}, err: "refused: 0.9.1 exists",
		},
		"the newest patch": {
			first: plan.TagRequest{Line: "master"}, again: plan.TagRequest{Line: "master", Version: version("0.9.1")}, already: "0.9.1",
		},
		"a patch of master is no release of the cycle": {
			prepare: addChange, again: plan.TagRequest{Line: "master"}, already: "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			first := w.release(c.first)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := w.planTag(c.again)
			check(t, err, c.err)
			if err != nil {
				return
			}
			if (p.Already != "") != (c.already != "") {
				t.Fatalf("already: %q, want %q; the plan is for %s", p.Already, c.already, p.Version)
			}
			if c.already == "" {
				return
			}
			if p.Version.String() != c.already || p.TagID != first.TagID || p.Previous != first.Previous || p.Cycle != first.Cycle || p.Push != first.Push {
				t.Errorf("the repeated plan is %+v", p)
			}
			if len(p.Steps) != 1 || p.Steps[0].Kind != plan.LocalRef || len(p.Objects) != 0 {
				t.Errorf("the repeated plan does %+v with %d objects", p.Steps, len(p.Objects))
			}
		})
	}
}

func addChange(w *world) {
	w.commit("master", "Bug 1000009 - One more.", files{"app.js": "after " + w.Refs.IDs["refs/heads/master"].String()})
}

// A train release is early, on time, late, skipped or frozen; patches and lines
// are none of these.
func TestTagAndCalendar(t *testing.T) {
	t.Parallel()
	again := plan.TagRequest{OffCycle: true, Reason: "a breach"}
	cases := map[string]struct {
		at      string
		request plan.TagRequest
		cycle   string
		late    int
		err     string
	}{
		"on time":              {at: "2014-08-05 00:00", cycle: "2014-08-05"},
		"late":                 {at: "2014-08-18 23:59", cycle: "2014-08-05", late: 13},
		"before the first":     {at: "2014-07-07 23:59", err: "refused: too early by 1 day: the tagging day of cycle 1 is Tue 2014-07-08; open from Tue 2014-07-08 00:00 PDT\nwait; or, off the calendar: looprel tag --off-cycle --reason TEXT"},
		"VERSION, early":       {at: "2014-07-07 23:59", request: plan.TagRequest{Version: version("0.12.0")}, err: "refused: too early by 1 day: the tagging day of cycle 1 is Tue 2014-07-08; open from Tue 2014-07-08 00:00 PDT\nwait; or, off the calendar: looprel tag 0.12.0 --off-cycle --reason TEXT"},
		"early, off-cycle":     {at: "2014-07-07 23:59", request: again},
		"skipped":              {at: "2014-12-23 11:00", err: "refused: cycle 13 (planned for Tue 2014-12-23) is skipped"},
		"frozen":               {at: "2014-09-08 11:00", err: "refused: no tag on Mon 2014-09-08: freeze 2014-09-08 to 2014-09-10 (audit); the next chance is from Thu 2014-09-11 00:00 PDT\nwait"},
		"frozen, off-cycle":    {at: "2014-09-08 11:00", request: again},
		"frozen, a patch":      {at: "2014-09-08 11:00", request: plan.TagRequest{Line: "master"}},
		"early, a patch":       {at: "2014-07-01 11:00", request: plan.TagRequest{Version: version("0.9.1"), Line: "master"}},
		"a patch, off-cycle":   {at: "2014-08-05 11:00", request: plan.TagRequest{Line: "master", OffCycle: true, Reason: "a breach"}},
		"no reason":            {at: "2014-08-05 11:00", request: plan.TagRequest{OffCycle: true}, err: "misuse: --off-cycle wants a reason"},
		"an empty reason":      {at: "2014-08-05 11:00", request: plan.TagRequest{OffCycle: true, Reason: " \t"}, err: "misuse: --off-cycle wants a reason"},
		"a reason for nothing": {at: "2014-08-05 11:00", request: plan.TagRequest{Reason: "why"}, err: "misuse: --reason says why"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.at(c.at)
			p, err := w.planTag(c.request)
			check(t, err, c.err)
			if err != nil {
				return
			}
			if p.Cycle.String() != c.cycle || p.DaysLate != c.late || p.Entry.Tagged.Cycle != p.Cycle || p.Entry.Tagged.DaysLate != c.late {
				t.Errorf("cycle %q, %d days late (entry: %+v); want %q, %d", p.Cycle, p.DaysLate, p.Entry.Tagged, c.cycle, c.late)
			}
			if p.Entry.OffCycle != c.request.OffCycle || p.Entry.Reason != c.request.Reason {
				t.Errorf("recorded off-cycle %v, %q", p.Entry.OffCycle, p.Entry.Reason)
			}
		})
	}
}

// Whoever asks for the next version while this cycle has its release is too
// early, and learns of the next tagging day.
func TestNextVersionIsTooEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(plan.TagRequest{})
	addChange(w)
	w.at("2014-08-06 09:00")
	w.Now = w.Now.In(time.FixedZone("CEST", 2*60*60))
	_, err := w.planTag(plan.TagRequest{Version: version("0.11.0")})
	check(t, err, "refused: this cycle has released 0.10.0, and for the next one it is too early by 13 days: "+
		"the tagging day of cycle 4 is Tue 2014-08-19; open from Tue 2014-08-19 00:00 PDT (09:00 CEST where you are)\n"+
		"wait; or, off the calendar: looprel tag 0.11.0 --off-cycle --reason TEXT")

	p := w.release(plan.TagRequest{Version: version("0.11.0"), OffCycle: true, Reason: "a breach"})
	if !p.Cycle.IsZero() || !p.Entry.OffCycle {
		t.Errorf("the off-cycle release belongs to cycle %s", p.Cycle)
	}
}

// A release that is not of the line's branch, or on a line but no patch, is held
// to the calendar; one whose train raises the patch number, too.
func TestTrainReleases(t *testing.T) {
	t.Parallel()
	t.Run("X.Y.0 on a line", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.branchFrom("0.10.x", "refs/heads/master")
		w.at("2014-07-01 11:00")
		_, err := w.planTag(plan.TagRequest{Line: "0.10.x", Version: version("0.10.0")})
		check(t, err, "refused: too early by 7 days")
		w.at("2014-08-05 11:00")
		if p := w.mustTag(plan.TagRequest{Line: "0.10.x", Version: version("0.10.0")}); p.Cycle != date("2014-08-05") || p.Branch != "refs/heads/0.10.x" {
			t.Errorf("cycle %q of %s", p.Cycle, p.Branch)
		}
	})
	t.Run("a train of patches", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.Component.Bump = release.BumpPatch
		w.commit("master", "Back", files{"package.json": packageFile("0.9.1-dev")})
		w.at("2014-07-07 11:00")
		for _, request := range []plan.TagRequest{{}, {Bump: release.BumpPatch}, {Version: version("0.9.1")}} {
			_, err := w.planTag(request)
			check(t, err, "refused: too early by 1 day")
		}
		w.at("2014-08-05 11:00")
		if p := w.release(plan.TagRequest{}); p.Version != version("0.9.1") || p.Cycle != date("2014-08-05") {
			t.Errorf("released %s in cycle %q", p.Version, p.Cycle)
		}
		addChange(w)
		for _, request := range []plan.TagRequest{{}, {Bump: release.BumpPatch}} {
			if p := w.mustTag(request); p.Already == "" {
				t.Errorf("the cycle would get a second release, %s", p.Version)
			}
		}
		_, err := w.planTag(plan.TagRequest{Version: version("0.9.2")})
		check(t, err, "refused: this cycle has released 0.9.1, and for the next one it is too early by 14 days")
		w.promote("load-stage", "0.9.1", ledger.Verified)
		p := w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.9.1")})
		check(t, p.Refused(), "refused: loop-server 0.9.1 may not go to production: too early by 6 days")
	})
}

// A rehearsal's entries say so; real ones say nothing of the clock.
func TestClockInEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if p := w.mustTag(plan.TagRequest{}); p.Entry.Clock != "" {
		t.Errorf("the clock is %q", p.Entry.Clock)
	}
	w.ClockOverridden = true
	if p := w.mustTag(plan.TagRequest{}); p.Entry.Clock != ledger.ClockOverridden {
		t.Errorf("the clock is %q", p.Entry.Clock)
	}
}

// Tags that are no releases are listed, not too many of them.
func TestIgnoredTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "v0.9.0"} {
		w.tag(name, "master")
	}
	p := w.mustTag(plan.TagRequest{})
	want := "not release tags, and ignored: 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8 and 2 more"
	if len(p.Notes) != 1 || p.Notes[0] != want {
		t.Errorf("notes %q, want %q", p.Notes, want)
	}
}

// A release that somebody made by hand on a running train is adopted before the
// next one.
func TestTagOnUnknownBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(plan.TagRequest{})
	addChange(w)
	w.tag("0.11.0", "master")
	addChange(w)
	w.at("2014-08-19 11:00")
	_, err := w.planTag(plan.TagRequest{})
	check(t, err, "refused: the last release of master, 0.11.0, is not in the ledger: it was tagged without looprel\nto take it over: looprel adopt")
	w.adopt(nil)
	if p := w.mustTag(plan.TagRequest{}); p.Version != version("0.12.0") {
		t.Errorf("then the next one is %s", p.Version)
	}
}

// Two plans rest on the same facts when only the ledger moved between them.
func TestTagSameFacts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		meanwhile func(w *world)
		want      bool
	}{
		"nothing":          {func(*world) {}, true},
		"a promotion":      {func(w *world) { w.adopt(map[string]release.Version{"production": version("0.9.0")}) }, true},
		"the branch moved": {addChange, false},
		"another version":  {func(w *world) { w.commit("master", "Up", files{"package.json": packageFile("2.0.0-dev")}) }, false},
		"the same release": {func(w *world) { w.release(plan.TagRequest{}) }, false},
		"an off-cycle one": {func(w *world) { w.release(plan.TagRequest{OffCycle: true, Reason: "a breach"}); addChange(w) }, false},
		"a line's release": {func(w *world) {
			w.branchFrom("0.9.x", "refs/tags/0.9.0")
			w.commit("0.9.x", "Fix", files{"x": "x"})
			w.release(plan.TagRequest{Line: "0.9.x"})
		}, true},
		"a tag on the head": {func(w *world) { w.tag("0.9.9", "master") }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.mustTag(plan.TagRequest{})
			c.meanwhile(w)
			after, err := w.planTag(plan.TagRequest{})
			if got := err == nil && before.SameFacts(after); got != c.want {
				t.Errorf("same facts: %v (%v), want %v", got, err, c.want)
			}
		})
	}
}
