package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// Adopted are the tags that are releases; the others are listed, as far as they
// could be taken for one.
func TestAdoptReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tag("0.10.0", "master")
	w.Refs.IDs["refs/tags/0.8.0"] = w.Refs.Peeled["refs/tags/0.9.0"] // lightweight
	for _, name := range []string{"0.2", "v0.9.0", "0.9.0-rc.1", "nightly", "deployed-2014-07-01"} {
		w.tag(name, "master")
	}
	w.branchFrom("0.9.x", "refs/tags/0.9.0")
	w.branchFrom("0.16.X", "refs/tags/0.9.0")
	p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, tagged := range p.Releases {
		versions = append(versions, tagged.Version.String())
	}
	if !slices.Equal(versions, []string{"0.8.0", "0.9.0", "0.10.0"}) {
		t.Errorf("releases %v", versions)
	}
	light, annotated := p.Releases[0], p.Releases[1]
	if light.TagID != light.Commit || annotated.TagID == annotated.Commit || annotated.Commit != light.Commit {
		t.Errorf("0.8.0 is %+v, 0.9.0 %+v", light, annotated)
	}
	if want := []string{"0.2", "0.9.0-rc.1", "v0.9.0"}; !slices.Equal(p.Ignored, want) {
		t.Errorf("ignored %q, want %q", p.Ignored, want)
	}
	if want := []string{"refs/heads/0.9.x", "refs/heads/0.16.X"}; !slices.Equal(p.Lines, want) {
		t.Errorf("lines %q, want %q", p.Lines, want)
	}
	w.record(p.Entry)
	again, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{})
	if err != nil || again.Already == "" || len(again.Steps) != 0 || again.SameFacts(p) {
		t.Errorf("again: %+v, %v", again, err)
	}
	// A hand-made tag later is adopted alone.
	w.tag("0.10.1", "master")
	later, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{})
	if err != nil || len(later.Releases) != 1 || later.Steps[0].Want != "adopt loop-server 0.10.1" {
		t.Errorf("later: %+v, %v", later, err)
	}
}

// The newest train release is the current cycle's if it was tagged within it.
func TestAdoptCycle(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		taggedAt, now string
		prepare       func(w *world)
		cycle         string
	}{
		"on the tagging day":        {taggedAt: "2014-08-05 09:00", now: "2014-08-05 11:00", cycle: "2014-08-05"},
		"later in the cycle":        {taggedAt: "2014-08-07 23:59", now: "2014-08-12 11:00", cycle: "2014-08-05"},
		"the evening before":        {taggedAt: "2014-08-04 23:59", now: "2014-08-05 11:00"},
		"in the cycle before":       {taggedAt: "2014-07-22 11:00", now: "2014-08-05 11:00"},
		"before the first cycle":    {taggedAt: "2014-06-01 11:00", now: "2014-07-01 11:00"},
		"the tagging day was moved": {taggedAt: "2014-08-06 11:00", now: "2014-08-08 11:00", prepare: tagOn("2014-08-07")},
		"it was brought forward":    {taggedAt: "2014-08-04 11:00", now: "2014-08-05 11:00", prepare: tagOn("2014-08-04"), cycle: "2014-08-05"},
		"a cycle that is skipped": {taggedAt: "2014-08-05 11:00", now: "2014-08-06 11:00", prepare: func(w *world) {
			w.Train.Schedule.Exceptions = []release.Exception{{Cycle: date("2014-08-05"), Skip: true}}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			w.tag("0.10.0", "master")
			w.tag("0.10.1", "master")
			w.at(c.taggedAt)
			taggedAt := w.Now
			w.at(c.now)
			unknown, _, err := plan.Unknown(w.Snapshot)
			if newest, ok := plan.Newest(w.Snapshot, unknown); err != nil || !ok || newest.Version != version("0.10.0") {
				t.Fatalf("the newest train release is %+v, %v", newest, err)
			}
			p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{TaggedAt: taggedAt})
			if err != nil {
				t.Fatal(err)
			}
			for _, tagged := range p.Releases {
				want := ""
				if tagged.Version == version("0.10.0") {
					want = c.cycle
				}
				if tagged.Cycle.String() != want {
					t.Errorf("%s is of cycle %q, want %q", tagged.Version, tagged.Cycle, want)
				}
			}
			w.record(p.Entry)
			if c.cycle == "" {
				return
			}
			again := w.mustTag(plan.TagRequest{})
			if want := "loop-server 0.10.0 is already tagged: adopted by Release Manager, "; !strings.HasPrefix(again.Already, want) {
				t.Errorf("tag says %q, want %q", again.Already, want)
			}
		})
	}
}

