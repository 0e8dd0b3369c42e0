// Package probe looks at what runs in an environment, over HTTP: the version
// that the service's root URL shows, and whether its heartbeat is healthy.
//
//	Target   where to look
//	Prober   how to look: Look once, All at once, Await a release
//	Answer   what one look saw
//	Want     the release that is expected
//	Judge    an Answer against a Want: a Verdict with its reason
//	Result   how a wait ended, with the evidence for the ledger
//
// One answer is not a fleet: a release counts as running only when several
// answers in a row agree, each got over a connection of its own, so that whatever
// balances the load may choose another machine each time.
//
// What servers send is untrusted: it is bounded, and control characters are
// removed before it gets into an Answer.
//
// The package reads no environment variables and no clock of its own, records
// nothing, and knows of plans and ledgers nothing. Of the project it imports
// release, object and printable.
package probe

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/mozilla-services/looprel/internal/release"
)

// Target is where to look.
type Target struct {
	// URL is the environment's; its path counts as a directory.
	URL   string
	Probe release.Probe
}

// ErrNothingToProbe is the Answer's error for a target that has no URL, or whose
// probe is disabled.
var ErrNothingToProbe = errors.New("there is nothing to probe")

// DefaultAllLimit is how long All waits for a target unless told otherwise.
const DefaultAllLimit = 5 * time.Second

// Prober looks at environments. New fills all of it.
type Prober struct {
	Client *http.Client
	// Now is the clock that answers are dated by.
	Now func() time.Time
	// Sleep waits, and returns the context's error when that ends before.
	Sleep func(ctx context.Context, pause time.Duration) error
	// Random gives numbers from 0 up to but not including 1, which spread the
	// pauses.
	Random func() float64
}

// New makes a Prober whose client takes its proxies from the environment
// ("NAME=value" each) and which really sleeps.
func New(environ []string, now func() time.Time) *Prober {
	return &Prober{Client: NewClient(environ), Now: now, Sleep: sleep, Random: rand.Float64}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// All looks at the targets, all at the same time, and gives their answers in the
// order of the targets. Each may take as long as the limit (0: DefaultAllLimit).
func (p *Prober) All(ctx context.Context, targets []Target, limit time.Duration) []Answer {
	if limit <= 0 {
		limit = DefaultAllLimit
	}
	answers := make([]Answer, len(targets))
	var group sync.WaitGroup
	for at, target := range targets {
		group.Go(func() {
			limited, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			answers[at] = p.Look(limited, target)
		})
	}
	group.Wait()
	return answers
}
