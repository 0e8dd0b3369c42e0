package probe_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/probe"
	"github.com/mozilla-services/looprel/internal/release"
)

func TestAwait(t *testing.T) {
	t.Parallel()
	old, wanted := running("0.9.0"), running("0.10.0")
	tests := map[string]struct {
		machines []machine
		outcome  probe.Outcome
		reason   string
		looks    int // 0: as many as the deadline allows
	}{
		"at once":                      {[]machine{wanted}, probe.Verified, "runs 0.10.0; heartbeat 200", 3},
		"after a while":                {[]machine{old, old, wanted}, probe.Verified, "runs 0.10.0; heartbeat 200", 5},
		"a machine lags behind":        {[]machine{wanted, wanted, old, wanted}, probe.Verified, "runs 0.10.0; heartbeat 200", 6},
		"sick at first":                {[]machine{wanted.sick(), wanted.sick(), wanted}, probe.Verified, "runs 0.10.0; heartbeat 200", 5},
		"nothing to compare":           {[]machine{hiding()}, probe.NotVerifiable, "shows neither version nor commit; heartbeat 200", 3},
		"nothing to compare from now":  {[]machine{old, hiding()}, probe.NotVerifiable, "shows neither version nor commit; heartbeat 200", 4},
		"shown and hidden do not add":  {[]machine{hiding(), hiding(), wanted}, probe.Verified, "runs 0.10.0; heartbeat 200", 5},
		"never":                        {[]machine{old}, probe.WrongVersion, "runs 0.9.0, not 0.10.0", 0},
		"never healthy":                {[]machine{wanted.sick()}, probe.NotHealthy, "runs 0.10.0; heartbeat 503, down: provider (third party is down)", 0},
		"old and new by turns":         {alternating(old, wanted), probe.WrongVersion, "the machines do not agree", 0},
		"two of three":                 {alternating(old, wanted, wanted), probe.WrongVersion, "the machines do not agree", 0},
		"healthy and sick by turns":    {alternating(wanted.sick(), wanted), probe.NotHealthy, "the machines do not agree", 0},
		"shown and hidden by turns":    {alternating(wanted, hiding()), probe.WrongVersion, "the machines do not agree", 0},
		"hidden and another by turns":  {alternating(hiding(), old), probe.WrongVersion, "runs 0.9.0, not 0.10.0", 0},
		"a null version is hidden too": {[]machine{hiding().with("version", nil)}, probe.NotVerifiable, "shows neither", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prober, clock := newProber()
			begin := clock.now
			service, target := start(t, test.machines...)
			var seen []probe.Verdict
			result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, func(_ probe.Answer, verdict probe.Verdict) {
				seen = append(seen, verdict)
			})
			if result.Outcome != test.outcome || !strings.Contains(result.Reason, test.reason) {
				t.Errorf("%s: %s; want %s: %s", result.Outcome, result.Reason, test.outcome, test.reason)
			}
			if test.looks != 0 && result.Looks != test.looks {
				t.Errorf("%d looks, want %d", result.Looks, test.looks)
			}
			if result.Looks != service.looks || result.Looks != len(seen) {
				t.Errorf("%d looks, %d served, %d reported", result.Looks, service.looks, len(seen))
			}
			if waited := clock.now.Sub(begin); waited > target.Probe.Deadline+time.Duration(target.Probe.Agree)*target.Probe.Interval {
				t.Errorf("waited %s", waited)
			}
			checkEvidence(t, result)
		})
	}
}

func checkEvidence(t *testing.T, result probe.Result) {
	t.Helper()
	if len(result.Evidence) == 0 || len(result.Evidence) > 8 {
		t.Errorf("%d lines of evidence: %q", len(result.Evidence), result.Evidence)
	}
	for _, line := range result.Evidence {
		if len(line) > 300 || strings.ContainsAny(line, "\x1b\n") {
			t.Errorf("evidence %q", line)
		}
	}
}

func TestPausesGrowAndAreSpread(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	_, target := start(t, running("0.9.0"))
	target.Probe.Deadline = 30 * time.Second
	random := 0.0
	prober.Random = func() float64 {
		random = 0.9 - random
		return random
	}
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	want := []time.Duration{950 * time.Millisecond, time.Second, 3800 * time.Millisecond, 4 * time.Second, 14250 * time.Millisecond, 6 * time.Second}
	if diff := cmp.Diff(want, clock.sleeps); diff != "" {
		t.Errorf("pauses (-want +got)\n%s", diff)
	}
	if want := "runs 0.9.0, not 0.10.0 (answers: 7)"; result.Reason != want {
		t.Errorf("reason %q, want %q", result.Reason, want)
	}
	evidence := []string{"2014-08-11T17:00:00Z to 2014-08-11T17:00:30Z, 7 answers: runs 0.9.0, not 0.10.0"}
	if diff := cmp.Diff(evidence, result.Evidence); diff != "" {
		t.Errorf("evidence (-want +got)\n%s", diff)
	}
}