func tagOn(day string) func(w *world) {
	return func(w *world) {
		w.Train.Schedule.Exceptions = []release.Exception{{Cycle: date("2014-08-05"), Tag: date(day)}}
	}
}

// A cycle that has its release keeps it.
func TestAdoptIntoReleasedCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release(plan.TagRequest{})
	w.tag("0.11.0", "master")
	p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{TaggedAt: w.Now})
	if err != nil || !p.Releases[len(p.Releases)-1].Cycle.IsZero() {
		t.Errorf("adopts %+v, %v", p.Releases, err)
	}
	w.record(p.Entry)
}

// What runs where is what was said, or else what was seen.
func TestAdoptRunning(t *testing.T) {
	t.Parallel()
	type running = map[string]release.Version
	type seen = map[string]string
	recorded := func(w *world) { w.adopt(running{"production": version("0.9.0")}) }
	cases := map[string]struct {
		prepare func(w *world)
		running running
		seen    seen
		want    string // environment=version
		note    string
		err     string
	}{
		"said":                       {running: running{"production": version("0.9.0")}, want: "production=0.9.0", note: "what load-stage runs is not known; say it with --running load-stage=VERSION"},
		"seen":                       {seen: seen{"production": "0.9.0", "load-stage": "0.9.0"}, want: "load-stage=0.9.0 production=0.9.0"},
		"said counts":                {running: running{"production": version("0.9.0")}, seen: seen{"production": "0.10.0-dev"}, want: "production=0.9.0"},
		"a pre-release":              {seen: seen{"production": "0.10.0-dev"}, note: "production shows version \"0.10.0-dev\", which is no release"},
		"no tag":                     {seen: seen{"production": "0.3.0"}, note: "production shows version 0.3.0, which has no tag on origin"},
		"said, no tag":               {running: running{"production": version("0.3.0")}, err: "misuse: origin has no tag 0.3.0\ngive a version that has a tag"},
		"an unknown environment":     {running: running{"prod": version("0.9.0")}, err: "misuse: there is no environment \"prod\""},
		"one that follows a branch":  {running: running{"dev": version("0.9.0")}, err: "misuse: dev follows branch master and runs no release"},
		"one that is planned":        {running: running{"real-stage": version("0.9.0")}, err: "misuse: real-stage is not commissioned"},
		"recorded already":           {prepare: recorded, running: running{"production": version("0.9.0")}},
		"recorded, and not seen":     {prepare: recorded, note: "what load-stage runs is not known; say it with --running load-stage=VERSION"},
		"recorded, another one seen": {prepare: func(w *world) { recorded(w); w.tag("0.9.5", "master") }, seen: seen{"production": "0.9.5"}, note: "production shows 0.9.5 and the ledger has 0.9.0; to record it: looprel promote production 0.9.5 --record-only --reason TEXT"},
		"recorded, another one said": {prepare: func(w *world) { recorded(w); w.tag("0.9.5", "master") }, running: running{"production": version("0.9.5")}, want: "production=0.9.5"},
		"under way": {prepare: func(w *world) { w.adopt(nil); w.start("production", "0.9.0"); w.tag("0.9.5", "master") },
			seen: seen{"production": "0.9.0"}, note: "a promotion to production is under way; what it runs is not adopted"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			p, err := plan.MakeAdoption(w.Snapshot, plan.AdoptRequest{Running: c.running, Seen: c.seen})
			check(t, err, c.err)
			if err != nil {
				return
			}
			var got []string
			for _, deployment := range p.Running {
				got = append(got, deployment.Environment+"="+deployment.Version)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("running %q, want %q", got, c.want)
			}
			if c.note != "" && !slices.Contains(p.Notes, c.note) {
				t.Errorf("notes %q, want %q", p.Notes, c.note)
			}
			if name == "recorded, and not seen" && len(p.Notes) != 1 {
				t.Errorf("notes %q about what is known", p.Notes)
			}
			if p.Already != "" {
				return
			}
			w.record(p.Entry)
			for _, deployment := range p.Running {
				state, err := w.Ledger.Environment(deployment.Environment, component)
				if err != nil || state.Running.Version != deployment.Version || state.Running.Outcome != ledger.AdoptedAs {
					t.Errorf("%s is %+v, %v", deployment.Environment, state, err)
				}
			}
		})
	}
}

// An adopted release that runs on the first environment may go on.
func TestAdoptedReleaseGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.adopt(map[string]release.Version{"load-stage": version("0.9.0")})
	w.at("2014-08-11 11:00")
	p := w.mustPromote(plan.PromoteRequest{Environment: "production"})
	check(t, p.Refused(), "refused: 0.9.0 belongs to no cycle of the calendar")
	p = w.mustPromote(plan.PromoteRequest{Environment: "production", OffCycle: true, Reason: "first one"})
	check(t, p.Refused(), "")
}
