package plan_test

import (
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// What cannot be held to a list does not pass, and one signature that does not count
// is enough to stop.
func TestSignedGate(t *testing.T) {
	t.Parallel()
	const key = "ED25519 SHA256:abc"
	good := func(what string) plan.Signed {
		return plan.Signed{What: what, By: "rm@example.org", Key: key}
	}
	bad := plan.Signed{What: "ledger entry 0123456 (tag, by A)", Problem: "it is not signed"}
	cases := map[string]struct {
		signatures *plan.Signatures
		verdict    plan.Verdict
		reason     string
		evidence   int
	}{
		"signed":       {&plan.Signatures{List: "signers", Tag: good("tag 0.10.0"), Entries: []plan.Signed{good("e"), good("f")}}, plan.Pass, "the tag is signed by rm@example.org, the ledger since by rm@example.org", 3},
		"not known":    {nil, plan.Undecided, "the ledger does not know 0.10.0", 0},
		"no list":      {&plan.Signatures{}, plan.Undecided, "nothing says whose signatures count", 0},
		"bad list":     {&plan.Signatures{List: "signers", Failure: "line 1"}, plan.Undecided, "the signatures could not be held to signers: line 1", 0},
		"unsigned tag": {&plan.Signatures{List: "signers", Tag: plan.Signed{What: "tag 0.10.0", Problem: "it is not signed"}}, plan.Fail, "tag 0.10.0: it is not signed", 1},
		"OpenPGP":      {&plan.Signatures{List: "signers", Tag: plan.Signed{What: "tag 0.10.0", Problem: "it has no SSH signature", OtherKind: true}}, plan.Undecided, "tag 0.10.0: it has no SSH signature", 1},
		"an entry":     {&plan.Signatures{List: "signers", Tag: good("tag 0.10.0"), Entries: []plan.Signed{good("e"), bad}}, plan.Fail, bad.What + ": it is not signed", 2},
		"entries":      {&plan.Signatures{List: "signers", Tag: good("tag 0.10.0"), Entries: []plan.Signed{bad, bad}}, plan.Fail, bad.What + ": it is not signed (and 1 more)", 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := releasedWorld(t)
			w.at("2014-08-11 11:00")
			w.environment("production").Gates = []release.Gate{{Name: release.GateSigned}}
			p, err := w.planPromotion(plan.PromoteRequest{Environment: "production"}, plan.Target{Signatures: c.signatures})
			check(t, err, "")
			gate := gateOf(t, p, release.GateSigned)
			if gate.Verdict != c.verdict || gate.Reason != c.reason || len(gate.Evidence) != c.evidence || (gate.Cure == "") != (c.verdict == plan.Pass) {
				t.Errorf("gate %+v", gate)
			}
			if (p.Refused() == nil) != (c.verdict == plan.Pass) {
				t.Errorf("refused: %v", p.Refused())
			}
		})
	}
	if names := strings.Join(release.DeclarableGates(), " "); !strings.Contains(names, "signed") {
		t.Error(names)
	}
}
