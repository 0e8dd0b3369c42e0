package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// signedOffWorld has 0.10.0 on load-stage; production wants so many sign-offs by qa.
func signedOffWorld(t *testing.T, people int) *world {
	t.Helper()
	w := releasedWorld(t)
	w.environment("production").Gates = []release.Gate{{Name: release.GateSignOff, SignOff: release.SignOff{Role: "qa", People: people}}}
	w.Train.Contacts = []release.Contact{{Role: "qa", Email: []string{"one@example.org", "two@example.org", "release-manager@example.org"}}}
	w.at("2014-08-11 11:00")
	return w
}

func signOffOn(environment, text string) plan.SignOffRequest {
	return plan.SignOffRequest{Environment: environment, Version: version(text)}
}

// signOff lets somebody sign a release off.
func (w *world) signOff(by string, request plan.SignOffRequest) {
	w.t.Helper()
	operator := w.Operator
	w.Operator = ledger.Person{Name: by, Email: strings.ToLower(by) + "@example.org"}
	p, err := plan.MakeSignOff(w.Snapshot, request)
	if err != nil || p.Already != "" {
		w.t.Fatalf("sign-off by %s: %v, already %q", by, err, p.Already)
	}
	w.record(p.Entry)
	w.Operator = operator
}

func TestSignOffGate(t *testing.T) {
	t.Parallel()
	byTagger := func(w *world) {
		p, err := plan.MakeSignOff(w.Snapshot, signOffOn("load-stage", "0.10.0"))
		if err != nil {
			t.Error(err)
			return
		}
		w.record(p.Entry)
	}
	by := func(names ...string) func(*world) {
		return func(w *world) {
			for _, name := range names {
				w.signOff(name, signOffOn("load-stage", "0.10.0"))
			}
		}
	}
	cases := map[string]struct {
		people   int
		prepare  func(w *world)
		verdict  plan.Verdict
		reason   string
		cure     string
		evidence string // a piece of it
	}{
		"nobody":     {1, func(*world) {}, plan.Fail, "0 of 1 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", ""},
		"enough":     {1, by("One"), plan.Pass, "signed off on load-stage by One", "", "One <one@example.org> (identity unverified) signed it off (load-stage, 2014-08-11)"},
		"one of two": {2, by("One"), plan.Fail, "1 of 2 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", "One <one@example.org>"},
		"two of two": {2, by("One", "Two"), plan.Pass, "signed off on load-stage by One, Two", "", "Two <two@example.org>"},
		"the same": {2, func(w *world) {
			by("One")(w)
			w.signOff("One", plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Note: "again"})
		}, plan.Fail, "1 of 2 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", "again"},
		"no such role": {1, by("Three"), plan.Fail, "0 of 1 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", "it does not count: Three <three@example.org> is not of qa"},
		"the tagger":   {1, byTagger, plan.Fail, "0 of 1 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", "it does not count: Release Manager tagged it"},
		"withdrawn": {1, func(w *world) {
			by("One")(w)
			w.signOff("One", plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Revoke: true})
		}, plan.Fail, "0 of 1 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", ""},
		"elsewhere": {1, func(w *world) {
			w.environment("real-stage").Commissioned = true
			w.promote("real-stage", "0.10.0", ledger.Verified)
			w.signOff("One", signOffOn("real-stage", "0.10.0"))
		}, plan.Fail, "0 of 1 sign-offs on load-stage by qa", "looprel signoff load-stage 0.10.0, by 1 of qa", ""},
		"said to be elsewhere": {1, func(w *world) {
			w.environment("real-stage").Commissioned = true
			w.environment("production").Gates[0].SignOff.On = "real-stage"
			w.promote("real-stage", "0.10.0", ledger.Verified)
			w.signOff("One", signOffOn("real-stage", "0.10.0"))
		}, plan.Pass, "signed off on real-stage by One", "", "One"},
		"nowhere": {1, func(w *world) { w.environment("load-stage").Commissioned = false }, plan.Undecided,
			"no environment before production is in service, so that nobody can try it there", "say in environments.yaml on which one it is tried", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signedOffWorld(t, c.people)
			c.prepare(w)
			p := w.mustPromote(plan.PromoteRequest{Environment: "production", Version: version("0.10.0")})
			gate := gateOf(t, p, release.GateSignOff)
			if gate.Verdict != c.verdict || gate.Reason != c.reason || gate.Cure != c.cure {
				t.Errorf("gate %+v", gate)
			}
			if evidence := strings.Join(gate.Evidence, "\n"); !strings.Contains(evidence, c.evidence) || (evidence == "") != (c.evidence == "") {
				t.Errorf("evidence %q, want %q in it", evidence, c.evidence)
			}
			if refused := p.Refused() != nil; refused == (c.verdict == plan.Pass) {
				t.Errorf("refused: %v", p.Refused())
			}
		})
	}
}

