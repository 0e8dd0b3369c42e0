package probe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/probe"
)

func commit(t *testing.T, text string) object.ID {
	t.Helper()
	id, err := object.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const (
	wantedCommit = "7f61f20bd9e5e0a8f5e4c1d2b3a4958677869504"
	otherCommit  = "6a99fc9bd9e5e0a8f5e4c1d2b3a4958677869504"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	tagged := probe.Want{Version: "0.10.0", Revision: commit(t, wantedCommit)}
	head := probe.Want{Revision: commit(t, wantedCommit)}
	healthy := probe.Heartbeat{Known: true, Healthy: true, Status: 200}
	sick := probe.Heartbeat{Known: true, Status: 503, Checks: map[string]bool{"storage": false}}
	tests := map[string]struct {
		want    probe.Want
		answer  probe.Answer
		verdict probe.Verdict
		reason  string
	}{
		"the version":               {tagged, probe.Answer{Version: "0.10.0", Heartbeat: healthy}, probe.Runs, "runs 0.10.0; heartbeat 200"},
		"with a v":                  {tagged, probe.Answer{Version: "v0.10.0"}, probe.Runs, "runs 0.10.0"},
		"and the commit":            {tagged, probe.Answer{Version: "0.10.0", Revision: wantedCommit}, probe.Runs, "runs 0.10.0"},
		"another build":             {tagged, probe.Answer{Version: "0.10.0", Revision: otherCommit}, probe.Runs, "runs 0.10.0, built from another commit (" + otherCommit + ", the release is 7f61f20)"},
		"another version":           {tagged, probe.Answer{Version: "0.9.0", Heartbeat: healthy}, probe.RunsOther, "runs 0.9.0, not 0.10.0"},
		"a longer version":          {tagged, probe.Answer{Version: "0.10.0-dev"}, probe.RunsOther, "runs 0.10.0-dev, not 0.10.0"},
		"wrong version inside":      {tagged, probe.Answer{Version: "0.13.0-DEV", Revision: "7f61f20"}, probe.RunsOther, "runs the commit of 0.10.0 (7f61f20), but calls itself 0.13.0-DEV"},
		"hidden, the commit":        {tagged, probe.Answer{Revision: strings.ToUpper(wantedCommit)}, probe.Runs, "runs commit 7f61f20"},
		"hidden, a short commit":    {tagged, probe.Answer{Revision: "7f61f20"}, probe.Runs, "runs commit 7f61f20"},
		"hidden, too short":         {tagged, probe.Answer{Revision: "7f61f2"}, probe.Unverified, `shows nothing to compare (version "", commit "7f61f2")`},
		"hidden, another commit":    {tagged, probe.Answer{Revision: otherCommit}, probe.RunsOther, "runs commit " + otherCommit + ", not 7f61f20"},
		"hidden, no commit":         {tagged, probe.Answer{Revision: "unknown"}, probe.Unverified, `shows nothing to compare (version "", commit "unknown")`},
		"commit not known":          {probe.Want{Version: "0.10.0"}, probe.Answer{Revision: wantedCommit}, probe.Unverified, `shows nothing to compare (version "", commit "` + wantedCommit + `")`},
		"both hidden":               {tagged, probe.Answer{Heartbeat: healthy}, probe.Unverified, "shows neither version nor commit; heartbeat 200"},
		"a head":                    {head, probe.Answer{Version: "0.11.0-dev", Revision: "7f61f20"}, probe.Runs, "runs commit 7f61f20"},
		"another head":              {head, probe.Answer{Version: "0.11.0-dev", Revision: "6a99fc9"}, probe.RunsOther, "runs commit 6a99fc9, not 7f61f20"},
		"a head, the version alone": {head, probe.Answer{Version: "0.11.0-dev"}, probe.Unverified, `shows nothing to compare (version "0.11.0-dev", commit "")`},
		"sick":                      {tagged, probe.Answer{Version: "0.10.0", Heartbeat: sick}, probe.Unhealthy, "runs 0.10.0; heartbeat 503, down: storage"},
		"sick and hidden":           {tagged, probe.Answer{Heartbeat: sick}, probe.Unhealthy, "shows neither version nor commit; heartbeat 503, down: storage"},
		"sick and another":          {tagged, probe.Answer{Version: "0.9.0", Heartbeat: sick}, probe.RunsOther, "runs 0.9.0, not 0.10.0"},
		"heartbeat fails":           {tagged, probe.Answer{Version: "0.10.0", Heartbeat: probe.Heartbeat{Known: true, Err: errors.New("refused\x1b[0m")}}, probe.Unhealthy, "runs 0.10.0; no heartbeat: refused"},
		"no answer":                 {tagged, probe.Answer{Err: errors.New("GET x:\x00 refused")}, probe.Unreachable, "no usable answer: GET x: refused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict, reason := probe.Judge(test.want, test.answer)
			if verdict != test.verdict || reason != test.reason {
				t.Errorf("Judge = %v, %q; want %v, %q", verdict, reason, test.verdict, test.reason)
			}
		})
	}
}

func TestVerdictsHaveWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for verdict := probe.Unreachable; verdict <= probe.Runs; verdict++ {
		seen[verdict.String()] = true
	}
	if len(seen) != 5 {
		t.Errorf("the verdicts are told apart by %d words: %v", len(seen), seen)
	}
}
