package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What ledger and environment tell of each other, and what to do about it.
func TestAgreement(t *testing.T) {
	t.Parallel()
	healthy, ill := true, false
	cases := map[string]struct {
		prepare     func(w *world)
		environment string
		seen        func(w *world) plan.Seen
		want        plan.Agreement
		remark      string
	}{
		"not looked at": {environment: "load-stage", seen: seen(plan.Seen{}), want: plan.NotLooked},
		"no answer":     {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Error: "connection refused"}), want: plan.NotSeen, remark: "connection refused"},
		"nothing shown": {environment: "load-stage", seen: seen(plan.Seen{Looked: true}), want: plan.NotSeen, remark: "it shows neither version nor revision"},
		"agrees":        {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Version: "0.10.0", Healthy: &healthy}), want: plan.Agrees},
		"by revision": {environment: "load-stage", want: plan.Agrees, seen: func(w *world) plan.Seen {
			return plan.Seen{Looked: true, Revision: w.Refs.Peeled["refs/tags/0.10.0"].String()[:12]}
		}},
		"the version counts where both are shown": {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Version: "0.10.0", Revision: "0123456789"}), want: plan.Agrees},
		"another revision":                        {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Revision: "0123456789"}), want: plan.Differs, remark: "it runs 0123456789 and the ledger has 0.10.0"},
		"too short a revision":                    {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Revision: "1"}), want: plan.Differs, remark: "it runs 1 and the ledger has 0.10.0"},
		"unhealthy":                               {environment: "load-stage", seen: seen(plan.Seen{Looked: true, Version: "0.10.0", Healthy: &ill, Health: "503, storage is down"}), want: plan.Unhealthy, remark: "its heartbeat fails: 503, storage is down"},
		"a known release": {environment: "production", seen: seen(plan.Seen{Looked: true, Version: "0.10.0"}), want: plan.Differs,
			remark: "it runs 0.10.0 and the ledger has 0.9.0; if that is meant: looprel promote production 0.10.0 --record-only --reason TEXT"},
		"an unknown release": {environment: "production", seen: seen(plan.Seen{Looked: true, Version: "0.3.0"}), want: plan.Differs,
			remark: "it runs 0.3.0 and the ledger has 0.9.0; looprel adopt takes it over if it was released"},
		"no release": {environment: "production", seen: seen(plan.Seen{Looked: true, Version: "0.11.0-dev"}), want: plan.Differs, remark: "it runs 0.11.0-dev and the ledger has 0.9.0"},
		"nothing in the ledger": {environment: "dev", seen: seen(plan.Seen{Looked: true, Version: "0.11.0-dev"}), want: plan.Differs,
			remark: "it runs 0.11.0-dev and the ledger knows nothing of it; looprel promote dev brings it to the head of master"},
		"a branch's head": {prepare: promoteDev, environment: "dev", want: plan.Agrees, seen: func(w *world) plan.Seen {
			return plan.Seen{Looked: true, Version: "0.11.0-dev", Revision: w.Refs.IDs["refs/heads/master"].String()}
		}},
		"a branch's head, revision hidden": {prepare: promoteDev, environment: "dev", seen: seen(plan.Seen{Looked: true, Version: "0.11.0-dev"}), want: plan.Agrees},
		"another commit of the branch": {prepare: promoteDev, environment: "dev", want: plan.Differs,
			seen: seen(plan.Seen{Looked: true, Version: "0.11.0-dev", Revision: "0123456789"}), remark: "it runs 0.11.0-dev at 0123456789 and the ledger has 0.11.0-dev at "},
		"under way": {prepare: func(w *world) { w.start("production", "0.10.0") }, environment: "production",
			seen: seen(plan.Seen{Looked: true, Version: "0.9.0"}), want: plan.Agrees, remark: "Release Manager is promoting 0.10.0 since Tue 11:00 PDT"},
		"never ended": {prepare: func(w *world) { w.start("production", "0.10.0"); w.at("2014-08-11 11:00") }, environment: "production",
			seen: seen(plan.Seen{}), want: plan.NotLooked, remark: "the promotion of 0.10.0 that Release Manager began Tue 11:00 PDT never ended; looprel promote production 0.10.0 finishes it"},
		"never ended, of a branch": {prepare: func(w *world) { w.start("dev", ""); w.at("2014-08-11 11:00") }, environment: "dev",
			seen: seen(plan.Seen{}), want: plan.NotLooked, remark: "the promotion of 0.11.0-dev that Release Manager began Tue 11:00 PDT never ended; looprel promote dev finishes it"},
		"failed": {prepare: func(w *world) { w.promote("production", "0.10.0", ledger.Failed) }, environment: "production",
			seen: seen(plan.Seen{Looked: true, Version: "0.9.0"}), want: plan.Agrees, remark: "the promotion of 0.10.0 ended as \"failed\"; looprel promote production 0.10.0 tries again"},
		"failed, and it runs": {prepare: func(w *world) { w.promote("production", "0.10.0", ledger.Failed) }, environment: "production",
			seen: seen(plan.Seen{Looked: true, Version: "0.10.0"}), want: plan.Differs,
			remark: "it runs 0.10.0 and the ledger has 0.9.0; if that is meant: looprel promote production 0.10.0 --record-only --reason TEXT; " +
				"the promotion of 0.10.0 ended as \"failed\"; looprel promote production 0.10.0 tries again"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			status, err := plan.MakeStatus(w.Snapshot, map[string]plan.Seen{c.environment: c.seen(w)})
			if err != nil {
				t.Fatal(err)
			}
			for _, environment := range status.Environments {
				if environment.Name != c.environment {
					continue
				}
				if environment.Agreement != c.want || !strings.HasPrefix(environment.Remark, c.remark) || c.remark == "" && environment.Remark != "" {
					t.Errorf("%s: %q\nwant %s: %q", environment.Agreement, environment.Remark, c.want, c.remark)
				}
			}
		})
	}
}

