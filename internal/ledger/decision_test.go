package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/release"
)

// history appends entries, one on top of the other.
type history struct {
	t     *testing.T
	store memory
	*ledger.State
}

func newHistory(t *testing.T) *history { return &history{t: t, store: memory{}, State: ledger.Empty()} }

func (h *history) add(e ledger.Entry) {
	h.t.Helper()
	next, _, err := h.store.add(h.State, e)
	if err != nil {
		h.t.Fatal(err)
	}
	h.State = next
}

// refuses is an entry that contradicts the state.
func (h *history) refuses(e ledger.Entry) {
	h.t.Helper()
	if _, _, err := h.store.add(h.State, e); err == nil {
		h.t.Errorf("%s was taken", e.Subject())
	}
}

func (h *history) release(text string) ledger.Release {
	h.t.Helper()
	known, ok, err := h.Release("loop-server", version(h.t, text))
	if err != nil || !ok {
		h.t.Fatalf("release %s: %v, known %v", text, err, ok)
	}
	return known
}

func signedOff(t *testing.T, text, by, note string, revoked bool, minutes int) ledger.Entry {
	e := entry(ledger.KindSignedOff, minutes)
	e.By = ledger.Person{Name: by, Email: by + "@example.org"}
	e.SignedOff = &ledger.SignedOff{Environment: "load-stage", Version: version(t, text), Note: note, Revoked: revoked}
	return e
}

// A sign-off holds until the same person says another thing of the same environment.
func TestFoldSignOff(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.add(tagged(t, "0.10.0", cycle, 0))
	h.refuses(signedOff(t, "0.11.0", "tester", "", false, 1))
	h.add(signedOff(t, "0.10.0", "tester", "slow", false, 1))
	h.add(signedOff(t, "0.10.0", "other", "", false, 2))
	h.add(signedOff(t, "0.10.0", "tester", "good", false, 3))
	elsewhere := signedOff(t, "0.10.0", "tester", "there, too", false, 4)
	elsewhere.SignedOff.Environment = "real-stage"
	h.add(elsewhere)
	notes := func() (list []string) {
		for _, one := range h.release("0.10.0").SignOffs {
			list = append(list, one.Environment+" "+one.By.Name+" "+one.Note)
		}
		return list
	}
	if diff := cmp.Diff([]string{"load-stage other ", "load-stage tester good", "real-stage tester there, too"}, notes()); diff != "" {
		t.Errorf("sign-offs (-want +got):\n%s", diff)
	}
	h.add(signedOff(t, "0.10.0", "tester", "", true, 5))
	if diff := cmp.Diff([]string{"load-stage other ", "real-stage tester there, too"}, notes()); diff != "" {
		t.Errorf("after a withdrawal (-want +got):\n%s", diff)
	}
}

func blocked(number int, environment, text string, t *testing.T) ledger.Entry {
	e := entry(ledger.KindBlocked, number)
	e.Reason, e.Blocked = "because", &ledger.Blocked{Number: number, Environment: environment}
	if text != "" {
		e.Blocked.Version = version(t, text)
	}
	return e
}

func unblocked(number int) ledger.Entry {
	e := entry(ledger.KindUnblocked, 100+number)
	e.Reason, e.Unblocked = "over", &ledger.Unblocked{Number: number}
	return e
}

// Blocks are counted, and lifted by their number.
func TestFoldBlocks(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.refuses(unblocked(1))
	h.refuses(blocked(2, "production", "", t))
	h.refuses(blocked(1, "production", "0.10.0", t))
	h.refuses(blocked(1, "", "", t))
	h.add(blocked(1, "production", "", t))
	h.refuses(blocked(1, "production", "", t))
	h.add(blocked(2, "", "0.10.0", t))
	h.add(unblocked(1))
	h.refuses(unblocked(1))
	blocks, err := h.Blocks("loop-server")
	if err != nil || blocks.Last != 2 || len(blocks.Open) != 1 || blocks.Open[0].Number != 2 || blocks.Open[0].Reason != "because" {
		t.Errorf("%v, blocks %+v", err, blocks)
	}
	if other, err := h.Blocks("loop-client"); err != nil || other.Last != 0 {
		t.Errorf("of another component: %v, %+v", err, other)
	}
}

// A release is backed off once, and let go on once.
func TestFoldBackOff(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.add(tagged(t, "0.10.0", cycle, 0))
	off := func(text string, revoked bool, minutes int) ledger.Entry {
		e := entry(ledger.KindBackedOff, minutes)
		e.Reason, e.BackedOff = "loses calls", &ledger.BackedOff{Version: version(t, text), Revoked: revoked}
		return e
	}
	h.refuses(off("0.11.0", false, 1))
	h.refuses(off("0.10.0", true, 1))
	h.add(off("0.10.0", false, 1))
	h.refuses(off("0.10.0", false, 2))
	if known := h.release("0.10.0").BackedOff; known == nil || known.Reason != "loses calls" || !known.At.Equal(start.Add(time.Minute)) {
		t.Errorf("backed off: %+v", known)
	}
	h.add(off("0.10.0", true, 3))
	if known := h.release("0.10.0").BackedOff; known != nil {
		t.Errorf("still backed off: %+v", known)
	}
}

