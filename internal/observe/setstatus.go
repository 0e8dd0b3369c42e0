package observe

import (
	"context"
	"sync"

	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/probe"
)

// SetStatus observes the environments, unless prober is nil, and tells where a train
// stands that releases sets.
func SetStatus(ctx context.Context, m *Members, prober *probe.Prober) (*plan.SetStatus, error) {
	seen := make([]map[string]plan.Seen, len(m.list))
	if prober != nil {
		var group sync.WaitGroup
		for i, member := range m.list {
			group.Go(func() { seen[i] = member.Look(ctx, prober) })
		}
		group.Wait()
	}
	status, err := plan.MakeSetStatus(m.whole.snapshot, m.Snapshots(), seen)
	if err != nil {
		return nil, err
	}
	status.Waiting, err = m.home.WaitingEntries()
	return status, err
}

// SetNext tells what is due of a train that releases sets.
func SetNext(m *Members) (*plan.Next, error) {
	return plan.MakeSetNext(m.whole.snapshot, m.Snapshots())
}
