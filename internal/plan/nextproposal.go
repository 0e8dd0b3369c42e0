package plan

import (
	"fmt"

	"github.com/mozilla-services/looprel/internal/ledger"
)

// proposals adds what waits for pull requests to be merged, and what can go on since one
// was. It reports whether the train's next release is among them: there is none to tag
// beside it.
func (n *Next) proposals(s *Snapshot) (released bool, err error) {
	open, err := s.Ledger.Proposals(s.Component.Name)
	if err != nil {
		return false, err
	}
	for _, one := range open {
		_, arrived := s.Arrived[one.Head]
		due := Due{
			What:   fmt.Sprintf("merge %s into %s", ShortRef(one.Head), ShortRef(one.Base)),
			Who:    ReleaseManager,
			Reason: fmt.Sprintf("%q, proposed by %s on %s", one.Title, one.By.Name, s.civil(one.At)),
			turn:   turn{act: ActMerge, version: one.Version, cycle: one.Cycle},
		}
		if one.Purpose != ledger.ForDevelopment {
			due.Reason += "; then " + goesOnWith(s, one) + " goes on"
		}
		released = released || one.Purpose == ledger.ForRelease && !one.Cycle.IsZero()
		switch {
		case arrived && one.Purpose == ledger.ForDevelopment:
		case arrived:
			n.Due = append(n.Due, arrivedDue(s, one))
		default:
			n.Waiting = append(n.Waiting, due)
		}
	}
	return released, nil
}

// arrivedDue is the release that can be tagged since its pull request was merged.
func arrivedDue(s *Snapshot, proposal ledger.Proposal) Due {
	due := Due{
		What: fmt.Sprintf("tag %s %s", s.Component.Name, proposal.Version), Who: ReleaseManager, Command: goesOnWith(s, proposal),
		Reason: fmt.Sprintf("%s has it, by %s", ShortRef(proposal.Base), ShortRef(proposal.Head)),
		turn:   turn{act: ActMerge, version: proposal.Version, cycle: proposal.Cycle},
	}
	if !proposal.Cycle.IsZero() {
		// The train's own, which it may make by itself: it was proposed in time.
		due.turn.act = ActTag
	}
	return due
}
