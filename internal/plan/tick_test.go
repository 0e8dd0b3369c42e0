package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// tickingWorld is a world whose train may do everything by itself.
func tickingWorld(t *testing.T) *world {
	t.Helper()
	w := announcingWorld(t)
	w.Train.Tick = release.Tick{Remind: true, Announce: true, Tag: true, From: 10 * 60, Promote: []string{"load-stage", "production"}}
	w.promote("load-stage", "0.9.0", ledger.Verified)
	return w
}

func (w *world) tick(tried map[string]plan.Tried) *plan.TickPlan {
	w.t.Helper()
	p, err := plan.MakeTick(w.Snapshot, tried)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// keys are those of the acts, of what people are reminded of, and of what waits.
func keys(p *plan.TickPlan) (acts, reminders, waiting []string) {
	for _, act := range p.Acts {
		acts = append(acts, act.Key)
	}
	for _, one := range p.Tell.Fresh {
		if one.Channel == ledger.ChannelMail {
			reminders = append(reminders, one.Key)
		}
	}
	for _, one := range p.Waiting {
		waiting = append(waiting, one.What)
	}
	return acts, reminders, waiting
}

func TestTick(t *testing.T) {
	t.Parallel()
	const tag, tagReminder = "tag-2014-08-05", "reminder-tag-2014-08-05-mail"
	cases := map[string]struct {
		prepare   func(w *world)
		tried     map[string]plan.Tried
		acts      string
		reminders string
		waiting   string
	}{
		"before its hour":   {func(w *world) { w.at("2014-08-05 09:59") }, nil, "", "", "tag the release of this cycle"},
		"at its hour":       {func(w *world) { w.at("2014-08-05 10:00") }, nil, tag, "", ""},
		"late":              {func(w *world) { w.at("2014-08-07 10:00") }, nil, "", tagReminder, "tag the release of this cycle"},
		"late, and allowed": {func(w *world) { w.at("2014-08-07 10:00"); w.Train.Tick.Late = true }, nil, tag, "", ""},
		"reminds alone":     {func(w *world) { w.Train.Tick = release.Tick{Remind: true} }, nil, "", tagReminder, "tag the release of this cycle"},
		"reminds not even":  {func(w *world) { w.Train.Tick = release.Tick{} }, nil, "", "", "tag the release of this cycle"},
		"refused just now": {func(*world) {}, map[string]plan.Tried{tag: {Why: "it would lose a fix", Refused: true}},
			"", tagReminder, "tag the release of this cycle"},
		"failed just now": {func(*world) {}, map[string]plan.Tried{tag: {Why: "the remote is away"}}, "", "", "tag the release of this cycle"},
		"tagged":          {func(w *world) { w.release(plan.TagRequest{}) }, nil, "promote-load-stage-0.10.0", "", ""},
		"an environment of people": {func(w *world) { w.release(plan.TagRequest{}); w.Train.Tick.Promote = nil },
			nil, "", "reminder-promote-load-stage-0.10.0-mail", "promote 0.10.0 to load-stage"},
		"waits for the window": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Verified)
		}, nil, "", "", "promote 0.10.0 to production"},
		"in the window": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-11 10:00")
		}, nil, "promote-production-0.10.0", "", ""},
		"after its push day": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.at("2014-08-12 11:00")
		}, nil, "", "reminder-promote-production-0.10.0-mail", "promote 0.10.0 to production"},
		"somebody is at it": {func(w *world) {
			w.release(plan.TagRequest{})
			w.start("load-stage", "0.10.0")
		}, nil, "", "", "wait for the promotion to load-stage"},
		"killed": {func(w *world) {
			w.release(plan.TagRequest{})
			w.start("load-stage", "0.10.0")
			w.at("2014-08-05 23:00")
		}, nil, "finish-load-stage-0.10.0", "", ""},
		"failed a while ago": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Failed)
			w.at("2014-08-05 11:59")
		}, nil, "", "reminder-finish-load-stage-0.10.0-mail", "finish the promotion to load-stage"},
		"failed an hour ago": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Failed)
			w.at("2014-08-05 12:00")
		}, nil, "finish-load-stage-0.10.0", "", ""},
		"failed twice": {func(w *world) {
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Failed)
			w.promote("load-stage", "0.10.0", ledger.Failed)
			w.at("2014-08-05 12:59")
		}, nil, "", "reminder-finish-load-stage-0.10.0-mail", "finish the promotion to load-stage"},
		"backed off": {func(w *world) {
			w.release(plan.TagRequest{})
			w.backOff("0.10.0", "loses calls")
		}, nil, "", "reminder-replace-0.10.0-mail", "replace 0.10.0, or wait for the next train"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tickingWorld(t)
			c.prepare(w)
			acts, reminders, waiting := keys(w.tick(c.tried))
			if strings.Join(acts, " ") != c.acts || strings.Join(reminders, " ") != c.reminders {
				t.Errorf("acts %q, reminders %q; want %q, %q", acts, reminders, c.acts, c.reminders)
			}
			if c.waiting != "" && !slices.Contains(waiting, c.waiting) {
				t.Errorf("waiting %q", waiting)
			}
		})
	}
}

// TestGoldenTick holds the plan of tick.
func TestGoldenTick(t *testing.T) {
	t.Parallel()
	w := tickingWorld(t)
	w.release(plan.TagRequest{})
	w.at("2014-08-06 11:00")
	compareGolden(t, "tick", golden{Plan: w.tick(nil)})
}