// A rollback backs the bad release off as it begins, and an environment remembers
// what ran on it.
func TestFoldRollback(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	for i, text := range []string{"0.9.0", "0.10.0", "0.11.0"} {
		h.add(tagged(t, text, release.Date{}, 10*i))
		h.add(started("production", text, text, "", 10*i+1))
		h.add(finished("production", text, text, ledger.Verified, 10*i+2))
	}
	back := started("production", "0.10.0", "back", "", 40)
	back.Reason, back.Started.RollsBack = "loses calls", version(t, "0.11.0")
	h.add(back)
	if known := h.release("0.11.0").BackedOff; known == nil || known.Reason != "loses calls" {
		t.Errorf("as it begins: %+v", known)
	}
	h.add(finished("production", "0.10.0", "back", ledger.Verified, 41))
	environment, err := h.Environment("production", "loop-server")
	if err != nil {
		t.Fatal(err)
	}
	var earlier []string
	for _, one := range environment.Earlier {
		earlier = append(earlier, one.Version)
	}
	if diff := cmp.Diff([]string{"0.11.0", "0.10.0", "0.9.0"}, earlier); diff != "" {
		t.Errorf("earlier (-want +got):\n%s", diff)
	}
	if environment.Running.Version != "0.10.0" || environment.Running.RollsBack != version(t, "0.11.0") {
		t.Errorf("running %+v", environment.Running)
	}
}

// The stay of a release ends when another one comes, and when an attempt begins that
// does not end well.
func TestFoldStays(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	for _, text := range []string{"0.9.0", "0.10.0"} {
		h.add(tagged(t, text, release.Date{}, 0))
	}
	step := func(text, attempt string, outcome ledger.Outcome, begins int) {
		h.add(started("load-stage", text, attempt, "", begins))
		h.add(finished("load-stage", text, attempt, outcome, begins+5))
	}
	step("0.9.0", "1", ledger.Verified, 0)
	step("0.9.0", "2", ledger.Verified, 10)  // again
	step("0.10.0", "3", ledger.Failed, 20)   // from 20 on it is not sure
	step("0.9.0", "4", ledger.Verified, 30)  // back
	step("0.10.0", "5", ledger.Verified, 40) // overtaken
	var stays []string
	for _, text := range []string{"0.9.0", "0.10.0"} {
		for _, reached := range h.release(text).Reached {
			until := "now"
			if !reached.Until.IsZero() {
				until = reached.Until.Sub(start).String()
			}
			stays = append(stays, text+" "+reached.At.Sub(start).String()+" to "+until)
		}
	}
	want := []string{"0.9.0 5m0s to 15m0s", "0.9.0 15m0s to 20m0s", "0.9.0 35m0s to 40m0s", "0.10.0 45m0s to now"}
	if diff := cmp.Diff(want, stays); diff != "" {
		t.Errorf("stays (-want +got):\n%s", diff)
	}
}

func TestWhoIsWho(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		a, b        ledger.Person
		same, maybe bool
	}{
		"by address":                        {ledger.Person{"A", "a@example.org", ""}, ledger.Person{"B", "A@example.org", ""}, true, true},
		"by name":                           {ledger.Person{"a", "a@example.org", ""}, ledger.Person{"A", "b@example.org", ""}, true, true},
		"two people":                        {ledger.Person{"A", "a@example.org", ""}, ledger.Person{"B", "b@example.org", ""}, false, false},
		"one login under two names":         {ledger.Person{"A", "a@example.org", "ann"}, ledger.Person{"B", "b@example.org", "Ann"}, true, true},
		"two logins under one name":         {ledger.Person{"A", "a@example.org", "ann"}, ledger.Person{"A", "a@example.org", "bob"}, false, true},
		"one login known, and one name":     {ledger.Person{"A", "a@example.org", "ann"}, ledger.Person{"A", "a@example.org", ""}, true, true},
		"one login known, and two people":   {ledger.Person{"A", "a@example.org", "ann"}, ledger.Person{"B", "b@example.org", ""}, false, false},
		"two logins, and nothing in common": {ledger.Person{"A", "a@example.org", "ann"}, ledger.Person{"B", "b@example.org", "bob"}, false, false},
	}
	for name, c := range cases {
		if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same || c.a.MayBe(c.b) != c.maybe || c.b.MayBe(c.a) != c.maybe {
			t.Errorf("%s: same %v and %v, may be %v and %v", name, c.a.Same(c.b), c.b.Same(c.a), c.a.MayBe(c.b), c.b.MayBe(c.a))
		}
	}
}
