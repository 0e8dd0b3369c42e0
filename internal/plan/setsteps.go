package plan

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
)

// compose makes the pushes, the entries and the steps of what the members are.
func (p *SetPlan) compose() {
	p.pin()
	p.Home, p.Open, p.Outcome, p.Steps = SetPush{}, nil, nil, []Step{}
	for _, member := range p.Members {
		if member.Fate != MemberReleased {
			continue
		}
		if member.home() {
			p.atHome(member.Release)
		} else {
			p.Open = append(p.Open, openRelease(member.Release))
		}
	}
	s := p.snapshot
	pinned := s.setEntry(ledger.KindSetTagged, p.Set)
	pinned.SetTagged = &ledger.SetTagged{Pins: p.pins}
	pinned.OffCycle, pinned.Reason = p.OffCycle, p.Reason
	if len(p.Open) == 0 {
		p.Home.Entries = append(p.Home.Entries, pinned)
		p.record(pinned, "that these belong together")
		p.finishSteps()
		return
	}
	intent := s.setEntry(ledger.KindSetTagging, p.Set)
	intent.SetTagging = &ledger.Tagging{Pins: p.pins, Open: p.Open}
	intent.OffCycle, intent.Reason = p.OffCycle, p.Reason
	p.Home.Entries = append(p.Home.Entries, intent)
	p.record(intent, "so that anybody can finish it if this is cut off")
	for _, member := range p.Members {
		if member.Fate == MemberReleased && !member.home() {
			p.elsewhere(member)
		}
	}
	p.Outcome = []ledger.Entry{pinned}
	p.record(pinned, "that all are tagged, and belong together")
	p.finishSteps()
}

// setEntry begins a ledger entry about a set.
func (s *Snapshot) setEntry(kind ledger.Kind, set string) ledger.Entry {
	entry := s.entry(kind)
	entry.Component = ledger.AllComponents
	entry.ID += "-" + string(kind) + "-" + set // one run writes several
	return entry
}

func (p *SetPlan) record(entry ledger.Entry, reason string) {
	p.Steps = append(p.Steps, recordStep(p.snapshot, entry, reason))
}

// atHome adds a release to the push of the train's home.
func (p *SetPlan) atHome(release *TagPlan) {
	entry := release.Entry
	entry.ID += "-" + release.Component + "-" + release.Version.String()
	p.Home.Refs = append(p.Home.Refs, release.Refs...)
	p.Home.Objects = append(p.Home.Objects, release.Objects...)
	p.Home.Entries = append(p.Home.Entries, entry)
	p.Steps = append(p.Steps, release.stepsOf(PushRef, AppendLedger)...)
}

// elsewhere adds the steps of a release in a repository of its own.
func (p *SetPlan) elsewhere(member SetMember) {
	for _, step := range member.Release.stepsOf(PushRef, AppendLedger) {
		if step.Kind == PushRef {
			step.Reason = fmt.Sprintf("on %s: %s", member.snapshot.Remote, step.Reason)
		}
		p.Steps = append(p.Steps, step)
	}
}

// finishSteps adds what each release does once it stands.
func (p *SetPlan) finishSteps() {
	for _, member := range p.Members {
		if member.Fate == MemberReleased {
			p.Steps = append(p.Steps, slices.DeleteFunc(slices.Clone(member.Release.Steps), func(step Step) bool {
				return step.Kind == PushRef || step.Kind == AppendLedger || step.Kind == LocalRef && !member.home()
			})...)
		}
	}
}

// stepsOf are the plan's steps of some kinds.
func (p *TagPlan) stepsOf(kinds ...StepKind) []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(step Step) bool { return !slices.Contains(kinds, step.Kind) })
}

// openRelease is a release with all that its push needs.
func openRelease(p *TagPlan) ledger.OpenRelease {
	open := ledger.OpenRelease{Component: p.Component, Tagged: *p.Entry.Tagged, Owes: p.Entry.Owes}
	for _, change := range p.Refs {
		open.Refs = append(open.Refs, ledger.RefChange{Ref: change.Ref, Old: change.Old, New: change.New})
	}
	for _, one := range p.Objects {
		open.Objects = append(open.Objects, ledger.RawObject{Kind: one.Kind, Data: one.Data})
	}
	return open
}

// Pushed gives the references and objects of a release as they are to be pushed.
func Pushed(open ledger.OpenRelease) (changes []Change, objects []object.Object) {
	for _, ref := range open.Refs {
		changes = append(changes, Change{Ref: ref.Ref, Old: ref.Old, New: ref.New})
	}
	for _, one := range open.Objects {
		objects = append(objects, object.Object{Kind: one.Kind, Data: one.Data})
	}
	return changes, objects
}

// Tagged is the entry of a release that was pushed elsewhere.
func (p *SetPlan) Tagged(s *Snapshot, open ledger.OpenRelease) ledger.Entry {
	entry := s.entry(ledger.KindTagged)
	entry.ID += "-" + open.Component + "-" + open.Tagged.Version.String()
	entry.Component = open.Component
	entry.OffCycle, entry.Reason, entry.Owes = p.OffCycle, p.released, open.Owes
	tagged := open.Tagged
	entry.Tagged = &tagged
	return entry
}
