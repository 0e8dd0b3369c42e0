package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mozilla-services/looprel/internal/apply"
	"github.com/mozilla-services/looprel/internal/gittest"
	"github.com/mozilla-services/looprel/internal/observe"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
)

// The gates are judged again right before the start is recorded: what happened, and
// what became late, while the operator looked at the plan counts.
func TestGatesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	closed := strings.Replace(train, "push: {day: monday}", `push: {day: monday, from: "10:00", to: "17:00"}`, 1)
	closed = strings.Replace(closed, "after: tag}", "after: tag, window: push}", 1)
	monday := time.Date(2014, time.August, 11, 18, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		meanwhile func(remote *gittest.Repo)
		applied   time.Time
		want      string
	}{
		"the tag was deleted": {func(remote *gittest.Repo) { remote.Git("update-ref", "-d", "refs/tags/0.10.0") }, monday, "has been deleted"},
		"the window closed":   {func(*gittest.Repo) {}, monday.Add(7 * time.Hour), "outside the hours of a push"},
		"nothing":             {func(*gittest.Repo) {}, monday.Add(time.Hour), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			work := gittest.New(t)
			work.Commit("Describe the train", gittest.Files{"environments.yaml": closed, "package.json": "{\"version\": \"0.10.0-dev\"}\n"})
			remote := work.Bare()
			clone := remote.Clone()
			if err := start(t, clone, "Release Manager").tag(t.Context()); err != nil {
				t.Fatal(err)
			}
			session, err := observe.Open(t.Context(), observe.Options{Dir: clone.Dir, Environ: clone.Environ(), Now: monday, EntryID: "promotion", Writes: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(session.Close)
			now := func() time.Time { return c.applied }
			prober := probe.New(clone.Environ(), now)
			remake := func(ctx context.Context) (*plan.PromotionPlan, error) {
				return observe.Promotion(ctx, session, plan.PromoteRequest{Environment: "production"}, prober)
			}
			p, err := remake(t.Context())
			if err != nil || p.Refused() != nil {
				t.Fatal(err, p.Refused())
			}
			c.meanwhile(remote)
			_, err = apply.Promote(t.Context(), session, p, apply.Outlets{Prober: prober, Environ: clone.Environ(), Now: now}, remake)
			entries := remote.Git("rev-list", "--count", "refs/looprel/ledger")
			if c.want == "" {
				if err != nil || entries != "3" || !p.Entry.At.Equal(c.applied) {
					t.Errorf("%v, %s entries, begun at %s", err, entries, p.Entry.At)
				}
				return
			}
			var refusal *plan.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a refusal with %q", err, c.want)
			}
			if entries != "1" {
				t.Errorf("the ledger has %s entries, want the tag alone", entries)
			}
		})
	}
}
