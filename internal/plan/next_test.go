package plan_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What is due, whose turn it is, and what waits for what.
func TestNext(t *testing.T) {
	t.Parallel()
	const stage, production = "ops: promote 0.10.0 to load-stage: looprel promote load-stage", "ops: promote 0.10.0 to production: looprel promote production"
	const nextTag = "release manager: tag the next release: looprel tag from %s 00:00"
	patched := func(w *world) { addChange(w); w.release(plan.TagRequest{Line: "master"}) }
	cases := map[string]struct {
		at        string
		prepare   func(w *world)
		situation string
		due       []string
		waiting   []string
		tag, push string
	}{
		"before the first cycle": {
			at: "2014-07-01 11:00", situation: "too early by 7 days: the tagging day of cycle 1 is Tue 2014-07-08",
			waiting: []string{fmt.Sprintf(nextTag, "2014-07-08")}, tag: "2014-07-08", push: "2014-07-14",
		},
		"a tag is due": {
			at: "2014-08-05 11:00", situation: "Tue 2014-08-05 is the tagging day of cycle 3",
			due: []string{"release manager: tag the release of this cycle: looprel tag"}, tag: "2014-08-19", push: "2014-08-11",
		},
		"a tag is late": {
			at: "2014-08-07 11:00", situation: "2 days late: the tagging day of cycle 3 was Tue 2014-08-05; allowed until Mon 2014-08-18",
			due: []string{"release manager: tag the release of this cycle: looprel tag, 2 days late"}, tag: "2014-08-19", push: "2014-08-11",
		},
		"tagged": {
			at: "2014-08-05 11:00", prepare: func(w *world) { w.release(plan.TagRequest{}) },
			situation: "cycle 3 (tag Tue 2014-08-05, push Mon 2014-08-11) has its release, 0.10.0",
			due:       []string{stage}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")}, tag: "2014-08-19", push: "2014-08-11",
		},
		"on load-stage": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.at("2014-08-08 11:00")
			},
			situation: "cycle 3 (tag Tue 2014-08-05, push Mon 2014-08-11) has its release, 0.10.0",
			waiting:   []string{fmt.Sprintf(nextTag, "2014-08-19"), production + " from 2014-08-11 10:00"}, tag: "2014-08-19", push: "2014-08-11",
		},
		"the pushing day": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.at("2014-08-11 11:00")
			},
			due: []string{production}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")}, tag: "2014-08-19", push: "2014-08-11",
		},
		"a push is late": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.at("2014-08-13 11:00")
			},
			due: []string{production + ", 2 days late"}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")}, tag: "2014-08-19", push: "2014-08-25",
		},
		"pushed": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.at("2014-08-11 11:00")
				w.promote("production", "0.10.0", ledger.Verified)
			},
			waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")}, tag: "2014-08-19", push: "2014-08-25",
		},
		"a tag that was moved opens at no time": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.untag("0.10.0")
				w.at("2014-08-08 11:00")
			},
			waiting: []string{fmt.Sprintf(nextTag, "2014-08-19"), production}, tag: "2014-08-19", push: "2014-08-11",
		},
		"a skipped cycle": {
			at: "2014-12-24 11:00", waiting: []string{fmt.Sprintf(nextTag, "2015-01-06")}, tag: "2015-01-06", push: "2015-01-12",
		},
		"a freeze stops the tag": {
			at: "2014-09-09 11:00", waiting: []string{"release manager: tag the release of this cycle: looprel tag, 7 days late from 2014-09-11 00:00"},
			tag: "2014-09-16", push: "2014-09-11",
		},
		"a freeze, and the cycle has its release": {
			at: "2014-09-02 11:00", prepare: func(w *world) { w.release(plan.TagRequest{}); w.at("2014-09-09 11:00") },
			situation: "cycle 5 (tag Tue 2014-09-02, push Thu 2014-09-11) has its release, 0.10.0",
			waiting:   []string{fmt.Sprintf(nextTag, "2014-09-16"), stage + " from 2014-09-11 00:00"}, tag: "2014-09-16", push: "2014-09-11",
		},
		"a patch since": {
			at: "2014-08-05 11:00", prepare: func(w *world) { w.release(plan.TagRequest{}); patched(w) },
			due: []string{"ops: choose a release for load-stage: looprel promote load-stage 0.10.1"}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")},
			tag: "2014-08-19", push: "2014-08-11",
		},
		"a patch since, and it runs": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				patched(w)
				w.promote("load-stage", "0.10.1", ledger.Verified)
			},
			due: []string{"ops: promote 0.10.1 to production: looprel promote production"}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")},
			tag: "2014-08-19", push: "2014-08-11",
		},
		"a promotion goes on": {
			at: "2014-08-05 11:00", prepare: func(w *world) { w.release(plan.TagRequest{}); w.start("load-stage", "0.10.0") },
			due: []string{"ops: wait for the promotion to load-stage: "}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")}, tag: "2014-08-19", push: "2014-08-11",
		},
		"a promotion never ended": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.release(plan.TagRequest{})
				w.start("load-stage", "0.10.0")
				w.at("2014-08-05 12:00")
			},
			due: []string{"ops: finish the promotion to load-stage: looprel promote load-stage 0.10.0"}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")},
			tag: "2014-08-19", push: "2014-08-11",
		},
		"a promotion failed": {
			at: "2014-08-05 11:00", prepare: func(w *world) { w.release(plan.TagRequest{}); w.promote("load-stage", "0.10.0", ledger.Failed) },
			due: []string{"ops: finish the promotion to load-stage: looprel promote load-stage 0.10.0"}, waiting: []string{fmt.Sprintf(nextTag, "2014-08-19")},
			tag: "2014-08-19", push: "2014-08-11",
		},
		"the last cycle's release waits on load-stage": {
			at: "2014-08-05 11:00", prepare: func(w *world) {
				w.adopt(map[string]release.Version{"production": version("0.9.0")})
				w.release(plan.TagRequest{})
				w.promote("load-stage", "0.10.0", ledger.Verified)
				w.at("2014-08-19 11:00")
			},
			due:     []string{"release manager: tag the release of this cycle: looprel tag"},
			waiting: []string{production}, tag: "2014-09-02", push: "2014-08-25",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.at(c.at)
			if c.prepare != nil {
				c.prepare(w)
			}
			next, err := plan.MakeNext(w.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			if c.situation != "" && next.Situation != c.situation {
				t.Errorf("situation %q, want %q", next.Situation, c.situation)
			}
			if got := w.lines(next.Due); !slices.Equal(got, c.due) {
				t.Errorf("due %q, want %q", got, c.due)
			}
			if got := w.lines(next.Waiting); !slices.Equal(got, c.waiting) {
				t.Errorf("waiting %q, want %q", got, c.waiting)
			}
			if next.NextTag.String() != c.tag || next.NextPush.String() != c.push {
				t.Errorf("next tag %s, push %s; want %s, %s", next.NextTag, next.NextPush, c.tag, c.push)
			}
		})
	}
}

// lines writes what is due in one line each.
func (w *world) lines(list []plan.Due) []string {
	var lines []string
	for _, due := range list {
		line := due.Who + ": " + due.What + ": " + due.Command
		if due.DaysLate > 0 {
			line += fmt.Sprintf(", %d days late", due.DaysLate)
		}
		if !due.From.IsZero() {
			line += " from " + due.From.In(w.Train.Zone).Format("2006-01-02 15:04")
		}
		lines = append(lines, line)
	}
	return lines
}
