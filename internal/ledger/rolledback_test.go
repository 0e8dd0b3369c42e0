package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// rolledBack is a rollback from 0.10.0 to 0.9.0 that was made without the ledger.
func rolledBack(t *testing.T, outcome ledger.Outcome) ledger.Entry {
	e := entry(ledger.KindRolledBack, 30)
	e.ID, e.Reason = "late", "loses calls"
	e.RolledBack = &ledger.RolledBack{Finished: ledger.Finished{
		Deployment: deployment("production", "0.9.0"), Attempt: "late", Outcome: outcome, RollsBack: version(t, "0.10.0"),
	}}
	return e
}

// arrived has 0.10.0 on production, and 0.9.0 before.
func arrived(t *testing.T) *history {
	h := newHistory(t)
	h.add(tagged(t, "0.9.0", release.Date{}, 0))
	h.add(tagged(t, "0.10.0", cycle, 1))
	h.add(tagged(t, "0.10.1", release.Date{}, 2))
	for i, text := range []string{"0.9.0", "0.10.0"} {
		h.add(started("production", text, text, "", 10+10*i))
		h.add(finished("production", text, text, ledger.Verified, 11+10*i))
	}
	return h
}

// Written afterwards, a rollback leaves what it would have left if it had been written
// at its time, whatever came after it.
func TestRolledBackAfterwards(t *testing.T) {
	t.Parallel()
	promotion := func(text string, outcome ledger.Outcome) []ledger.Entry {
		return []ledger.Entry{started("production", text, "then", "", 40), finished("production", text, "then", outcome, 41)}
	}
	later := map[string][]ledger.Entry{
		"nothing":                  nil,
		"a promotion":              promotion("0.10.1", ledger.Verified),
		"the same release":         promotion("0.9.0", ledger.Verified),
		"two promotions":           append(promotion("0.10.1", ledger.Verified), started("production", "0.9.0", "last", "", 50), finished("production", "0.9.0", "last", ledger.Verified, 51)),
		"a promotion that failed":  promotion("0.10.1", ledger.Failed),
		"an interrupted promotion": promotion("0.10.1", ledger.Unknown),
		"one that is under way":    promotion("0.10.1", ledger.Verified)[:1],
	}
	for name, entries := range later {
		for _, outcome := range []ledger.Outcome{ledger.Verified, ledger.Unverified, ledger.Failed, ledger.Unknown} {
			t.Run(name+"/"+string(outcome), func(t *testing.T) {
				t.Parallel()
				inTime, afterwards := arrived(t), arrived(t)
				inTime.add(rolledBack(t, outcome))
				for _, e := range entries {
					inTime.add(e)
					afterwards.add(e)
				}
				afterwards.add(rolledBack(t, outcome))
				compareHistories(t, inTime, afterwards, len(entries) > 0 && !outcome.Reached() || name == "a promotion that failed" || name == "an interrupted promotion")
				// It is in, and stays in once.
				afterwards.refuses(rolledBack(t, outcome))
				if known, err := afterwards.HasRollback("loop-server", "late"); err != nil || !known {
					t.Errorf("known: %v, %v", known, err)
				}
			})
		}
	}
}

// compareHistories compares what two ledgers know. Where it cannot be told when
// something ceased to be sure, the ends of stays are passed over.
func compareHistories(t *testing.T, want, got *history, withoutEnds bool) {
	t.Helper()
	wanted, err := want.Environment("production", "loop-server")
	if err != nil {
		t.Fatal(err)
	}
	found, err := got.Environment("production", "loop-server")
	if err != nil {
		t.Fatal(err)
	}
	options := []cmp.Option{cmpopts.EquateComparable(release.Version{}, release.Date{})}
	if diff := cmp.Diff(wanted, found, options...); diff != "" {
		t.Errorf("environment (-in time +afterwards):\n%s", diff)
	}
	if withoutEnds {
		options = append(options, cmpopts.IgnoreFields(ledger.Reached{}, "Until"))
	}
	for _, text := range []string{"0.9.0", "0.10.0", "0.10.1"} {
		if diff := cmp.Diff(want.release(text), got.release(text), options...); diff != "" {
			t.Errorf("%s (-in time +afterwards):\n%s", text, diff)
		}
	}
}

// An attempt that was replaced is over; one that the rollback knew nothing of is not.
func TestRolledBackTakesOver(t *testing.T) {
	t.Parallel()
	for takesOver, remains := range map[string]bool{"hung": false, "": true} {
		for _, outcome := range []ledger.Outcome{ledger.Verified, ledger.Failed} {
			h := arrived(t)
			h.add(started("production", "0.10.1", "hung", "", 25))
			back := rolledBack(t, outcome)
			back.RolledBack.TakesOver = takesOver
			h.add(back)
			state, err := h.Environment("production", "loop-server")
			if err != nil || (state.Underway != nil) != remains {
				t.Errorf("takes over %q, %s: under way %+v, %v", takesOver, outcome, state.Underway, err)
			}
		}
	}
}
