package plan_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What has failed fails; what runs, is missing or is not known is waited for, and
// does not pass; what was skipped has passed.
func TestChecksGate(t *testing.T) {
	t.Parallel()
	passed := func(name string) forge.Check {
		return forge.Check{Name: name, State: forge.CheckPassed, Detail: "success"}
	}
	failed := func(name string) forge.Check {
		return forge.Check{Name: name, State: forge.CheckFailed, Detail: "timed_out"}
	}
	runs := func(name string) forge.Check {
		return forge.Check{Name: name, State: forge.CheckPending, Detail: "queued"}
	}
	cases := []struct {
		name     string
		required []string
		checks   *plan.Checks
		verdict  plan.Verdict
		reason   string
	}{
		{"not asked", nil, nil, plan.Undecided, "has not been asked"},
		{"down", nil, &plan.Checks{Error: "no answer"}, plan.Undecided, "not known: no answer"},
		{"none", nil, &plan.Checks{}, plan.Undecided, "has no checks"},
		{"all passed", nil, &plan.Checks{List: []forge.Check{passed("a"), {Name: "b", State: forge.CheckPassed, Detail: "skipped"}}}, plan.Pass, "all 2 of"},
		{"one runs", nil, &plan.Checks{List: []forge.Check{passed("a"), runs("b")}}, plan.Undecided, "not done yet: b"},
		{"one failed, one runs", nil, &plan.Checks{List: []forge.Check{failed("a"), runs("b")}}, plan.Fail, "failed: a"},
		{"a required one is missing", []string{"a", "c"}, &plan.Checks{List: []forge.Check{passed("a"), failed("b")}}, plan.Undecided, "not done yet: c"},
		{"what is not required may fail", []string{"a"}, &plan.Checks{List: []forge.Check{passed("a"), failed("b")}}, plan.Pass, "all 1 of"},
		{"a required one in two places", []string{"a"}, &plan.Checks{List: []forge.Check{passed("a"), failed("a")}}, plan.Fail, "failed: a"},
		{"of the parent", nil, &plan.Checks{Parent: true, List: []forge.Check{passed("a")}}, plan.Pass, "of the parent"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.release(plan.TagRequest{})
			w.environment("load-stage").Gates = []release.Gate{{Name: release.GateChecks, Checks: release.Checks{Required: c.required}}}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{Checks: c.checks})
			if err != nil {
				t.Fatal(err)
			}
			wantGate(t, p, release.GateChecks, c.verdict, c.reason)
		})
	}
}

// Open issues block a release beside what people have recorded.
func TestBlockingIssues(t *testing.T) {
	t.Parallel()
	issues := &plan.Issues{List: []forge.Issue{{Number: 7, Title: "Calls are lost", Page: "https://forge.example.org/issues/7"}}}
	cases := []struct {
		name    string
		blocked bool
		issues  *plan.Issues
		verdict plan.Verdict
		reason  string
	}{
		{"none", false, &plan.Issues{}, plan.Pass, "nothing blocks it"},
		{"one", false, issues, plan.Fail, "open issues block it: #7 Calls are lost"},
		{"not known", false, &plan.Issues{Error: "no answer"}, plan.Undecided, "not known: no answer"},
		{"both", true, issues, plan.Fail, "; open issues block it: #7 Calls are lost"},
		{"a block, and issues not known", true, &plan.Issues{Error: "no answer"}, plan.Fail, "is blocked by"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.release(plan.TagRequest{})
			if c.blocked {
				entry := ledger.Entry{
					ID: "block", Kind: ledger.KindBlocked, At: w.Now, By: w.Operator, Component: component,
					Blocked: &ledger.Blocked{Number: 1, Version: version("0.10.0")}, Reason: "loses calls",
				}
				w.record(entry)
			}
			w.environment("load-stage").Gates = []release.Gate{{Name: release.GateNoBlockers, Blockers: release.Blockers{Labels: []string{"blocker"}}}}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: "load-stage"}, plan.Target{Issues: c.issues})
			if err != nil {
				t.Fatal(err)
			}
			wantGate(t, p, release.GateNoBlockers, c.verdict, c.reason)
		})
	}
}

func wantGate(t *testing.T, p *plan.PromotionPlan, name string, verdict plan.Verdict, reason string) {
	t.Helper()
	for _, gate := range p.Gates {
		if gate.Name == name {
			if gate.Verdict != verdict || !strings.Contains(gate.Reason, reason) {
				t.Errorf("%s: %s: %s; want %s: %s", name, gate.Verdict, gate.Reason, verdict, reason)
			}
			return
		}
	}
	t.Errorf("there is no gate %s", name)
}
