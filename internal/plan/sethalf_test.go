package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
)

// A set that is half-tagged is not unknown, by whatever it is called, nor is another one
// taken in its place.
func TestHalfTaggedSetIsNamed(t *testing.T) {
	t.Parallel()
	s := newSetWorld(t)
	s.makeSet(s.mustSet())
	s.at("2014-08-19 11:00")
	s.client.Now = s.Now
	s.client.commit("master", "Bug 1000005 - Go on.", files{"index.html": "three\n"})
	s.pushHome(s.mustSet())
	for _, text := range []string{"loop-server-0.10.0+loop-client-0.6.0", "loop-client-0.6.0", "0.6.0", ""} {
		_, err := s.planSetPromotion(text, plan.PromoteRequest{Environment: "load-stage"})
		var refused *plan.Refusal
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "half-tagged") || !strings.Contains(refused.Hint(), "looprel tag --all") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if found, err := s.FindSet("0.10.0"); err != nil || found.ID != "loop-server-0.10.0+loop-client-0.5.0" {
		t.Errorf("0.10.0 is %v, %v", found.ID, err)
	}
}

// What goes on with an attempt that broke off is the same in status and in next, and
// brings back what was there where that was under way.
func TestSetNextGoesOnWithTheAttempt(t *testing.T) {
	t.Parallel()
	s := halfPromoted(t)
	check := func(want string) {
		t.Helper()
		status, err := plan.MakeSetStatus(s.Whole(), s.members(), make([]map[string]plan.Seen, 2))
		if err != nil {
			t.Fatal(err)
		}
		for _, environment := range status.Environments {
			if environment.Name == "load-stage" && !strings.Contains(environment.Remark, want) {
				t.Errorf("the remark is %q, expected %q in it", environment.Remark, want)
			}
		}
		for _, due := range status.Next.Due {
			if due.What == "finish the promotion to load-stage" && due.Command == want {
				return
			}
		}
		t.Errorf("nothing is due by %q: %+v", want, status.Next.Due)
	}
	check("looprel promote load-stage loop-server-0.11.0+loop-client-0.6.0")
	members := s.members()
	request := plan.RollbackRequest{Environment: "load-stage", Reason: "it does not come up"}
	selection, err := plan.SelectSetRollback(s.Whole(), members, "", request)
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.MakeSetRollback(s.Whole(), members, selection, make([]plan.Target, 2), request)
	if err != nil {
		t.Fatal(err)
	}
	s.record(back.Head.Entry)
	s.record(back.Head.Outcome(s.Whole(), ledger.Finished{Outcome: ledger.Failed, Detail: "as the test wants"}, 0))
	check("looprel rollback load-stage --reason TEXT")
}