// An environment that follows a branch gets each head once, and one that failed after
// a pause.
func TestTickFollowsABranch(t *testing.T) {
	t.Parallel()
	w := tickingWorld(t)
	w.Train.Tick = release.Tick{Promote: []string{"dev"}}
	w.at("2014-08-06 11:00")
	brings := func(want bool) {
		t.Helper()
		if acts, _, _ := keys(w.tick(nil)); (len(acts) == 1 && strings.HasPrefix(acts[0], "promote-dev-")) != want || len(acts) > 1 {
			t.Errorf("acts %q, want one: %v", acts, want)
		}
	}
	bring := func(outcome ledger.Outcome) {
		p := w.mustPromote(plan.PromoteRequest{Environment: "dev"})
		w.record(p.Entry)
		w.record(p.Outcome(w.Snapshot, ledger.Finished{Outcome: outcome}, 0))
	}
	brings(true)
	bring(ledger.Verified)
	brings(false)
	w.commit("master", "Bug 1000005 - Go on.", files{"app.js": "three\n"})
	brings(true)
	bring(ledger.Failed)
	brings(false)
	w.at("2014-08-06 12:00")
	brings(true)
	w.commit("master", "Bug 1000006 - Repair it.", files{"app.js": "four\n"})
	w.at("2014-08-06 11:30")
	brings(true) // another head is another attempt
}

// A reminder is sent once; one that was not sent while it was due is dropped.
func TestTickReminds(t *testing.T) {
	t.Parallel()
	w := tickingWorld(t)
	w.Train.Tick.Tag, w.Train.Tick.From = false, 0
	p := w.tick(nil)
	if !p.Tells() {
		t.Fatal("nobody is reminded")
	}
	told := w.mustPlanAnnouncements(p.Tell)
	if !slices.ContainsFunc(told.Announcements, func(one plan.PlannedAnnouncement) bool {
		return one.Event == ledger.EventReminder && strings.Contains(one.Text, "looprel tag")
	}) {
		t.Errorf("%+v", told.Announcements)
	}
	w.announce(told, ledger.NotSent)
	if p = w.tick(nil); !p.Tells() {
		t.Error("a reminder that failed is given up")
	}
	w.announce(w.mustPlanAnnouncements(p.Tell), ledger.Sent)
	if p = w.tick(nil); p.Tells() {
		t.Errorf("reminded twice: %+v", p.Tell)
	}

	w.at("2014-08-19 11:00")
	w.announce(w.mustPlanAnnouncements(w.tick(nil).Tell), ledger.NotSent)
	w.release(plan.TagRequest{})
	w.announce(w.mustPlanAnnouncements(plan.AnnounceRequest{}), ledger.Sent)
	p = w.tick(nil)
	if len(p.Tell.Drop) != 2 {
		t.Errorf("dropped %v", p.Tell.Drop)
	}
	w.announce(w.mustPlanAnnouncements(p.Tell), ledger.Sent)
	if open, err := w.Ledger.Outbox(component); err != nil || len(open) > 0 {
		t.Errorf("open %+v, %v", open, err)
	}
}

// Days that change between two releases are told by themselves.
func TestTickTellsOtherDates(t *testing.T) {
	t.Parallel()
	w := tickingWorld(t)
	w.release(plan.TagRequest{})
	w.announce(w.mustPlanAnnouncements(plan.AnnounceRequest{}), ledger.Sent)
	w.promote("load-stage", "0.10.0", ledger.Verified)
	if p := w.tick(nil); p.Tells() {
		t.Fatalf("tells %+v", p.Tell)
	}
	w.Train.Schedule.Exceptions = []release.Exception{{Cycle: date("2014-08-19"), Skip: true, Reason: "a conference"}}
	p := w.tick(nil)
	told := w.mustPlanAnnouncements(p.Tell)
	if len(told.Announcements) != 2 || told.Announcements[0].Channel != ledger.ChannelWebhook ||
		!strings.Contains(told.Announcements[1].Text, "a conference") || !strings.Contains(told.Announcements[1].Calendar, "STATUS:CANCELLED") {
		t.Errorf("%+v", told.Announcements)
	}
	w.announce(told, ledger.Sent)
	if p := w.tick(nil); p.Tells() {
		t.Errorf("told twice: %+v", p.Tell)
	}
	w.at("2014-08-07 11:00")
	if p := w.tick(nil); p.Tells() {
		t.Errorf("told again the next day: %+v", p.Tell)
	}
}

// A cycle that is over is named, and not made up for.
func TestTickNamesAMissedCycle(t *testing.T) {
	t.Parallel()
	w := tickingWorld(t)
	w.release(plan.TagRequest{})
	w.commit("master", "Bug 1000005 - Go on.", files{"app.js": "three\n"})
	w.at("2014-09-02 11:00")
	p := w.tick(nil)
	if acts, _, _ := keys(p); !slices.Contains(acts, "tag-2014-09-02") || slices.Contains(acts, "tag-2014-08-19") {
		t.Errorf("acts %q", acts)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "cycle 4 (tag Tue 2014-08-19) has released nothing, and is over") {
		t.Errorf("notes %q", p.Notes)
	}
}

// The hour is one of the train's zone, on both sides of a change to daylight saving.
func TestTickKeepsItsHour(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2014-10-28", "2014-11-11", "2015-03-03", "2015-03-17"} {
		w := tickingWorld(t)
		w.at(day + " 09:59")
		if acts, _, _ := keys(w.tick(nil)); len(acts) > 0 {
			t.Errorf("%s, before ten: %v", day, acts)
		}
		w.at(day + " 10:00")
		if acts, _, _ := keys(w.tick(nil)); len(acts) != 1 {
			t.Errorf("%s, at ten: %v", day, acts)
		}
	}
}