func TestAgreeingAnswersAreAnIntervalApart(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	_, target := start(t, running("0.10.0"))
	target.Probe.Agree, target.Probe.Interval = 4, 7*time.Second
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	want := []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second}
	if diff := cmp.Diff(want, clock.sleeps); diff != "" || result.Outcome.Failed() {
		t.Errorf("%s, pauses (-want +got)\n%s", result.Outcome, diff)
	}
}

func TestRowThatBeganInTimeIsLookedAtToItsEnd(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	begin := clock.now
	_, target := start(t, running("0.9.0"), running("0.10.0"))
	target.Probe.Deadline = time.Second
	target.Probe.Interval = 4 * time.Second
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	if result.Outcome != probe.Verified || clock.now.Sub(begin) != 9*time.Second {
		t.Errorf("%s after %s: %s", result.Outcome, clock.now.Sub(begin), result.Reason)
	}
}

func TestClockThatStandsStill(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	_, target := start(t, running("0.9.0"))
	prober.Sleep = func(context.Context, time.Duration) error { return nil }
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	if result.Outcome != probe.WrongVersion || result.Looks > 50 {
		t.Errorf("%s after %d looks, at %s", result.Outcome, result.Looks, clock.now)
	}
}

func TestNothingAnswers(t *testing.T) {
	t.Parallel()
	prober, _ := newProber()
	target := serve(t, answerWith(http.StatusBadGateway, ""))
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	if result.Outcome != probe.NotReachable || !result.Outcome.Failed() || !strings.Contains(result.Reason, "502 Bad Gateway") {
		t.Errorf("%s: %s", result.Outcome, result.Reason)
	}
}

func TestNothingToAwait(t *testing.T) {
	t.Parallel()
	prober, _ := newProber()
	result := prober.Await(t.Context(), probe.Target{URL: "https://example.org/", Probe: release.Probe{Disabled: true}}, probe.Want{Version: "0.10.0"}, nil)
	if result.Outcome != probe.NotVerifiable || result.Looks != 0 {
		t.Errorf("result = %+v", result)
	}
}

func TestInterruption(t *testing.T) {
	t.Parallel()
	prober, clock := newProber()
	_, target := start(t, running("0.9.0"))
	ctx, cancel := context.WithCancel(t.Context())
	prober.Sleep = func(ctx context.Context, pause time.Duration) error {
		if len(clock.sleeps) == 2 {
			cancel()
		}
		return clock.sleep(ctx, pause)
	}
	result := prober.Await(ctx, target, probe.Want{Version: "0.10.0"}, nil)
	if result.Outcome != probe.Interrupted || !result.Outcome.Failed() || result.Answer.Version != "0.9.0" {
		t.Errorf("result = %+v", result)
	}
	// And while it looks.
	if result := prober.Await(ctx, target, probe.Want{}, nil); result.Outcome != probe.Interrupted || result.Looks != 0 {
		t.Errorf("result = %+v", result)
	}
}

func TestEvidenceIsTheNewest(t *testing.T) {
	t.Parallel()
	prober, _ := newProber()
	var machines []machine
	for number := range 12 {
		machines = append(machines, running(fmt.Sprintf("0.9.%d", number)))
	}
	_, target := start(t, append(machines, running("0.10.0"))...)
	result := prober.Await(t.Context(), target, probe.Want{Version: "0.10.0"}, nil)
	if len(result.Evidence) != 8 || result.Evidence[0] != "earlier answers: 6" || !strings.Contains(result.Evidence[7], "3 answers: runs 0.10.0") {
		t.Errorf("evidence: %q", result.Evidence)
	}
}

func TestSystemSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		prober := probe.New(nil, (&clock{}).read)
		if err := prober.Sleep(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := prober.Sleep(ctx, time.Hour); err == nil {
			t.Error("slept on although the context ended")
		}
		if number := prober.Random(); number < 0 || number >= 1 {
			t.Errorf("Random = %v", number)
		}
	})
}
