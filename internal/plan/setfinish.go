package plan

import (
	"fmt"
	"strings"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
)

// MakeSetFinish plans the end of a set that was left half-tagged, by what its intent
// holds and what the members' repositories show now: a tag that is missing is pushed as
// it was planned, one that is there is recorded, another one there stops it. members are
// those of the train, by name.
func MakeSetFinish(s *Snapshot, open *ledger.OpenTagging, members map[string]*Snapshot, request SetRequest) (*SetPlan, error) {
	p := &SetPlan{
		Verb: "tag", Set: open.ID, Title: open.Title(), Follows: open.Follows, Cycle: open.Cycle, Patch: open.Patch,
		OffCycle: open.OffCycle, Reason: open.Reason, released: open.Reason, Finishes: !request.Abandon, Abandons: request.Abandon,
		Notes: []string{}, Steps: []Step{}, snapshot: s, pins: open.Pins,
	}
	if cycle, ok := s.Calendar().ByPlanned(open.Cycle); ok && !open.Cycle.IsZero() {
		p.Push = cycle.Push
	}
	begun := fmt.Sprintf("%s, %s", open.By.Name, open.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"))
	if request.Abandon {
		if err := checkReason("--abandon", true, request.Reason); err != nil {
			return nil, err
		}
		p.Reason = request.Reason
	}
	p.Notes = append(p.Notes, "the set was left half-tagged by "+begun)
	for _, pinned := range open.Members {
		member := SetMember{
			Component: pinned.Component, Version: pinned.Version, Fate: MemberPinned, Why: "tagged", Tag: pinned.Tag,
			TagID: pinned.TagID, Commit: pinned.Commit, Repository: pinned.Repository,
		}
		if release, ok := openOf(open, pinned.Component); ok {
			if err := p.finishMember(&member, release, members[pinned.Component], request); err != nil {
				return nil, err
			}
		}
		p.Members = append(p.Members, member)
	}
	return p, p.end(s, open)
}

func openOf(open *ledger.OpenTagging, component string) (ledger.OpenRelease, bool) {
	for _, one := range open.Open {
		if one.Component == component {
			return one, true
		}
	}
	return ledger.OpenRelease{}, false
}

// finishMember decides about a release that was going to be made elsewhere.
func (p *SetPlan) finishMember(member *SetMember, open ledger.OpenRelease, s *Snapshot, request SetRequest) error {
	if s == nil {
		return misuse("put it back into environments.yaml, or give the set up: looprel tag --all --abandon --reason TEXT",
			"%s, a member of the half-tagged set %s, is no component of the train any more", open.Component, p.Title)
	}
	member.snapshot = s
	now := s.Refs.IDs[open.Tagged.Tag]
	switch {
	case now == open.Tagged.TagID:
		member.Fate, member.Why = MemberTagged, "its tag has reached "+s.Remote
		p.Open = append(p.Open, open)
		return nil
	case request.Abandon:
		member.Fate, member.Why = MemberLeft, "its tag has not reached "+s.Remote
		return nil
	case !now.IsZero():
		return &Moved{
			Reason: fmt.Sprintf("%s has another tag %s (%s) than the set %s was going to give it (%s)", s.Remote, ShortRef(open.Tagged.Tag), now.Short(), p.Title, open.Tagged.TagID.Short()),
			Advice: "find out who made it; to give the set up: looprel tag --all --abandon --reason TEXT",
		}
	}
	for _, ref := range open.Refs {
		if at := s.Refs.IDs[ref.Ref]; at != ref.Old {
			return movedBelow(p.Title, open, s, ref, at)
		}
	}
	member.Fate, member.Why = MemberReleased, "its tag has not reached "+s.Remote
	p.Open = append(p.Open, open)
	for _, ref := range open.Refs {
		change := Change{Ref: ref.Ref, Old: ref.Old, New: ref.New}
		if change.Old != change.New {
			p.Steps = append(p.Steps, change.step(PushRef, "on "+s.Remote+": as it was planned"))
		}
	}
	return nil
}

// movedBelow: the release cannot be pushed as it was planned.
func movedBelow(set string, open ledger.OpenRelease, s *Snapshot, ref ledger.RefChange, at object.ID) error {
	now := at.Short()
	if at.IsZero() {
		now = "deleted"
	}
	return &Moved{
		Reason: fmt.Sprintf("%s of %s has moved since %s %s of the set %s was planned: it was %s, and is %s", ShortRef(ref.Ref), s.Remote,
			open.Component, open.Tagged.Version, set, ref.Old.Short(), now),
		Advice: "give the set up, and make it anew: looprel tag --all --abandon --reason TEXT, then looprel tag --all",
	}
}

// end adds the entries that end the tagging.
func (p *SetPlan) end(s *Snapshot, open *ledger.OpenTagging) error {
	var names []string
	for _, one := range p.Open {
		names = append(names, fmt.Sprintf("%s %s", one.Component, one.Tagged.Version))
		p.Steps = append(p.Steps, recordStep(s, p.Tagged(s, one), "who released what, when and why"))
	}
	if p.Abandons {
		if len(p.Open) == len(open.Open) {
			return refuse("looprel tag --all finishes it", "all of the set %s is tagged: %s", p.Title, strings.Join(names, ", "))
		}
		entry := s.setEntry(ledger.KindSetAbandoned, open.ID)
		entry.SetAbandoned, entry.Reason = &ledger.SetAbandoned{ID: open.ID}, p.Reason
		p.Outcome = []ledger.Entry{entry}
		p.record(entry, "so that the next set can be made; what is tagged stands")
		return nil
	}
	entry := s.setEntry(ledger.KindSetTagged, open.ID)
	entry.SetTagged, entry.OffCycle, entry.Reason = &ledger.SetTagged{Pins: open.Pins}, p.OffCycle, p.Reason
	p.Outcome = []ledger.Entry{entry}
	p.record(entry, "that all are tagged, and belong together")
	return nil
}