func seen(answer plan.Seen) func(*world) plan.Seen {
	return func(*world) plan.Seen { return answer }
}

func promoteDev(w *world) { w.promote("dev", "", ledger.Verified) }

// Where releases stand, newest first.
func TestReleaseStates(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		prepare func(w *world)
		want    []string
	}{
		"nothing":           {func(*world) {}, nil},
		"tagged":            {func(w *world) { w.release(plan.TagRequest{}) }, []string{"0.10.0 tagged"}},
		"on an environment": {func(w *world) { w.release(plan.TagRequest{}); w.promote("load-stage", "0.10.0", ledger.Verified) }, []string{"0.10.0 on load-stage"}},
		"it failed there":   {func(w *world) { w.release(plan.TagRequest{}); w.promote("load-stage", "0.10.0", ledger.Failed) }, []string{"0.10.0 tagged"}},
		"released": {func(w *world) {
			w.adopt(map[string]release.Version{"production": version("0.9.0")})
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Verified)
			w.promote("production", "0.10.0", ledger.Unverified)
		}, []string{"0.10.0 released"}},
		"superseded": {func(w *world) {
			w.adopt(map[string]release.Version{"production": version("0.9.0")})
			w.release(plan.TagRequest{})
			w.promote("load-stage", "0.10.0", ledger.Verified)
			addChange(w)
			w.release(plan.TagRequest{OffCycle: true, Reason: "a breach"})
			addChange(w)
			w.at("2014-08-19 11:00")
			w.release(plan.TagRequest{})
			w.promote("production", "0.11.0", ledger.Verified)
		}, []string{"0.12.0 tagged", "0.11.0 released", "0.10.0 superseded"}},
		"adopted ones that never ran are history": {func(w *world) { w.adopt(nil) }, nil},
		"adopted ones that run are not":           {func(w *world) { w.adopt(map[string]release.Version{"production": version("0.9.0")}) }, []string{"0.9.0 released"}},
		"history above what runs": {func(w *world) {
			w.tag("0.9.1", "master")
			w.adopt(map[string]release.Version{"production": version("0.9.0")})
		}, []string{"0.9.0 released"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w)
			status, err := plan.MakeStatus(w.Snapshot, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, one := range status.Releases {
				got = append(got, one.Version.String()+" "+string(one.State))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("releases %q, want %q", got, c.want)
			}
		})
	}
}

// What a release carries from the ledger into the status.
func TestReleaseStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("2014-08-07 11:00")
	p := w.release(plan.TagRequest{})
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil || len(status.Releases) != 1 {
		t.Fatalf("releases %+v, %v", status.Releases, err)
	}
	got := status.Releases[0]
	if got.Commit != p.Entry.Tagged.Commit || got.DaysLate != 2 || got.Cycle != date("2014-08-05") || got.By != w.Operator || !got.At.Equal(w.Now) {
		t.Errorf("status has %+v", got)
	}
}

// Tags that were moved or deleted, and those that nobody recorded.
func TestTagProblems(t *testing.T) {
	t.Parallel()
	w := releasedWorld(t)
	w.untag("0.9.0")
	w.at("2014-08-06 11:00")
	w.tag("0.10.0", "master")
	w.tag("0.10.1", "master")
	w.tag("0.2", "master")
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(status.TagProblems) != 2 || status.TagProblems[0] != "tag 0.9.0 has been deleted on origin" ||
		!strings.HasPrefix(status.TagProblems[1], "tag 0.10.0 has been moved on origin: it is "+w.Refs.IDs["refs/tags/0.10.0"].Short()+", recorded was ") {
		t.Errorf("problems %q", status.TagProblems)
	}
	if !slices.Equal(status.Unknown, []string{"0.10.1"}) {
		t.Errorf("unknown %q", status.Unknown)
	}
}

// Without a ledger every tag is unknown; that is no news.
func TestStatusWithoutLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, err := plan.MakeStatus(w.Snapshot, nil)
	if err != nil || len(status.Unknown) != 0 || len(status.TagProblems) != 0 || len(status.Environments) != 4 {
		t.Errorf("status %+v, %v", status, err)
	}
}
