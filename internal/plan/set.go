package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/ledger"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/release"
)

// SetRequest is what `tag` was asked for where the train releases sets.
type SetRequest struct {
	TagRequest
	// Only is the component that is released; empty: all of them.
	Only string
	// Abandon gives up a set whose tagging did not end.
	Abandon bool
}

// MemberTag is what was observed of a component for a set.
type MemberTag struct {
	Snapshot *Snapshot
	// Plan releases it, or says that it was released before; nil: nothing of it is
	// released.
	Plan *TagPlan
	// Last is the last release of its branch, where nothing has changed since.
	Last release.Version
}

// SetPlan makes a set of one release of each component: it releases those that have
// something new, and pins the others as they are.
//
//	members at home        branches, tags and ledger entries in one push
//	members elsewhere      with that push the intent and all objects (ledger.Tagging);
//	                       then a push each; then the outcome
//
// A plan for a set that was left half-tagged (Finishes) pushes what the intent holds.
type SetPlan struct {
	Verb  string `json:"verb"`
	Set   string `json:"set"`
	Title string `json:"title"`
	// Follows is the set whose place it takes.
	Follows  string       `json:"follows,omitempty"`
	Cycle    release.Date `json:"cycle,omitzero"`
	Push     release.Date `json:"push,omitzero"`
	DaysLate int          `json:"days_late,omitempty"`
	Patch    bool         `json:"patch,omitempty"`
	OffCycle bool         `json:"off_cycle,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	// Finishes: the set was left half-tagged. Abandons: it is given up.
	Finishes bool        `json:"finishes,omitempty"`
	Abandons bool        `json:"abandons,omitempty"`
	Members  []SetMember `json:"members"`
	Notes    []string    `json:"notes"`
	// Already says, if set, that there is nothing to do.
	Already string `json:"already,omitempty"`
	Steps   []Step `json:"steps"`

	// Home is the one push to the train's home, nil entries where there is none.
	Home SetPush `json:"-"`
	// Open are the releases that are pushed elsewhere, after that.
	Open []ledger.OpenRelease `json:"-"`
	// Outcome are the entries that are recorded in the end, those of releases elsewhere
	// apart.
	Outcome []ledger.Entry `json:"-"`

	snapshot *Snapshot
	pins     ledger.Pins
	// released is the reason of the releases, which is not that of giving a set up.
	released string
}

// SetPush is a push to the train's home, the ledger's reference apart.
type SetPush struct {
	Refs    []Change
	Objects []object.Object
	Entries []ledger.Entry
}

// MemberFate is what a set does with a component.
type MemberFate string

// The fates of a member.
const (
	// MemberReleased: the plan releases it.
	MemberReleased MemberFate = "released"
	// MemberPinned: it has nothing new, or nobody asked for it.
	MemberPinned MemberFate = "pinned"
	// MemberTagged: it was released before, for this cycle or by a run that was cut off.
	MemberTagged MemberFate = "tagged already"
	// MemberLeft: it is not tagged, and the set is given up.
	MemberLeft MemberFate = "not tagged"
)

// SetMember is a component in a set that is planned.
type SetMember struct {
	Component string          `json:"component"`
	Version   release.Version `json:"version"`
	Fate      MemberFate      `json:"fate"`
	// Why is the reason for the version.
	Why    string    `json:"why"`
	Tag    string    `json:"tag"` // full reference name
	TagID  object.ID `json:"tag_id,omitzero"`
	Commit object.ID `json:"commit,omitzero"`
	// Repository is where it is tagged, "" for the train's home.
	Repository string `json:"repository,omitempty"`
	// Release is its plan, where one is made.
	Release *TagPlan `json:"release,omitempty"`

	snapshot *Snapshot
}

// home reports whether it is released in the train's home, in the push of the entries.
func (m SetMember) home() bool { return m.Repository == "" }

// Unchanged is the refusal to release a branch that has nothing new.
type Unchanged struct {
	*Refusal
	// Last is the branch's last release.
	Last release.Version
}

// Unwrap gives the refusal.
func (e *Unchanged) Unwrap() error { return e.Refusal }

// MakeSet plans a set. It is complete but for signatures (Seal).
func MakeSet(s *Snapshot, tags []MemberTag, request SetRequest) (*SetPlan, error) {
	if request.Abandon {
		return nil, refuse("looprel status", "no set is half-tagged, so that there is nothing to give up")
	}
	p := &SetPlan{
		Verb: "tag", OffCycle: request.OffCycle, Reason: request.Reason, released: request.Reason, Notes: []string{}, Steps: []Step{}, snapshot: s,
	}
	base, err := s.followedSet(tags)
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		member, err := s.setMember(tag, base)
		if err != nil {
			return nil, err
		}
		p.Members = append(p.Members, member)
	}
	p.describe(base)
	if done, err := p.alreadyPinned(s); err != nil || done {
		return p, err
	}
	p.compose()
	return p, nil
}

// describe fills in what the members make of the set.
func (p *SetPlan) describe(base ledger.Set) {
	p.Follows = base.ID
	p.Patch = true
	for _, member := range p.Members {
		plan := member.Release
		if plan == nil {
			continue
		}
		if !plan.Cycle.IsZero() {
			p.Cycle, p.Push, p.DaysLate = plan.Cycle, plan.Push, max(p.DaysLate, plan.DaysLate)
		}
		p.Patch = p.Patch && (member.Fate == MemberTagged || plan.Version.IsPatch())
	}
	p.Patch = p.Patch && p.Cycle.IsZero() && slices.ContainsFunc(p.Members, func(one SetMember) bool { return one.Fate == MemberReleased })
	p.pin()
}

// pin puts the members' releases together.
func (p *SetPlan) pin() {
	members := make([]ledger.Member, len(p.Members))
	for i, member := range p.Members {
		members[i] = ledger.Member{
			Component: member.Component, Version: member.Version, Tag: member.Tag, TagID: member.TagID, Commit: member.Commit, Repository: member.Repository,
		}
	}
	p.pins = ledger.Pins{ID: ledger.SetID(members), Members: members, Follows: p.Follows, Cycle: p.Cycle, Patch: p.Patch}
	p.Set, p.Title = p.pins.ID, p.pins.Title()
}

// alreadyPinned recognises a set that the ledger has: this run was made before, or no
// component has anything new.
func (p *SetPlan) alreadyPinned(s *Snapshot) (bool, error) {
	known, ok, err := s.Ledger.Set(p.Set)
	if err != nil || !ok {
		return false, err
	}
	repeated := slices.ContainsFunc(p.Members, func(one SetMember) bool { return one.Fate == MemberTagged })
	if !repeated {
		return false, refuse("looprel notes --component NAME shows what has been committed since",
			"nothing has changed in any component since the set %s, so there is nothing to release", p.Title)
	}
	p.Follows, p.Patch = known.Follows, known.Patch
	p.Already = fmt.Sprintf("the set %s is already tagged: by %s, %s", p.Title, known.By.Name, known.At.In(s.Train.Zone).Format("Mon 2006-01-02 15:04 MST"))
	return true, nil
}

// Seal makes the objects of all releases final, and with them the set.
func (p *SetPlan) Seal(ctx context.Context, signers *Signers) error {
	for i := range p.Members {
		member := &p.Members[i]
		if member.Fate != MemberReleased || member.Release == nil {
			continue
		}
		if err := member.Release.Seal(ctx, signers); err != nil {
			return err
		}
		member.TagID, member.Commit = member.Release.TagID, member.Release.Entry.Tagged.Commit
	}
	if p.Already == "" && !p.Finishes && !p.Abandons {
		p.compose()
	}
	return nil
}

// Releases are the members that the plan releases, or has released.
func (p *SetPlan) Releases() []SetMember {
	return slices.DeleteFunc(slices.Clone(p.Members), func(one SetMember) bool { return one.Fate == MemberPinned || one.Fate == MemberLeft })
}

// SameFacts reports whether a plan made later rests on the same facts.
func (p *SetPlan) SameFacts(later *SetPlan) bool {
	if later.Already != "" || later.Finishes != p.Finishes || later.Abandons != p.Abandons || p.Set != later.Set || p.Follows != later.Follows {
		return false
	}
	return slices.EqualFunc(p.Members, later.Members, func(a, b SetMember) bool {
		if a.Fate != b.Fate || a.Fate != MemberReleased || p.Finishes {
			return a.Fate == b.Fate
		}
		return a.Release.SameFacts(b.Release)
	})
}

// IsUnchanged reports whether an error says that a branch has nothing new, and what its
// last release is.
func IsUnchanged(err error) (last release.Version, ok bool) {
	var unchanged *Unchanged
	if !errors.As(err, &unchanged) {
		return release.Version{}, false
	}
	return unchanged.Last, true
}