// A patch of the release wants sign-offs of its own.
func TestSignOffIsOfOneVersion(t *testing.T) {
	t.Parallel()
	w := signedOffWorld(t, 1)
	w.signOff("One", signOffOn("load-stage", "0.10.0"))
	addChange(w)
	w.release(plan.TagRequest{Line: "master"})
	w.promote("load-stage", "0.10.1", ledger.Verified)
	if gate := gateOf(t, w.mustPromote(plan.PromoteRequest{Environment: "production"}), release.GateSignOff); gate.Verdict != plan.Fail {
		t.Errorf("gate %+v", gate)
	}
}

func TestSignOffRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		request plan.SignOffRequest
		want    string
	}{
		"no environment":    {signOffOn("nowhere", "0.10.0"), `there is no environment "nowhere"`},
		"of a branch":       {signOffOn("dev", "0.10.0"), "dev follows branch master and takes no releases"},
		"planned only":      {signOffOn("real-stage", "0.10.0"), "real-stage is not commissioned"},
		"no release":        {signOffOn("load-stage", "0.77.0"), "the ledger does not know loop-server 0.77.0"},
		"never there":       {signOffOn("production", "0.10.0"), "loop-server 0.10.0 has not been on production, where it would have been tried"},
		"no URL":            {plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Ref: "report 42"}, `--ref "report 42" is no URL`},
		"script":            {plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Ref: "javascript:alert(1)"}, `--ref "javascript:alert(1)" is no URL`},
		"credentials":       {plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Ref: "https://me:secret@example.org/"}, "--ref carries credentials"},
		"too long":          {plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Note: strings.Repeat("a", 10_001)}, "--note has 10001 bytes, and at most 10000 are recorded"},
		"revoked with note": {plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Revoke: true, Note: "no"}, "--revoke withdraws a sign-off and takes neither --note nor --ref"},
	}
	for name, c := range cases {
		_, err := plan.MakeSignOff(signedOffWorld(t, 1).Snapshot, c.request)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Saying the same again changes nothing; there is nothing to withdraw twice.
func TestSignOffAgain(t *testing.T) {
	t.Parallel()
	w := signedOffWorld(t, 1)
	w.Operator = ledger.Person{Name: "One", Email: "one@example.org"}
	request := signOffOn("load-stage", "0.10.0")
	p, err := plan.MakeSignOff(w.Snapshot, request)
	check(t, err, "")
	w.record(p.Entry)
	again, err := plan.MakeSignOff(w.Snapshot, request)
	check(t, err, "")
	if want := "One signed off 0.10.0 on load-stage already on 2014-08-11"; again.Already != want || len(again.Steps) != 0 {
		t.Errorf("%+v, want %q", again, want)
	}
	request.Note = "and fast"
	if other, _ := plan.MakeSignOff(w.Snapshot, request); other.Already != "" {
		t.Errorf("a note is news: %q", other.Already)
	}
	w.Operator = ledger.Person{Name: "Two", Email: "two@example.org"}
	withdrawn, err := plan.MakeSignOff(w.Snapshot, plan.SignOffRequest{Environment: "load-stage", Version: version("0.10.0"), Revoke: true})
	check(t, err, "")
	if want := "Two has no sign-off of 0.10.0 on load-stage to withdraw"; withdrawn.Already != want {
		t.Errorf("%q, want %q", withdrawn.Already, want)
	}
}

// Whose word will not count is told at once.
func TestSignOffThatDoesNotCount(t *testing.T) {
	t.Parallel()
	w := signedOffWorld(t, 1)
	p, err := plan.MakeSignOff(w.Snapshot, signOffOn("load-stage", "0.10.0"))
	check(t, err, "")
	if !slices.Equal(p.Notes, []string{"it will not count for production: Release Manager tagged it"}) {
		t.Errorf("notes %q", p.Notes)
	}
}

// What waits for a sign-off says so, to those who can give it.
func TestNextAsksForSignOff(t *testing.T) {
	t.Parallel()
	w := signedOffWorld(t, 1)
	next, err := plan.MakeNext(w.Snapshot)
	check(t, err, "")
	asked := slices.ContainsFunc(next.Due, func(due plan.Due) bool {
		return due.What == "sign off 0.10.0 on load-stage" && due.Who == "qa" && due.Command == "looprel signoff load-stage 0.10.0" &&
			due.Reason == "0 of 1 sign-offs on load-stage by qa" && due.From.IsZero()
	})
	if !asked {
		t.Errorf("due: %+v", next.Due)
	}
	w.signOff("One", signOffOn("load-stage", "0.10.0"))
	if next, err = plan.MakeNext(w.Snapshot); err != nil || len(next.Due) != 1 || next.Due[0].Command != "looprel promote production" {
		t.Errorf("%v, due: %+v", err, next.Due)
	}
}
